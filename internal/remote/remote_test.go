package remote_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/remote"
	"sibai/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	customer = 4711
	open     = "4001234567"
	shut     = "4001234568"
)

// world is an installation with two numbers, whose clock the test moves.
type world struct {
	*testing.T
	store    *storetest.Memory
	bank     *charging.Service
	calls    *remote.Service
	tariffID int
	ended    []cdr.Record

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Find is the directory.
func (w *world) Find(digits string, _ time.Time) (call.Line, bool) {
	line := call.Line{Number: digits, State: number.Active, Customer: customer, Bill: charging.Bill{
		Shard: charging.ShardOf(customer), Account: 1, Subscription: 1, MaxConcurrent: 3,
		Tariff: storetest.Tariff(1, 0, 60, 100_000, 60, 100_000),
	}}
	if w.tariffID > 1 {
		line.Bill.Tariff = storetest.Tariff(2, 0, 60, 900_000, 60, 900_000)
	}
	if digits == shut {
		line.State = number.Suspended
	}
	return line, digits == open || digits == shut
}

func setup(t *testing.T, cash money.Amount) *world {
	t.Helper()
	w := &world{T: t, store: storetest.NewMemory(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.bank = charging.New(w.store, charging.Config{Node: 1, Now: w.clock, ReapEvery: time.Hour, RenewEvery: time.Hour}, ids, nil)
	w.bank.Start()
	t.Cleanup(w.bank.Stop)
	if _, err := w.bank.OpenAccount(t.Context(), charging.ShardOf(customer), 1); err != nil {
		t.Fatal(err)
	}
	_, err = w.bank.TopUp(t.Context(), charging.TopUp{
		Shard: charging.ShardOf(customer), Account: 1, Bucket: charging.Cash, Amount: cash, Channel: "bank", Reference: "1", At: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	return w
}

// restart forgets what the process remembers.
func (w *world) restart() {
	w.calls = remote.New(remote.Config{Charger: w.bank, Lines: w, Now: w.clock, LongestStep: 10 * time.Minute,
		Ended: func(rec cdr.Record) { w.ended = append(w.ended, rec) }})
}

func name(text string) remote.Name { return remote.Name{Client: "pbx", Call: text} }

func (w *world) reserve(call string) remote.Grant {
	w.Helper()
	g, err := w.calls.Reserve(w.Context(), name(call), remote.Reserve{Number: open, Caller: "13712342286"})
	if err != nil {
		w.Fatal(err)
	}
	return g
}

func (w *world) settle(call string, talk time.Duration) cdr.Record {
	w.Helper()
	rec, err := w.calls.Settle(w.Context(), name(call), remote.Settle{Talk: talk})
	if err != nil {
		w.Fatal(err)
	}
	return rec
}

func (w *world) audit() {
	w.Helper()
	report, err := charging.Audit(context.WithoutCancel(w.Context()), w.store)
	if err != nil || !report.OK() {
		w.Errorf("audit: %+v, %v", report, err)
	}
}

func code(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// The terms of the reservation count to the call's end, in whichever process
// its requests arrive and whatever was published since.
func TestTermsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	for _, restarts := range []bool{false, true} {
		t.Run(fmt.Sprint("restarts ", restarts), func(t *testing.T) {
			t.Parallel()
			w := setup(t, 100*money.Yuan)
			between := func() {
				if restarts {
					w.restart()
				}
			}
			g := w.reserve("a")
			if g.Granted != time.Minute || g.Final || g.Refused != "" {
				t.Errorf("grant %+v", g)
			}
			w.tariffID = 2
			between()
			w.pass(50 * time.Second)
			extend := remote.Extend{Sequence: 1, Elapsed: 50 * time.Second}
			e, err := w.calls.Extend(t.Context(), name("a"), extend)
			if err != nil || e.Granted != 2*time.Minute || e.ID != g.ID {
				t.Errorf("extended %+v, %v", e, err)
			}
			between()
			if again, err := w.calls.Extend(t.Context(), name("a"), extend); err != nil || again != e {
				t.Errorf("the extension again: %+v, %v", again, err)
			}
			between()
			if again := w.reserve("a"); again != g {
				t.Errorf("the reservation again: %+v, was %+v", again, g)
			}
			_, err = w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 3, Elapsed: 50 * time.Second})
			code(t, err, fault.SequenceOutOfOrder)
			between()
			w.pass(20 * time.Second)
			rec := w.settle("a", 70*time.Second)
			if rec.Charge != 200_000 || rec.Call != g.ID || rec.Cause != cdr.Answered || rec.Recovered {
				t.Errorf("record %+v", rec)
			}
			between()
			again, err := w.calls.Settle(t.Context(), name("a"), remote.Settle{Talk: 70 * time.Second})
			if err != nil || again.Charge != rec.Charge || !again.EndedAt.Equal(rec.EndedAt) {
				t.Errorf("the settlement again: %+v, %v", again, err)
			}
			_, err = w.calls.Settle(t.Context(), name("a"), remote.Settle{Talk: 71 * time.Second})
			code(t, err, fault.CallEndedOtherwise)
			_, err = w.calls.Release(t.Context(), name("a"), remote.Release{})
			code(t, err, fault.CallEndedOtherwise)
			if got := w.reserve("a"); got != g {
				t.Errorf("the reservation of a call that ended: %+v", got)
			}
			if late, err := w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 2, Elapsed: 60 * time.Second}); err != nil || late.Refused != cdr.Answered {
				t.Errorf("the extension of a call that ended: %+v, %v", late, err)
			}
			if len(w.ended) != 1 {
				t.Errorf("its end was told %d times", len(w.ended))
			}
			w.audit()
		})
	}
}

func TestNamesAreTheClients(t *testing.T) {
	t.Parallel()
	w := setup(t, 100*money.Yuan)
	g := w.reserve("a")
	theirs := remote.Name{Client: "other", Call: "a"}
	_, err := w.calls.Settle(t.Context(), theirs, remote.Settle{Talk: time.Second})
	code(t, err, fault.ClientCallNotFound)
	other, err := w.calls.Reserve(t.Context(), theirs, remote.Reserve{Number: open})
	if err != nil || other.ID == g.ID {
		t.Errorf("two clients share a call: %+v, %v", other, err)
	}
	for _, restarts := range []bool{false, true} {
		if restarts {
			w.restart()
		}
		for field, r := range map[string]remote.Reserve{
			"number":    {Number: shut, Caller: "13712342286"},
			"caller":    {Number: open, Caller: "13712342287"},
			"at":        {Number: open, Caller: "13712342286", At: w.now.Add(time.Second)},
			"class":     {Number: open, Caller: "13712342286", Class: "far"},
			"extension": {Number: open, Caller: "13712342286", Extension: 8001},
		} {
			_, err := w.calls.Reserve(t.Context(), name("a"), r)
			code(t, err, fault.CallReused)
			var known *fault.Error
			if !errors.As(err, &known) || known.Params["field"] != field {
				t.Errorf("another %s: %v", field, err)
			}
		}
	}
	_, err = w.calls.Call(t.Context(), name("b"))
	code(t, err, fault.ClientCallNotFound)
	stands, err := w.calls.Call(t.Context(), name("a"))
	if err != nil || stands.Ended || stands.Hold.Granted() != time.Minute {
		t.Errorf("a stands %+v, %v", stands, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := setup(t, 250_000)
	reserve := func(call, digits string) remote.Grant {
		t.Helper()
		g, err := w.calls.Reserve(t.Context(), name(call), remote.Reserve{Number: digits})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, c := range []struct {
		call, number string
		want         cdr.Cause
	}{
		{"1", open, ""}, {"2", open, ""}, {"3", open, cdr.NoCredit}, {"4", shut, cdr.NumberSuspended},
		{"5", "4009999999", cdr.UnknownNumber}, {"6", "10086", cdr.UnknownNumber},
	} {
		g := reserve(c.call, c.number)
		if g.Refused != c.want {
			t.Errorf("call %s to %s: %+v, want %q", c.call, c.number, g, c.want)
		}
		w.restart()
		if again := reserve(c.call, c.number); again != g {
			t.Errorf("call %s again: %+v, was %+v", c.call, again, g)
		}
		if c.want == "" {
			continue
		}
		stands, err := w.calls.Call(t.Context(), name(c.call))
		if err != nil || !stands.Ended || stands.Record.Cause != c.want || stands.Record.Charge != 0 {
			t.Errorf("call %s stands %+v, %v", c.call, stands, err)
		}
	}
	// What is given back is there for the next call; the refused one stays so.
	rec, err := w.calls.Release(t.Context(), name("1"), remote.Release{Cause: cdr.Busy})
	if err != nil || rec.Charge != 0 || rec.Cause != cdr.Busy || rec.Status != 486 {
		t.Errorf("released %+v, %v", rec, err)
	}
	if g := reserve("3", open); g.Refused != cdr.NoCredit {
		t.Errorf("the refused call is %+v", g)
	}
	if g := reserve("7", open); g.Refused != "" {
		t.Errorf("the next call is %+v", g)
	}
	w.audit()
}

// A lease that passes is a switch that is lost: the call is settled at its last
// extension, and a late settlement gets that record.
func TestLease(t *testing.T) {
	t.Parallel()
	w := setup(t, 100*money.Yuan)
	if _, err := w.calls.Reserve(t.Context(), name("a"), remote.Reserve{Number: open, Lease: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	w.pass(20 * time.Second)
	if _, err := w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 1, Elapsed: 15 * time.Second, Lease: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if n, err := w.bank.ReapNode(t.Context(), 1); n != 0 || err != nil {
		t.Errorf("a node's start settled %d calls of a switch, %v", n, err)
	}
	w.pass(59 * time.Second)
	if n, err := w.bank.Reap(t.Context()); n != 0 || err != nil {
		t.Errorf("settled %d calls within the lease, %v", n, err)
	}
	w.pass(2 * time.Second)
	if n, err := w.bank.Reap(t.Context()); n != 1 || err != nil {
		t.Errorf("settled %d calls after the lease, %v", n, err)
	}
	rec := w.settle("a", 80*time.Second)
	if !rec.Recovered || rec.Charge != 100_000 || rec.Billable != 15*time.Second || rec.Steps[len(rec.Steps)-1].Code != "switch_lost_talking" {
		t.Errorf("late: %+v", rec)
	}
	w.audit()
}

// A reservation is found again also when the window of its id has changed
// between the first request and the second.
func TestWindowChange(t *testing.T) {
	t.Parallel()
	w := setup(t, 100*money.Yuan)
	for id.Named(w.now, 0, 0) == id.Named(w.now.Add(time.Second), 0, 0) {
		w.now = w.now.Add(time.Second)
	}
	g := w.reserve("a")
	w.restart()
	w.pass(2 * time.Second)
	if id.Named(w.now, 0, 0) == id.Named(w.now.Add(-2*time.Second), 0, 0) {
		t.Fatal("the window has not changed")
	}
	if again := w.reserve("a"); again != g {
		t.Errorf("reserved twice: %+v and %+v", g, again)
	}
	// A call that is new looks for its own names alone, not for those that it
	// would have with every other customer: this is the path of each call.
	asked := counting{Service: w.bank}
	w.calls = remote.New(remote.Config{Charger: &asked, Lines: w, Now: w.clock})
	if w.reserve("b"); asked.keys == 0 || asked.keys > 3 {
		t.Errorf("a reservation looked for %d names", asked.keys)
	}
	w.settle("b", 0)
	w.restart()
	w.pass(40 * time.Hour)
	if rec := w.settle("a", time.Second); rec.Call != g.ID || rec.Charge != 100_000 {
		t.Errorf("settled %+v", rec)
	}
	w.audit()
}

// counting counts the names of calls that are looked for.
type counting struct {
	*charging.Service
	keys int
}

func (c *counting) Held(ctx context.Context, calls []charging.CallKey) ([]*charging.Hold, error) {
	c.keys += len(calls)
	return c.Service.Held(ctx, calls)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	w := setup(t, money.Yuan)
	w.reserve("a")
	long := strings.Repeat("x", 129)
	for i, err := range []error{
		second(w.calls.Reserve(t.Context(), name(""), remote.Reserve{Number: open})),
		second(w.calls.Reserve(t.Context(), name(long), remote.Reserve{Number: open})),
		second(w.calls.Reserve(t.Context(), name("a\n"), remote.Reserve{Number: open})),
		second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{})),
		second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{Number: long})),
		second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{Number: open, Caller: long})),
		second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{Number: open, Lease: time.Second})),
		second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{Number: open, Extension: -1})),
		second(w.calls.Extend(t.Context(), name("a"), remote.Extend{Elapsed: time.Second})),
		second(w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 1, Elapsed: -1})),
		second(w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 1, Lease: 25 * time.Hour})),
		second(w.calls.Settle(t.Context(), name("a"), remote.Settle{Talk: 8 * 24 * time.Hour})),
		second(w.calls.Settle(t.Context(), name("a"), remote.Settle{Cause: cdr.Busy})),
		second(w.calls.Settle(t.Context(), name("a"), remote.Settle{EndedBy: "nobody"})),
		second(w.calls.Settle(t.Context(), name("a"), remote.Settle{Target: long})),
		second(w.calls.Release(t.Context(), name("a"), remote.Release{Cause: cdr.Answered})),
		second(w.calls.Release(t.Context(), name("a"), remote.Release{Status: 200})),
		second(w.calls.Call(t.Context(), name(long))),
	} {
		if fault.CodeOf(err) != fault.InputInvalid {
			t.Errorf("%d: %v", i, err)
		}
	}
	far := w.now.Add(time.Hour)
	code(t, second(w.calls.Reserve(t.Context(), name("b"), remote.Reserve{Number: open, At: far})), fault.ClockApart)
	code(t, second(w.calls.Extend(t.Context(), name("a"), remote.Extend{Sequence: 1, AnsweredAt: far})), fault.ClockApart)
	code(t, second(w.calls.Settle(t.Context(), name("a"), remote.Settle{EndedAt: far})), fault.ClockApart)
	code(t, second(w.calls.Settle(t.Context(), name("a"), remote.Settle{Talk: time.Second, AnsweredAt: far, EndedAt: w.now})), fault.ClockApart)
	w.audit()
}

func second[T any](_ T, err error) error { return err }
