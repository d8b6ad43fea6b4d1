package sqlite

import (
	"context"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// Tally is what the calls since an instant add up to.
type Tally struct {
	Calls, Answered int
	Charged         money.Amount
}

const selectTally = `SELECT count(*), coalesce(sum(answered_at <> 0), 0), coalesce(sum(charge_micro), 0) FROM cdr WHERE started_at >= ?`

// Tally adds up the calls that ended and started at or after since. It reads
// each of them.
func (s *Store) Tally(ctx context.Context, since time.Time) (Tally, error) {
	var t Tally
	if err := s.read.QueryRowContext(ctx, selectTally, micros(since)).Scan(&t.Calls, &t.Answered, &t.Charged); err != nil {
		return Tally{}, fault.Wrap(err, fault.StoreFailed, "what", "add up the calls")
	}
	return t, nil
}
