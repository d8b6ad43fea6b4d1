package e2e_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/siptest"
	"sibai/test/e2e"
)

var steppedProgram = sync.OnceValues(func() (string, error) { return e2e.BuildStepped(context.Background(), binDir) })

// Somebody sets the clock of a node's machine by hours while calls run, ahead
// and back again. Each call is charged for what it lasted, none is taken for
// lost, and those that come afterwards go through.
func TestClockSetUnderCalls(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program anew, with Go's library")
	}
	path, err := steppedProgram()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		ahead []bool // the steps, one while each batch of calls talks
	}{
		{"ahead and back", []bool{true, false}},
		{"back and ahead", []bool{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const calls = 20
			const talk = 5 * time.Second // several renewals, and longer than a lease
			phones, err := siptest.NewPhones("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(phones.Stop)
			phones.Set(target, siptest.Behaviour{})
			carrier, err := siptest.NewCarrier("127.0.0.2:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(carrier.Stop)
			b := serveWith(t, path, phones.Addr(), "charging: {renew: 200ms, lease: 2s}")

			for _, ahead := range c.ahead {
				var wg sync.WaitGroup
				for range calls {
					wg.Go(func() {
						out, err := carrier.Dial(b.ctx, b.plan(siptest.Plan{Talk: talk}))
						if err != nil || out.Status != 200 || out.EndedBy != siptest.Caller {
							t.Errorf("a caller saw %+v, %v", out, err)
						}
					})
				}
				if err := e2e.Poll(b.ctx, func() (bool, error) {
					_, talking := phones.Busy()
					return talking == calls, nil
				}); err != nil {
					t.Errorf("waiting for %d calls: %v", calls, err)
				}
				if err := b.node.StepClock(ahead); err != nil {
					t.Error(err)
				}
				wg.Wait()
			}
			if err := b.AwaitCalls(b.ctx, 2*calls); err != nil {
				t.Fatal(err)
			}
			books := b.stop()
			least, most := time.Hour, time.Duration(0)
			var first, last time.Time
			b.expect(2*calls, func(r *cdr.Record) bool {
				least, most = min(least, r.Billable), max(most, r.Billable)
				if first.IsZero() || r.StartedAt.Before(first) {
					first = r.StartedAt
				}
				if r.StartedAt.After(last) {
					last = r.StartedAt
				}
				lasted := r.EndedAt.Sub(r.StartedAt)
				return r.Cause == cdr.Answered && !r.Recovered && r.EndedBy == cdr.Caller && int64(r.Charge) == 12*fen &&
					r.Billable >= talk-time.Second && r.Billable <= lasted && r.Talk == r.Billable && lasted < time.Minute &&
					!r.AnsweredAt.Before(r.StartedAt) && !r.EndedAt.Before(r.AnsweredAt)
			})
			if set := last.Sub(first); set < (e2e.Step-1)*time.Hour {
				t.Errorf("the calls came within %s: the clock was not set between the batches", set)
			}
			t.Logf("talks of %s were billed as %s to %s", talk, least, most)
			if books["revenue/calls"] != 2*calls*12*fen {
				t.Errorf("the books have %d micro-yuan for calls, want %d", books["revenue/calls"], 2*calls*12*fen)
			}
		})
	}
}
