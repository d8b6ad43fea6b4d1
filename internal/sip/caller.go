package sip

import (
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip/loop"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// callerLeg is the dialog with the caller, whose INVITE we answer.
type callerLeg struct {
	side
	invite   *incoming // nil once answered and acknowledged, or refused
	hasOffer bool      // the INVITE had a session description
	hops     int       // Max-Forwards of the INVITE
	answered bool      // 200 was sent
	acked    bool
	done     bool // nothing of this leg is left to happen

	bye    *cdr.Cause // Hangup came before ACK: BYE follows it
	repeat loop.Timer // sends the last provisional response again
}

// ringAgain is how often a provisional response is sent again, so that proxies
// in between do not give up (RFC 3261 13.3.1.1).
const ringAgain = time.Minute

func newCallerLeg(s *session, in *incoming, from transport.Peer) *callerLeg {
	x := &callerLeg{invite: in, hasOffer: len(in.Body) > 0, hops: in.MaxForwards}
	if x.hops < 0 {
		x.hops = 70
	}
	x.side = side{session: s, owner: x, callID: in.CallID, tag: token(), socket: from.Local, kind: from.Kind}
	x.local = in.To.Raw + ";tag=" + x.tag
	// Where the Contact is a name, requests go back to where the INVITE came
	// from: over TCP by its connection.
	fallback := from
	if from.Kind == transport.UDP && !in.Via.RPort {
		fallback = replyTo(in.Message, from)
	}
	x.dialog = &dialog{remoteTag: in.From.Tag, remote: in.From.Raw, target: in.Contact,
		routes: in.RecordRoute, remoteSeq: in.CSeq, heard: true, fallback: fallback}
	if in.Contact == "" {
		x.dialog.target = in.From.URI
	}
	if tx, ok := in.tx.(*transaction.Server); ok {
		tx.User = x
	}
	s.shard.sides[x.tag] = &x.side
	return x
}

// open reports whether the INVITE has no final response yet.
func (x *callerLeg) open() bool { return x.invite != nil && !x.answered && x.invite.tx.Open() }

func (x *callerLeg) ourTag() string { return x.tag }

func (x *callerLeg) respond(status int, r wire.Response) {
	r.Status = status
	if status > 100 {
		r.Tag = x.tag
	}
	x.session.shard.respond(x.invite.tx.(*transaction.Server), x.invite.Message, x.invite.source, r)
}

// progress sends a provisional response, and again each minute.
func (x *callerLeg) progress(r wire.Response) {
	if !x.open() {
		return
	}
	r.RecordRoute, r.Contact = true, x.contact()
	x.respond(r.Status, r)
	x.session.after(&x.repeat, ringAgain, func() { x.progress(r) })
}

// answer sends 200 and repeats it until ACK comes.
func (x *callerLeg) answer(body []byte, bodyType string) {
	s := x.session
	x.answered = true
	s.shard.loop.Stop(&x.repeat)
	r := wire.Response{To: x.invite.Message, Source: x.invite.source, Status: 200, Tag: x.tag, RecordRoute: true,
		Contact: x.contact(), Headers: append(x.agree(x.invite.Message), allow), ContentType: bodyType, Body: body}
	x.await(x.invite, r, x.acknowledged, x.neverAcknowledged)
}

// acknowledged takes the ACK of the 200.
func (x *callerLeg) acknowledged(m *wire.Message) {
	x.acked, x.invite = true, nil
	if b := x.session.joined; b != nil {
		b.acknowledge(m.Body, m.ContentType)
	}
	if x.bye != nil {
		x.byeNow(*x.bye)
	}
}

// neverAcknowledged ends the call 64·T1 after the 200 (RFC 3261 13.3.1.4).
func (x *callerLeg) neverAcknowledged() {
	s := x.session
	s.shard.loop.Stop(&x.repeat)
	x.byeNow(cdr.CallerLost)
	s.tell(func(e call.Events) { e.CallerEnded(true) })
	s.end(cdr.CallerLost)
}

// refuse sends a final response of 300 and up. The transaction sees to the rest.
func (x *callerLeg) refuse(status int, headers []wire.Header) {
	if x.open() {
		x.respond(status, wire.Response{Headers: headers})
	}
	x.finished()
}

// finished forgets the leg.
func (x *callerLeg) finished() {
	sh := x.session.shard
	sh.loop.Stop(&x.repeat)
	x.stopWaiting()
	x.stopRefreshing()
	delete(sh.sides, x.tag)
	x.invite, x.done = nil, true
	x.session.settle()
}

// hangup ends the answered leg. BYE waits for the ACK: before it the caller
// may not know of the dialog (RFC 3261 15).
func (x *callerLeg) hangup(why cdr.Cause) {
	if !x.acked {
		x.bye = &why
		return
	}
	x.byeNow(why)
}

func (x *callerLeg) byeNow(why cdr.Cause) {
	if x.done {
		return
	}
	x.stopWaiting()
	x.stopRefreshing()
	x.invite = nil
	x.sendBye(x.dialog, why, x.finished)
}

// cancelled is the caller's CANCEL before the answer.
func (x *callerLeg) cancelled() {
	if !x.open() {
		return
	}
	s := x.session
	s.shard.current = s
	x.refuse(487, []wire.Header{reason(cdr.CallerGaveUp)})
	s.tell(func(e call.Events) { e.Cancelled() })
	s.end(cdr.CallerGaveUp)
}

// ended is the caller's BYE: in an early dialog it is as good as a CANCEL.
func (x *callerLeg) ended(*incoming) {
	s := x.session
	if !x.answered {
		x.cancelled()
		return
	}
	if s.over { // it crossed ours, or came instead of the ACK ours waits for
		if x.bye != nil {
			x.finished()
		}
		return
	}
	x.finished()
	s.tell(func(e call.Events) { e.CallerEnded(false) })
	s.end(cdr.Answered)
}

// lost is the caller's dialog gone, as a failed request in it told us.
func (x *callerLeg) lost() {
	s := x.session
	if s.over {
		return
	}
	x.byeNow(cdr.Answered)
	s.tell(func(e call.Events) { e.CallerEnded(false) })
	s.end(cdr.Answered)
}

func (x *callerLeg) up() bool { return x.answered && !x.done && !x.session.over }

func (x *callerLeg) other() *side {
	if b := x.session.joined; b != nil && x.acked && b.state == legAnswered {
		return &b.side
	}
	return nil
}
