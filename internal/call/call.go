package call

import (
	"strconv"
	"strings"
	"sync/atomic"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

// Call is one call. All of it but view is touched on its loop only.
type Call struct {
	svc  *Service
	sig  Signals
	loop Loop

	rec      cdr.Record // the CDR in the making
	line     Line
	way      *routing.Decision
	phase    Phase
	hold     holdState
	ended    bool // the cause is set; nothing more may change the record
	legs     map[LegID]*leg
	lastLeg  LegID
	ring     []LegID // legs of the ring that goes on
	answered LegID   // 0 while nobody answered
	meter    meter

	view atomic.Pointer[View]
}

// holdState is what is known of the call's credit.
type holdState int

const (
	noHold holdState = iota
	asking           // Reserve is on its way
	holding
)

// leg is one phone being rung. at is its place in rec.Legs.
type leg struct {
	at       int
	live     bool
	stopRing func()
}

func newCall(s *Service, in Incoming, sig Signals, loop Loop) *Call {
	c := &Call{svc: s, sig: sig, loop: loop, legs: map[LegID]*leg{}, phase: Authorising}
	caller := phone.Normalise(in.Caller)
	c.rec = cdr.Record{
		Call: cdr.ID(s.cfg.NewID()), Node: s.cfg.Node, Trunk: in.Trunk,
		Number: clip(in.Dialled), Caller: clip(caller.Digits), CallerRaw: clip(in.Caller),
		SIPCallID: clip(in.SIPCallID), StartedAt: in.At,
	}
	c.show()
	return c
}

// longest is how much of a text from outside a record keeps, in bytes.
const longest = 128

// clip bounds a text that a peer may have made as long as a datagram.
func clip(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "")
}

// begin checks the number and asks for credit.
func (c *Call) begin() {
	dialled, err := number.FromTrunk(c.rec.Number)
	found := err == nil
	if found {
		c.rec.Number = dialled
		c.line, found = c.svc.cfg.Lines.Find(dialled, c.rec.StartedAt)
	}
	if !found {
		c.say("unknown_number", "number", c.rec.Number)
		c.finish(cdr.UnknownNumber)
		return
	}
	c.rec.Customer, c.rec.Account = c.line.Customer, int64(c.line.Bill.Account)
	c.rec.Subscription, c.rec.TariffID = int64(c.line.Bill.Subscription), int64(c.line.Bill.Tariff.ID)
	c.way = routing.Decide(c.line.Profile, routing.Situation{State: c.line.State})
	c.rec.Steps = append(c.rec.Steps, c.way.Steps...)
	c.way.Steps = nil
	if c.way.Refused != "" {
		c.finish(c.way.Refused)
		return
	}
	c.hold = asking
	c.show()
	c.svc.cfg.Charger.Reserve(charging.ReserveRequest{
		Call: c.rec.Call, Bill: c.line.Bill, At: c.rec.StartedAt, Draft: c.rec,
	}, func(a charging.Answer, err error) {
		c.loop.Post(func() { c.reserved(a, err) })
	})
}

func (c *Call) reserved(a charging.Answer, err error) {
	refused := a.Refused
	switch {
	case err != nil:
		// Whether the hold stands is not known: the settlement that ends the
		// call releases it if it does.
		c.hold, refused = holding, cdr.ChargingDown
		c.say("charging_unavailable")
	case refused != "":
		c.hold = noHold
		c.say("credit_refused", "cause", string(refused))
	default:
		c.hold = holding
		c.meter.answer = a
		if a.Promised {
			c.say("credit_promised", "seconds", seconds(a.Granted))
		} else {
			c.say("credit_reserved", "seconds", seconds(a.Granted))
		}
	}
	switch {
	case c.ended: // the caller gave up meanwhile
		c.conclude()
	case refused != "":
		c.finish(refused)
	default:
		c.phase = RingingNow
		c.next("")
	}
}

// next rings whoever is next, or ends the call when nobody is.
func (c *Call) next(last routing.Outcome) {
	ring, ok := c.way.Next(last)
	c.rec.Steps = append(c.rec.Steps, c.way.Steps...)
	c.way.Steps = nil
	if !ok {
		c.finish(causeOf(last))
		return
	}
	// Credit is reserved for an answer within LongestRing.
	left := charging.LongestRing - c.loop.Now().Sub(c.rec.StartedAt)
	if left <= 0 {
		c.say("rang_longest", "seconds", seconds(charging.LongestRing))
		c.finish(causeOf(last))
		return
	}
	c.ring = c.ring[:0]
	for _, t := range ring.Targets {
		t.RingFor = min(t.RingFor, left)
		c.lastLeg++
		id := c.lastLeg
		l := &leg{at: len(c.rec.Legs), live: true}
		c.rec.Legs = append(c.rec.Legs, cdr.Leg{Target: t.Phone, Trunk: t.Trunk, InvitedAt: c.loop.Now()})
		c.legs[id], c.ring = l, append(c.ring, id)
		l.stopRing = c.loop.After(t.RingFor, func() { c.rangOut(id) })
		c.say("rings", "target", t.Phone, "seconds", seconds(t.RingFor))
	}
	for _, id := range c.ring {
		l := &c.rec.Legs[c.legs[id].at]
		c.sig.Ring(id, Destination{Target: l.Target, Trunk: l.Trunk})
	}
	c.show()
}

// Ringing tells the caller of the first phone that rings, and of every one
// after it, since each may bring early media.
func (c *Call) Ringing(id LegID, status int) {
	l := c.legs[id]
	if c.ended || l == nil || !l.live || c.answered != 0 {
		return
	}
	now := c.loop.Now()
	if leg := &c.rec.Legs[l.at]; leg.RingingAt.IsZero() {
		leg.RingingAt = now
	}
	if c.rec.RingingAt.IsZero() {
		c.rec.RingingAt = now
	}
	c.sig.Progress(status, id)
}

// rangOut ends a leg that nobody answered in time.
func (c *Call) rangOut(id LegID) {
	if c.ended || !c.legs[id].live {
		return
	}
	c.sig.Drop(id, cdr.NoAnswer)
	outcome := routing.NoAnswer
	if c.rec.Legs[c.legs[id].at].RingingAt.IsZero() {
		outcome = routing.Unreachable // never rang: nobody could have answered
	}
	c.legOver(id, outcome, 0)
}

// Failed is the end of a leg that was never answered.
func (c *Call) Failed(id LegID, status int) {
	l := c.legs[id]
	if c.ended || l == nil || !l.live {
		return
	}
	rang := !c.rec.Legs[l.at].RingingAt.IsZero()
	c.legOver(id, routing.OutcomeOf(status, rang), status)
}

func (c *Call) legOver(id LegID, o routing.Outcome, status int) {
	c.closeLeg(id, o, status)
	leg := c.rec.Legs[c.legs[id].at]
	if o == routing.Unreachable && (status == 0 || status == 408) { // not even that it could not
		c.say("leg_silent", "target", leg.Target)
	} else {
		c.say("leg_"+string(o), "target", leg.Target, "status", strconv.Itoa(status))
	}
	outcomes := make([]routing.Outcome, 0, len(c.ring))
	for _, other := range c.ring {
		if c.legs[other].live {
			return // others still ring
		}
		outcomes = append(outcomes, routing.Outcome(c.rec.Legs[c.legs[other].at].Outcome))
	}
	c.next(routing.Combine(outcomes))
}

func (c *Call) closeLeg(id LegID, o routing.Outcome, status int) {
	l := c.legs[id]
	l.live = false
	l.stopRing()
	leg := &c.rec.Legs[l.at]
	leg.EndedAt, leg.Status = c.loop.Now(), status
	if leg.Outcome == "" {
		leg.Outcome = string(o)
	}
}

// dropLegs ends every leg but one; 0 spares none.
func (c *Call) dropLegs(except LegID, why cdr.Cause) {
	for id := LegID(1); id <= c.lastLeg; id++ {
		if id != except && c.legs[id].live {
			c.sig.Drop(id, why)
			c.closeLeg(id, routing.Cancelled, 0)
		}
	}
}

// Answered joins the first phone that answers to the caller and starts the
// meter; the others stop ringing.
func (c *Call) Answered(id LegID) {
	l := c.legs[id]
	if l == nil || !l.live {
		return
	}
	if c.ended || c.answered != 0 {
		c.sig.Drop(id, cdr.CallerGaveUp)
		return
	}
	now := c.loop.Now()
	l.stopRing()
	leg := &c.rec.Legs[l.at]
	leg.AnsweredAt, leg.Outcome, leg.Status = now, string(routing.Answered), 200
	c.rec.AnsweredAt, c.answered, c.phase = now, id, Talking
	c.rec.Status = 200
	c.dropLegs(id, cdr.Answered)
	c.say("answered", "target", leg.Target, "seconds", seconds(now.Sub(c.rec.StartedAt)))
	c.sig.Connect(id)
	c.show()
	c.schedule()
}

// LegEnded is the called side hanging up.
func (c *Call) LegEnded(id LegID) {
	if c.ended || id != c.answered || id == 0 {
		return
	}
	c.closeLeg(id, routing.Answered, 200)
	c.rec.EndedBy = cdr.Called
	c.finish(cdr.Answered)
}

// CallerEnded is the caller hanging up, or having vanished (lost).
func (c *Call) CallerEnded(lost bool) {
	switch {
	case c.ended:
	case c.answered == 0:
		c.Cancelled()
	case lost:
		c.rec.EndedBy = cdr.Platform
		c.finish(cdr.CallerLost)
	default:
		c.rec.EndedBy = cdr.Caller
		c.finish(cdr.Answered)
	}
}

// Cancelled is the caller giving up before an answer.
func (c *Call) Cancelled() {
	if c.ended || c.answered != 0 {
		return
	}
	c.finish(cdr.CallerGaveUp)
}

// Aborted is the end of a call that the signalling side could not go on with.
func (c *Call) Aborted(why cdr.Cause) { c.endByPlatform(why) }

// endByPlatform ends a call for a reason of ours.
func (c *Call) endByPlatform(why cdr.Cause) {
	if c.ended {
		return
	}
	c.rec.EndedBy = cdr.Platform
	c.finish(why)
}
