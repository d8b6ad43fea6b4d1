package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"sibai/internal/charging"
	"sibai/internal/store/row"
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
	err := s.stmts.selectReceipts.query(ctx, args, func(found *sql.Rows) error {
		r, err := row.ScanReceipt(found)
		if err == nil {
			loaded.PutReceipt(r)
		}
		return err
	})
	return loaded, err
}

func (s *Store) loadAccounts(ctx context.Context, loaded *charging.Loaded, keys []charging.AccountKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	if err := s.stmts.selectAccounts.query(ctx, args, func(found *sql.Rows) error {
		a, err := row.ScanAccount(found)
		if err == nil {
			loaded.PutAccount(a)
		}
		return err
	}); err != nil {
		return err
	}
	buckets := make([]*charging.Bucket, 0, len(keys))
	if err := s.stmts.selectBuckets.query(ctx, args, func(found *sql.Rows) error {
		b := &charging.Bucket{}
		buckets = append(buckets, b)
		return row.ScanBucket(found, b)
	}); err != nil {
		return err
	}
	// The statement promises no order, Loaded wants one.
	slices.SortFunc(buckets, func(a, b *charging.Bucket) int { return cmp.Compare(a.ID, b.ID) })
	for _, b := range buckets {
		loaded.PutBucket(b)
	}
	return s.stmts.selectUsages.query(ctx, args, func(found *sql.Rows) error {
		u := &charging.Usage{}
		err := row.ScanUsage(found, u)
		if err == nil {
			loaded.PutUsage(u)
		}
		return err
	})
}

// loadCalls loads the holds of calls or, where there is none, their CDRs.
func (s *Store) loadCalls(ctx context.Context, loaded *charging.Loaded, keys []charging.CallKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	held := make(map[charging.CallKey]bool, len(keys))
	if err := s.stmts.selectHolds.query(ctx, args, func(found *sql.Rows) error {
		h := &charging.Hold{}
		if err := row.ScanHold(found, h); err != nil {
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
	return s.stmts.selectClosed.query(ctx, rest, func(found *sql.Rows) error {
		c, err := row.ScanClosed(found)
		if err == nil {
			loaded.PutClosed(c)
		}
		return err
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
	values, err := row.Of(w)
	if err != nil {
		return err
	}
	for i, m := range s.stmts.writes {
		if err := m.exec(ctx, values[i]); err != nil {
			return err
		}
	}
	return nil
}
