package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
)

var _ charging.Store = (*Store)(nil)

// Commit does a batch of charging: load, decide, apply, durable.
func (s *Store) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.yield()
	ctx = context.WithoutCancel(ctx) // half a batch helps nobody
	err := s.immediately(ctx, func() (bool, error) {
		loaded, err := s.load(ctx, charging.KeysOf(ops))
		if err != nil {
			return false, fmt.Errorf("load: %w", err)
		}
		writes := charging.Decide(rules, loaded, ops)
		if err := s.apply(ctx, writes); err != nil {
			return false, fmt.Errorf("apply: %w", err)
		}
		return !writes.Empty(), nil
	})
	return rejected(err)
}

func (s *Store) load(ctx context.Context, keys *charging.Keys) (*charging.Loaded, error) {
	loaded := charging.NewLoaded(keys)
	for _, k := range keys.Accounts {
		if err := s.loadAccount(ctx, loaded, k); err != nil {
			return nil, err
		}
	}
	for _, k := range keys.Calls {
		if err := s.loadCall(ctx, loaded, k); err != nil {
			return nil, err
		}
	}
	for _, k := range keys.Receipts {
		r := &charging.Receipt{Shard: k.Shard, Channel: k.Channel, Reference: k.Reference}
		var at int64
		err := s.stmts.selectReceipt.QueryRowContext(ctx, k.Shard, k.Channel, k.Reference).
			Scan(&r.Account.Shard, &r.Account.ID, &r.Bucket, &r.Amount, &r.Txn, &at)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r.At = instant(at)
		loaded.PutReceipt(r)
	}
	return loaded, nil
}

func (s *Store) loadAccount(ctx context.Context, loaded *charging.Loaded, k charging.AccountKey) error {
	a := &charging.Account{Key: k}
	var opened int64
	err := s.stmts.selectAccount.QueryRowContext(ctx, k.Shard, int64(k.ID)).Scan(&a.State, &opened)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	a.OpenedAt = instant(opened)
	loaded.PutAccount(a)
	rows, err := s.stmts.selectBuckets.QueryContext(ctx, k.Shard, int64(k.ID))
	if err := each(rows, err, func(row *sql.Rows) error {
		b := &charging.Bucket{Account: k}
		var expires, created int64
		if err := row.Scan(&b.ID, &b.Kind, &b.Unit, &b.Balance, &b.Held, &expires, &created); err != nil {
			return err
		}
		b.ExpiresAt, b.CreatedAt = instant(expires), instant(created)
		loaded.PutBucket(b)
		return nil
	}); err != nil {
		return err
	}
	rows, err = s.stmts.selectUsages.QueryContext(ctx, k.Shard, int64(k.ID))
	return each(rows, err, func(row *sql.Rows) error {
		u := &charging.Usage{Account: k}
		if err := row.Scan(&u.Subscription, &u.InUse); err != nil {
			return err
		}
		loaded.PutUsage(u)
		return nil
	})
}

// loadCall loads a call's hold or, when there is none, its CDR.
func (s *Store) loadCall(ctx context.Context, loaded *charging.Loaded, k charging.CallKey) error {
	h := &charging.Hold{Key: k}
	var parts, grants string
	var opened, lease, elapsed, meter int64
	err := s.stmts.selectHold.QueryRowContext(ctx, k.Shard, int64(k.ID)).
		Scan(&h.Account, &h.Subscription, &h.Tariff, &h.Node, &parts, &grants, &opened, &lease, &elapsed, &meter)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		c := &charging.Closed{Key: k}
		err := scanClosed(s.stmts.selectClosed.QueryRowContext(ctx, k.Shard, int64(k.ID)), c)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			loaded.PutClosed(c)
		}
		return err
	case err != nil:
		return err
	}
	if h.Parts, err = decodeParts(parts); err != nil {
		return fmt.Errorf("parts of %s: %w", k.ID, err)
	}
	if h.Grants, err = decodeGrants(grants); err != nil {
		return fmt.Errorf("grants of %s: %w", k.ID, err)
	}
	h.OpenedAt, h.LeaseUntil, h.MeterStartedAt, h.Elapsed = instant(opened), instant(lease), instant(meter), length(elapsed)
	loaded.PutHold(h)
	return nil
}

// each walks rows to their end and closes them.
func each(rows *sql.Rows, err error, f func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (s *Store) apply(ctx context.Context, w *charging.Writes) error {
	var failed error
	do := func(stmt *sql.Stmt, args ...any) {
		if failed == nil {
			_, failed = stmt.ExecContext(ctx, args...)
		}
	}
	for _, a := range w.NewAccounts {
		do(s.stmts.insertAccount, a.Key.Shard, int64(a.Key.ID), string(a.State), micros(a.OpenedAt))
	}
	for _, a := range w.Accounts {
		do(s.stmts.updateAccount, string(a.State), a.Key.Shard, int64(a.Key.ID))
	}
	for _, b := range w.NewBuckets {
		do(s.stmts.insertBucket, b.Account.Shard, int64(b.Account.ID), b.ID, string(b.Kind), string(b.Unit), int64(b.Balance), int64(b.Held), micros(b.ExpiresAt), micros(b.CreatedAt))
	}
	for _, b := range w.Buckets {
		do(s.stmts.updateBucket, int64(b.Balance), int64(b.Held), b.Account.Shard, int64(b.Account.ID), b.ID)
	}
	for _, u := range w.NewUsages {
		do(s.stmts.insertUsage, u.Account.Shard, int64(u.Account.ID), int64(u.Subscription), u.InUse)
	}
	for _, u := range w.Usages {
		do(s.stmts.updateUsage, u.InUse, u.Account.Shard, int64(u.Account.ID), int64(u.Subscription))
	}
	for _, h := range w.NewHolds {
		bill, err := json.Marshal(h.Bill)
		if err != nil {
			return fmt.Errorf("bill of %s: %w", h.Key.ID, err)
		}
		draft, err := json.Marshal(h.Draft)
		if err != nil {
			return fmt.Errorf("draft of %s: %w", h.Key.ID, err)
		}
		do(s.stmts.insertHold, h.Key.Shard, int64(h.Key.ID), int64(h.Account), int64(h.Subscription), int64(h.Tariff), h.Node,
			encodeParts(h.Parts), encodeGrants(h.Grants), micros(h.OpenedAt), micros(h.LeaseUntil), h.Elapsed.Microseconds(), micros(h.MeterStartedAt),
			string(bill), string(draft))
	}
	for _, h := range w.Holds {
		do(s.stmts.updateHold, encodeParts(h.Parts), encodeGrants(h.Grants), micros(h.LeaseUntil), h.Elapsed.Microseconds(), micros(h.MeterStartedAt),
			h.Key.Shard, int64(h.Key.ID))
	}
	for _, k := range w.GoneHolds {
		do(s.stmts.deleteHold, k.Shard, int64(k.ID))
	}
	for _, t := range w.Transactions {
		do(s.stmts.insertTxn, t.Shard, int64(t.ID), t.Key, string(t.Kind), callOf(t), int64(t.Reverses), micros(t.At))
		for leg, e := range t.Entries {
			do(s.stmts.insertEntry, t.Shard, int64(t.ID), leg, e.Account.Customer, e.Account.Bucket, string(e.Account.Book), string(e.Unit), e.Amount)
		}
	}
	for _, r := range w.Receipts {
		do(s.stmts.insertReceipt, r.Shard, r.Channel, r.Reference, r.Account.Shard, int64(r.Account.ID), string(r.Bucket), int64(r.Amount), int64(r.Txn), micros(r.At))
	}
	for _, c := range w.Closed {
		args, err := closedArgs(c)
		if err != nil {
			return fmt.Errorf("CDR of %s: %w", c.Key.ID, err)
		}
		do(s.stmts.insertCDR, args...)
	}
	return failed
}

// callOf is the call that a transaction settles, 0 when it is of none.
func callOf(t charging.Booking) int64 {
	if t.Kind != ledger.KindCall {
		return 0
	}
	call, err := cdr.ParseID(t.Key)
	if err != nil {
		return 0 // Audit will call it an orphan
	}
	return int64(call)
}
