package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// incoming is a call at one phone.
type incoming struct {
	p     *Phones
	b     Behaviour
	req   *sip.Request
	from  netip.AddrPort
	box   chan packet
	tag   string
	audio *stream
	heard Heard
	last  string // the last response, sent again for a repeated INVITE
	// ackBody is the session description in the ACK, the answer of a caller
	// who made no offer.
	ackBody []byte
}

func (i *incoming) answer(status int, reason, body string) {
	i.last = respond(i.req, status, reason, i.tag, body, fmt.Sprintf("Contact: <sip:%s@%s>", i.heard.Number, i.p.e.addr))
	i.p.e.send(i.last, i.from)
}

// repeat answers an INVITE that came again.
func (i *incoming) repeat() {
	i.heard.Repeated++
	i.p.e.send(i.last, i.from)
}

// busy counts the phone as ringing or talking while f runs.
func (i *incoming) busy(count *int, f func()) {
	i.p.mu.Lock()
	*count++
	i.p.mu.Unlock()
	f()
	i.p.mu.Lock()
	*count--
	i.p.mu.Unlock()
}

func (i *incoming) run(ctx context.Context) {
	if i.b.Dead {
		t := time.NewTimer(giveUp)
		defer t.Stop()
		for { // swallow what comes: nobody is there
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				return
			case _, ok := <-i.box:
				if !ok {
					return
				}
			}
		}
	}
	proceed := true
	if i.b.Ring > 0 || i.b.Silent {
		i.heard.Rang = true
		i.answer(180, "Ringing", "")
		i.busy(&i.p.ringing, func() { proceed = i.ring(ctx) })
	}
	switch {
	case !proceed:
	case i.b.Status != 0:
		i.refuse(ctx, i.b.Status, phrase(i.b.Status))
	default:
		i.busy(&i.p.talking, func() { i.talk(ctx) })
	}
}

// ring waits; it returns false when the caller gave up or the bank stopped.
func (i *incoming) ring(ctx context.Context) bool {
	var over <-chan time.Time
	if !i.b.Silent {
		t := time.NewTimer(i.b.Ring)
		defer t.Stop()
		over = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-over:
			return true
		case p, ok := <-i.box:
			if !ok {
				return false
			}
			req, is := p.msg.(*sip.Request)
			if !is {
				continue
			}
			switch req.Method {
			case sip.INVITE:
				i.repeat()
			case sip.CANCEL:
				i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
				i.heard.Cancelled, i.heard.Reason = true, header(req, "Reason")
				if i.b.Crosses {
					return true
				}
				i.refuse(ctx, 487, "Request Terminated")
				return false
			}
		}
	}
}

// refuse sends a final refusal until it is acknowledged.
func (i *incoming) refuse(ctx context.Context, status int, reason string) {
	i.heard.Status = status
	i.answer(status, reason, "")
	i.untilAcked(ctx)
}

// untilAcked sends the last response again until its ACK comes, doubling the
// pause from T1 to T2 (RFC 3261 §13.3.1.4, §17.2.1).
func (i *incoming) untilAcked(ctx context.Context) bool {
	pause := t1
	resend := time.NewTimer(pause)
	defer resend.Stop()
	deadline := time.NewTimer(giveUp)
	defer deadline.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-deadline.C:
			return false
		case <-resend.C:
			i.p.e.send(i.last, i.from)
			i.heard.Resent++
			pause = min(2*pause, t2)
			resend.Reset(pause)
		case p, ok := <-i.box:
			if !ok {
				return false
			}
			req, is := p.msg.(*sip.Request)
			if !is {
				continue
			}
			switch req.Method {
			case sip.ACK:
				i.heard.Acked = true
				i.ackBody = req.Body()
				return true
			case sip.INVITE:
				i.repeat()
			case sip.CANCEL: // crossed the final response
				i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
			case sip.BYE: // the ACK was lost, or the call is over already
				i.ended(p, req)
				return false
			}
		}
	}
}

// late answers what the node sends again after the call is over.
func (i *incoming) late(p packet) {
	req, is := p.msg.(*sip.Request)
	if !is || i.b.Dead {
		return
	}
	switch req.Method {
	case sip.INVITE:
		i.p.e.send(i.last, i.from)
	case sip.BYE, sip.CANCEL:
		i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
	}
}

func (i *incoming) ended(p packet, bye *sip.Request) {
	i.p.e.send(respond(bye, 200, "OK", i.tag, ""), p.from)
	i.heard.EndedBy, i.heard.Reason = Caller, header(bye, "Reason")
}

func (i *incoming) talk(ctx context.Context) {
	if i.b.Audio {
		s, err := newStream(i.p.e.addr.Addr(), phoneSound, callerSound)
		if err != nil {
			i.refuse(ctx, 500, "No RTP socket")
			return
		}
		i.audio = s
		defer func() { i.heard.Audio = s.stop() }()
	}
	began := time.Now()
	i.heard.Status = 200
	i.answer(200, "OK", i.audio.description())
	i.audio.sendTo(audioAddress(i.req.Body()))
	acked := i.untilAcked(ctx)
	if len(i.req.Body()) == 0 {
		i.audio.sendTo(audioAddress(i.ackBody))
	}
	defer func() { i.heard.Talk = time.Since(began) }()
	if !acked && i.heard.EndedBy != "" {
		return
	}
	var hangUp <-chan time.Time
	if i.b.Talk > 0 {
		t := time.NewTimer(i.b.Talk - time.Since(began))
		defer t.Stop()
		hangUp = t.C
	}
	if !acked {
		now := make(chan time.Time, 1) // nobody there: hang up
		now <- time.Now()
		hangUp = now
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUp:
			i.heard.EndedBy = Called
			i.bye(ctx)
			return
		case p, ok := <-i.box:
			if !ok {
				return
			}
			req, is := p.msg.(*sip.Request)
			if !is {
				continue
			}
			switch req.Method {
			case sip.BYE:
				i.ended(p, req)
				return
			case sip.ACK:
			case sip.INVITE:
				if req.CSeq().SeqNo == i.req.CSeq().SeqNo {
					i.repeat()
					continue
				}
				i.p.e.send(respond(req, 200, "OK", i.tag, i.audio.description(), fmt.Sprintf("Contact: <sip:%s@%s>", i.heard.Number, i.p.e.addr)), p.from)
			default:
				i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
			}
		}
	}
}

func (i *incoming) bye(ctx context.Context) {
	d := dialog{
		callID: i.req.CallID().Value(), local: i.req.To().Value() + ";tag=" + i.tag, remote: i.req.From().Value(),
		target: angle(header(i.req, "Contact")), routes: values(i.req, "Record-Route"), self: i.p.e.addr, peer: i.from,
	}
	d.peer = d.nextHop()
	text, _ := d.request("BYE", 1, "")
	_, resent := sendUntilAnswered(ctx, i.p.e, i.box, text, d.peer, func(p packet) {
		if m, is := p.msg.(*sip.Request); is && m.Method == sip.BYE {
			i.p.e.send(respond(m, 200, "OK", i.tag, ""), p.from)
		}
	})
	i.heard.Resent += resent
}
