package charging_test

import (
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

func isKept(err error) bool { return fault.CodeOf(err) == fault.SettlementKept }

// simCall is one caller and the phone that rings for it, and what really
// happened between them. It is the call's signalling side and its loop.
type simCall struct {
	*sim
	node *simNode
	life int
	id   cdr.ID
	line call.Line

	events   call.Events
	dialled  time.Time
	answered time.Time     // by the phone; zero while it did not
	talked   time.Duration // from the answer to the moment the node heard of the end
	hungUp   bool
	stops    []func()

	over     bool // charging took its end
	orphaned bool // its node died before that
	promised bool // its end was kept in the spool
	acked    int  // CDRs that were said to be durable
}

// dial lets a caller come to a node.
func (s *sim) dial() {
	n := s.nodes[s.rng.IntN(2)]
	if !n.ready {
		return // the carrier hears nothing and tells the caller so
	}
	c := &simCall{sim: s, node: n, life: n.life, dialled: s.now}
	number := s.numbers[s.rng.IntN(len(s.numbers))]
	c.line = s.lines[number]
	s.calls = append(s.calls, c)
	c.events = n.service.Incoming(call.Incoming{Trunk: "carrier", SIPCallID: "x", Dialled: number, Caller: "13712342286", At: s.now}, c, c)
	n.turn()
	if s.chance(5) {
		c.later(s.some(10*time.Second), func() { c.events.Cancelled() })
	}
}

// calledID learns the id that the node gave to its newest call.
func (s *sim) calledID(req charging.ReserveRequest) {
	for i := len(s.calls) - 1; i >= 0; i-- {
		if c := s.calls[i]; c.id == 0 && c.dialled.Equal(req.At) && c.line.Number == req.Draft.Number {
			c.id = req.Call
			s.byID[req.Call] = c
			s.say("%s comes to node %d for %s", req.Call, c.node.number, c.line.Number)
			return
		}
	}
	s.wrong("%s was reserved and nobody called", req.Call)
}

// later lets something happen in this life of the node, unless the call's
// signalling ended before.
func (c *simCall) later(d time.Duration, f func()) {
	c.stops = append(c.stops, c.node.in(d, func() { f(); c.node.turn() }))
}

func (c *simCall) quietNow() {
	for _, stop := range c.stops {
		stop()
	}
	c.stops = nil
}

// Loop.

func (c *simCall) Post(f func())  { c.node.in(0, func() { f(); c.node.turn() }) }
func (c *simCall) Now() time.Time { return c.now }
func (c *simCall) After(d time.Duration, f func()) func() {
	return c.node.in(d, func() { f(); c.node.turn() })
}

// Signals.

func (c *simCall) Ring(leg call.LegID, _ call.Destination) {
	ring := c.some(25 * time.Second)
	c.later(ring/2, func() { c.events.Ringing(leg, 180) })
	c.later(ring, func() {
		if c.chance(10) {
			c.quietNow()
			c.events.Failed(leg, 486)
			return
		}
		c.answered = c.now
		c.events.Answered(leg)
	})
}

func (c *simCall) Progress(int, call.LegID) {}

func (c *simCall) Connect(leg call.LegID) {
	c.later(c.some(12*time.Minute), func() {
		c.hangUp()
		if c.chance(50) {
			c.events.CallerEnded(false)
		} else {
			c.events.LegEnded(leg)
		}
	})
}

func (c *simCall) hangUp() {
	if !c.hungUp {
		c.hungUp = true
		c.quietNow()
		if !c.answered.IsZero() {
			c.talked = c.now.Sub(c.answered)
		}
	}
}

func (c *simCall) Drop(call.LegID, cdr.Cause) {
	if !c.answered.IsZero() {
		c.hangUp()
	} else {
		c.quietNow()
	}
}
func (c *simCall) Reject(int, cdr.Cause) { c.hangUp() }
func (c *simCall) Hangup(cdr.Cause)      { c.hangUp() }

// check says what of a call is not as it should be, once the world is at rest.
func (c *simCall) check() {
	if c.id == 0 {
		return // its node died before anything of it was asked
	}
	rec, ok := c.closed[c.id]
	v := &c.line.Bill.Tariff
	switch {
	case !ok && c.over:
		c.wrong("%s was promised to be booked (kept %t) and has no CDR", c.id, c.promised)
		return
	case !ok && c.orphaned:
		return // its reservation never came to the store
	case !ok:
		c.wrong("%s has no CDR", c.id)
		return
	}
	due := priceOf(v, rec.Billable)
	if rec.AnsweredAt.IsZero() {
		due = 0
	}
	if rec.Charge != due {
		c.wrong("%s is charged %s for %s, which costs %s", c.id, rec.Charge, rec.Billable, due)
	}
	if !c.hungUp { // its node died: it talked to the end of the world
		c.talked = c.now.Sub(c.answered)
	}
	switch {
	case c.answered.IsZero() && rec.Billable > 0:
		c.wrong("%s was never answered and is billed for %s", c.id, rec.Billable)
	case c.answered.IsZero():
	case rec.Billable > c.talked:
		c.wrong("%s talked for %s and is billed for %s", c.id, c.talked, rec.Billable)
	case rec.Recovered && !c.mayBeRecovered():
		c.wrong("%s was settled by the reaper though its node lived and reached the store", c.id)
	case !rec.Recovered && c.talked-rec.Billable > time.Second: // the answer to an Extend is awaited for one
		c.wrong("%s talked for %s and is billed for %s only", c.id, c.talked, rec.Billable)
	}
}

// mayBeRecovered says whether the reaper had a reason: the node died before
// the end of the call was promised, or was cut off for longer than a lease.
func (c *simCall) mayBeRecovered() bool { return c.orphaned || c.node.cutOff(c.dialled) }
