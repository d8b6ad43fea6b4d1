package sqlite

import (
	"context"
	"time"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

const selectTally = `SELECT count(*), coalesce(sum(answered_at <> 0), 0), coalesce(sum(charge_micro), 0) FROM cdr WHERE started_at >= ?`

// Tally adds up the calls that ended and started at or after since. It reads
// each of them.
func (s *Store) Tally(ctx context.Context, since time.Time) (charging.Tally, error) {
	var t charging.Tally
	if err := s.read.QueryRowContext(ctx, selectTally, row.Micros(since)).Scan(&t.Calls, &t.Answered, &t.Charged); err != nil {
		return charging.Tally{}, fault.Wrap(err, fault.StoreFailed, "what", "add up the calls")
	}
	return t, nil
}
