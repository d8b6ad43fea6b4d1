package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Machine plays random operations on a store and checks every promise of
// charging after each: batches of top-ups, calls, lost nodes and changed
// states, answers that are lost, operations sent again. crash gives back what
// a store would find after the loss of its process; nil crashes nothing.
func Machine(t *rapid.T, store charging.Store, crash func() charging.Store) {
	m := &machine{T: t, store: store, now: Start, ids: 1 << 32, calls: map[cdr.ID]*modelCall{}, wallets: map[wallet]int64{}}
	for account := range charging.AccountID(accountsOfMachine) {
		m.do(m.openAccount(account + 1))
	}
	actions := map[string]func(*rapid.T){
		"":      func(t *rapid.T) { m.T = t; m.check() },
		"one":   func(t *rapid.T) { m.T = t; m.alone = true; m.do(m.step()); m.alone = false },
		"batch": func(t *rapid.T) { m.T = t; m.batch() },
		"reap":  func(t *rapid.T) { m.T = t; m.reap() },
		"again": func(t *rapid.T) { m.T = t; m.again() },
		"wait": func(t *rapid.T) {
			m.T = t
			m.now = m.now.Add(time.Duration(rapid.IntRange(1, 300_000_000).Draw(t, "µs")) * time.Microsecond)
		},
	}
	if crash != nil {
		actions["crash"] = func(t *rapid.T) { m.T = t; m.store = crash() }
	}
	t.Repeat(actions)
}

const accountsOfMachine = 2

type modelCall struct {
	bill     charging.Bill
	opened   time.Time
	meter    time.Time // when it started, as the hold was first told
	granted  time.Duration
	sequence int
	closed   bool
	talked   bool
	charge   money.Amount
}

// machine is what must be true, kept apart from how charging does it.
type machine struct {
	*rapid.T
	store   charging.Store
	now     time.Time
	ids     int64
	calls   map[cdr.ID]*modelCall
	order   []cdr.ID // of calls, as they began
	came    money.Amount
	charged money.Amount
	issued  int64 // seconds of included time
	used    int64
	posted  posted
	// wallets are what the sub-wallets of extensions have.
	wallets map[wallet]int64
	alone   bool // the next step is no part of a larger batch
	done    []replay
}

// replay is an operation that was done, and how to do it again: remake makes
// it anew, same compares results.
type replay struct {
	name   string
	remake func() charging.Op
	same   func(charging.Op) error
}

// step is an operation and what to check once it is done. A nil op is a step
// that had nothing to act on.
type step struct {
	name   string
	call   cdr.ID // that no other step of one batch may touch; 0 for none
	remake func() charging.Op
	after  func(charging.Op) (same func(charging.Op) error)
}

func (m *machine) id() int64 { m.ids++; return m.ids }

func (m *machine) do(steps ...*step) {
	steps = slices.DeleteFunc(steps, func(s *step) bool { return s == nil })
	if len(steps) == 0 {
		return
	}
	ops := make([]charging.Op, len(steps))
	for i, s := range steps {
		ops[i] = s.remake()
	}
	if rapid.IntRange(0, 9).Draw(m.T, "lost") == 0 {
		// It was committed, but nobody heard: the batch is sent again.
		m.commit(ops)
	}
	m.commit(ops)
	for i, s := range steps {
		same := s.after(ops[i])
		if same != nil {
			m.done = append(m.done, replay{s.name, s.remake, same})
		}
	}
}

func (m *machine) commit(ops []charging.Op) {
	if err := m.store.Commit(context.Background(), charging.Rules{}, ops); err != nil {
		m.Fatalf("commit: %v", err)
	}
}

func (m *machine) batch() {
	var steps []*step
	taken := map[cdr.ID]bool{}
	for range rapid.IntRange(2, 8).Draw(m.T, "size") {
		s := m.step()
		if s != nil && !taken[s.call] {
			steps = append(steps, s)
			taken[s.call] = s.call != 0
		}
	}
	m.do(steps...)
}

func (m *machine) step() *step {
	return rapid.SampledFrom([]func() *step{
		m.topUp, m.reserve, m.reserve, m.extend, m.extend, m.settle, m.settle, m.renew, m.record, m.setState,
		m.fee, m.refund, m.expire, m.arrears,
	}).Draw(m.T, "operation")()
}

func (m *machine) account() charging.AccountID {
	return charging.AccountID(rapid.IntRange(1, accountsOfMachine).Draw(m.T, "account"))
}

func (m *machine) openAccount(account charging.AccountID) *step {
	return &step{
		name: "open",
		remake: func() charging.Op {
			return &charging.OpenOp{Key: charging.AccountKey{Shard: shard, ID: account}, At: Start}
		},
		after: func(op charging.Op) func(charging.Op) error { m.must(op); return noError },
	}
}

func noError(op charging.Op) error { return op.Err() }

func (m *machine) must(op charging.Op) {
	if op.Err() != nil {
		m.Fatalf("%T: %v", op, op.Err())
	}
}

func (m *machine) topUp() *step {
	t := charging.TopUp{
		Shard: shard, Account: m.account(), Channel: "bank", Reference: fmt.Sprint(m.id()), At: m.now,
		Bucket: rapid.SampledFrom([]charging.BucketKind{charging.Cash, charging.Cash, charging.Bonus, charging.Package, charging.Package, charging.Extension}).Draw(m.T, "bucket"),
	}
	if t.Bucket == charging.Extension {
		t.Extension = rapid.Int64Range(1, 2).Draw(m.T, "extension")
	}
	if t.Bucket == charging.Package {
		t.ExpiresAt = m.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(m.T, "expires")) * time.Second)
	}
	if t.Bucket != charging.Cash && t.Bucket != charging.Bonus && rapid.Bool().Draw(m.T, "time") {
		t.Seconds = rapid.Int64Range(1, 600).Draw(m.T, "seconds")
	} else {
		t.Amount = money.Amount(rapid.Int64Range(1, 1_500_000).Draw(m.T, "amount"))
	}
	txn, bucket := ledger.ID(m.id()), m.id()
	return &step{
		name:   "top-up",
		remake: func() charging.Op { return &charging.TopUpOp{TopUp: t, Txn: txn, Bucket: bucket} },
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			m.came += t.Amount
			m.issued += t.Seconds
			if t.Extension != 0 {
				m.wallets[wallet{t.Account, t.Extension}] += int64(t.Amount) + t.Seconds*second
			}
			if op.(*charging.TopUpOp).Booked != txn {
				m.Fatalf("booked as %s, want %s", op.(*charging.TopUpOp).Booked, txn)
			}
			return noError
		},
	}
}

func (m *machine) reserve() *step {
	b := m.drawBill()
	call, at := cdr.ID(m.id()), m.now
	free, alone := m.free(&b), m.alone
	return &step{
		name: "reserve", call: call,
		remake: func() charging.Op { return reserve(call, b, at) },
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			a := op.(*charging.ReserveOp).Answer
			if a.Refused != "" {
				m.refused(&b, a.Refused, free, alone)
				return nil // a refusal is kept only with the CDR
			}
			if a.Granted < time.Second || a.ExtendAt <= 0 || a.ExtendAt > a.Granted {
				m.Fatalf("granted %+v", a)
			}
			m.calls[call] = &modelCall{bill: b, opened: at, granted: a.Granted}
			m.order = append(m.order, call)
			return func(again charging.Op) error { return sameAnswer(a, again.(*charging.ReserveOp).Answer) }
		},
	}
}

func sameAnswer(first, again charging.Answer) error {
	if first != again {
		return fmt.Errorf("answer %+v, was %+v", again, first)
	}
	return nil
}

// running draws a call that is not closed, 0 when there is none.
func (m *machine) running() cdr.ID {
	var open []cdr.ID
	for _, id := range m.order {
		if !m.calls[id].closed {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return 0
	}
	return rapid.SampledFrom(open).Draw(m.T, "call")
}

func (m *machine) extend() *step {
	call := m.running()
	if call == 0 {
		return nil
	}
	c, at := m.calls[call], m.now
	elapsed := time.Duration(rapid.Int64Range(0, int64(min(c.granted, 24*time.Hour))).Draw(m.T, "elapsed"))
	sequence, meter := c.sequence+1, m.meterOf(c)
	return &step{
		name: "extend", call: call,
		remake: func() charging.Op {
			op := extend(call, c.bill, sequence, elapsed, at)
			op.Request.MeterStartedAt = meter
			return op
		},
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			a := op.(*charging.ExtendOp).Answer
			if a.Granted < c.granted || a.Refused != "" || a.ExtendAt > a.Granted {
				m.Fatalf("extended %s to %+v", c.granted, a)
			}
			if a.Granted == c.granted && !a.Final {
				m.Fatalf("nothing was granted, and it is not final: %+v", a)
			}
			c.sequence, c.granted, c.meter = sequence, a.Granted, meter
			return func(again charging.Op) error { return sameAnswer(a, again.(*charging.ExtendOp).Answer) }
		},
	}
}

func (m *machine) settle() *step {
	call := m.running()
	if call == 0 {
		return nil
	}
	c, txn := m.calls[call], ledger.ID(m.id())
	at := m.meterOf(c)
	long := time.Duration(-1)
	if rapid.IntRange(0, 3).Draw(m.T, "answered") > 0 {
		long = time.Duration(rapid.Int64Range(0, int64(c.granted+2*time.Minute)).Draw(m.T, "talked"))
	}
	rec := (*till)(nil).ended(call, at, long)
	return &step{
		name: "settle", call: call,
		remake: func() charging.Op {
			return &charging.SettleOp{Request: charging.SettleRequest{Bill: c.bill, Record: rec}, Txn: txn}
		},
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			got := op.(*charging.SettleOp).Record
			m.close(c, &got, at, long >= 0, long)
			return func(again charging.Op) error { return sameRecord(got, again.(*charging.SettleOp).Record) }
		},
	}
}

func sameRecord(first, again cdr.Record) error {
	if !reflect.DeepEqual(first, again) {
		return fmt.Errorf("record %+v\nwas %+v", again, first)
	}
	return nil
}

func (m *machine) renew() *step {
	call := m.running()
	if call == 0 {
		return nil
	}
	c, at := m.calls[call], m.now
	meter := m.meterOf(c)
	op := charging.RenewOp{
		Proof: charging.Proof{
			Call: call, Bill: c.bill, MeterStartedAt: meter,
			Elapsed: time.Duration(rapid.Int64Range(0, int64(c.granted+time.Minute)).Draw(m.T, "elapsed")),
		},
		LeaseUntil: at.Add(30 * time.Second),
	}
	return &step{
		name: "renew", call: call,
		remake: func() charging.Op { o := op; return &o },
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			c.meter = meter
			return noError
		},
	}
}

func (m *machine) record() *step {
	call, at := cdr.ID(m.id()), m.now
	rec := draft(call, at)
	rec.Account, rec.Cause, rec.EndedAt = 1, cdr.Busy, at
	return &step{
		name: "record", call: call,
		remake: func() charging.Op { return &charging.RecordOp{Shard: shard, Record: rec} },
		after:  func(op charging.Op) func(charging.Op) error { m.must(op); return noError },
	}
}

func (m *machine) setState() *step {
	key := charging.AccountKey{Shard: shard, ID: m.account()}
	state := rapid.SampledFrom([]charging.AccountState{
		charging.AccountActive, charging.AccountActive, charging.AccountSuspended, charging.AccountFrozen,
	}).Draw(m.T, "state")
	return &step{
		name:   "state",
		remake: func() charging.Op { return &charging.StateOp{Key: key, State: state} },
		after:  func(op charging.Op) func(charging.Op) error { m.must(op); return nil },
	}
}

// reap settles what is lost; the model knows which calls may be.
func (m *machine) reap() {
	lost, err := m.store.Lost(context.Background(), m.now, -1, 100)
	if err != nil {
		m.Fatal(err)
	}
	for _, h := range lost {
		c, proven, metered := m.calls[h.Key.ID], h.Elapsed, !h.MeterStartedAt.IsZero()
		if c == nil || c.closed {
			m.Fatalf("%s is listed as lost and is not open", h.Key.ID)
		}
		at, txn := m.now, ledger.ID(m.id())
		m.do(&step{
			name:   "reap",
			remake: func() charging.Op { return &charging.ReapOp{Lost: h, Now: at, Txn: txn} },
			after: func(op charging.Op) func(charging.Op) error {
				m.must(op)
				o := op.(*charging.ReapOp)
				if !o.Reaped || !o.Record.Recovered {
					m.Fatalf("reaped %t, %+v", o.Reaped, o.Record)
				}
				m.close(c, &o.Record, c.meter, metered, proven)
				return noError
			},
		})
	}
}

// again does something a second time: the answer is the same and no row
// changes.
func (m *machine) again() {
	if len(m.done) == 0 {
		return
	}
	r := rapid.SampledFrom(m.done).Draw(m.T, "again")
	before := Dump(m.T, m.store)
	op := r.remake()
	m.commit([]charging.Op{op})
	if err := errors.Join(op.Err(), r.same(op)); err != nil {
		m.Fatalf("%s again: %v", r.name, err)
	}
	if after := Dump(m.T, m.store); !slices.Equal(before, after) {
		m.Fatalf("%s again changed rows:\n%v\nwere\n%v", r.name, after, before)
	}
}

// unknownSettle tries to charge a call that has no hold.
func (m *machine) unknownSettle() error {
	op := &charging.SettleOp{
		Request: charging.SettleRequest{Bill: bill(1, Minute), Record: (*till)(nil).ended(1, m.now, time.Minute)},
		Txn:     1,
	}
	m.commit([]charging.Op{op})
	return op.Err()
}
