package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// outgoing is a caller's call.
type outgoing struct {
	c      *Carrier
	plan   Plan
	box    chan packet
	audio  *stream
	out    Outcome
	d      dialog
	branch string
	invite string
	ack    string // of the 200; empty before it
	began  time.Time
	gaveUp bool // the caller wants no answer any more
}

func (o *outgoing) tell(format string, args ...any) {
	if o.plan.Progress != nil {
		o.plan.Progress(fmt.Sprintf(format, args...))
	}
}

// answer answers a request inside the dialog.
func (o *outgoing) answer(p packet, req *sip.Request) {
	if req.Method == sip.INVITE || req.Method == sip.UPDATE {
		o.c.e.send(respond(req, 200, "OK", "", o.audio.description(), o.contact()), p.from)
	} else if req.Method != sip.ACK {
		o.c.e.send(respond(req, 200, "OK", "", ""), p.from)
	}
}

func (o *outgoing) contact() string { return fmt.Sprintf("Contact: <sip:%s>", o.c.e.addr) }

func (o *outgoing) run(ctx context.Context) error {
	self := o.c.e.addr
	from := fmt.Sprintf("<sip:%s@%s>;tag=%s", o.plan.Caller, self, token())
	extra := []string{o.contact(), "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE"}
	if o.plan.Caller == "" {
		from = `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=` + token()
	} else {
		extra = append(extra, fmt.Sprintf("P-Asserted-Identity: <sip:%s@%s>", o.plan.Caller, self))
	}
	offer := o.audio.description()
	if o.plan.Offerless {
		offer = ""
	}
	target := fmt.Sprintf("sip:%s@%s", o.plan.Number, o.plan.Proxy)
	o.d = dialog{callID: o.out.CallID, local: from, remote: "<" + target + ">", target: target, self: self, peer: o.plan.Proxy}
	o.began = time.Now()
	o.invite, o.branch = o.d.request("INVITE", 1, offer, extra...)
	o.c.e.send(o.invite, o.d.peer)
	o.tell("INVITE %s", o.plan.Number)

	final, err := o.awaitFinal(ctx)
	if err != nil || final.StatusCode >= 300 {
		return err
	}
	return o.talk(ctx, final)
}

// awaitFinal sends the INVITE until something comes back and waits for its
// final response; a caller who gives up sends CANCEL meanwhile.
func (o *outgoing) awaitFinal(ctx context.Context) (*sip.Response, error) {
	unanswered, pause := o.invite, t1 // what is sent again; empty: nothing
	resend := time.NewTimer(pause)
	defer resend.Stop()
	deadline := time.NewTimer(giveUp)
	defer deadline.Stop()
	var quit <-chan time.Time
	if o.plan.GiveUp > 0 {
		t := time.NewTimer(o.plan.GiveUp)
		defer t.Stop()
		quit = t.C
	}
	cancelled := false
	cancel := func() {
		// Only after a provisional response (RFC 3261 §9.1).
		if cancelled || len(o.out.Provisional) == 0 {
			return
		}
		cancelled, unanswered, pause = true, o.likeInvite("CANCEL", "<"+o.d.target+">"), t1
		o.c.e.send(unanswered, o.d.peer)
		o.tell("CANCEL")
		resend.Reset(pause)
		deadline.Reset(giveUp)
	}
	for {
		select {
		case <-ctx.Done():
			cancel() // what comes of it is answered by late
			return nil, fmt.Errorf("call to %s: %w", o.plan.Number, ctx.Err())
		case <-quit:
			o.gaveUp = true
			cancel()
		case <-deadline.C:
			return nil, fmt.Errorf("call to %s: no answer to the INVITE", o.plan.Number)
		case <-resend.C:
			if unanswered == "" {
				continue
			}
			o.c.e.send(unanswered, o.d.peer)
			o.out.Resent++
			if pause *= 2; cancelled {
				pause = min(pause, t2) // an INVITE's pause is not limited (RFC 3261 §17.1.1.2)
			}
			resend.Reset(pause)
		case p, ok := <-o.box:
			if !ok {
				return nil, ErrStopped
			}
			res, isResponse := p.msg.(*sip.Response)
			switch {
			case !isResponse:
			case res.CSeq().MethodName == sip.CANCEL:
				unanswered = ""
			case res.CSeq().MethodName != sip.INVITE:
			case res.StatusCode < 200:
				if len(o.out.Provisional) == 0 {
					unanswered = ""
					deadline.Reset(5 * time.Minute) // it rings as long as it rings
				}
				o.provisional(res)
				if o.gaveUp {
					cancel()
				}
			default:
				o.final(res)
				return res, nil
			}
		}
	}
}

func (o *outgoing) provisional(res *sip.Response) {
	o.out.Provisional = append(o.out.Provisional, res.StatusCode)
	if res.StatusCode > 100 {
		if o.out.RangAfter == 0 {
			o.out.RangAfter = time.Since(o.began)
		}
		o.tell("%d %s", res.StatusCode, res.Reason)
	}
}

// final notes the final response, and acknowledges a refusal.
func (o *outgoing) final(res *sip.Response) {
	o.out.Status, o.out.Setup = res.StatusCode, time.Since(o.began)
	o.out.Reason = header(res, "Reason")
	o.tell("%d %s", res.StatusCode, res.Reason)
	o.d.remote = res.To().Value()
	if res.StatusCode >= 300 {
		o.c.e.send(o.likeInvite("ACK", o.d.remote), o.d.peer)
	}
}

// likeInvite writes a CANCEL or the ACK of a refusal, which equal the INVITE
// in Request-URI, Via branch and CSeq number (RFC 3261 §9.1, §17.1.1.3).
func (o *outgoing) likeInvite(method, to string) string {
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		method, o.d.target, o.d.self, o.branch, o.d.local, to, o.d.callID, method)
}

// confirm makes the dialog of a 200 and acknowledges it.
func (o *outgoing) confirm(answer *sip.Response) {
	o.d.remote = answer.To().Value()
	if contact := header(answer, "Contact"); contact != "" {
		o.d.target = angle(contact)
	}
	o.d.routes = nil
	for _, r := range values(answer, "Record-Route") {
		o.d.routes = append([]string{r}, o.d.routes...)
	}
	o.d.peer = o.d.nextHop()
	description := ""
	if o.plan.Offerless {
		description = o.audio.description()
	}
	o.ack, _ = o.d.request("ACK", 1, description)
	o.c.e.send(o.ack, o.d.peer)
}

// talk acknowledges the answer, talks, and ends the call.
func (o *outgoing) talk(ctx context.Context, answer *sip.Response) error {
	o.out.AnsweredAt, o.out.Answered = time.Now(), true
	o.confirm(answer)
	o.audio.sendTo(audioAddress(answer.Body()))
	var hangUp <-chan time.Time
	if o.plan.Talk > 0 || o.gaveUp { // the CANCEL crossed the answer: BYE at once (RFC 3261 §9.1)
		talk := o.plan.Talk
		if o.gaveUp {
			talk = 0
		}
		t := time.NewTimer(talk)
		defer t.Stop()
		hangUp = t.C
	}
	for {
		select {
		case <-ctx.Done():
			o.ended(Caller)
			o.bye(context.Background())
			return fmt.Errorf("call to %s: %w", o.plan.Number, ctx.Err())
		case <-hangUp:
			o.ended(Caller)
			o.tell("BYE after %.1f s", o.out.Talk.Seconds())
			o.bye(ctx)
			return nil
		case p, ok := <-o.box:
			if !ok {
				return ErrStopped
			}
			switch m := p.msg.(type) {
			case *sip.Response:
				o.repeated(m)
			case *sip.Request:
				o.answer(p, m)
				if m.Method == sip.BYE {
					o.ended(Called)
					o.out.Reason, o.out.Acked = header(m, "Reason"), true
					o.tell("BYE from the other side after %.1f s", o.out.Talk.Seconds())
					return nil
				}
			}
		}
	}
}

func (o *outgoing) ended(by Side) {
	o.out.EndedBy, o.out.EndedAt = by, time.Now()
	o.out.Talk = o.out.EndedAt.Sub(o.out.AnsweredAt) // on the monotonic clock
}

// repeated acknowledges a final response whose ACK was lost.
func (o *outgoing) repeated(res *sip.Response) {
	if res.CSeq().MethodName != sip.INVITE || res.StatusCode < 200 {
		return
	}
	o.out.Repeated++
	switch {
	case res.StatusCode >= 300:
		o.c.e.send(o.likeInvite("ACK", res.To().Value()), o.d.peer)
	case o.ack != "":
		o.c.e.send(o.ack, o.d.peer)
	}
}

// late answers what comes after the call is over here.
func (o *outgoing) late(p packet) {
	switch m := p.msg.(type) {
	case *sip.Request:
		o.answer(p, m)
	case *sip.Response:
		if m.CSeq().MethodName == sip.INVITE && m.StatusCode/100 == 2 && o.ack == "" {
			// The caller had left: nobody may stay answered for that.
			o.confirm(m)
			o.bye(context.Background())
			return
		}
		o.repeated(m)
	}
}

// bye sends BYE until it is answered or given up.
func (o *outgoing) bye(ctx context.Context) {
	text, _ := o.d.request("BYE", 2, "")
	var resent int
	o.out.Acked, resent = sendUntilAnswered(ctx, o.c.e, o.box, text, o.d.peer, func(p packet) {
		switch m := p.msg.(type) {
		case *sip.Request:
			o.answer(p, m) // perhaps a BYE: both hung up at once
		case *sip.Response:
			o.repeated(m)
		}
	})
	o.out.Resent += resent
}

// sendUntilAnswered is the client transaction of a BYE (RFC 3261 §17.1.2); it
// says whether the answer was 200 and how often the BYE was sent again. other
// gets what comes that is no answer.
func sendUntilAnswered(ctx context.Context, e *endpoint, box chan packet, text string, to netip.AddrPort, other func(packet)) (ok bool, resent int) {
	e.send(text, to)
	pause := t1
	resend := time.NewTimer(pause)
	defer resend.Stop()
	deadline := time.NewTimer(giveUp)
	defer deadline.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, resent
		case <-deadline.C:
			return false, resent
		case <-resend.C:
			e.send(text, to)
			resent++
			pause = min(2*pause, t2)
			resend.Reset(pause)
		case p, open := <-box:
			if !open {
				return false, resent
			}
			res, is := p.msg.(*sip.Response)
			if !is || res.CSeq().MethodName != sip.BYE {
				other(p)
			} else if res.StatusCode >= 200 { // a 1xx is no answer yet
				return res.StatusCode == 200, resent
			}
		}
	}
}
