package charging_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

// away is a store that fails, or does not answer at all, while it is told to.
type away struct {
	*storetest.Memory
	mu    sync.Mutex
	gone  error
	hangs chan struct{} // not nil: a commit waits until it is closed
	lose  bool          // what is committed is answered with gone
	ends  atomic.Int64  // settlements that came
}

func (s *away) set(gone error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = gone
}

func (s *away) hang() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.hangs = gate
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hangs = nil
		close(gate)
	}
}

func (s *away) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	s.mu.Lock()
	gate := s.hangs
	for _, op := range ops {
		if _, ok := op.(*charging.SettleOp); ok {
			s.ends.Add(1)
		}
	}
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	s.mu.Lock()
	gone, lose := s.gone, s.lose
	s.mu.Unlock()
	if gone != nil && !lose {
		return gone
	}
	return errors.Join(s.Memory.Commit(ctx, rules, ops), gone)
}

var errGone = errors.New("connection refused")

// outage is one node with a spool on a store that may go away, in a bubble of
// fake time.
type outage struct {
	*testing.T
	store   *away
	spool   *storetest.Spool
	service *charging.Service
	bill    charging.Bill
	late    []cdr.Record
	reaped  []cdr.Record
}

func newOutage(t *testing.T) *outage {
	o := &outage{T: t, store: &away{Memory: storetest.NewMemory()}, spool: storetest.NewSpool(1 << 20)}
	o.start()
	o.bill = fund(t, o.service, money.Yuan)
	return o
}

// start starts the node, anew when it ran before.
func (o *outage) start() {
	time.Sleep(time.Millisecond) // ids of one node differ by it
	o.service = start(o.T, o.store, charging.Config{
		Node: 1, Patience: 2 * time.Second, Spool: o.spool,
		Late:   func(rec cdr.Record) { o.late = append(o.late, rec) },
		Reaped: func(rec cdr.Record) { o.reaped = append(o.reaped, rec) },
	})
}

func (o *outage) want(call cdr.ID, billable time.Duration, charge money.Amount) {
	o.Helper()
	rec, err := o.service.CDR(context.Background(), call)
	if err != nil || rec.Billable != billable || rec.Charge != charge || rec.Recovered {
		o.Errorf("%s: %s for %s, recovered %t, %v; want %s for %s", call, rec.Billable, rec.Charge, rec.Recovered, err, billable, charge)
	}
}

func (o *outage) audit() {
	o.Helper()
	storetest.Audited(o.T, o.store)
	if n := len(o.spool.Items()); n != 0 {
		o.Errorf("%d calls are left in the spool", n)
	}
}

// A call that ends while the store is away is kept, and booked as soon as the
// store is back, for as long as it lasted.
func TestStoreAwayIsBookedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		o.store.set(errGone)
		if _, err := settled(o.service, 1, o.bill, 50*time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatalf("settled while the store is away: %v", err)
		}
		// The promise stands: another length for the same call changes nothing.
		if _, err := settled(o.service, 1, o.bill, 20*time.Minute); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatalf("settled again: %v", err)
		}
		if s := o.service.Stats(); !s.Away || s.Kept != 1 || s.EverKept != 1 || s.SpoolBytes == 0 {
			t.Errorf("stats %+v", s)
		}
		time.Sleep(10 * time.Minute) // far beyond every lease
		if len(o.late)+len(o.reaped) != 0 {
			t.Fatalf("booked while the store is away: %v, %v", o.late, o.reaped)
		}
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		o.want(1, 50*time.Second, 100_000)
		if len(o.late) != 1 || len(o.reaped) != 0 {
			t.Errorf("%d late, %d reaped", len(o.late), len(o.reaped))
		}
		last := o.late[0].Steps[len(o.late[0].Steps)-1]
		if last.Code != "settled_late" || last.Args["seconds"] < "600" {
			t.Errorf("the record does not say that it was late: %+v", last)
		}
		if s := o.service.Stats(); s.Away || s.Kept != 0 || s.EverBooked != 1 {
			t.Errorf("stats %+v", s)
		}
		o.audit()
	})
}

// The node ends, or dies, while the store is away; the next one books what the
// spool has before it reaps, so the true length counts.
func TestSpoolSurvivesTheNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		for call := cdr.ID(1); call <= 3; call++ {
			reserved(t, o.service, call, o.bill)
		}
		o.store.set(errGone)
		for call := cdr.ID(1); call <= 2; call++ {
			if _, err := settled(o.service, call, o.bill, time.Duration(call)*20*time.Second); fault.CodeOf(err) != fault.SettlementKept {
				t.Fatal(err)
			}
		}
		o.service.Stop()
		o.start()
		if n, err := o.service.Replay(t.Context()); n != 0 || err == nil {
			t.Errorf("replayed %d while the store is away, %v", n, err)
		}
		o.service.Stop()
		o.store.set(nil)
		o.start()
		if n, err := o.service.Replay(t.Context()); n != 2 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		if n, err := o.service.ReapNode(t.Context(), 1); n != 1 || err != nil {
			t.Errorf("reaped %d, %v", n, err)
		}
		o.want(1, 20*time.Second, 100_000)
		o.want(2, 40*time.Second, 100_000)
		if rec, err := o.service.CDR(t.Context(), 3); err != nil || !rec.Recovered {
			t.Errorf("the call that ran: %+v, %v", rec, err)
		}
		if n, err := o.service.Replay(t.Context()); n != 0 || err != nil {
			t.Errorf("replayed again: %d, %v", n, err)
		}
		o.audit()
	})
}

// Another node reaped the call while its own was away: the spool gets the
// reaper's answer, and nobody pays twice.
func TestReaperComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		o.store.set(errGone)
		if _, err := settled(o.service, 1, o.bill, 50*time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatal(err)
		}
		o.service.Stop()
		other := start(t, o.store.Memory, charging.Config{Node: 2}) // it reaches the store
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		reaper, err := other.CDR(t.Context(), 1)
		if err != nil || !reaper.Recovered || reaper.Charge != 0 {
			t.Fatalf("the other node's reaper: %+v, %v", reaper, err)
		}
		o.store.set(nil)
		o.start()
		if n, err := o.service.Replay(t.Context()); n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		if len(o.late) != 1 || !o.late[0].Recovered || balance(t, o.service) != money.Yuan {
			t.Errorf("late %+v", o.late)
		}
		o.audit()
	})
}

// A store that hangs is as one that is away: nobody waits longer than Patience
// for it. What it did in the end is done once.
func TestSlowStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		release := o.store.hang()
		began := time.Now()
		if _, err := settled(o.service, 1, o.bill, 30*time.Second); fault.CodeOf(err) != fault.SettlementKept || time.Since(began) != 2*time.Second {
			t.Errorf("settled after %s: %v", time.Since(began), err)
		}
		began = time.Now()
		refused := make(chan error, 1)
		reserve(o.service, 2, o.bill, func(_ charging.Answer, err error) { refused <- err })
		if err := <-refused; fault.KindOf(err) != fault.KindUnavailable || time.Since(began) != 0 {
			t.Errorf("a new call waited %s for a store that was slow just now: %v", time.Since(began), err)
		}
		time.Sleep(time.Second)
		began = time.Now()
		reserve(o.service, 3, o.bill, func(_ charging.Answer, err error) { refused <- err })
		if err := <-refused; fault.CodeOf(err) != fault.StoreSlow || time.Since(began) != 2*time.Second {
			t.Errorf("a new call waited %s: %v", time.Since(began), err)
		}
		time.Sleep(time.Minute)
		release()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		// The reservation happened after all; its caller, who was told no,
		// ends the call, and nothing stays held.
		rec, err := settledUnanswered(o.service, 3, o.bill)
		if err != nil || rec.Charge != 0 {
			t.Errorf("released: %+v, %v", rec, err)
		}
		o.want(1, 30*time.Second, 100_000)
		if len(o.late) != 1 {
			t.Errorf("%d late", len(o.late))
		}
		if got := balance(t, o.service); got != money.Yuan-100_000 {
			t.Errorf("left %s", got)
		}
		o.audit()
	})
}

func settledUnanswered(s *charging.Service, call cdr.ID, b charging.Bill) (cdr.Record, error) {
	type result struct {
		cdr.Record
		error
	}
	c := make(chan result, 1)
	s.Settle(charging.SettleRequest{Bill: b, Record: cdr.Record{
		Call: call, Customer: customer, StartedAt: time.Now(), EndedAt: time.Now(), Cause: cdr.ChargingDown,
	}}, func(r cdr.Record, err error) { c <- result{r, err} })
	r := <-c
	return r.Record, r.error
}

// The store did it, and its answer was lost each time: kept, booked again,
// charged once.
func TestLostAnswersAreBookedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		o.store.lose = true
		o.store.set(errGone)
		if _, err := settled(o.service, 1, o.bill, 30*time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		o.want(1, 30*time.Second, 100_000)
		if got := balance(t, o.service); got != money.Yuan-100_000 {
			t.Errorf("left %s", got)
		}
		o.audit()
	})
}

// Neither the store nor the disk takes the end of a call: the caller is told,
// and may send it again.
func TestSpoolFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		o.store.set(errGone)
		o.spool.Fail(fault.New(fault.SpoolFailed, "file", "x"))
		if _, err := settled(o.service, 1, o.bill, 30*time.Second); err == nil || fault.CodeOf(err) == fault.SettlementKept {
			t.Errorf("nobody took it: %v", err)
		}
		if s := o.service.Stats(); s.EverFailed != 1 || s.Kept != 0 {
			t.Errorf("stats %+v", s)
		}
		o.spool.Fail(nil)
		if _, err := settled(o.service, 1, o.bill, 30*time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Errorf("sent again: %v", err)
		}
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		o.want(1, 30*time.Second, 100_000)
		o.audit()
	})
}

// Calls that cost nothing leave half of the spool to those that do.
func TestRefusedCallsDoNotFillTheSpool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.spool = storetest.NewSpool(20_000)
		o.service.Stop()
		o.start()
		reserved(t, o.service, 1, o.bill)
		o.store.set(errGone)
		full := 0
		for call := cdr.ID(100); full == 0; call++ {
			answer := make(chan error, 1)
			o.service.Record(cdr.Record{Call: call, Customer: customer, StartedAt: time.Now(), EndedAt: time.Now(), Cause: cdr.ChargingDown}, func(err error) { answer <- err })
			if err := <-answer; fault.CodeOf(err) != fault.SettlementKept {
				full++
			}
		}
		used, limit := o.spool.Used()
		if used < limit/2 || used > limit*6/10 {
			t.Errorf("%d of %d bytes are used by calls that cost nothing", used, limit)
		}
		if _, err := settled(o.service, 1, o.bill, time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Errorf("there is no room for a call that costs something: %v", err)
		}
		o.store.set(nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		o.want(1, time.Second, 100_000)
		o.audit()
	})
}

// What the store refuses stays where somebody can look at it.
func TestRefusedStaysInTheSpool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.store.set(errGone)
		if _, err := settled(o.service, 9, o.bill, time.Minute); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatal(err)
		}
		o.store.set(nil)
		before := o.store.ends.Load()
		time.Sleep(9 * time.Minute) // it talked, and never had a hold
		synctest.Wait()
		if s := o.service.Stats(); s.Refused != 1 || s.Kept != 1 {
			t.Errorf("stats %+v", s)
		}
		if tried := o.store.ends.Load() - before; tried > 1 {
			t.Errorf("it was tried %d times", tried)
		}
		if n, err := o.service.Replay(t.Context()); n != 0 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		if got := o.spool.Items(); len(got) != 1 || got[0].Call != 9 {
			t.Errorf("in the spool: %+v", got)
		}
		storetest.Audited(t, o.store)
	})
}

// The store is back after all leases ran out, and so is the other node: its
// reaper leaves the calls of this one alone, for they had no chance to renew.
func TestNobodyReapsAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		var running atomic.Pointer[charging.Proof]
		o.service.Stop()
		time.Sleep(time.Millisecond)
		o.service = start(t, o.store, charging.Config{Node: 1, Patience: 2 * time.Second, Spool: o.spool,
			Proofs: func(time.Time) []charging.Proof {
				if p := running.Load(); p != nil {
					return []charging.Proof{*p}
				}
				return nil
			}})
		// The other node looks for lost calls in the very moment.
		other := start(t, o.store, charging.Config{Node: 2, ReapEvery: time.Second, RenewEvery: time.Second,
			Proofs: func(time.Time) []charging.Proof { return []charging.Proof{{Call: 77, Bill: o.bill}} }})
		reserved(t, o.service, 1, o.bill)
		running.Store(&charging.Proof{Call: 1, Bill: o.bill, MeterStartedAt: time.Now(), Elapsed: 10 * time.Second})
		o.store.set(errGone)
		time.Sleep(5 * time.Minute)
		o.store.set(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if rec, err := other.CDR(t.Context(), 1); fault.CodeOf(err) != fault.CallNotFound {
			t.Errorf("a call that runs was reaped: %+v, %v", rec, err)
		}
		if rec, err := settled(o.service, 1, o.bill, 55*time.Second); err != nil || rec.Charge != 100_000 || rec.Recovered {
			t.Errorf("settled %+v, %v", rec, err)
		}
		o.audit()
	})
}

// Nobody calls, nothing waits: all the same it is seen that the store is back.
func TestTheStoreIsBackThoughNobodyAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		reserved(t, o.service, 1, o.bill)
		release := o.store.hang()
		reserve(o.service, 2, o.bill, func(charging.Answer, error) {})
		time.Sleep(3 * time.Second)
		if !o.service.Stats().Away {
			t.Error("a store that hangs is not away")
		}
		o.store.set(errGone)
		release()
		time.Sleep(5 * time.Second)
		if !o.service.Stats().Away {
			t.Error("a store that fails is not away")
		}
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if o.service.Stats().Away {
			t.Error("it was not seen that the store is back")
		}
	})
}

// Clocks of nodes differ by an hour, either way: nobody settles calls that
// another node runs, and everybody those of one that is gone.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOutage(t)
				o.service.Stop()
				time.Sleep(time.Millisecond)
				var alive atomic.Bool
				alive.Store(true)
				began := time.Now()
				o.service = start(t, o.store, charging.Config{Node: 1, Spool: o.spool, Proofs: func(now time.Time) []charging.Proof {
					if !alive.Load() {
						return nil
					}
					return []charging.Proof{{Call: 1, Bill: o.bill, MeterStartedAt: began, Elapsed: now.Sub(began)}}
				}})
				other := start(t, o.store, charging.Config{Node: 2, Now: func() time.Time { return time.Now().Add(ahead) }})
				reserved(t, o.service, 1, o.bill)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if rec, err := other.CDR(t.Context(), 1); fault.CodeOf(err) != fault.CallNotFound {
					t.Fatalf("a call that runs was settled: %+v, %v", rec, err)
				}
				alive.Store(false)
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if rec, err := other.CDR(t.Context(), 1); err != nil || !rec.Recovered || rec.Charge != 100_000 {
					t.Errorf("a call that is lost: %+v, %v", rec, err)
				}
				o.audit()
			})
		})
	}
}
