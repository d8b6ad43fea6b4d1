package charging_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const customer = 4711

var shard = charging.ShardOf(customer)

// moody is a store that fails when it is told to.
type moody struct {
	*storetest.Memory
	mu     sync.Mutex
	before []error       // taken one by one: fail, write nothing
	after  []error       // then one by one: write, then fail
	gate   chan struct{} // not nil: each commit waits for a value
	sizes  []int         // of the batches that came
}

func (s *moody) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, len(ops))
	if len(s.before) > 0 {
		err := s.before[0]
		s.before = s.before[1:]
		return err
	}
	for _, op := range ops {
		if r, ok := op.(*charging.RecordOp); ok && r.Record.Cause == "poison" {
			return charging.ErrRejected
		}
	}
	err := s.Memory.Commit(ctx, rules, ops)
	if err == nil && len(s.after) > 0 {
		err = s.after[0]
		s.after = s.after[1:]
	}
	return err
}

func start(t *testing.T, store charging.Store, cfg charging.Config) *charging.Service {
	t.Helper()
	// A bubble's clock begins before the epoch of ids.
	ids, err := id.NewGenerator(cfg.Node, func() time.Time { return time.Now().AddDate(30, 0, 0) })
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(store, cfg, ids, slog.New(slog.DiscardHandler))
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

func fund(t *testing.T, s *charging.Service, amount money.Amount) charging.Bill {
	t.Helper()
	if _, err := s.OpenAccount(t.Context(), shard, 1); err != nil {
		t.Fatal(err)
	}
	credit, err := s.TopUp(t.Context(), charging.TopUp{
		Shard: shard, Account: 1, Bucket: charging.Cash, Amount: amount, Channel: "bank", Reference: "1", At: storetest.Start,
	})
	if err != nil || credit.Again {
		t.Fatalf("top-up %+v, %v", credit, err)
	}
	return charging.Bill{Shard: shard, Account: 1, Subscription: 1, Tariff: storetest.Minute}
}

func reserve(s *charging.Service, call cdr.ID, b charging.Bill, done func(charging.Answer, error)) {
	s.Reserve(charging.ReserveRequest{
		Call: call, Bill: b, At: time.Now(), Draft: cdr.Record{Call: call, Customer: customer, StartedAt: time.Now()},
	}, done)
}

// reserved reserves and waits.
func reserved(t *testing.T, s *charging.Service, call cdr.ID, b charging.Bill) charging.Answer {
	t.Helper()
	type result struct {
		charging.Answer
		error
	}
	c := make(chan result, 1)
	reserve(s, call, b, func(a charging.Answer, err error) { c <- result{a, err} })
	r := <-c
	if r.error != nil {
		t.Fatalf("reserve: %v", r.error)
	}
	return r.Answer
}

func settled(s *charging.Service, call cdr.ID, b charging.Bill, long time.Duration) (cdr.Record, error) {
	type result struct {
		cdr.Record
		error
	}
	c := make(chan result, 1)
	s.Settle(charging.SettleRequest{Bill: b, Record: cdr.Record{
		Call: call, Customer: customer, StartedAt: time.Now(), AnsweredAt: time.Now(), EndedAt: time.Now().Add(long),
		Talk: long, Billable: long, Cause: cdr.Answered,
	}}, func(r cdr.Record, err error) { c <- result{r, err} })
	r := <-c
	return r.Record, r.error
}

func balance(t *testing.T, s *charging.Service) money.Amount {
	t.Helper()
	v, err := s.Balances(t.Context(), shard, 1)
	if err != nil {
		t.Fatal(err)
	}
	return v.Available(time.Now())
}

// After an error of unknown outcome the same batch is sent again, whether it
// had been written or not; nothing happens twice.
func TestUnknownOutcomeIsSentAgain(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	store := &moody{Memory: storetest.NewMemory()}
	s := start(t, store, charging.Config{RetryPause: time.Microsecond})
	store.before = []error{broken}
	store.after = []error{nil, broken} // the top-up was written, its answer lost
	b := fund(t, s, money.Yuan)
	store.after = []error{broken, broken}
	if a := reserved(t, s, 1, b); a.Granted != time.Minute {
		t.Errorf("answer %+v", a)
	}
	store.after = []error{broken}
	rec, err := settled(s, 1, b, 30*time.Second)
	if err != nil || rec.Charge != 100_000 {
		t.Errorf("charged %s, %v", rec.Charge, err)
	}
	if got := balance(t, s); got != 900_000 {
		t.Errorf("left %s", got)
	}
	storetest.Audited(t, store)

	store.before = []error{broken, broken, broken, broken}
	if _, err := settled(s, 2, b, time.Second); fault.CodeOf(err) != fault.StoreFailed || !errors.Is(err, broken) {
		t.Errorf("a store that stays broken: %v", err)
	}
}

// A batch with a row that the store rejects is done one by one.
func TestRejectedOperationFailsAlone(t *testing.T) {
	t.Parallel()
	store := &moody{Memory: storetest.NewMemory()}
	s := start(t, store, charging.Config{})
	b := fund(t, s, money.Yuan)
	errs := make(chan error, 3)
	granted := make(chan charging.Answer, 2)
	answer := func(a charging.Answer, err error) {
		granted <- a
		errs <- err
	}
	store.gate = make(chan struct{})
	plug := make(chan error, 1)
	s.Record(cdr.Record{Call: 9, Cause: cdr.Busy}, func(err error) { plug <- err })
	reserve(s, 1, b, answer)
	s.Record(cdr.Record{Call: 2, Cause: "poison"}, func(err error) { errs <- err })
	reserve(s, 3, b, answer)
	close(store.gate)
	<-plug
	failed := 0
	for range 3 {
		if err := <-errs; err != nil {
			failed++
			if !errors.Is(err, charging.ErrRejected) {
				t.Error(err)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d operations failed", failed)
	}
	for range 2 {
		if a := <-granted; a.Granted != time.Minute {
			t.Errorf("answer %+v", a)
		}
	}
	storetest.Audited(t, store)
}

// What waits while a commit runs goes into the next one together.
func TestWaitingOperationsAreGrouped(t *testing.T) {
	t.Parallel()
	store := &moody{Memory: storetest.NewMemory()}
	s := start(t, store, charging.Config{Batch: 8, Queue: 16})
	store.gate = make(chan struct{})
	errs := make(chan error, 100)
	record := func(call cdr.ID) {
		s.Record(cdr.Record{Call: call, Cause: cdr.Busy}, func(err error) { errs <- err })
	}
	record(1)
	store.gate <- struct{}{} // the writer has taken the first
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	record(2)
	// The writer may hold one batch of up to 8 at the gate; the queue 16 more.
	for i := range 50 {
		record(cdr.ID(10 + i))
	}
	close(store.gate)
	full := 0
	for range 51 {
		if err := <-errs; fault.CodeOf(err) == fault.ChargingQueueFull {
			full++
		} else if err != nil {
			t.Error(err)
		}
	}
	if full < 50-8-16 || full > 50-16+1 {
		t.Errorf("%d of 51 found the queue full", full)
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	for _, n := range store.sizes {
		if n > 8 {
			t.Errorf("a batch of %d", n)
		}
	}
	if len(store.sizes) > 8 {
		t.Errorf("%d commits: %v", len(store.sizes), store.sizes)
	}
}

// Stop answers everything that was taken, and nothing comes after.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	store := &moody{Memory: storetest.NewMemory(), gate: make(chan struct{})}
	s := start(t, store, charging.Config{})
	errs := make(chan error, 100)
	for i := range 100 {
		s.Record(cdr.Record{Call: cdr.ID(i + 1), Cause: cdr.Busy}, func(err error) { errs <- err })
	}
	close(store.gate)
	s.Stop()
	s.Stop()
	if len(errs) != 100 {
		t.Fatalf("%d of 100 are answered", len(errs))
	}
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	s.Record(cdr.Record{Call: 999}, func(err error) { errs <- err })
	if err := <-errs; fault.CodeOf(err) != fault.ChargingStopped {
		t.Errorf("after Stop: %v", err)
	}
	s.Start()
	if err := s.SetAccountState(t.Context(), shard, 1, charging.AccountActive); fault.CodeOf(err) != fault.ChargingStopped {
		t.Errorf("a stopped service was started again: %v", err)
	}
}

func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(storetest.NewMemory(), charging.Config{}, ids, nil)
	errs := make(chan error, 1)
	s.Record(cdr.Record{Call: 1}, func(err error) { errs <- err })
	s.Stop()
	if err := <-errs; fault.CodeOf(err) != fault.ChargingStopped {
		t.Errorf("never started: %v", err)
	}
}

// A running call's lease is renewed for as long as it shows signs of life;
// when they end, the reaper settles it at the last one.
func TestLeaseAndReaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		alive := true
		var b charging.Bill
		began := time.Now()
		reaped := make(chan cdr.Record, 1)
		ids, err := id.NewGenerator(3, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := charging.New(storetest.NewMemory(), charging.Config{
			Node: 3,
			Proofs: func(now time.Time) []charging.Proof {
				mu.Lock()
				defer mu.Unlock()
				if !alive {
					return nil
				}
				return []charging.Proof{{Call: 1, Bill: b, Elapsed: now.Sub(began), MeterStartedAt: began}}
			},
			Reaped: func(rec cdr.Record) { reaped <- rec },
		}, ids, nil)
		s.Start()
		defer s.Stop()
		bill := fund(t, s, 10*money.Yuan)
		mu.Lock()
		b = bill
		mu.Unlock()
		reserved(t, s, 1, bill)
		time.Sleep(47 * time.Second) // longer than the lease of 30 s
		synctest.Wait()
		select {
		case rec := <-reaped:
			t.Fatalf("a live call was settled: %+v", rec)
		default:
		}
		mu.Lock()
		alive = false
		mu.Unlock()
		rec := <-reaped
		// The last proof was at 45 s; its lease ended at 75 s; the next look, at
		// 80 s, found it so, and the one of 110 s that nobody had renewed since.
		if rec.Billable != 45*time.Second || rec.Charge != 100_000 || !rec.Recovered || rec.Cause != cdr.NodeLost || rec.Node != 3 {
			t.Errorf("settled %+v", rec)
		}
		if passed := time.Since(began); passed != 110*time.Second {
			t.Errorf("settled after %s", passed)
		}
		late, err := settled(s, 1, bill, 70*time.Second)
		if err != nil || late.Charge != rec.Charge || !late.Recovered {
			t.Errorf("the late node got %+v, %v", late, err)
		}
		if got := balance(t, s); got != 9_900_000 {
			t.Errorf("left %s", got)
		}
	})
}

// A node that starts again settles what its former process held at once.
func TestReapNode(t *testing.T) {
	t.Parallel()
	store := storetest.NewMemory()
	before := start(t, store, charging.Config{Node: 1})
	b := fund(t, before, 100*money.Yuan)
	const mine = 300 // more than one page
	for i := range mine {
		reserved(t, before, cdr.ID(i+1), b)
	}
	before.Stop()
	other := start(t, store, charging.Config{Node: 2})
	reserved(t, other, 5000, b)
	now := start(t, store, charging.Config{Node: 1})
	n, err := now.ReapNode(t.Context(), 1)
	if err != nil || n != mine {
		t.Errorf("reaped %d, %v", n, err)
	}
	if got := balance(t, now); got != 100*money.Yuan-100_000 {
		t.Errorf("left %s; the other node's call holds 0.10", got)
	}
	storetest.Audited(t, store)
}
