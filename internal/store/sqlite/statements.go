package sqlite

import "sibai/internal/store/row"

// The statements of the hot path, each for several rows at once. None may scan
// a table: a test asks SQLite for the plan of each.
const (
	selectAccounts = `SELECT ` + row.AccountColumns + ` FROM account WHERE (shard, id) IN (VALUES {})`
	selectBuckets  = `SELECT ` + row.BucketColumns + ` FROM bucket WHERE (shard, account) IN (VALUES {})`
	selectUsages   = `SELECT ` + row.UsageColumns + ` FROM usage WHERE (shard, account) IN (VALUES {})`
	selectHolds    = `SELECT ` + row.HoldColumns + ` FROM hold WHERE (shard, id) IN (VALUES {})`
	selectClosed   = `SELECT ` + row.ClosedColumns + ` FROM cdr WHERE (shard, id) IN (VALUES {})`
	selectReceipts = `SELECT ` + row.ReceiptColumns + ` FROM receipt WHERE (shard, channel, reference) IN (VALUES {})`

	insertAccounts = `INSERT INTO account (` + row.AccountColumns + `) VALUES {}`
	updateAccounts = `UPDATE account SET state = v.column3 FROM (VALUES {}) AS v WHERE account.shard = v.column1 AND account.id = v.column2`
	insertBuckets  = `INSERT INTO bucket (` + row.BucketColumns + `) VALUES {}`
	updateBuckets  = `UPDATE bucket SET balance = v.column4, held = v.column5, overdraft = v.column6 FROM (VALUES {}) AS v WHERE bucket.shard = v.column1 AND bucket.account = v.column2 AND bucket.id = v.column3`
	insertUsages   = `INSERT INTO usage (` + row.UsageColumns + `) VALUES {}`
	updateUsages   = `UPDATE usage SET in_use = v.column4, month = v.column5, calls = v.column6, spent = v.column7, held = v.column8, before_month = v.column9, before_calls = v.column10, before_spent = v.column11, before_held = v.column12 FROM (VALUES {}) AS v WHERE usage.shard = v.column1 AND usage.account = v.column2 AND usage.subscription = v.column3`
	insertHolds    = `INSERT INTO hold (` + row.HoldColumns + `, bill, draft) VALUES {}`
	updateHolds    = `UPDATE hold SET parts = v.column3, grants = v.column4, lease_until = v.column5, elapsed = v.column6, meter_started_at = v.column7 FROM (VALUES {}) AS v WHERE hold.shard = v.column1 AND hold.id = v.column2`
	renewHolds     = `UPDATE hold SET lease_until = v.column3, elapsed = v.column4, meter_started_at = v.column5 FROM (VALUES {}) AS v WHERE hold.shard = v.column1 AND hold.id = v.column2`
	deleteHolds    = `DELETE FROM hold WHERE (shard, id) IN (VALUES {})`
	insertTxns     = `INSERT INTO txn (` + row.TxnColumns + `) VALUES {}`
	insertEntries  = `INSERT INTO entry (` + row.EntryColumns + `) VALUES {}`
	insertReceipts = `INSERT INTO receipt (` + row.ReceiptColumns + `) VALUES {}`
	insertCDRs     = `INSERT INTO cdr (shard, ` + row.CDRColumns + `, reserved_micro, reserved_seconds, grants, txn) VALUES {}`
)

// statements are those of the hot connection.
type statements struct {
	begin, commit, rollback *many

	selectAccounts, selectBuckets, selectUsages, selectHolds, selectClosed, selectReceipts *many

	writes [row.Writes]*many
}

// newStatements makes the statements of the hot path; none is prepared yet.
func newStatements() *statements {
	return &statements{
		begin: forRows("BEGIN IMMEDIATE", 0), commit: forRows("COMMIT", 0), rollback: forRows("ROLLBACK", 0),
		selectAccounts: forRows(selectAccounts, 2), selectBuckets: forRows(selectBuckets, 2), selectUsages: forRows(selectUsages, 2),
		selectHolds: forRows(selectHolds, 2), selectClosed: forRows(selectClosed, 2), selectReceipts: forRows(selectReceipts, 3),
		writes: [row.Writes]*many{
			row.InsertAccounts: forRows(insertAccounts, 4), row.UpdateAccounts: forRows(updateAccounts, 3),
			row.InsertBuckets: forRows(insertBuckets, 11), row.UpdateBuckets: forRows(updateBuckets, 6),
			row.InsertUsages: forRows(insertUsages, 12), row.UpdateUsages: forRows(updateUsages, 12),
			row.InsertHolds: forRows(insertHolds, 14), row.UpdateHolds: forRows(updateHolds, 7),
			row.RenewHolds: forRows(renewHolds, 5), row.DeleteHolds: forRows(deleteHolds, 2),
			row.InsertTxns: forRows(insertTxns, 7), row.InsertEntries: forRows(insertEntries, 8),
			row.InsertReceipts: forRows(insertReceipts, 11), row.InsertCDRs: forRows(insertCDRs, 31),
		},
	}
}

// list names every statement for rows.
func (s *statements) list() []*many {
	return append([]*many{
		s.begin, s.commit, s.rollback,
		s.selectAccounts, s.selectBuckets, s.selectUsages, s.selectHolds, s.selectClosed, s.selectReceipts,
	}, s.writes[:]...)
}
