package call_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

func TestAnsweredCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "13800000001"))
	e := w.dial("4008266688")
	w.pass(2 * time.Second)
	e.Ringing(1, 180)
	w.pass(3 * time.Second)
	e.Answered(1)
	w.pass(42 * time.Second)
	e.CallerEnded(false)
	w.settle()
	w.want("ring 1 13800000001 over out", "progress 180 of 1", "connect 1", "drop 1 answered")
	rec := w.only()
	if len(w.settled) != 1 || rec.Cause != cdr.Answered || rec.EndedBy != cdr.Caller || rec.Billable != 42*time.Second || rec.Status != 200 {
		t.Errorf("CDR %+v", rec)
	}
	if rec.RingingAt != epoch.Add(2*time.Second) || rec.AnsweredAt != epoch.Add(5*time.Second) || rec.EndedAt != epoch.Add(47*time.Second) {
		t.Errorf("instants %v %v %v", rec.RingingAt, rec.AnsweredAt, rec.EndedAt)
	}
	if rec.Caller != "13712342286" || rec.CallerRaw != "+8613712342286" {
		t.Errorf("caller %q from %q", rec.Caller, rec.CallerRaw)
	}
}

func TestCalledSideHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	e := w.dial("4008266688")
	e.Answered(1)
	w.pass(time.Second)
	e.LegEnded(1)
	w.settle()
	w.want("ring 1 1 over out", "connect 1", "hangup answered")
	if rec := w.only(); rec.EndedBy != cdr.Called || rec.Cause != cdr.Answered {
		t.Errorf("ended by %s, %s", rec.EndedBy, rec.Cause)
	}
}

func TestBusyThenNextAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1", "2"))
	e := w.dial("4008266688")
	e.Failed(1, 486)
	e.Ringing(2, 180)
	e.Answered(2)
	w.pass(time.Second)
	e.CallerEnded(false)
	w.settle()
	w.want("ring 1 1 over out", "ring 2 2 over out", "progress 180 of 2", "connect 2", "drop 2 answered")
	rec := w.only()
	if rec.Legs[0].Outcome != "busy" || rec.Legs[0].Status != 486 || rec.Legs[1].Outcome != "answered" {
		t.Errorf("legs %+v", rec.Legs)
	}
}

func TestFirstAnswerWinsOthersAreDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Simultaneous, "1", "2", "3"))
	e := w.dial("4008266688")
	e.Ringing(1, 180)
	e.Ringing(2, 180)
	e.Failed(3, 486)
	e.Answered(2)
	e.Answered(1) // crossed the drop: the signalling side finishes it, and nothing changes
	w.pass(time.Second)
	e.CallerEnded(false)
	w.settle()
	w.want("ring 1 1 over out", "ring 2 2 over out", "ring 3 3 over out",
		"progress 180 of 1", "progress 180 of 2", "drop 1 answered", "connect 2", "drop 2 answered")
	rec := w.only()
	if rec.Legs[0].Outcome != "cancelled" || rec.Legs[1].Outcome != "answered" || rec.Legs[2].Outcome != "busy" {
		t.Errorf("legs %+v", rec.Legs)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1", "2"))
	e := w.dial("4008266688")
	e.Ringing(1, 180)
	w.pass(20 * time.Second)
	e.Ringing(2, 180)
	w.pass(20 * time.Second)
	w.want("ring 1 1 over out", "progress 180 of 1", "drop 1 no_answer",
		"ring 2 2 over out", "progress 180 of 2", "drop 2 no_answer", "reject 480 no_answer")
	rec := w.only()
	if len(w.settled) != 1 || rec.Cause != cdr.NoAnswer || rec.Billable != 0 || !rec.AnsweredAt.IsZero() {
		t.Errorf("an unanswered call is released, costs nothing: %+v", rec)
	}
}

// Credit is reserved for an answer within ten minutes, so nobody rings longer.
func TestRingsAtMostAsLongAsCreditIsReserved(t *testing.T) {
	t.Parallel()
	phones := make([]string, 40) // of 20 s each
	for i := range phones {
		phones[i] = strconv.Itoa(i + 1)
	}
	w := newWorld(t, rings(routing.Sequential, phones...))
	w.dial("4008266688")
	w.pass(11 * time.Minute)
	rec := w.only()
	if took := rec.EndedAt.Sub(rec.StartedAt); took != charging.LongestRing || len(rec.Legs) != 30 || rec.Cause != cdr.Unreachable {
		t.Errorf("it ended after %s and %d legs: %s", took, len(rec.Legs), rec.Cause)
	}
	if last := rec.Steps[len(rec.Steps)-2]; last.Code != "rang_longest" {
		t.Errorf("the trace says %+v", last)
	}
}

func TestForwardOnBusy(t *testing.T) {
	t.Parallel()
	line := rings(routing.Sequential, "1")
	line.Profile.OnBusy = []routing.Target{{Phone: "5", Trunk: "out"}}
	w := newWorld(t, line)
	e := w.dial("4008266688")
	e.Failed(1, 486)
	e.Failed(2, 603)
	w.settle()
	w.want("ring 1 1 over out", "ring 2 5 over out", "reject 603 rejected")
	if rec := w.only(); rec.Cause != cdr.Rejected {
		t.Errorf("cause %s", rec.Cause)
	}
}

func TestCallerGivesUpWhileRinging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Simultaneous, "1", "2"))
	e := w.dial("4008266688")
	e.Ringing(1, 180)
	w.pass(4 * time.Second)
	e.Cancelled()
	e.Answered(2) // too late
	w.settle()
	w.want("ring 1 1 over out", "ring 2 2 over out", "progress 180 of 1", "drop 1 caller_gave_up", "drop 2 caller_gave_up")
	if rec := w.only(); rec.Cause != cdr.CallerGaveUp || rec.Status != 487 || rec.Charge != 0 {
		t.Errorf("CDR %+v", rec)
	}
}

func TestCallerGivesUpWhileCreditIsAsked(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*world){
		"granted":        func(*world) {},
		"refused":        func(w *world) { w.left = 0 },
		"no answer came": func(w *world) { w.down = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rings(routing.Sequential, "1"))
			w.mute = true
			e := w.dial("4008266688")
			e.Cancelled()
			w.settle()
			if len(w.settled) != 0 {
				t.Fatal("settled before the hold was known")
			}
			answer(w)
			w.unmute()
			w.down = false
			w.pass(time.Minute)
			w.want()
			rec := w.only()
			if rec.Cause != cdr.CallerGaveUp || (len(w.recorded) == 1) != (name == "refused") {
				t.Errorf("what is held must be released: %+v", rec)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	state := func(s number.State) call.Line {
		l := rings(routing.Sequential, "1")
		l.State = s
		return l
	}
	for _, c := range []struct {
		name, dial string
		line       call.Line
		empty      bool
		want       string
		cause      cdr.Cause
	}{
		{"unknown number", "4001234567", rings(routing.Sequential, "1"), false, "reject 404 unknown_number", cdr.UnknownNumber},
		{"not a 400 number", "13800000000", rings(routing.Sequential, "1"), false, "reject 404 unknown_number", cdr.UnknownNumber},
		{"suspended", "4008266688", state(number.Suspended), false, "reject 403 number_suspended", cdr.NumberSuspended},
		{"frozen", "4008266688", state(number.Frozen), false, "reject 403 number_frozen", cdr.NumberFrozen},
		{"quarantined", "4008266688", state(number.Quarantine), false, "reject 404 number_not_open", cdr.NumberNotOpen},
		{"no phones", "4008266688", rings(routing.Sequential), false, "reject 480 no_target", cdr.NoTarget},
		{"no credit", "4008266688", rings(routing.Sequential, "1"), true, "reject 402 insufficient_credit", cdr.NoCredit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.line)
			if c.empty {
				w.left = 0
			}
			w.dial(c.dial)
			w.want(c.want)
			if rec := w.only(); len(w.recorded) != 1 || rec.Cause != c.cause || len(rec.Steps) < 2 {
				t.Errorf("CDR %+v", rec)
			}
		})
	}
}

func TestCutWhenCreditIsUsedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	w.left, w.step = 150*time.Second, time.Minute
	e := w.dial("4008266688")
	e.Answered(1)
	w.pass(149 * time.Second)
	if len(w.ended) != 0 {
		t.Fatal("cut before the credit was used up")
	}
	w.pass(2 * time.Second)
	w.want("ring 1 1 over out", "connect 1", "drop 1 credit_exhausted", "hangup credit_exhausted")
	if rec := w.only(); rec.Cause != cdr.CreditExhausted || rec.Billable != 150*time.Second || rec.EndedBy != cdr.Platform {
		t.Errorf("CDR %+v", rec)
	}
}

func TestCutAtTheMonthsCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	w.left, w.step, w.capped = 150*time.Second, time.Minute, true
	e := w.dial("4008266688")
	e.Answered(1)
	w.pass(151 * time.Second)
	w.want("ring 1 1 over out", "connect 1", "drop 1 monthly_cap_reached", "hangup monthly_cap_reached")
	rec := w.only()
	if rec.Cause != cdr.CapReached || rec.Billable != 150*time.Second || rec.EndedBy != cdr.Platform {
		t.Errorf("CDR %+v", rec)
	}
	if !slices.ContainsFunc(rec.Steps, func(s cdr.Step) bool { return s.Code == "credit_capped" && s.Args["seconds"] == "150" }) {
		t.Errorf("the trace says %+v", rec.Steps)
	}
}

func TestTopUpInMidCallKeepsItGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	w.left = time.Minute // all of it granted at once: the first answer is final
	e := w.dial("4008266688")
	e.Answered(1)
	w.pass(30 * time.Second)
	w.left = time.Minute
	w.pass(60 * time.Second)
	if len(w.ended) != 0 {
		t.Fatal("cut though the account was topped up")
	}
	e.CallerEnded(false)
	w.settle()
	if rec := w.only(); rec.Billable != 90*time.Second {
		t.Errorf("billable %v", rec.Billable)
	}
}

func TestStoreAwayInMidCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	e := w.dial("4008266688")
	e.Answered(1)
	w.down = true
	w.pass(55 * time.Second) // Extend fails at 50 s and again each second
	w.down = false
	w.pass(20 * time.Second)
	if len(w.ended) != 0 {
		t.Fatal("the call must live on what it was granted and ask again")
	}
	w.down = true
	e.CallerEnded(false)
	w.pass(5 * time.Second) // Settle fails and is sent again
	w.down = false
	w.pass(time.Minute)
	if rec := w.only(); rec.Cause != cdr.Answered || rec.Billable != 75*time.Second {
		t.Errorf("CDR %+v", rec)
	}
}

// A call whose end charging has kept is over: it does not run on as one that
// waits for its settlement, and whoever booked it tells of its end.
func TestEndIsKept(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"settled": true, "refused": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rings(routing.Sequential, "1"))
			w.keeps = true
			w.down = !answered
			e := w.dial("4008266688")
			if answered {
				e.Answered(1)
				w.down = true
				w.pass(20 * time.Second)
				e.CallerEnded(false)
			}
			w.pass(time.Minute)
			if n := len(w.service.Running()); n != 0 || len(w.ended)+len(w.settled)+len(w.recorded) != 0 {
				t.Errorf("%d calls run, %d ended, %d settled, %d recorded", n, len(w.ended), len(w.settled), len(w.recorded))
			}
			if err := w.service.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSlowAnswerToAnExtend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		left  time.Duration // what the account has besides the first minute
		after time.Duration // from the Extend to its answer
		cause cdr.Cause
		long  time.Duration
	}{
		{"it covers the time", time.Minute, 10500 * time.Millisecond, cdr.CreditExhausted, 2 * time.Minute},
		{"there is no more", 0, 10500 * time.Millisecond, cdr.CreditExhausted, 60500 * time.Millisecond},
		{"it never comes", time.Minute, time.Minute, cdr.ChargingDown, 61 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rings(routing.Sequential, "1"))
			e := w.dial("4008266688")
			w.left = c.left
			e.Answered(1)
			w.mute = true
			w.pass(50*time.Second + c.after)
			w.unmute()
			w.pass(2 * time.Minute)
			if rec := w.only(); rec.Cause != c.cause || rec.Billable != c.long {
				t.Errorf("%s after %v, want %s after %v", rec.Cause, rec.Billable, c.cause, c.long)
			}
		})
	}
}

func TestStoreGoneForGoodCutsAtTheGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	e := w.dial("4008266688")
	e.Answered(1)
	w.down = true
	w.pass(61 * time.Second)
	w.down = false
	w.pass(time.Minute)
	if rec := w.only(); rec.Cause != cdr.ChargingDown || rec.Billable != time.Minute {
		t.Errorf("CDR %+v", rec)
	}
}

func TestStoreAwayAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	w.down = true
	w.dial("4008266688")
	w.want("reject 503 charging_unavailable")
	w.down = false
	w.pass(time.Minute)
	if rec := w.only(); rec.Cause != cdr.ChargingDown {
		t.Errorf("CDR %+v", rec)
	}
}

func TestCallerNeverAcknowledges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	e := w.dial("4008266688")
	e.Answered(1)
	w.pass(32 * time.Second)
	e.CallerEnded(true)
	w.settle()
	w.want("ring 1 1 over out", "connect 1", "drop 1 caller_lost")
	if rec := w.only(); rec.Cause != cdr.CallerLost {
		t.Errorf("cause %s", rec.Cause)
	}
}

// A call that the signalling side gave up says why, talking or not.
func TestAbortedCallsSayWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	talking, ringing := w.dial("4008266688"), w.dial("4008266688")
	talking.Answered(1)
	w.pass(10 * time.Second)
	talking.Aborted(cdr.InternalError)
	ringing.Aborted(cdr.InternalError)
	ringing.Aborted(cdr.NodeStopped) // it has ended
	w.settle()
	if len(w.settled) != 2 {
		t.Fatalf("settled %+v", w.settled)
	}
	for i, talk := range []time.Duration{10 * time.Second, 0} {
		if rec := w.settled[i]; rec.Cause != cdr.InternalError || rec.EndedBy != cdr.Platform || rec.Talk != talk {
			t.Errorf("%+v", rec)
		}
	}
}

func TestStopEndsAndSettlesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	talking := w.dial("4008266688")
	talking.Answered(1)
	w.dial("4008266688")
	w.pass(10 * time.Second)
	if got := len(w.service.Proofs(w.now)); got != 2 {
		t.Errorf("%d proofs, want 2", got)
	}
	w.service.EndAll(cdr.NodeStopped)
	w.settle()
	if len(w.settled) != 2 || w.settled[0].Cause != cdr.NodeStopped || len(w.service.Running()) != 0 {
		t.Errorf("settled %+v", w.settled)
	}
}

// A running call shows who rings, why, and what is held for it.
func TestView(t *testing.T) {
	t.Parallel()
	line := rings(routing.Sequential, "13800000001")
	w := newWorld(t, line)
	l := w.lines["4008266688"]
	l.Bill.Tariff.First = tariff.Increment{Length: time.Minute, Price: 100_000}
	l.Bill.Tariff.Next = l.Bill.Tariff.First
	w.lines["4008266688"] = l
	e := w.dial("4008266688")
	e.Ringing(1, 180)
	check := func(phase call.Phase, held money.Amount) {
		t.Helper()
		v := w.service.Running()[0]
		if v.Phase != phase || v.Held != held || len(v.Targets) != 1 || v.Targets[0] != "13800000001" || v.CustomerName != "云禾家居" || len(v.Steps) == 0 || len(v.Legs) != 1 {
			t.Errorf("%+v", v)
		}
	}
	check(call.RingingNow, 100_000) // one minute at ¥0.10
	e.Answered(1)
	w.pass(55 * time.Second)
	check(call.Talking, 200_000) // a second minute was asked for at 50 s
	e.CallerEnded(false)
	w.settle()
	w.only()
}

func TestTextFromOutsideIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rings(routing.Sequential, "1"))
	w.dial(strings.Repeat("四", 5000))
	rec := w.only()
	if rec.Cause != cdr.UnknownNumber || len(rec.Number) > 128 || !utf8.ValidString(rec.Number) {
		t.Errorf("kept %d bytes, cause %s", len(rec.Number), rec.Cause)
	}
}
