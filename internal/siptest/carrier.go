package siptest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Side is who ended an answered call.
type Side string

// The sides.
const (
	Caller Side = "caller"
	Called Side = "called"
)

// Carrier is a carrier's switch: it brings callers to a 400 number.
type Carrier struct{ e *endpoint }

// NewCarrier opens a carrier on a loopback address such as 127.0.0.1:0.
func NewCarrier(address string) (*Carrier, error) {
	conn, err := listen(address)
	if err != nil {
		return nil, err
	}
	return NewCarrierOn(conn)
}

// NewCarrierOn makes a carrier that talks over conn and owns it.
func NewCarrierOn(conn net.PacketConn) (*Carrier, error) {
	e, err := newEndpoint(conn)
	if err != nil {
		return nil, err
	}
	e.start()
	return &Carrier{e}, nil
}

// Addr is where the carrier sends from.
func (c *Carrier) Addr() netip.AddrPort { return c.e.addr }

// Stop ends the carrier. Calls that still run end with an error.
func (c *Carrier) Stop() { c.e.stop() }

// Plan is one call that somebody makes.
type Plan struct {
	Proxy  netip.AddrPort // where the INVITE goes
	Number string         // the number dialled
	Caller string         // the caller's number; empty: anonymous
	// Talk is how long the caller talks before hanging up; 0: until the other
	// side does.
	Talk time.Duration
	// GiveUp is how long after the INVITE the caller gives up when nobody has
	// answered; 0: never.
	GiveUp time.Duration
	Audio  bool // whether to send and count RTP
	// Progress is told of each thing that happens, for people to watch; nil
	// tells nobody.
	Progress func(what string)
}

// Outcome is how a call went, as the caller saw it.
type Outcome struct {
	CallID      string
	Status      int    // final status of the INVITE; 0 when none came
	Reason      string // Reason header of the refusal or of the BYE
	Provisional []int
	Answered    bool
	EndedBy     Side // of an answered call
	Setup       time.Duration
	Talk        time.Duration // from the 200 to the BYE, as the caller measured it
	Acked       bool          // the BYE that was sent was answered 200
	Audio       Audio
}

// ErrStopped is returned when the carrier was stopped during the call.
var ErrStopped = errors.New("the carrier was stopped")

// Dial makes a call and returns when it is over. Many may run at once.
func (c *Carrier) Dial(ctx context.Context, p Plan) (Outcome, error) {
	call := &outgoing{c: c, plan: p, out: Outcome{CallID: token() + "@carrier"}}
	box, ok := c.e.open(call.out.CallID)
	if !ok {
		return call.out, ErrStopped
	}
	call.box = box
	defer c.e.linger(call.out.CallID, box, call.again)
	if p.Audio {
		s, err := newStream(c.e.addr.Addr(), callerSound, phoneSound)
		if err != nil {
			return call.out, err
		}
		call.audio = s
		defer s.stop()
	}
	err := call.run(ctx)
	call.out.Audio = call.audio.stop()
	return call.out, err
}

type outgoing struct {
	c      *Carrier
	plan   Plan
	box    chan packet
	audio  *stream
	out    Outcome
	d      dialog
	branch string
	invite string
	ack    string
	began  time.Time
}

func (o *outgoing) tell(format string, args ...any) {
	if o.plan.Progress != nil {
		o.plan.Progress(fmt.Sprintf(format, args...))
	}
}

func (o *outgoing) run(ctx context.Context) error {
	self := o.c.e.addr
	from := fmt.Sprintf("<sip:%s@%s>;tag=%s", o.plan.Caller, self, token())
	extra := []string{fmt.Sprintf("Contact: <sip:%s>", self), "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS"}
	if o.plan.Caller == "" {
		from = `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=` + token()
	} else {
		extra = append(extra, fmt.Sprintf("P-Asserted-Identity: <sip:%s@%s>", o.plan.Caller, self))
	}
	target := fmt.Sprintf("sip:%s@%s", o.plan.Number, o.plan.Proxy)
	o.d = dialog{callID: o.out.CallID, local: from, remote: "<" + target + ">", target: target, cseq: 1, self: self, peer: o.plan.Proxy}
	o.began = time.Now()
	o.invite, o.branch = o.d.request("INVITE", 1, o.audio.description(), extra...)
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
	resend, pause := time.NewTimer(t1), t1
	defer resend.Stop()
	deadline := time.NewTimer(giveUp)
	defer deadline.Stop()
	var quit <-chan time.Time
	if o.plan.GiveUp > 0 {
		t := time.NewTimer(o.plan.GiveUp)
		defer t.Stop()
		quit = t.C
	}
	wantCancel, cancelText := false, ""
	cancel := func() {
		// Only after a provisional response (RFC 3261 §9.1).
		if cancelText == "" && len(o.out.Provisional) > 0 {
			cancelText = o.cancel()
			o.c.e.send(cancelText, o.d.peer)
			o.tell("CANCEL")
			pause = t1
			resend.Reset(pause)
			deadline.Reset(giveUp)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("call to %s: %w", o.plan.Number, ctx.Err())
		case <-quit:
			wantCancel = true
			cancel()
		case <-deadline.C:
			return nil, fmt.Errorf("call to %s: no answer to the INVITE", o.plan.Number)
		case <-resend.C:
			switch {
			case cancelText != "":
				o.c.e.send(cancelText, o.d.peer)
			case len(o.out.Provisional) == 0:
				o.c.e.send(o.invite, o.d.peer)
			}
			pause = min(2*pause, t2)
			resend.Reset(pause)
		case p, ok := <-o.box:
			if !ok {
				return nil, ErrStopped
			}
			res, isResponse := p.msg.(*sip.Response)
			if !isResponse || res.CSeq().MethodName != sip.INVITE {
				continue
			}
			if res.StatusCode < 200 {
				if len(o.out.Provisional) == 0 {
					deadline.Reset(5 * time.Minute) // it rings as long as it rings
				}
				o.out.Provisional = append(o.out.Provisional, res.StatusCode)
				if res.StatusCode > 100 {
					o.tell("%d %s", res.StatusCode, res.Reason)
				}
				if wantCancel {
					cancel()
				}
				continue
			}
			o.out.Status, o.out.Setup = res.StatusCode, time.Since(o.began)
			o.out.Reason = header(res, "Reason")
			o.tell("%d %s", res.StatusCode, res.Reason)
			o.d.remote = res.To().Value()
			if res.StatusCode >= 300 {
				o.c.e.send(o.refusalAck(), o.d.peer)
			}
			return res, nil
		}
	}
}

// again answers what the node sends again after the call is over.
func (o *outgoing) again(p packet) {
	switch m := p.msg.(type) {
	case *sip.Response:
		if m.CSeq().MethodName != sip.INVITE || m.StatusCode < 200 {
			return
		}
		if m.StatusCode >= 300 {
			o.c.e.send(o.refusalAck(), o.d.peer)
		} else if o.ack != "" {
			o.c.e.send(o.ack, o.d.peer)
		}
	case *sip.Request:
		if m.Method == sip.BYE {
			o.c.e.send(respond(m, 200, "OK", "", ""), p.from)
		}
	}
}

// cancel and refusalAck equal the INVITE in Request-URI, Via branch and CSeq
// number (RFC 3261 §9.1, §17.1.1.3).
func (o *outgoing) cancel() string     { return o.likeInvite("CANCEL", "<"+o.d.target+">") }
func (o *outgoing) refusalAck() string { return o.likeInvite("ACK", o.d.remote) }

func (o *outgoing) likeInvite(method, to string) string {
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		method, o.d.target, o.d.self, o.branch, o.d.local, to, o.d.callID, method)
}

// talk acknowledges the answer, talks, and ends the call.
func (o *outgoing) talk(ctx context.Context, answer *sip.Response) error {
	answeredAt := time.Now()
	o.out.Answered = true
	if contact := header(answer, "Contact"); contact != "" {
		o.d.target = angle(contact)
	}
	for _, r := range values(answer, "Record-Route") {
		o.d.routes = append([]string{r}, o.d.routes...)
	}
	o.ack, _ = o.d.request("ACK", 1, "")
	o.c.e.send(o.ack, o.d.peer)
	o.audio.sendTo(audioAddress(answer.Body()))
	var hangUp <-chan time.Time
	if o.plan.Talk > 0 {
		t := time.NewTimer(o.plan.Talk)
		defer t.Stop()
		hangUp = t.C
	}
	for {
		select {
		case <-ctx.Done():
			o.out.Talk = time.Since(answeredAt)
			o.out.EndedBy = Caller
			o.bye(context.Background())
			return fmt.Errorf("call to %s: %w", o.plan.Number, ctx.Err())
		case <-hangUp:
			o.out.Talk, o.out.EndedBy = time.Since(answeredAt), Caller
			o.tell("BYE after %.1f s", o.out.Talk.Seconds())
			o.bye(ctx)
			return nil
		case p, ok := <-o.box:
			if !ok {
				return ErrStopped
			}
			switch m := p.msg.(type) {
			case *sip.Response:
				if m.CSeq().MethodName == sip.INVITE && m.StatusCode/100 == 2 {
					o.c.e.send(o.ack, o.d.peer) // its ACK was lost
				}
			case *sip.Request:
				if m.Method == sip.BYE {
					o.out.Talk, o.out.EndedBy, o.out.Reason = time.Since(answeredAt), Called, header(m, "Reason")
					o.out.Acked = true
					o.c.e.send(respond(m, 200, "OK", "", ""), p.from)
					o.tell("BYE from the other side after %.1f s", o.out.Talk.Seconds())
					return nil
				}
				if m.Method != sip.ACK {
					o.c.e.send(respond(m, 200, "OK", "", o.bodyFor(m)), p.from)
				}
			}
		}
	}
}

func (o *outgoing) bodyFor(m *sip.Request) string {
	if m.Method == sip.INVITE || m.Method == sip.UPDATE {
		return o.audio.description()
	}
	return ""
}

// bye sends BYE until it is answered or given up.
func (o *outgoing) bye(ctx context.Context) {
	text, _ := o.d.request("BYE", 2, "")
	o.out.Acked = sendUntilAnswered(ctx, o.c.e, o.box, text, o.d.peer, func(p packet) {
		if m, is := p.msg.(*sip.Request); is && m.Method == sip.BYE { // both hung up at once
			o.c.e.send(respond(m, 200, "OK", "", ""), p.from)
		}
	})
}

// sendUntilAnswered is a non-INVITE client transaction (RFC 3261 §17.1.2).
// other gets what comes that is no answer.
func sendUntilAnswered(ctx context.Context, e *endpoint, box chan packet, text string, to netip.AddrPort, other func(packet)) bool {
	e.send(text, to)
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
			e.send(text, to)
			pause = min(2*pause, t2)
			resend.Reset(pause)
		case p, ok := <-box:
			if !ok {
				return false
			}
			if res, is := p.msg.(*sip.Response); is && res.CSeq().MethodName == sip.BYE && res.StatusCode >= 200 {
				return res.StatusCode == 200
			}
			other(p)
		}
	}
}
