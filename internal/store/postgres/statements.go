package postgres

import (
	"sibai/internal/store/row"
)

// The statements of the hot path, each for any number of rows: one array a
// column. None may scan a table: a test asks PostgreSQL for the plan of each.
// Their names are those under which they are prepared.
const (
	begin    = "begin"
	commit   = "commit"
	rollback = "rollback"

	loadAccounts = "load_accounts"
	loadBuckets  = "load_buckets"
	loadUsages   = "load_usages"
	loadHolds    = "load_holds"
	loadClosed   = "load_closed"
	loadReceipts = "load_receipts"
)

// keys of two and three columns, as a table to join with.
const (
	byTwo   = `unnest($1::bigint[], $2::bigint[])`
	byThree = `unnest($1::bigint[], $2::text[], $3::text[])`
)

var loads = map[string]string{
	begin:    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`,
	commit:   `COMMIT`,
	rollback: `ROLLBACK`,

	loadAccounts: `SELECT a.shard, a.id, a.state, a.opened_at FROM ` + byTwo + ` AS k (shard, id)
		JOIN account AS a ON a.shard = k.shard AND a.id = k.id ORDER BY a.shard, a.id FOR UPDATE OF a`,
	loadBuckets: `SELECT b.shard, b.account, b.id, b.kind, b.unit, b.balance, b.held, b.expires_at, b.created_at, b.extension, b.overdraft FROM ` + byTwo + ` AS k (shard, id)
		JOIN bucket AS b ON b.shard = k.shard AND b.account = k.id ORDER BY b.shard, b.account, b.id`,
	loadUsages: `SELECT u.shard, u.account, u.subscription, u.in_use, u.month, u.calls, u.spent, u.held, u.before_month, u.before_calls, u.before_spent, u.before_held FROM ` + byTwo + ` AS k (shard, id)
		JOIN usage AS u ON u.shard = k.shard AND u.account = k.id`,
	// A renewal comes without its account: the hold is locked, too.
	loadHolds: `SELECT h.shard, h.id, h.account, h.subscription, h.tariff, h.node, h.parts, h.grants, h.opened_at, h.lease_until, h.elapsed, h.meter_started_at FROM ` + byTwo + ` AS k (shard, id)
		JOIN hold AS h ON h.shard = k.shard AND h.id = k.id ORDER BY h.shard, h.id FOR UPDATE OF h`,
	// LATERAL, for the columns of a CDR are named once, without its table.
	loadClosed: `SELECT c.* FROM ` + byTwo + ` AS k (k_shard, k_id)
		CROSS JOIN LATERAL (SELECT ` + row.ClosedColumns + ` FROM cdr WHERE cdr.shard = k.k_shard AND cdr.id = k.k_id) AS c`,
	loadReceipts: `SELECT r.shard, r.channel, r.reference, r.account_shard, r.account, r.bucket, r.unit, r.amount, r.extension, r.txn, r.at FROM ` + byThree + ` AS k (shard, channel, reference)
		JOIN receipt AS r ON r.shard = k.shard AND r.channel = k.channel AND r.reference = k.reference`,
}

// writing is a statement that writes rows, and the types of their columns: i
// for bigint, t for text.
type writing struct {
	name, text, types string
}

var writes = [row.Writes]writing{
	row.InsertAccounts: insert("account", row.AccountColumns, "iiti"),
	row.UpdateAccounts: {"update_account", `UPDATE account AS a SET state = v.state
		FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS v (shard, id, state)
		WHERE a.shard = v.shard AND a.id = v.id`, "iit"},
	row.InsertBuckets: insert("bucket", row.BucketColumns, "iiittiiiiii"),
	row.UpdateBuckets: {"update_bucket", `UPDATE bucket AS b SET balance = v.balance, held = v.held, overdraft = v.overdraft
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS v (shard, account, id, balance, held, overdraft)
		WHERE b.shard = v.shard AND b.account = v.account AND b.id = v.id`, "iiiiii"},
	row.InsertUsages: insert("usage", row.UsageColumns, "iiiiiiiiiiii"),
	row.UpdateUsages: {"update_usage", `UPDATE usage AS u SET in_use = v.in_use, month = v.month, calls = v.calls, spent = v.spent, held = v.held,
			before_month = v.before_month, before_calls = v.before_calls, before_spent = v.before_spent, before_held = v.before_held
		FROM unnest(` + arrays("iiiiiiiiiiii") + `) AS v (` + row.UsageColumns + `)
		WHERE u.shard = v.shard AND u.account = v.account AND u.subscription = v.subscription`, "iiiiiiiiiiii"},
	row.InsertHolds: insert("hold", row.HoldColumns+", bill, draft", "iiiiiittiiiitt"),
	row.UpdateHolds: {"update_hold", `UPDATE hold AS h SET parts = v.parts, grants = v.grants, lease_until = v.lease_until, elapsed = v.elapsed, meter_started_at = v.meter
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[]) AS v (shard, id, parts, grants, lease_until, elapsed, meter)
		WHERE h.shard = v.shard AND h.id = v.id`, "iittiii"},
	row.DeleteHolds: {"delete_hold", `DELETE FROM hold AS h USING ` + byTwo + ` AS k (shard, id)
		WHERE h.shard = k.shard AND h.id = k.id`, "ii"},
	row.InsertTxns:     insert("txn", row.TxnColumns, "iittiii"),
	row.InsertEntries:  insert("entry", row.EntryColumns, "iiiiitti"),
	row.InsertReceipts: insert("receipt", row.ReceiptColumns, "ittiittiiii"),
	row.InsertCDRs:     insert("cdr", "shard, "+row.CDRColumns+", reserved_micro, reserved_seconds, grants, txn", "iiittttt"+"iiii"+"iiiii"+"iii"+"t"+"i"+"t"+"i"+"ttt"+"ii"+"t"+"i"),
}

func insert(table, columns, types string) writing {
	return writing{
		name: "insert_" + table, types: types,
		text: "INSERT INTO " + table + " (" + columns + ") SELECT * FROM unnest(" + arrays(types) + ")",
	}
}
