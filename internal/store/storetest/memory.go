package storetest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Memory is a charging.Store in memory, for tests: what Decide writes is kept
// in maps. The zero value is not ready; use NewMemory.
type Memory struct {
	// Spoil changes what was decided before it is kept, so that a test can show
	// that it finds a wrong decision; nil changes nothing.
	Spoil func(*charging.Writes)

	mu       sync.Mutex
	accounts map[charging.AccountKey]charging.Account
	buckets  map[charging.AccountKey][]charging.Bucket
	usages   map[charging.AccountKey][]charging.Usage
	holds    map[charging.CallKey]charging.Hold
	closed   map[charging.CallKey]charging.Closed
	receipts map[charging.ReceiptKey]charging.Receipt
	txns     map[txnKey]charging.Booking
	keys     map[string]txnKey
}

type txnKey struct {
	shard int
	id    ledger.ID
}

var _ charging.Store = (*Memory)(nil)

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{
		accounts: map[charging.AccountKey]charging.Account{},
		buckets:  map[charging.AccountKey][]charging.Bucket{},
		usages:   map[charging.AccountKey][]charging.Usage{},
		holds:    map[charging.CallKey]charging.Hold{},
		closed:   map[charging.CallKey]charging.Closed{},
		receipts: map[charging.ReceiptKey]charging.Receipt{},
		txns:     map[txnKey]charging.Booking{},
		keys:     map[string]txnKey{},
	}
}

// Commit does what a database would: load, decide, apply.
func (m *Memory) Commit(_ context.Context, rules charging.Rules, ops []charging.Op) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := charging.Decide(rules, m.load(charging.KeysOf(ops)), ops)
	for _, t := range w.Transactions {
		if _, ok := m.keys[fmt.Sprint(t.Shard, t.Key)]; ok {
			return fmt.Errorf("%w: transaction key %s is there", charging.ErrRejected, t.Key)
		}
		if _, ok := m.txns[txnKey{t.Shard, t.ID}]; ok {
			return fmt.Errorf("%w: transaction %s is there", charging.ErrRejected, t.ID)
		}
	}
	if m.Spoil != nil {
		m.Spoil(w)
	}
	m.apply(w)
	return nil
}

func (m *Memory) load(keys *charging.Keys) *charging.Loaded {
	loaded := charging.NewLoaded(keys)
	for _, k := range keys.Accounts {
		a, ok := m.accounts[k]
		if !ok {
			continue
		}
		loaded.PutAccount(&a)
		for _, b := range m.buckets[k] {
			loaded.PutBucket(&b)
		}
		for _, u := range m.usages[k] {
			loaded.PutUsage(&u)
		}
	}
	for _, k := range keys.Calls {
		if h, ok := m.holds[k]; ok {
			loaded.PutHold(&h)
		} else if c, ok := m.closed[k]; ok {
			loaded.PutClosed(&c)
		}
	}
	for _, k := range keys.Receipts {
		if r, ok := m.receipts[k]; ok {
			loaded.PutReceipt(&r)
		}
	}
	return loaded
}

// apply keeps the exported fields of rows: the others are Decide's own and
// must not come back.
func (m *Memory) apply(w *charging.Writes) {
	for _, a := range slices.Concat(w.NewAccounts, w.Accounts) {
		m.accounts[a.Key] = charging.Account{Key: a.Key, State: a.State, OpenedAt: a.OpenedAt}
	}
	for _, b := range slices.Concat(w.NewBuckets, w.Buckets) {
		row := charging.Bucket{
			Account: b.Account, ID: b.ID, Kind: b.Kind, Unit: b.Unit, Balance: b.Balance, Held: b.Held,
			ExpiresAt: b.ExpiresAt, CreatedAt: b.CreatedAt, Extension: b.Extension, Overdraft: b.Overdraft,
		}
		m.buckets[b.Account] = put(m.buckets[b.Account], row, func(x charging.Bucket) bool { return x.ID == b.ID })
	}
	for _, u := range slices.Concat(w.NewUsages, w.Usages) {
		row := charging.Usage{Account: u.Account, Subscription: u.Subscription, InUse: u.InUse, Now: u.Now, Before: u.Before}
		m.usages[u.Account] = put(m.usages[u.Account], row, func(x charging.Usage) bool { return x.Subscription == u.Subscription })
	}
	for _, h := range slices.Concat(w.NewHolds, w.Holds, w.Renewed) {
		row := charging.Hold{
			Key: h.Key, Account: h.Account, Subscription: h.Subscription, Tariff: h.Tariff, Node: h.Node,
			Parts: slices.Clone(h.Parts), Grants: slices.Clone(h.Grants), OpenedAt: h.OpenedAt,
			LeaseUntil: h.LeaseUntil, Elapsed: h.Elapsed, MeterStartedAt: h.MeterStartedAt,
			Bill: m.holds[h.Key].Bill, Draft: m.holds[h.Key].Draft,
		}
		if row.Bill == nil {
			row.Bill, row.Draft = h.Bill, h.Draft
		}
		m.holds[h.Key] = row
	}
	for _, k := range w.GoneHolds {
		delete(m.holds, k)
	}
	for _, t := range w.Transactions {
		m.txns[txnKey{t.Shard, t.ID}] = t
		m.keys[fmt.Sprint(t.Shard, t.Key)] = txnKey{t.Shard, t.ID}
	}
	for _, c := range w.Closed {
		m.closed[c.Key] = *c
	}
	for _, r := range w.Receipts {
		m.receipts[charging.ReceiptKey{Shard: r.Shard, Channel: r.Channel, Reference: r.Reference}] = *r
	}
}

func put[T any](list []T, v T, same func(T) bool) []T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list = slices.Clone(list)
		list[i] = v
		return list
	}
	return append(list, v)
}

// Lost lists the holds that the reaper may settle.
func (m *Memory) Lost(_ context.Context, now time.Time, node, limit int) ([]*charging.Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lost []*charging.Hold
	for _, h := range m.holds {
		if h.LeaseUntil.Before(now) || h.Node == node {
			lost = append(lost, &h)
		}
	}
	slices.SortFunc(lost, func(x, y *charging.Hold) int {
		return cmp.Or(x.LeaseUntil.Compare(y.LeaseUntil), cmp.Compare(x.Key.ID, y.Key.ID))
	})
	return lost[:min(limit, len(lost))], nil
}

// Held reads open holds.
func (m *Memory) Held(_ context.Context, calls []charging.CallKey) ([]*charging.Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var held []*charging.Hold
	for _, key := range calls {
		if h, ok := m.holds[key]; ok {
			held = append(held, &h)
		}
	}
	return held, nil
}

// Ended reads the records of calls that ended.
func (m *Memory) Ended(_ context.Context, calls []charging.CallKey) ([]cdr.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ended []cdr.Record
	for _, key := range calls {
		if c, ok := m.closed[key]; ok {
			ended = append(ended, c.Record)
		}
	}
	return ended, nil
}

// Account reads one account.
func (m *Memory) Account(_ context.Context, key charging.AccountKey) (*charging.AccountView, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.accounts[key]
	if !ok {
		return nil, nil
	}
	return &charging.AccountView{Key: key, State: a.State, OpenedAt: a.OpenedAt, Buckets: slices.Clone(m.buckets[key])}, nil
}

// CDR finds a call that ended.
func (m *Memory) CDR(_ context.Context, call cdr.ID) (cdr.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, c := range m.closed {
		if k.ID == call {
			return c.Record, true, nil
		}
	}
	return cdr.Record{}, false, nil
}

// CDRs lists calls that ended, the latest start first.
func (m *Memory) CDRs(_ context.Context, f charging.CDRFilter) ([]cdr.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	latest := func(x, y cdr.Record) int {
		order := cmp.Or(y.StartedAt.Compare(x.StartedAt), cmp.Compare(y.Call, x.Call))
		if f.OldestFirst {
			return -order
		}
		return order
	}
	var list []cdr.Record
	for _, c := range m.closed {
		r := c.Record
		if (f.Customer == 0 || r.Customer == f.Customer) && (f.Number == "" || r.Number == f.Number) &&
			(f.Caller == "" || r.Caller == f.Caller) && (f.Cause == "" || r.Cause == f.Cause) &&
			(f.Since.IsZero() || !r.StartedAt.Before(f.Since)) && (f.Before.IsZero() || r.StartedAt.Before(f.Before)) &&
			(f.After == nil || latest(*f.After, r) < 0) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, latest)
	return list[:min(f.Page(), len(list))], nil
}

// Inspect reads everything while nothing is written.
func (m *Memory) Inspect(_ context.Context, read func(charging.Inspection) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return read(inspection{m})
}

type inspection struct{ m *Memory }

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (in inspection) Buckets() iter.Seq2[charging.Bucket, error] {
	return all(slices.Concat(slices.Collect(maps.Values(in.m.buckets))...))
}

func (in inspection) Usages() iter.Seq2[charging.Usage, error] {
	return all(slices.Concat(slices.Collect(maps.Values(in.m.usages))...))
}

func (in inspection) Holds() iter.Seq2[charging.Hold, error] {
	return all(slices.Collect(maps.Values(in.m.holds)))
}

func (in inspection) Entries() iter.Seq2[charging.BookedEntry, error] {
	var list []charging.BookedEntry
	for k, t := range in.m.txns {
		for _, e := range t.Entries {
			list = append(list, charging.BookedEntry{Shard: k.shard, Txn: k.id, Entry: e})
		}
	}
	return all(list)
}

func (in inspection) Closed() iter.Seq2[charging.ClosedSum, error] {
	var list []charging.ClosedSum
	for k, c := range in.m.closed {
		sum := charging.ClosedSum{Call: k, Charge: c.Record.Charge, Reserved: c.Reserved, Seconds: c.Seconds, Lines: c.Record.Lines, Txn: c.Txn}
		for _, e := range in.m.txns[txnKey{k.Shard, c.Txn}].Entries {
			switch {
			case e.Account.Book != "":
			case e.Unit == ledger.SEC:
				sum.Included -= e.Amount
			default:
				sum.Settled -= money.Amount(e.Amount)
			}
		}
		list = append(list, sum)
	}
	return all(list)
}

func (in inspection) Orphans() iter.Seq2[charging.Orphan, error] {
	var list []charging.Orphan
	for k, t := range in.m.txns {
		call, err := cdr.ParseID(t.Key)
		key := charging.CallKey{Shard: k.shard, ID: call}
		if t.Kind == ledger.KindCall && (err != nil || in.m.closed[key].Txn != k.id) {
			list = append(list, charging.Orphan{Call: key, Txn: k.id})
		}
	}
	return all(list)
}

func (in inspection) Unmatched() iter.Seq2[charging.Unmatched, error] {
	var list []charging.Unmatched
	receipts := map[txnKey]int{}
	for k, r := range in.m.receipts {
		key := txnKey{r.Account.Shard, r.Txn}
		if r.Txn == 0 {
			continue // nothing moved
		}
		u := charging.Unmatched{Shard: key.shard, Txn: key.id, Key: k.Channel + " " + k.Reference}
		if _, ok := in.m.txns[key]; !ok {
			u.Why = charging.NoTransaction
			list = append(list, u)
		}
		if receipts[key]++; receipts[key] == 2 {
			u.Why = charging.TwoReceipts
			list = append(list, u)
		}
	}
	for key, t := range in.m.txns {
		if t.Kind != ledger.KindCall && receipts[key] == 0 {
			list = append(list, charging.Unmatched{Shard: key.shard, Txn: key.id, Key: t.Key, Why: charging.NoReceipt})
		}
	}
	return all(list)
}
