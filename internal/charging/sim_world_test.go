package charging_test

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/store/storetest"
	"sibai/internal/tariff"
)

// The simulation's world: one goroutine, one clock, one seed. Two nodes, made
// of the real charging.Service and the real call.Service, share one store.
// Whatever happens is an event in one queue; events of a node that died since
// are dropped.

type event struct {
	at  time.Time
	seq int
	f   func()
}

type events []*event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	if c := q[i].at.Compare(q[j].at); c != 0 {
		return c < 0
	}
	return q[i].seq < q[j].seq
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(*event)) }
func (q *events) Pop() any {
	e := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return e
}

// sim is one run.
type sim struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Time
	queue events
	seq   int

	store    *storetest.Memory
	nodes    [2]*simNode
	lines    map[string]call.Line
	numbers  []string
	calls    []*simCall
	byID     map[cdr.ID]*simCall
	came     money.Amount
	exposure money.Amount // what each node risks on an account
	quiet    bool         // no more faults: the world comes to rest
	problems []string
	broken   breakage
	closed   map[cdr.ID]cdr.Record // at the end
	story    []string              // what happened, for one who looks at a seed
}

// breakage is a fault that is built in, to show that the simulation finds it.
type breakage struct {
	writes   func(*charging.Writes)
	noReplay bool // a new node does not book what its spool has
	noProofs bool // a node does not prove its calls
}

func (s *sim) say(format string, args ...any) {
	if *seedFlag == 0 {
		return
	}
	s.story = append(s.story, s.now.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func (s *sim) wrong(format string, args ...any) {
	s.problems = append(s.problems, s.now.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// at lets f happen after d.
func (s *sim) at(d time.Duration, f func()) (stop func()) {
	s.seq++
	e := &event{at: s.now.Add(max(0, d)), seq: s.seq, f: f}
	heap.Push(&s.queue, e)
	return func() { e.f = nil }
}

// run lets the world go on for d.
func (s *sim) run(d time.Duration) {
	end := s.now.Add(d)
	for len(s.queue) > 0 && !s.queue[0].at.After(end) {
		e := heap.Pop(&s.queue).(*event)
		s.now = e.at
		if e.f != nil {
			e.f()
		}
	}
	s.now = end
}

func (s *sim) chance(percent int) bool { return s.rng.IntN(100) < percent }

// some is a time up to most, short ones being likelier.
func (s *sim) some(most time.Duration) time.Duration {
	x := s.rng.Float64() // a length of time, no money
	return time.Duration(x * x * float64(most))
}

// simNode is one node through all its lives. What a death does not take is the
// spool.
type simNode struct {
	*sim
	number int
	spool  *storetest.Spool

	life     int // counts starts; 0 while it is dead
	lives    int
	charging *charging.Service
	service  *call.Service
	ready    bool
	away     bool      // it cannot reach the store
	since    time.Time // of away
	outages  [][2]time.Time
	stalled  time.Time // the store hangs for it until then
	turning  bool      // a turn of its writer is on the way
}

// in lets f happen in this life of the node only.
func (n *simNode) in(d time.Duration, f func()) (stop func()) {
	life := n.life
	return n.at(d, func() {
		if n.life == life {
			f()
		}
	})
}

// reach opens or cuts the way to the store.
func (n *simNode) reach(open bool) {
	if n.away != open {
		return
	}
	n.say("node %d reaches the store: %t", n.number, open)
	n.away = !open
	if open {
		n.outages = append(n.outages, [2]time.Time{n.since, n.now})
	} else {
		n.since = n.now
	}
}

// stall lets the store hang for the node.
func (n *simNode) stall(long time.Duration) {
	n.say("the store hangs for node %d, %s", n.number, long)
	n.stalled = n.now.Add(long)
	n.outages = append(n.outages, [2]time.Time{n.now, n.stalled})
}

// cutOff reports whether the node could not renew for about a lease after a
// moment, be it that it did not reach the store or that the store hung.
func (n *simNode) cutOff(since time.Time) bool {
	slices.SortFunc(n.outages, func(x, y [2]time.Time) int { return x[0].Compare(y[0]) })
	var from, to time.Time
	for _, o := range n.outages {
		if o[0].After(to.Add(5 * time.Second)) { // a renewal may have come between
			from = o[0]
		}
		if o[1].After(to) {
			to = o[1]
		}
		if to.After(since) && to.Sub(from) > simLease-10*time.Second {
			return true
		}
	}
	return false
}

var errFar = errors.New("connection refused")

// Commit is the store as the node sees it: it may be away, and the answer to
// what was committed may be lost.
func (n *simNode) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	if n.away {
		return errFar
	}
	if !n.quiet && n.chance(2) {
		return errFar // before anything happened
	}
	err := n.store.Commit(ctx, rules, ops)
	if err == nil && !n.quiet && n.chance(3) {
		return errors.New("connection reset after the commit was sent")
	}
	return err
}

// simStore adds the reading methods.
type simStore struct {
	*storetest.Memory
	node *simNode
}

func (s simStore) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	return s.node.Commit(ctx, rules, ops)
}

func (s simStore) Lost(ctx context.Context, now time.Time, node, limit int) ([]*charging.Hold, error) {
	if s.node.away {
		return nil, errFar
	}
	return s.Memory.Lost(ctx, now, node, limit)
}

// start begins a life. A node whose store does not answer tries again, as
// whoever runs it would.
func (n *simNode) start() {
	n.lives++
	n.life, n.ready = n.lives, false
	ids, err := id.NewGenerator(n.number, func() time.Time { return n.now })
	if err != nil {
		panic(err)
	}
	cfg := charging.Config{
		Node: n.number, Queue: 256, Exposure: n.exposure, Patience: 2 * time.Second, Spool: n.spool, Now: func() time.Time { return n.now },
		Proofs: func(now time.Time) []charging.Proof {
			if n.broken.noProofs {
				return nil
			}
			proofs := n.service.Proofs(now)
			slices.SortFunc(proofs, func(x, y charging.Proof) int { return int(x.Call - y.Call) })
			return proofs
		},
		Late:   func(rec cdr.Record) { n.acknowledged(rec, "late") },
		Reaped: func(rec cdr.Record) { n.acknowledged(rec, "reaped") },
	}
	life := n.life
	n.charging = charging.New(simStore{n.store, n}, cfg.Simulated(func(d time.Duration, f func()) func() {
		return n.in(d, f)
	}, n.pump), ids, slog.New(slog.DiscardHandler))
	n.service = call.NewService(call.Config{
		Node: n.number, Lines: n, Charger: &noisy{n, n.charging}, Observer: n, NewID: ids.Next,
	})
	n.say("node %d starts", n.number)
	if !n.broken.noReplay {
		if _, err := n.charging.Replay(context.Background()); err != nil {
			n.crashed(time.Second)
			return
		}
	}
	if _, err := n.charging.ReapNode(context.Background(), n.number); err != nil {
		n.crashed(time.Second)
		return
	}
	n.ready = true
	for _, task := range []struct {
		every time.Duration
		do    func() error
	}{{5 * time.Second, n.charging.TickRenew}, {10 * time.Second, n.charging.TickReap}, {time.Second, n.charging.TickDrain}} {
		var again func()
		again = func() {
			_ = task.do() // logged by the Service in its real life
			n.turn()
			n.in(task.every, again)
		}
		n.in(task.every, again)
	}
	if life != n.life {
		panic("a node started twice")
	}
}

// crashed ends a life; another begins after d.
func (n *simNode) crashed(d time.Duration) {
	n.say("node %d dies", n.number)
	n.life, n.ready = 0, false
	for _, c := range n.calls {
		if c.node == n && c.life == n.lives && !c.over {
			c.orphaned = true
		}
	}
	n.at(d, n.start)
}

// turn lets the writer do a batch soon, and go on while there is work.
func (n *simNode) turn() {
	if n.turning || n.life == 0 {
		return
	}
	n.turning = true
	wait := time.Duration(1+n.rng.IntN(20)) * time.Millisecond
	if n.stalled.After(n.now.Add(wait)) {
		wait = n.stalled.Sub(n.now)
	}
	life := n.life
	n.at(wait, func() {
		n.turning = false
		if n.life != life {
			n.turn() // of a later life, if there is one
			return
		}
		did := n.charging.Turn()
		if n.charging.TurnKeeper() || did {
			n.turn()
		}
	})
}

// pump does everything that waits, at once.
func (n *simNode) pump() {
	for n.charging.Turn() || n.charging.TurnKeeper() {
	}
}

// Lines and Observer.

func (n *simNode) Find(dialled string, _ time.Time) (call.Line, bool) {
	l, ok := n.lines[dialled]
	return l, ok
}

func (n *simNode) Changed(call.View) {}

func (n *simNode) Ended(rec cdr.Record, _ string) { n.acknowledged(rec, "ended") }

// acknowledged is a CDR that the node says to be durable in the store.
func (n *simNode) acknowledged(rec cdr.Record, how string) {
	n.say("%s %s: %s for %s, recovered %t", rec.Call, how, rec.Billable, rec.Charge, rec.Recovered)
	stored, ok, err := n.store.CDR(context.Background(), rec.Call)
	if err != nil || !ok || stored.Charge != rec.Charge || stored.Billable != rec.Billable || stored.Cause != rec.Cause {
		n.wrong("%s was acknowledged as %s for %s (%s); the store has %t %s for %s (%s)",
			rec.Call, rec.Billable, rec.Charge, how, ok, stored.Billable, stored.Charge, stored.Cause)
	}
	if c := n.byID[rec.Call]; c != nil {
		c.acked++
	}
}

// noisy is the way from a call to charging: requests come late, and again, and
// in another order.
type noisy struct {
	node *simNode
	to   *charging.Service
}

// deliver brings a request now or a little later, and maybe once more.
func (x *noisy) deliver(request func(), again func()) {
	n := x.node
	now := func(f func()) func() { return func() { f(); n.turn() } }
	if n.quiet {
		now(request)()
		return
	}
	n.in(n.some(200*time.Millisecond), now(request))
	if n.chance(15) {
		n.in(n.some(2*time.Minute), now(again))
	}
}

func (x *noisy) Reserve(req charging.ReserveRequest, done func(charging.Answer, error)) {
	x.node.calledID(req)
	var first *charging.Answer
	x.deliver(func() {
		x.to.Reserve(req, func(a charging.Answer, err error) {
			if err == nil && a.Refused == "" {
				first = &a
			}
			done(a, err)
		})
	}, func() {
		x.to.Reserve(req, func(a charging.Answer, err error) { x.same("reserve", req.Call, first, a, err) })
	})
}

func (x *noisy) Extend(req charging.ExtendRequest, done func(charging.Answer, error)) {
	var first *charging.Answer
	x.deliver(func() {
		x.to.Extend(req, func(a charging.Answer, err error) {
			if err == nil {
				first = &a
			}
			done(a, err)
		})
	}, func() {
		x.to.Extend(req, func(a charging.Answer, err error) { x.same("extend", req.Call, first, a, err) })
	})
}

// same checks that a request sent again was answered as it was (I5). Of an
// Extend that was first refused because the call had been settled meanwhile,
// only the refusal is the same.
func (x *noisy) same(what string, call cdr.ID, first *charging.Answer, again charging.Answer, err error) {
	if first == nil || err != nil {
		return
	}
	was := *first
	if was.Promised || again.Promised { // who grants it, and with it when to ask again, may change
		return
	}
	if was != again && first.Refused == "" {
		x.node.wrong("%s of %s was answered %+v, sent again %+v", what, call, *first, again)
	}
}

func (x *noisy) Settle(req charging.SettleRequest, done func(cdr.Record, error)) {
	n := x.node
	c := n.byID[req.Record.Call]
	x.deliver(func() {
		x.to.Settle(req, func(rec cdr.Record, err error) {
			c.promised = c.promised || isKept(err)
			if err == nil || isKept(err) {
				c.over = true
				n.say("%s settled after %s: %v", req.Record.Call, req.Record.Billable, err)
			}
			done(rec, err)
		})
	}, func() { x.to.Settle(req, func(cdr.Record, error) {}) })
}

func (x *noisy) Record(rec cdr.Record, done func(error)) {
	c := x.node.byID[rec.Call]
	x.deliver(func() {
		x.to.Record(rec, func(err error) {
			c.promised = c.promised || isKept(err)
			c.over = c.over || err == nil || isKept(err)
			done(err)
		})
	}, func() { x.to.Record(rec, func(error) {}) })
}

// The tariffs of the simulation, and their prices worked out in another way
// than tariff does.

var simTariffs = []tariff.Version{
	storetest.Minute,
	storetest.Tariff(2, 0, 6, 10_800, 6, 10_800),
	storetest.Tariff(3, 50_000, 180, 220_000, 60, 110_000),
}

func priceOf(v *tariff.Version, long time.Duration) money.Amount {
	cost := v.Connection + v.First.Price
	for covered := v.First.Length; covered < long; covered += v.Next.Length {
		cost += v.Next.Price
	}
	return cost
}

func (s *sim) line(i int, account charging.AccountID) {
	n := fmt.Sprintf("400826668%d", i)
	s.numbers = append(s.numbers, n)
	s.lines[n] = call.Line{
		Number: n, State: number.Active, Customer: customer, CustomerName: "云禾家居",
		Bill: charging.Bill{
			Shard: shard, Account: account, Subscription: charging.SubscriptionID(i + 1),
			MaxConcurrent: []int{0, 3, 0, 0}[i%4], Tariff: simTariffs[i%len(simTariffs)],
		},
		Profile: routing.Profile{Targets: []routing.Target{{Phone: "13800000001", Trunk: "out"}}, RingTimeout: 20 * time.Second},
	}
}
