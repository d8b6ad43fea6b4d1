package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The statements of the hot path, each for several rows at once. None may scan
// a table: a test asks SQLite for the plan of each.
const (
	selectAccounts = `SELECT shard, id, state, opened_at FROM account WHERE (shard, id) IN (VALUES {})`
	selectBuckets  = `SELECT shard, account, id, kind, unit, balance, held, expires_at, created_at FROM bucket WHERE (shard, account) IN (VALUES {})`
	selectUsages   = `SELECT shard, account, subscription, in_use FROM usage WHERE (shard, account) IN (VALUES {})`
	selectHolds    = `SELECT shard, id, account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at FROM hold WHERE (shard, id) IN (VALUES {})`
	selectClosed   = `SELECT ` + cdrColumns + `, reserved_micro, grants, txn, shard FROM cdr WHERE (shard, id) IN (VALUES {})`
	selectReceipts = `SELECT shard, channel, reference, account_shard, account, bucket, amount, txn, at FROM receipt WHERE (shard, channel, reference) IN (VALUES {})`

	insertAccounts = `INSERT INTO account (shard, id, state, opened_at) VALUES {}`
	updateAccounts = `UPDATE account SET state = v.column3 FROM (VALUES {}) AS v WHERE account.shard = v.column1 AND account.id = v.column2`
	insertBuckets  = `INSERT INTO bucket (shard, account, id, kind, unit, balance, held, expires_at, created_at) VALUES {}`
	updateBuckets  = `UPDATE bucket SET balance = v.column4, held = v.column5 FROM (VALUES {}) AS v WHERE bucket.shard = v.column1 AND bucket.account = v.column2 AND bucket.id = v.column3`
	insertUsages   = `INSERT INTO usage (shard, account, subscription, in_use) VALUES {}`
	updateUsages   = `UPDATE usage SET in_use = v.column4 FROM (VALUES {}) AS v WHERE usage.shard = v.column1 AND usage.account = v.column2 AND usage.subscription = v.column3`
	insertHolds    = `INSERT INTO hold (shard, id, account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at, bill, draft) VALUES {}`
	updateHolds    = `UPDATE hold SET parts = v.column3, grants = v.column4, lease_until = v.column5, elapsed = v.column6, meter_started_at = v.column7 FROM (VALUES {}) AS v WHERE hold.shard = v.column1 AND hold.id = v.column2`
	deleteHolds    = `DELETE FROM hold WHERE (shard, id) IN (VALUES {})`
	insertTxns     = `INSERT INTO txn (shard, id, key, kind, call, reverses, at) VALUES {}`
	insertEntries  = `INSERT INTO entry (shard, txn, leg, account, bucket, book, unit, amount) VALUES {}`
	insertReceipts = `INSERT INTO receipt (shard, channel, reference, account_shard, account, bucket, amount, txn, at) VALUES {}`
	insertCDRs     = `INSERT INTO cdr (shard, ` + cdrColumns + `, reserved_micro, grants, txn) VALUES {}`

	cdrColumns = `id, node, trunk, number, caller, caller_raw, sip_call_id, customer, account, subscription, tariff, started_at, ringing_at, answered_at, platform_answered_at, ended_at, talk, billable, charge_micro, cause, status, ended_by, recovered, lines, legs, steps`
)

// statements are prepared on the writer connection.
type statements struct {
	begin, commit, rollback *sql.Stmt

	selectAccounts, selectBuckets, selectUsages, selectHolds, selectClosed, selectReceipts *many

	insertAccounts, updateAccounts, insertBuckets, updateBuckets, insertUsages, updateUsages *many
	insertHolds, updateHolds, deleteHolds                                                    *many
	insertTxns, insertEntries, insertReceipts, insertCDRs                                    *many
}

// newStatements makes the statements of the hot path; none is prepared yet.
func newStatements() *statements {
	return &statements{
		selectAccounts: forRows(selectAccounts, 2), selectBuckets: forRows(selectBuckets, 2), selectUsages: forRows(selectUsages, 2),
		selectHolds: forRows(selectHolds, 2), selectClosed: forRows(selectClosed, 2), selectReceipts: forRows(selectReceipts, 3),
		insertAccounts: forRows(insertAccounts, 4), updateAccounts: forRows(updateAccounts, 3),
		insertBuckets: forRows(insertBuckets, 9), updateBuckets: forRows(updateBuckets, 5),
		insertUsages: forRows(insertUsages, 4), updateUsages: forRows(updateUsages, 4),
		insertHolds: forRows(insertHolds, 14), updateHolds: forRows(updateHolds, 7), deleteHolds: forRows(deleteHolds, 2),
		insertTxns: forRows(insertTxns, 7), insertEntries: forRows(insertEntries, 8),
		insertReceipts: forRows(insertReceipts, 9), insertCDRs: forRows(insertCDRs, 30),
	}
}

// list names every statement for rows.
func (s *statements) list() []*many {
	return []*many{
		s.selectAccounts, s.selectBuckets, s.selectUsages, s.selectHolds, s.selectClosed, s.selectReceipts,
		s.insertAccounts, s.updateAccounts, s.insertBuckets, s.updateBuckets, s.insertUsages, s.updateUsages,
		s.insertHolds, s.updateHolds, s.deleteHolds, s.insertTxns, s.insertEntries, s.insertReceipts, s.insertCDRs,
	}
}

func prepare(ctx context.Context, conn *sql.Conn) (*statements, error) {
	s := newStatements()
	for _, m := range s.list() {
		m.conn = conn
	}
	var errs [3]error
	s.begin, errs[0] = conn.PrepareContext(ctx, "BEGIN IMMEDIATE")
	s.commit, errs[1] = conn.PrepareContext(ctx, "COMMIT")
	s.rollback, errs[2] = conn.PrepareContext(ctx, "ROLLBACK")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare: %w", err), s.close())
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.begin, s.commit, s.rollback} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	for _, m := range s.list() {
		errs = append(errs, m.close())
	}
	return errors.Join(errs...)
}
