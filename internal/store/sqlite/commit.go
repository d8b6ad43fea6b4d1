package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
	if err := s.loadAccounts(ctx, loaded, keys.Accounts); err != nil {
		return nil, err
	}
	if err := s.loadCalls(ctx, loaded, keys.Calls); err != nil {
		return nil, err
	}
	args := make([]any, 0, 3*len(keys.Receipts))
	for _, k := range keys.Receipts {
		args = append(args, k.Shard, k.Channel, k.Reference)
	}
	err := s.stmts.selectReceipts.query(ctx, args, func(row *sql.Rows) error {
		r := &charging.Receipt{}
		var at int64
		if err := row.Scan(&r.Shard, &r.Channel, &r.Reference, &r.Account.Shard, &r.Account.ID, &r.Bucket, &r.Amount, &r.Txn, &at); err != nil {
			return err
		}
		r.At = instant(at)
		loaded.PutReceipt(r)
		return nil
	})
	return loaded, err
}

func (s *Store) loadAccounts(ctx context.Context, loaded *charging.Loaded, keys []charging.AccountKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	if err := s.stmts.selectAccounts.query(ctx, args, func(row *sql.Rows) error {
		a := &charging.Account{}
		var opened int64
		if err := row.Scan(&a.Key.Shard, &a.Key.ID, &a.State, &opened); err != nil {
			return err
		}
		a.OpenedAt = instant(opened)
		loaded.PutAccount(a)
		return nil
	}); err != nil {
		return err
	}
	buckets := make([]*charging.Bucket, 0, len(keys))
	if err := s.stmts.selectBuckets.query(ctx, args, func(row *sql.Rows) error {
		b := &charging.Bucket{}
		var expires, created int64
		if err := row.Scan(&b.Account.Shard, &b.Account.ID, &b.ID, &b.Kind, &b.Unit, &b.Balance, &b.Held, &expires, &created); err != nil {
			return err
		}
		b.ExpiresAt, b.CreatedAt = instant(expires), instant(created)
		buckets = append(buckets, b)
		return nil
	}); err != nil {
		return err
	}
	// The statement promises no order, Loaded wants one.
	slices.SortFunc(buckets, func(a, b *charging.Bucket) int { return cmp.Compare(a.ID, b.ID) })
	for _, b := range buckets {
		loaded.PutBucket(b)
	}
	return s.stmts.selectUsages.query(ctx, args, func(row *sql.Rows) error {
		u := &charging.Usage{}
		if err := row.Scan(&u.Account.Shard, &u.Account.ID, &u.Subscription, &u.InUse); err != nil {
			return err
		}
		loaded.PutUsage(u)
		return nil
	})
}

// loadCalls loads the holds of calls or, where there is none, their CDRs.
func (s *Store) loadCalls(ctx context.Context, loaded *charging.Loaded, keys []charging.CallKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	held := make(map[charging.CallKey]bool, len(keys))
	if err := s.stmts.selectHolds.query(ctx, args, func(row *sql.Rows) error {
		h := &charging.Hold{}
		if err := scanHold(row, h); err != nil {
			return err
		}
		held[h.Key] = true
		loaded.PutHold(h)
		return nil
	}); err != nil {
		return err
	}
	rest := args[:0]
	for _, k := range keys {
		if !held[k] {
			rest = append(rest, k.Shard, int64(k.ID))
		}
	}
	return s.stmts.selectClosed.query(ctx, rest, func(row *sql.Rows) error {
		c := &charging.Closed{}
		if err := scanClosed(row, c); err != nil {
			return err
		}
		loaded.PutClosed(c)
		return nil
	})
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
	write := func(m *many, args []any) {
		if failed == nil {
			failed = m.exec(ctx, args)
		}
	}
	write(s.stmts.insertAccounts, flat(w.NewAccounts, func(a *charging.Account) []any {
		return []any{a.Key.Shard, int64(a.Key.ID), string(a.State), micros(a.OpenedAt)}
	}))
	write(s.stmts.updateAccounts, flat(w.Accounts, func(a *charging.Account) []any {
		return []any{a.Key.Shard, int64(a.Key.ID), string(a.State)}
	}))
	write(s.stmts.insertBuckets, flat(w.NewBuckets, func(b *charging.Bucket) []any {
		return []any{b.Account.Shard, int64(b.Account.ID), b.ID, string(b.Kind), string(b.Unit), int64(b.Balance), int64(b.Held), micros(b.ExpiresAt), micros(b.CreatedAt)}
	}))
	write(s.stmts.updateBuckets, flat(w.Buckets, func(b *charging.Bucket) []any {
		return []any{b.Account.Shard, int64(b.Account.ID), b.ID, int64(b.Balance), int64(b.Held)}
	}))
	write(s.stmts.insertUsages, flat(w.NewUsages, usageRow))
	write(s.stmts.updateUsages, flat(w.Usages, usageRow))
	holds, err := newHolds(w.NewHolds)
	if err != nil {
		return err
	}
	write(s.stmts.insertHolds, holds)
	write(s.stmts.updateHolds, flat(w.Holds, func(h *charging.Hold) []any {
		return []any{h.Key.Shard, int64(h.Key.ID), encodeParts(h.Parts), encodeGrants(h.Grants), micros(h.LeaseUntil), h.Elapsed.Microseconds(), micros(h.MeterStartedAt)}
	}))
	write(s.stmts.deleteHolds, flat(w.GoneHolds, func(k charging.CallKey) []any { return []any{k.Shard, int64(k.ID)} }))
	write(s.stmts.insertTxns, flat(w.Transactions, func(t charging.Booking) []any {
		return []any{t.Shard, int64(t.ID), t.Key, string(t.Kind), callOf(t), int64(t.Reverses), micros(t.At)}
	}))
	write(s.stmts.insertEntries, flat(w.Transactions, func(t charging.Booking) []any {
		var out []any
		for leg, e := range t.Entries {
			out = append(out, t.Shard, int64(t.ID), leg, e.Account.Customer, e.Account.Bucket, string(e.Account.Book), string(e.Unit), e.Amount)
		}
		return out
	}))
	write(s.stmts.insertReceipts, flat(w.Receipts, func(r *charging.Receipt) []any {
		return []any{r.Shard, r.Channel, r.Reference, r.Account.Shard, int64(r.Account.ID), string(r.Bucket), int64(r.Amount), int64(r.Txn), micros(r.At)}
	}))
	var closed []any
	for _, c := range w.Closed {
		args, err := closedArgs(c)
		if err != nil {
			return fmt.Errorf("CDR of %s: %w", c.Key.ID, err)
		}
		closed = append(closed, args...)
	}
	write(s.stmts.insertCDRs, closed)
	return failed
}

// flat lists the values of all rows, one after the other.
func flat[T any](list []T, row func(T) []any) []any {
	var out []any
	for _, v := range list {
		out = append(out, row(v)...)
	}
	return out
}

func usageRow(u *charging.Usage) []any {
	return []any{u.Account.Shard, int64(u.Account.ID), int64(u.Subscription), u.InUse}
}

func newHolds(list []*charging.Hold) ([]any, error) {
	var out []any
	for _, h := range list {
		bill, err := json.Marshal(h.Bill)
		if err != nil {
			return nil, fmt.Errorf("bill of %s: %w", h.Key.ID, err)
		}
		draft, err := json.Marshal(h.Draft)
		if err != nil {
			return nil, fmt.Errorf("draft of %s: %w", h.Key.ID, err)
		}
		out = append(out, h.Key.Shard, int64(h.Key.ID), int64(h.Account), int64(h.Subscription), int64(h.Tariff), h.Node,
			encodeParts(h.Parts), encodeGrants(h.Grants), micros(h.OpenedAt), micros(h.LeaseUntil), h.Elapsed.Microseconds(), micros(h.MeterStartedAt),
			string(bill), string(draft))
	}
	return out, nil
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
