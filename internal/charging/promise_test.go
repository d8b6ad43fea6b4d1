package charging_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

const jiao = 100_000 // 0.10 yuan, a minute of the tariff

// daring starts the node anew as one that risks so much on each account.
func (o *outage) daring(exposure money.Amount) {
	o.service.Stop()
	time.Sleep(time.Millisecond)
	o.service = start(o.T, o.store, charging.Config{
		Node: 1, Patience: 2 * time.Second, Spool: o.spool, Exposure: exposure,
		Late:   func(rec cdr.Record) { o.late = append(o.late, rec) },
		Reaped: func(rec cdr.Record) { o.reaped = append(o.reaped, rec) },
	})
}

func (o *outage) reserve(call cdr.ID) (charging.Answer, error) {
	type result struct {
		charging.Answer
		error
	}
	c := make(chan result, 1)
	reserve(o.service, call, o.bill, func(a charging.Answer, err error) { c <- result{a, err} })
	r := <-c
	return r.Answer, r.error
}

func (o *outage) extend(call cdr.ID, n int, elapsed time.Duration) (charging.Answer, error) {
	type result struct {
		charging.Answer
		error
	}
	c := make(chan result, 1)
	o.service.Extend(charging.ExtendRequest{
		Call: call, Bill: o.bill, Sequence: n, Elapsed: elapsed, At: time.Now(), MeterStartedAt: time.Now().Add(-elapsed),
	}, func(a charging.Answer, err error) { c <- result{a, err} })
	r := <-c
	return r.Answer, r.error
}

func (o *outage) balanceOf(call string) money.Amount {
	o.Helper()
	v, err := o.service.Balances(o.Context(), shard, 1)
	if err != nil {
		o.Fatal(call, err)
	}
	var sum money.Amount
	for _, b := range v.Buckets {
		sum += b.Balance
	}
	return sum
}

// While the store is away, new calls are accepted up to the exposure, whatever
// the account has, and charged when it is back: below zero, but never further
// than was risked.
func TestAcceptedUpToTheExposure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t) // 1.00 yuan
		reserved(t, o.service, 1, o.bill)
		if rec, err := settled(o.service, 1, o.bill, 9*time.Minute+30*time.Second); err != nil || rec.Charge != jiao {
			t.Fatal(rec.Charge, err) // never extended: one minute
		}
		o.daring(3 * jiao)
		o.store.set(errGone)
		for call := cdr.ID(11); call <= 13; call++ {
			if a, err := o.reserve(call); err != nil || a.Granted != time.Minute || !a.Promised {
				t.Fatalf("%d: %+v, %v", call, a, err)
			}
		}
		if a, err := o.reserve(11); err != nil || a.Granted != time.Minute {
			t.Errorf("asked again: %+v, %v", a, err)
		}
		if _, err := o.reserve(14); fault.KindOf(err) != fault.KindUnavailable {
			t.Errorf("a fourth call is beyond the exposure: %v", err)
		}
		if s := o.service.Stats(); s.Promised != 3 || s.Risked != 3*jiao {
			t.Errorf("stats %+v", s)
		}
		// A call that ends without an answer gives its part back.
		if _, err := settledUnanswered(o.service, 13, o.bill); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatal(err)
		}
		if a, err := o.reserve(15); err != nil || !a.Promised {
			t.Errorf("13 gave back: %+v, %v", a, err)
		}
		for _, call := range []cdr.ID{11, 12, 15} {
			if _, err := settled(o.service, call, o.bill, 50*time.Second); fault.CodeOf(err) != fault.SettlementKept {
				t.Fatal(err)
			}
		}
		// Meanwhile the account is emptied by a node that reaches the store.
		other := start(t, o.store.Memory, charging.Config{Node: 2})
		for call := cdr.ID(100); ; call++ {
			if a := reserved(t, other, call, o.bill); a.Refused != "" {
				break
			}
			if _, err := settled(other, call, o.bill, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		o.store.set(nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		for _, call := range []cdr.ID{11, 12, 15} {
			o.want(call, 50*time.Second, jiao)
		}
		if got := o.balanceOf("after"); got != -3*jiao {
			t.Errorf("the account has %s", got)
		}
		o.audit()
		// The account owes what was risked: nothing more is risked on it, and it
		// gets no call, until it has money again.
		o.store.set(errGone)
		if a, err := o.reserve(16); err == nil {
			t.Errorf("more was risked on an account that owes: %+v", a)
		}
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		if a, err := o.reserve(17); err != nil || a.Refused != cdr.NoCredit {
			t.Errorf("below zero: %+v, %v", a, err)
		}
		if _, err := o.service.TopUp(t.Context(), charging.TopUp{
			Shard: shard, Account: 1, Bucket: charging.Cash, Amount: 5 * jiao, Channel: "bank", Reference: "2", At: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
		if a, err := o.reserve(18); err != nil || a.Refused != "" || a.Promised {
			t.Errorf("after a top-up: %+v, %v", a, err)
		}
		o.store.set(errGone)
		if a, err := o.reserve(19); err != nil || !a.Promised {
			t.Errorf("it may be risked again: %+v, %v", a, err)
		}
	})
}

// A promised call that runs on when the store is back is one like all others:
// extended, charged to the increment.
func TestPromisedCallGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.daring(5 * jiao)
		o.store.set(errGone)
		if a, err := o.reserve(1); err != nil || !a.Promised {
			t.Fatal(a, err)
		}
		time.Sleep(50 * time.Second)
		a, err := o.extend(1, 1, 50*time.Second)
		if err != nil || a.Granted != 2*time.Minute || !a.Promised {
			t.Fatalf("extended while away: %+v, %v", a, err)
		}
		time.Sleep(55 * time.Second)
		o.store.set(nil)
		time.Sleep(2 * time.Second)
		a, err = o.extend(1, 2, 107*time.Second)
		if err != nil || a.Promised || a.Granted <= 2*time.Minute {
			t.Fatalf("extended with the store: %+v, %v", a, err)
		}
		if s := o.service.Stats(); s.Promised != 0 || s.Risked != 0 {
			t.Errorf("stats %+v", s)
		}
		if n := len(o.spool.Items()); n != 0 {
			t.Errorf("%d items are left in the spool", n)
		}
		if rec, err := settled(o.service, 1, o.bill, 3*time.Minute); err != nil || rec.Charge != 3*jiao {
			t.Errorf("settled %+v, %v", rec, err)
		}
		o.audit()
	})
}

// The node dies while a promised call talks: the next one adopts it from the
// spool and settles it at its last proof.
func TestPromisedCallOfADeadNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.service.Stop()
		time.Sleep(time.Millisecond)
		began := time.Now()
		o.service = start(t, o.store, charging.Config{
			Node: 1, Patience: 2 * time.Second, Spool: o.spool, Exposure: 5 * jiao,
			Proofs: func(now time.Time) []charging.Proof {
				return []charging.Proof{{Call: 1, Bill: o.bill, MeterStartedAt: began, Elapsed: now.Sub(began)}}
			},
		})
		o.store.set(errGone)
		if a, err := o.reserve(1); err != nil || !a.Promised {
			t.Fatal(a, err)
		}
		time.Sleep(33 * time.Second)
		o.service.Stop()
		o.daring(5 * jiao)
		if _, err := o.service.Replay(t.Context()); err == nil {
			t.Error("replayed without a store")
		}
		o.service.Stop()
		o.store.set(nil)
		o.daring(5 * jiao)
		if _, err := o.service.Replay(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := o.service.ReapNode(t.Context(), 1); n != 1 || err != nil {
			t.Errorf("reaped %d, %v", n, err)
		}
		rec, err := o.service.CDR(t.Context(), 1)
		if err != nil || !rec.Recovered || rec.Charge != jiao || rec.Billable < 30*time.Second || rec.Billable > 33*time.Second {
			t.Errorf("%+v, %v", rec, err)
		}
		o.audit()
	})
}

// The store did the reservation after all, only too late: the promise is kept
// on the same hold, and nothing is held twice.
func TestPromiseMeetsItsSlowReservation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.daring(5 * jiao)
		release := o.store.hang()
		if a, err := o.reserve(1); err != nil || !a.Promised {
			t.Fatal(a, err)
		}
		if a, err := o.extend(1, 1, 50*time.Second); err != nil || a.Granted != 2*time.Minute {
			t.Fatal(a, err)
		}
		release()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		v, err := o.service.Balances(t.Context(), shard, 1)
		if err != nil || v.Buckets[0].Held != 2*jiao {
			t.Errorf("held %+v, %v", v.Buckets, err)
		}
		if rec, err := settled(o.service, 1, o.bill, 100*time.Second); err != nil || rec.Charge != 2*jiao {
			t.Errorf("%+v, %v", rec, err)
		}
		o.audit()
	})
}

// An account that never had cash goes below zero on a bucket of its own; the
// calls at once of a subscription are limited while the store is away, too.
func TestPromiseWithoutCash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.daring(50 * jiao)
		if _, err := o.service.OpenAccount(t.Context(), shard, 2); err != nil {
			t.Fatal(err)
		}
		o.bill.Account, o.bill.Subscription, o.bill.MaxConcurrent = 2, 2, 1
		o.store.set(errGone)
		if a, err := o.reserve(1); err != nil || !a.Promised {
			t.Fatal(a, err)
		}
		if a, err := o.reserve(2); err != nil || a.Refused != cdr.TooManyCalls {
			t.Errorf("a second call at once: %+v, %v", a, err)
		}
		if _, err := settled(o.service, 1, o.bill, 30*time.Second); fault.CodeOf(err) != fault.SettlementKept {
			t.Fatal(err)
		}
		o.store.set(nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		o.want(1, 30*time.Second, jiao)
		v, err := o.service.Balances(t.Context(), shard, 2)
		if err != nil || len(v.Buckets) != 1 || v.Buckets[0].Balance != -jiao || v.Buckets[0].Overdraft < jiao {
			t.Errorf("%+v, %v", v, err)
		}
		if !strings.Contains(string(v.Buckets[0].Kind), "cash") {
			t.Errorf("bucket %s", v.Buckets[0].Kind)
		}
		o.audit()
	})
}

// A promise that cannot be made durable is not made.
func TestNoPromiseWithoutADisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.daring(5 * jiao)
		o.store.set(errGone)
		o.spool.Fail(fault.New(fault.SpoolFailed, "file", "x"))
		if a, err := o.reserve(1); err == nil {
			t.Errorf("promised without a disk: %+v", a)
		}
		if s := o.service.Stats(); s.Promised != 0 || s.Risked != 0 {
			t.Errorf("stats %+v", s)
		}
		o.spool.Fail(nil)
		if _, err := settledUnanswered(o.service, 1, o.bill); fault.CodeOf(err) != fault.SettlementKept {
			t.Error(err)
		}
		o.store.set(nil)
		time.Sleep(3 * time.Second)
		storetest.Audited(t, o.store)
	})
}
