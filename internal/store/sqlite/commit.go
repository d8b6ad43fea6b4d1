package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sibai/internal/charging"
	"sibai/internal/store/row"
)

var _ charging.Store = (*Store)(nil)

// Commit does a batch of charging: load, decide, apply, durable. Once it has
// begun it goes on to its end, whatever happens to ctx: half a batch helps
// nobody.
func (s *Store) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.yield()
	err := s.immediately(func() (bool, error) {
		loaded, err := s.load(charging.KeysOf(ops))
		if err != nil {
			return false, fmt.Errorf("load: %w", err)
		}
		writes := charging.Decide(rules, loaded, ops)
		if err := s.apply(writes); err != nil {
			return false, fmt.Errorf("apply: %w", err)
		}
		return !writes.Empty(), nil
	})
	return rejected(err)
}

func (s *Store) load(keys *charging.Keys) (*charging.Loaded, error) {
	loaded := charging.NewLoaded(keys)
	if err := s.loadAccounts(loaded, keys.Accounts); err != nil {
		return nil, err
	}
	if err := s.loadCalls(loaded, keys.Calls); err != nil {
		return nil, err
	}
	args := make([]any, 0, 3*len(keys.Receipts))
	for _, k := range keys.Receipts {
		args = append(args, k.Shard, k.Channel, k.Reference)
	}
	err := s.hot.stmts.selectReceipts.do(args, func(found row.Scanner) error {
		r, err := row.ScanReceipt(found)
		if err == nil {
			loaded.PutReceipt(r)
		}
		return err
	})
	return loaded, err
}

func (s *Store) loadAccounts(loaded *charging.Loaded, keys []charging.AccountKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	if err := s.hot.stmts.selectAccounts.do(args, func(found row.Scanner) error {
		a, err := row.ScanAccount(found)
		if err == nil {
			loaded.PutAccount(a)
		}
		return err
	}); err != nil {
		return err
	}
	buckets := make([]*charging.Bucket, 0, len(keys))
	if err := s.hot.stmts.selectBuckets.do(args, func(found row.Scanner) error {
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
	return s.hot.stmts.selectUsages.do(args, func(found row.Scanner) error {
		u := &charging.Usage{}
		err := row.ScanUsage(found, u)
		if err == nil {
			loaded.PutUsage(u)
		}
		return err
	})
}

// loadCalls loads the holds of calls or, where there is none, their CDRs.
func (s *Store) loadCalls(loaded *charging.Loaded, keys []charging.CallKey) error {
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.Shard, int64(k.ID))
	}
	held := make(map[charging.CallKey]bool, len(keys))
	if err := s.hot.stmts.selectHolds.do(args, func(found row.Scanner) error {
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
	return s.hot.stmts.selectClosed.do(rest, func(found row.Scanner) error {
		c, err := row.ScanClosed(found)
		if err == nil {
			loaded.PutClosed(c)
		}
		return err
	})
}

func (s *Store) apply(w *charging.Writes) error {
	values, err := row.Of(w)
	if err != nil {
		return err
	}
	for i, m := range s.hot.stmts.writes {
		if err := m.do(values[i], nil); err != nil {
			return err
		}
	}
	return nil
}
