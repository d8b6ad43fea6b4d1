package bench

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"sibai/internal/charging"
	"sibai/internal/id"
)

// writable is a store whose rows can be written without charging.
type writable interface {
	Write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error
}

// preloadRows is how many rows one transaction of preload writes.
const preloadRows = 100_000

// Former calls cost nothing, so the books stay right. $1 and $2 are the first
// and the last number, $3 the id of the first and $4 its instant; calls come
// every 10 ms, from accounts in turn.
const (
	formerCalls = ` (shard, id, node, trunk, number, caller, caller_raw, sip_call_id, customer, account, subscription, tariff,
		started_at, ringing_at, answered_at, platform_answered_at, ended_at, talk, billable, charge_micro, cause, status, ended_by, recovered,
		reserved_micro, reserved_seconds, grants, txn, lines, legs, steps)
		{} SELECT n % 64, $3 + n * 41943040, 1, 'bench', '4008000000', '13800138000', '+8613800138000', 'former', n % $5 + 1, n % $5 + 1, n % $5 + 1, 1,
		$4 + n * 10000, 0, 0, 0, $4 + n * 10000, 0, 0, 0, 'no_answer', 480, '', 0, 0, 0, '[]', 0, '[]', '[]', '[]' FROM `
	counting = `WITH RECURSIVE g (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM g WHERE n < ?2)`
	series   = `generate_series($1::bigint, $2::bigint) AS g (n)`
)

// preload fills in calls of the months before, so that what is measured is a
// store that has been in use.
func preload(ctx context.Context, store charging.Store, calls, accounts int) error {
	to, ok := store.(writable)
	if calls == 0 {
		return nil
	}
	if !ok {
		return fmt.Errorf("a store of type %T cannot be filled", store)
	}
	statement := strings.NewReplacer("{}", counting, "$", "?").Replace("INSERT INTO cdr" + formerCalls + "g")
	if _, ok := store.(charging.Parallel); ok { // PostgreSQL
		statement = strings.Replace("INSERT INTO cdr"+formerCalls+series, "{}", "", 1)
	}
	first := time.Now().Add(-time.Duration(calls) * 10 * time.Millisecond).Add(-time.Hour)
	for n := 0; n < calls; n += preloadRows {
		if err := to.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statement, n, min(n+preloadRows, calls)-1, id.First(first), first.UnixMicro(), accounts)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
