package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The statements of the hot path. None may scan a table: a test asks SQLite
// for the plan of each.
const (
	selectAccount = `SELECT state, opened_at FROM account WHERE shard = ? AND id = ?`
	selectBuckets = `SELECT id, kind, unit, balance, held, expires_at, created_at FROM bucket WHERE shard = ? AND account = ? ORDER BY id`
	selectUsages  = `SELECT subscription, in_use FROM usage WHERE shard = ? AND account = ?`
	selectHold    = `SELECT account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at FROM hold WHERE shard = ? AND id = ?`
	selectClosed  = `SELECT ` + cdrColumns + `, reserved_micro, grants, txn FROM cdr WHERE shard = ? AND id = ?`
	selectReceipt = `SELECT account_shard, account, bucket, amount, txn, at FROM receipt WHERE shard = ? AND channel = ? AND reference = ?`

	insertAccount = `INSERT INTO account (shard, id, state, opened_at) VALUES (?, ?, ?, ?)`
	updateAccount = `UPDATE account SET state = ? WHERE shard = ? AND id = ?`
	insertBucket  = `INSERT INTO bucket (shard, account, id, kind, unit, balance, held, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateBucket  = `UPDATE bucket SET balance = ?, held = ? WHERE shard = ? AND account = ? AND id = ?`
	insertUsage   = `INSERT INTO usage (shard, account, subscription, in_use) VALUES (?, ?, ?, ?)`
	updateUsage   = `UPDATE usage SET in_use = ? WHERE shard = ? AND account = ? AND subscription = ?`
	insertHold    = `INSERT INTO hold (shard, id, account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at, bill, draft) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateHold    = `UPDATE hold SET parts = ?, grants = ?, lease_until = ?, elapsed = ?, meter_started_at = ? WHERE shard = ? AND id = ?`
	deleteHold    = `DELETE FROM hold WHERE shard = ? AND id = ?`
	insertTxn     = `INSERT INTO txn (shard, id, key, kind, call, reverses, at) VALUES (?, ?, ?, ?, ?, ?, ?)`
	insertEntry   = `INSERT INTO entry (shard, txn, leg, account, bucket, book, unit, amount) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	insertReceipt = `INSERT INTO receipt (shard, channel, reference, account_shard, account, bucket, amount, txn, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertCDR     = `INSERT INTO cdr (shard, ` + cdrColumns + `, reserved_micro, grants, txn) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	cdrColumns = `id, node, trunk, number, caller, caller_raw, sip_call_id, customer, account, subscription, tariff, started_at, ringing_at, answered_at, platform_answered_at, ended_at, talk, billable, charge_micro, cause, status, ended_by, recovered, lines, legs, steps`
)

// statements are prepared on the writer connection.
type statements struct {
	begin, commit, rollback *sql.Stmt

	selectAccount, selectBuckets, selectUsages, selectHold, selectClosed, selectReceipt *sql.Stmt

	insertAccount, updateAccount, insertBucket, updateBucket, insertUsage, updateUsage *sql.Stmt
	insertHold, updateHold, deleteHold                                                 *sql.Stmt
	insertTxn, insertEntry, insertReceipt, insertCDR                                   *sql.Stmt

	all []*sql.Stmt
}

// prepared is where a statement is kept, and its text.
type prepared struct {
	to   **sql.Stmt
	text string
}

// list names every statement of the hot path.
func (s *statements) list() []prepared {
	return []prepared{
		{&s.begin, "BEGIN IMMEDIATE"}, {&s.commit, "COMMIT"}, {&s.rollback, "ROLLBACK"},
		{&s.selectAccount, selectAccount}, {&s.selectBuckets, selectBuckets}, {&s.selectUsages, selectUsages},
		{&s.selectHold, selectHold}, {&s.selectClosed, selectClosed}, {&s.selectReceipt, selectReceipt},
		{&s.insertAccount, insertAccount}, {&s.updateAccount, updateAccount},
		{&s.insertBucket, insertBucket}, {&s.updateBucket, updateBucket},
		{&s.insertUsage, insertUsage}, {&s.updateUsage, updateUsage},
		{&s.insertHold, insertHold}, {&s.updateHold, updateHold}, {&s.deleteHold, deleteHold},
		{&s.insertTxn, insertTxn}, {&s.insertEntry, insertEntry},
		{&s.insertReceipt, insertReceipt}, {&s.insertCDR, insertCDR},
	}
}

func prepare(ctx context.Context, conn *sql.Conn) (*statements, error) {
	s := &statements{}
	for _, p := range s.list() {
		stmt, err := conn.PrepareContext(ctx, p.text) //nolint:sqlclosecheck // close does, of all
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), s.close())
		}
		*p.to = stmt
		s.all = append(s.all, stmt)
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range s.all {
		errs = append(errs, stmt.Close())
	}
	s.all = nil
	return errors.Join(errs...)
}
