package sip

import (
	"math/rand/v2"
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/sip/loop"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// request takes a request inside the leg's dialog (RFC 3261 12.2.2).
func (x *side) request(in *incoming) {
	d := x.dialog
	if d == nil {
		x.reply(in, 481)
		return
	}
	if d.heard && in.CSeq <= d.remoteSeq {
		x.reply(in, 500)
		return
	}
	d.remoteSeq, d.heard = in.CSeq, true
	if unsupported := required(in.Message); len(unsupported) > 0 {
		x.reply(in, 420, wire.Header{Name: "Unsupported", Value: unsupported[0]})
		return
	}
	switch in.Method {
	case wire.BYE:
		if x.session.offer != nil {
			x.session.offer.abandon()
		}
		x.reply(in, 200)
		x.owner.ended(in)
	case wire.OPTIONS:
		x.reply(in, 200, allow, acceptSDP)
	case wire.INVITE, wire.UPDATE:
		x.takeOffer(in)
	case wire.INFO:
		x.takeInfo(in)
	default:
		x.reply(in, 405, allow)
	}
}

func (x *side) reply(in *incoming, status int, headers ...wire.Header) {
	r := wire.Response{To: in.Message, Source: in.source, Status: status, Tag: x.tag, Headers: headers}
	in.tx.Respond(status, x.shard().message(&r))
}

// takeOffer passes a re-INVITE or an UPDATE on, or says why not now.
func (x *side) takeOffer(in *incoming) {
	s := x.session
	y := x.owner.other()
	switch {
	case x.shard().server.tooShort(in.Message):
		x.reply(in, 422, minSEOf(x.shard().server.cfg.MinSE))
	case in.Method == wire.UPDATE && len(in.Body) == 0:
		// A refresh of the target or of a timer is between the caller of
		// UPDATE and us (RFC 3311 5.2).
		x.dialog.refresh(in.Contact)
		r := wire.Response{To: in.Message, Source: in.source, Status: 200, Tag: x.tag, Contact: x.contact(), Headers: append(x.agree(in.Message), allow)}
		in.tx.Respond(200, x.shard().message(&r))
	case in.Method == wire.UPDATE && y == nil, s.offer != nil && s.offer.from == x:
		x.reply(in, 500, soon()) // RFC 3311 5.2, RFC 3261 14.2
	case y == nil, s.offer != nil, x.waiting != nil, y.waiting != nil:
		x.reply(in, 491)
	default:
		if status, headers := checkBody(in.Message); status != 0 {
			x.reply(in, status, headers...)
			return
		}
		pass(x, y, in)
	}
}

// soon is a Retry-After between 0 and 10 s, by chance so that two sides do not
// meet again (RFC 3261 14.2).
func soon() wire.Header {
	return wire.Header{Name: "Retry-After", Value: strconv.Itoa(rand.IntN(11))}
}

func (x *side) takeInfo(in *incoming) {
	if y := x.owner.other(); y != nil {
		pass(x, y, in)
		return
	}
	x.reply(in, 500, soon())
}

// unacknowledged is a 2xx to an INVITE that is repeated until its ACK comes
// (RFC 3261 13.3.1.4).
type unacknowledged struct {
	seq      uint32
	peer     transport.Peer
	data     []byte
	interval time.Duration
	again    loop.Timer
	giveUp   loop.Timer
	acked    func(m *wire.Message)
}

// await sends a 2xx and repeats it, at T1, then doubling to T2, until ACK
// comes: then acked is called, or lost after 64·T1.
func (x *side) await(in *incoming, r wire.Response, acked func(m *wire.Message), lost func()) {
	tx := in.tx.(*transaction.Server)
	w := &unacknowledged{seq: in.CSeq, peer: tx.Peer(), data: x.shard().message(&r),
		interval: x.shard().timers.T1, acked: acked}
	x.waiting = w
	tx.Respond(r.Status, w.data)
	s := x.session
	var resend func()
	resend = func() {
		s.shard.table.Resent.Add(1)
		s.shard.server.net.Send(w.peer, w.data, nil)
		w.interval = min(2*w.interval, s.shard.timers.T2)
		s.after(&w.again, w.interval, resend)
	}
	s.after(&w.again, w.interval, resend)
	s.after(&w.giveUp, s.shard.timers.Timeout(), func() {
		x.stopWaiting()
		lost()
	})
}

// ack takes an ACK for a 2xx.
func (x *side) ack(m *wire.Message) {
	if w := x.waiting; w != nil && w.seq == m.CSeq {
		x.stopWaiting()
		w.acked(m)
	}
}

func (x *side) stopWaiting() {
	if w := x.waiting; w != nil {
		x.waiting = nil
		x.shard().loop.Stop(&w.again)
		x.shard().loop.Stop(&w.giveUp)
	}
}

// sendBye ends a dialog. done is called when the answer is there or will not
// come; a provisional response is no answer.
func (x *side) sendBye(d *dialog, why cdr.Cause, done func()) {
	d.localSeq++
	r, branch, peer := x.requestAt(d, wire.BYE, d.localSeq)
	r.Headers = []wire.Header{reason(why)}
	x.shard().table.NewClient(&r, branch, peer, byeWait{x.session, done})
}

// byeWait is the handler of a BYE.
type byeWait struct {
	session *session
	done    func()
}

func (b byeWait) Response(_ *transaction.Client, m *wire.Message) {
	if m.Status >= 200 {
		b.session.shard.current = b.session
		b.done()
	}
}

func (b byeWait) Failed(*transaction.Client, int) {
	b.session.shard.current = b.session
	b.done()
}
