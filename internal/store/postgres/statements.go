package postgres

import (
	"fmt"
	"strings"

	"sibai/internal/store/row"
)

// The statements of the hot path, each for any number of rows. None may scan a
// table: a test asks PostgreSQL for the plan of each. Their names are those
// under which they are prepared.
const (
	begin    = "begin"
	commit   = "commit"
	rollback = "rollback"

	lockAccounts = "lock_accounts"
	loadMoney    = "load_money"
	loadCalls    = "load_calls"
	loadReceipts = "load_receipts"
)

// The keys of rows, as a table to join with: an array a column.
const (
	byTwo   = `unnest($1::bigint[], $2::bigint[])`
	byThree = `unnest($1::bigint[], $2::text[], $3::text[])`
)

// one ends the name of a statement's form for a single row. Most batches of a node with
// few calls have one row a table, and the server plans and runs a row of parameters as
// a look by key, in half the time of an array with one element.
const one = "_one"

// single is the form of a loading statement for one key.
var single = strings.NewReplacer(byTwo, `(VALUES ($1::bigint, $2::bigint))`, byThree, `(VALUES ($1::bigint, $2::text, $3::text))`)

// single is the form of a writing for one row, whose values are the parameters. types
// are those of its columns.
func (w writing) single(types []string) string {
	values := make([]string, len(types))
	for i, name := range types {
		values[i] = fmt.Sprintf("$%d::%s", i+1, name)
	}
	return strings.Replace(w.text, "unnest($1::"+w.table+"[]) AS v", "(VALUES ("+strings.Join(values, ", ")+")) AS v ("+w.columns+")", 1)
}

var loads = map[string]string{
	begin:    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`,
	commit:   `COMMIT`,
	rollback: `ROLLBACK`,

	lockAccounts: `SELECT a.shard, a.id, a.state, a.opened_at FROM ` + byTwo + ` AS k (shard, id)
		JOIN account AS a ON a.shard = k.shard AND a.id = k.id ORDER BY a.shard, a.id FOR UPDATE OF a`,
	// Buckets and usages in one result, for a statement costs more than its rows
	// do: a bucket has its id, a usage 0 in the first column.
	loadMoney: `SELECT b.id, b.shard, b.account, b.kind, b.unit, b.balance, b.held, b.expires_at, b.created_at, b.extension, b.overdraft, 0::bigint, 0::bigint, 0::bigint, 0::bigint
		FROM ` + byTwo + ` AS k (shard, id) JOIN bucket AS b ON b.shard = k.shard AND b.account = k.id
		UNION ALL
		SELECT 0::bigint, u.shard, u.account, '', '', u.subscription, u.in_use, u.month, u.calls, u.spent, u.held, u.before_month, u.before_calls, u.before_spent, u.before_held
		FROM ` + byTwo + ` AS k (shard, id) JOIN usage AS u ON u.shard = k.shard AND u.account = k.id`,
	// A call's hold, or else its CDR as one value. OFFSET keeps the subquery
	// apart, so that no CDR is looked for where there is a hold.
	loadCalls: `SELECT h.shard, h.id, h.account, h.subscription, h.tariff, h.node, h.parts, h.grants, h.opened_at, h.lease_until, h.elapsed, h.meter_started_at, c.whole
		FROM ` + byTwo + ` AS k (shard, id)
		LEFT JOIN hold AS h ON h.shard = k.shard AND h.id = k.id
		LEFT JOIN LATERAL (SELECT cdr AS whole FROM cdr WHERE h.id IS NULL AND cdr.shard = k.shard AND cdr.id = k.id OFFSET 0) AS c ON true`,
	loadReceipts: `SELECT r.shard, r.channel, r.reference, r.account_shard, r.account, r.bucket, r.unit, r.amount, r.extension, r.txn, r.at FROM ` + byThree + ` AS k (shard, channel, reference)
		JOIN receipt AS r ON r.shard = k.shard AND r.channel = k.channel AND r.reference = k.reference`,
}

// writing is a statement that writes rows. Its one parameter is an array of the
// table's own row type, of which it uses the columns that its values are for:
// PostgreSQL reads one such array several times faster than an array a column.
type writing struct {
	name, table, columns, text string
}

var writes = [row.Writes]writing{
	row.InsertAccounts: insert("account", row.AccountColumns),
	row.UpdateAccounts: change("update_account", "account", "shard, id, state", `UPDATE account AS t SET state = v.state`),
	row.InsertBuckets:  insert("bucket", row.BucketColumns),
	row.UpdateBuckets: {"update_bucket", "bucket", "shard, account, id, balance, held, overdraft",
		`UPDATE bucket AS t SET balance = v.balance, held = v.held, overdraft = v.overdraft FROM unnest($1::bucket[]) AS v
		WHERE t.shard = v.shard AND t.account = v.account AND t.id = v.id`},
	row.InsertUsages: insert("usage", row.UsageColumns),
	row.UpdateUsages: {"update_usage", "usage", row.UsageColumns,
		`UPDATE usage AS t SET in_use = v.in_use, month = v.month, calls = v.calls, spent = v.spent, held = v.held,
			before_month = v.before_month, before_calls = v.before_calls, before_spent = v.before_spent, before_held = v.before_held
		FROM unnest($1::usage[]) AS v
		WHERE t.shard = v.shard AND t.account = v.account AND t.subscription = v.subscription`},
	row.InsertHolds: insert("hold", row.HoldColumns+", bill, draft"),
	row.UpdateHolds: change("update_hold", "hold", "shard, id, parts, grants, lease_until, elapsed, meter_started_at",
		`UPDATE hold AS t SET parts = v.parts, grants = v.grants, `+proof),
	row.RenewHolds: change("renew_hold", "hold", "shard, id, lease_until, elapsed, meter_started_at",
		`UPDATE hold AS t SET `+proof),
	row.DeleteHolds: {"delete_hold", "hold", "shard, id",
		`DELETE FROM hold AS t USING unnest($1::hold[]) AS v WHERE t.shard = v.shard AND t.id = v.id`},
	row.InsertTxns:     insert("txn", row.TxnColumns),
	row.InsertEntries:  insert("entry", row.EntryColumns),
	row.InsertReceipts: insert("receipt", row.ReceiptColumns),
	row.InsertCDRs:     insert("cdr", "shard, "+row.CDRColumns+", reserved_micro, reserved_seconds, grants, txn"),
}

// proof writes how long a call has lasted: what a renewal wrote since the hold
// was read is not taken back.
const proof = `lease_until = greatest(t.lease_until, v.lease_until), elapsed = greatest(t.elapsed, v.elapsed),
	meter_started_at = CASE WHEN t.meter_started_at = 0 THEN v.meter_started_at ELSE t.meter_started_at END`

func insert(table, columns string) writing {
	return writing{"insert_" + table, table, columns, "INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM unnest($1::" + table + "[]) AS v"}
}

// change is an update of the rows that shard and id name.
func change(name, table, columns, set string) writing {
	return writing{name, table, columns, set + " FROM unnest($1::" + table + "[]) AS v WHERE t.shard = v.shard AND t.id = v.id"}
}

// names splits a list of columns.
func names(columns string) []string { return strings.Split(columns, ", ") }
