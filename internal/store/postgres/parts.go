package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/id"
)

// monthsAhead is for how many months parts are made before they are needed.
const monthsAhead = 3

// parted are the tables that lie in a part for each month: they grow with every
// call and are dropped by the month.
var parted = []string{"cdr", "entry"}

// MakeParts makes the parts of tables for the month of an instant and those
// after it, where they are missing. Without them nothing is lost: rows go to
// the rest, which is slower to drop.
func (s *Store) MakeParts(ctx context.Context, now time.Time) error {
	return s.once(ctx, func(conn *pgx.Conn) error { return makeParts(ctx, conn, now) })
}

func makeParts(ctx context.Context, conn *pgx.Conn, now time.Time) error {
	// Nodes do it one after the other, and not while one migrates.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", lockClass, migrateLock); err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "wait for another node")
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", lockClass, migrateLock) }() // with the connection at the latest
	y, m, _ := now.In(calendar.Shanghai).Date()
	for ahead := range monthsAhead + 1 {
		first := time.Date(y, m+time.Month(ahead), 1, 0, 0, 0, 0, calendar.Shanghai)
		for _, table := range parted {
			_, err := conn.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %s FOR VALUES FROM (%d) TO (%d)",
				table, first.Format("200601"), table, id.First(first), id.First(first.AddDate(0, 1, 0))))
			if err != nil && code(err) != "23514" { // the rest has rows of that month already: they stay there
				return fault.Wrap(err, fault.StoreFailed, "what", "make the month's part of "+table)
			}
		}
	}
	return nil
}
