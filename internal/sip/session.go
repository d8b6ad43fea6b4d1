package sip

import (
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip/loop"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// session is one call: the caller's leg and the phones' legs. It is the
// call's Signals and its Loop. Everything runs on the shard's loop, except
// Post, After and Now, which say so themselves.
type session struct {
	shard  *shard
	began  time.Time
	events call.Events // nil before the Accepter returned and after the last event
	caller *callerLeg
	legs   []*targetLeg
	joined *targetLeg // the leg that Connect joined to the caller
	offer  *relay     // the offer that is passed through now, at most one

	over    bool // the caller's leg is ending or gone: no more orders, no more events
	removed bool
}

func newSession(sh *shard, in *incoming, from transport.Peer) *session {
	s := &session{shard: sh, began: time.Now()}
	s.caller = newCallerLeg(s, in, from)
	sh.calls[s] = struct{}{}
	sh.server.callAdded()
	return s
}

// Post runs f on the call's loop; from any goroutine.
func (s *session) Post(f func()) {
	s.shard.loop.Post(func() {
		s.shard.current = s
		f()
	})
}

// After runs f on the call's loop once d has passed. Called on the loop.
func (s *session) After(d time.Duration, f func()) (stop func()) {
	t := new(loop.Timer)
	s.after(t, d, f)
	return func() { s.shard.loop.Stop(t) }
}

func (s *session) after(t *loop.Timer, d time.Duration, f func()) {
	s.shard.loop.Set(t, d, func() {
		s.shard.current = s
		f()
	})
}

// Now is the clock of the call: what the wall showed when it came in, and the
// monotonic clock since. Someone who sets the machine's clock meanwhile changes
// neither what a call lasts nor the order of the instants in its record.
func (s *session) Now() time.Time { return s.began.Add(time.Since(s.began)) }

func (s *session) leg(id call.LegID) *targetLeg {
	for _, x := range s.legs {
		if x.id == id {
			return x
		}
	}
	return nil
}

// Ring implements call.Signals.
func (s *session) Ring(id call.LegID, to call.Destination) {
	if s.over || s.leg(id) != nil {
		return
	}
	x := newTargetLeg(s, id)
	s.legs = append(s.legs, x)
	if !x.invite(to) {
		s.Post(func() { x.failed(503) })
	}
}

// Progress implements call.Signals.
func (s *session) Progress(status int, id call.LegID) {
	if s.over || status <= 100 || status >= 200 {
		return
	}
	r := wire.Response{Status: status}
	if x := s.leg(id); x != nil {
		r.Body, r.ContentType = x.body, x.bodyType
	}
	s.caller.progress(r)
}

// Connect implements call.Signals.
func (s *session) Connect(id call.LegID) {
	x := s.leg(id)
	if s.over || x == nil || x.state != legAnswered || !s.caller.open() {
		return
	}
	s.joined = x
	s.caller.answer(x.body, x.bodyType)
	x.body = nil
}

// Drop implements call.Signals.
func (s *session) Drop(id call.LegID, why cdr.Cause) {
	if x := s.leg(id); x != nil {
		x.drop(why)
	}
}

// Reject implements call.Signals.
func (s *session) Reject(status int, why cdr.Cause) {
	if s.over || status < 300 || status > 699 || !s.caller.open() {
		return
	}
	headers := []wire.Header{reason(why)}
	if status == 503 {
		headers = append(headers, s.shard.server.retryAfter())
	}
	s.caller.refuse(status, headers)
	s.end(why)
}

// Hangup implements call.Signals.
func (s *session) Hangup(why cdr.Cause) {
	if s.over || !s.caller.answered {
		return
	}
	s.caller.hangup(why)
	s.end(why)
}

// end is the one way a call ends: no phone keeps ringing or talking once the
// caller's leg is over.
func (s *session) end(why cdr.Cause) {
	s.over = true
	s.events = nil
	for _, x := range s.legs {
		x.drop(why)
	}
	if s.offer != nil {
		s.offer.abandon()
	}
	s.settle()
}

// settle forgets the call once nothing of it is left to happen.
func (s *session) settle() {
	if !s.over || s.removed || !s.caller.done {
		return
	}
	for _, x := range s.legs {
		if x.state != legDone {
			return
		}
	}
	s.removed = true
	delete(s.shard.calls, s)
	s.shard.server.callRemoved()
	s.legs, s.joined, s.offer = nil, nil, nil
}

// tell gives the caller's end to the call as its last event.
func (s *session) tell(f func(call.Events)) {
	e := s.events
	s.events, s.over = nil, true
	if e != nil {
		f(e)
	}
}

// abort ends the call from our side, whatever its state, and tells it.
func (s *session) abort(why cdr.Cause) {
	if s.over {
		return
	}
	answered := s.caller.answered
	events := s.events
	s.events = nil
	if answered {
		s.caller.byeNow(why)
	} else {
		status := 503
		if why == cdr.InternalError {
			status = 500
		}
		s.caller.refuse(status, []wire.Header{reason(why)})
	}
	s.end(why)
	if events != nil {
		events.Aborted(why)
	}
}

// crash is abort after a panic of ours. The call itself may be what panicked,
// and may do so again when told.
func (s *session) crash() {
	defer func() {
		if v := recover(); v != nil {
			s.shard.server.log.Error("sip: ending a call after a fault failed too", "call_id", s.caller.callID, "panic", v)
		}
	}()
	s.abort(cdr.InternalError)
}
