package call_test

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

var epoch = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

// world plays calls without a socket: a clock that moves when told, a
// signalling side that writes down what it is asked, and an account that
// holds so many seconds.
type world struct {
	t       *testing.T
	now     time.Time
	due     []*due
	service *call.Service
	lines   map[string]call.Line
	log     []string // what the signalling side was asked, in order
	events  call.Events

	// The account: seconds left in all, in grants of step.
	left, step time.Duration
	capped     bool // a monthly cap, not the money, ends it
	down       bool // the store does not answer: every request fails
	keeps      bool // while the store is down, the end of a call is kept elsewhere
	mute       bool // Reserve stays unanswered until unmuted
	waiting    []func()
	granted    map[cdr.ID]time.Duration
	settled    []cdr.Record
	recorded   []cdr.Record
	ended      []cdr.Record
}

type due struct {
	at   time.Time
	f    func()
	dead bool
}

func newWorld(t *testing.T, line call.Line) *world {
	t.Helper()
	w := &world{t: t, now: epoch, left: time.Hour, step: time.Minute, granted: map[cdr.ID]time.Duration{}}
	line.Number = "4008266688"
	if line.State == "" {
		line.State = number.Active
	}
	line.Customer, line.CustomerName = 7, "云禾家居"
	line.Bill = charging.Bill{Account: 9, Subscription: 8, MinGrant: time.Minute, Tariff: tariff.Version{
		ID: 3, Code: "std", First: tariff.Increment{Length: time.Minute}, Next: tariff.Increment{Length: time.Minute},
	}}
	w.lines = map[string]call.Line{line.Number: line}
	ids := int64(0)
	w.service = call.NewService(call.Config{
		Node: 1, Lines: w, Charger: w, Observer: w,
		NewID: func() int64 { ids++; return ids },
	})
	return w
}

// dial brings a call in and returns its events.
func (w *world) dial(dialled string) call.Events {
	w.events = w.service.Incoming(call.Incoming{
		Trunk: "carrier", SIPCallID: "a@b", Dialled: dialled, Caller: "+8613712342286", At: w.now,
	}, w, w)
	w.settle()
	return w.events
}

// settle runs everything that is due now.
func (w *world) settle() { w.pass(0) }

// pass moves the clock, running what falls due in its order.
func (w *world) pass(d time.Duration) {
	end := w.now.Add(d)
	for {
		sort.SliceStable(w.due, func(i, j int) bool { return w.due[i].at.Before(w.due[j].at) })
		if len(w.due) == 0 || w.due[0].at.After(end) {
			break
		}
		next := w.due[0]
		w.due = w.due[1:]
		if next.dead {
			continue
		}
		if next.at.After(w.now) {
			w.now = next.at
		}
		next.f()
	}
	w.now = end
}

func (w *world) want(lines ...string) {
	w.t.Helper()
	if !slices.Equal(w.log, lines) {
		w.t.Errorf("signalling:\n  %s\nwant:\n  %s", strings.Join(w.log, "\n  "), strings.Join(lines, "\n  "))
	}
}

// only returns the one CDR, which must be settled or recorded exactly once
// and told to the observer.
func (w *world) only() cdr.Record {
	w.t.Helper()
	if len(w.settled)+len(w.recorded) != 1 || len(w.ended) != 1 {
		w.t.Fatalf("%d settled, %d recorded, %d ended; want one CDR", len(w.settled), len(w.recorded), len(w.ended))
	}
	if n := len(w.service.Running()); n != 0 {
		w.t.Fatalf("%d calls still run", n)
	}
	for _, d := range w.due {
		if !d.dead {
			w.t.Fatalf("a timer is left for %v", d.at.Sub(epoch))
		}
	}
	return w.ended[0]
}

// Loop.

func (w *world) Post(f func())  { w.due = append(w.due, &due{at: w.now, f: f}) }
func (w *world) Now() time.Time { return w.now }
func (w *world) After(d time.Duration, f func()) func() {
	t := &due{at: w.now.Add(d), f: f}
	w.due = append(w.due, t)
	return func() { t.dead = true }
}

// Signals.

func (w *world) write(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

func (w *world) Ring(l call.LegID, to call.Destination) {
	w.write("ring %d %s over %s", l, to.Target, to.Trunk)
}
func (w *world) Progress(status int, l call.LegID) { w.write("progress %d of %d", status, l) }
func (w *world) Connect(l call.LegID)              { w.write("connect %d", l) }
func (w *world) Drop(l call.LegID, why cdr.Cause)  { w.write("drop %d %s", l, why) }
func (w *world) Reject(status int, why cdr.Cause)  { w.write("reject %d %s", status, why) }
func (w *world) Hangup(why cdr.Cause)              { w.write("hangup %s", why) }

// Lines and Observer.

func (w *world) Find(n string, _ time.Time) (call.Line, bool) { l, ok := w.lines[n]; return l, ok }
func (w *world) Changed(call.View)                            {}
func (w *world) Ended(rec cdr.Record, _ string)               { w.ended = append(w.ended, rec) }

// Charger.

var errDown = errors.New("store is away")

func (w *world) noStore() error {
	if w.keeps {
		return fault.New(fault.SettlementKept, "call", 1)
	}
	return errDown
}

func (w *world) answer(f func()) {
	if w.mute {
		w.waiting = append(w.waiting, f)
		return
	}
	f()
}

func (w *world) unmute() {
	w.mute = false
	for _, f := range w.waiting {
		f()
	}
	w.waiting = nil
	w.settle()
}

func (w *world) more(id cdr.ID) charging.Answer {
	part := min(w.step, w.left)
	w.left -= part
	w.granted[id] += part
	g := w.granted[id]
	return charging.Answer{Granted: g, ExtendAt: g - w.step/6, Final: w.left == 0, CapReached: w.left == 0 && w.capped}
}

func (w *world) Reserve(req charging.ReserveRequest, done func(charging.Answer, error)) {
	w.answer(func() {
		switch {
		case w.down:
			done(charging.Answer{}, errDown)
		case w.left == 0:
			done(charging.Answer{Refused: cdr.NoCredit}, nil)
		default:
			done(w.more(req.Call), nil)
		}
	})
}

func (w *world) Extend(req charging.ExtendRequest, done func(charging.Answer, error)) {
	w.answer(func() {
		if w.down {
			done(charging.Answer{}, errDown)
			return
		}
		done(w.more(req.Call), nil)
	})
}

func (w *world) Settle(req charging.SettleRequest, done func(cdr.Record, error)) {
	if w.down {
		done(cdr.Record{}, w.noStore())
		return
	}
	rec := req.Record
	rec.Charge = money.Amount(rec.Billable / time.Second)
	w.settled = append(w.settled, rec)
	done(rec, nil)
}

func (w *world) Record(rec cdr.Record, done func(error)) {
	if w.down {
		done(w.noStore())
		return
	}
	w.recorded = append(w.recorded, rec)
	done(nil)
}

func rings(distribution routing.Distribution, phones ...string) call.Line {
	p := routing.Profile{Distribution: distribution, RingTimeout: 20 * time.Second}
	for _, n := range phones {
		p.Targets = append(p.Targets, routing.Target{Phone: n, Trunk: "out"})
	}
	return call.Line{Profile: p}
}
