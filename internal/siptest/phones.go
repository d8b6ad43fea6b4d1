package siptest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Behaviour is what a phone does when it is called.
type Behaviour struct {
	// Status refuses the call with it after Ring (486 busy, 603 declined);
	// 0 answers.
	Status int
	// Ring is how long the phone rings first; 0 says nothing before.
	Ring time.Duration
	// Silent phones ring and never answer.
	Silent bool
	// Dead phones send nothing at all.
	Dead bool
	// Talk is how long the phone talks before hanging up; 0: until the other
	// side does.
	Talk  time.Duration
	Audio bool
}

// Heard is what happened at a phone in one call.
type Heard struct {
	Number    string
	Caller    string // user part of From
	Status    int    // how the phone answered the INVITE; 0: not at all
	Rang      bool
	Cancelled bool
	Acked     bool
	EndedBy   Side
	Talk      time.Duration
	Audio     Audio
}

// Phones is a bank of phones on one socket, told apart by the number dialled.
type Phones struct {
	e      *endpoint
	ctx    context.Context // ends the goroutines of the bank at Stop
	cancel context.CancelFunc

	mu        sync.Mutex // guards what follows
	behaviour map[string]Behaviour
	heard     []Heard
	ringing   int
	talking   int
}

// NewPhones opens a bank of phones on a loopback address such as 127.0.0.1:0.
func NewPhones(address string) (*Phones, error) {
	conn, err := listen(address)
	if err != nil {
		return nil, err
	}
	return NewPhonesOn(conn)
}

// NewPhonesOn makes a bank of phones that talk over conn and own it.
func NewPhonesOn(conn net.PacketConn) (*Phones, error) {
	e, err := newEndpoint(conn)
	if err != nil {
		return nil, err
	}
	p := &Phones{e: e, behaviour: map[string]Behaviour{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	e.fresh = p.fresh
	e.start()
	return p, nil
}

// Addr is where the phones are called.
func (p *Phones) Addr() netip.AddrPort { return p.e.addr }

// Stop ends the bank. Stopping twice is safe.
func (p *Phones) Stop() {
	p.cancel()
	p.e.stop()
}

// Set makes the phone of a number behave so from the next call on. A number
// that was never set answers 404.
func (p *Phones) Set(number string, b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behaviour[number] = b
}

// Heard lists the calls that are over at the phones, in the order they ended.
func (p *Phones) Heard() []Heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Heard(nil), p.heard...)
}

// Busy says how many phones ring and how many talk now: both are 0 when
// nobody was left behind.
func (p *Phones) Busy() (ringing, talking int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ringing, p.talking
}

func (p *Phones) fresh(req *sip.Request, from netip.AddrPort) {
	switch req.Method {
	case sip.INVITE:
	case sip.ACK:
		return
	case sip.OPTIONS:
		p.e.send(respond(req, 200, "OK", token(), ""), from)
		return
	default:
		p.e.send(respond(req, 481, "Call/Transaction Does Not Exist", token(), ""), from)
		return
	}
	number := req.Recipient.User
	p.mu.Lock()
	b, ok := p.behaviour[number]
	p.mu.Unlock()
	if !ok {
		b = Behaviour{Status: 404}
	}
	box, ok := p.e.open(req.CallID().Value())
	if !ok {
		return
	}
	in := &incoming{p: p, b: b, req: req, from: from, box: box, tag: token()}
	in.heard = Heard{Number: number, Caller: req.From().Address.User}
	p.e.wg.Add(1)
	go func() {
		defer p.e.wg.Done()
		in.run(p.ctx)
		p.e.linger(req.CallID().Value(), box, in.again)
		p.mu.Lock()
		p.heard = append(p.heard, in.heard)
		p.mu.Unlock()
	}()
}

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
}

func (i *incoming) answer(status int, reason, body string) {
	i.last = respond(i.req, status, reason, i.tag, body, fmt.Sprintf("Contact: <sip:%s@%s>", i.heard.Number, i.p.e.addr))
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
		i.refuse(ctx, i.b.Status, "Refused")
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
				i.p.e.send(i.last, i.from)
			case sip.CANCEL:
				i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
				i.heard.Cancelled = true
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
				return true
			case sip.INVITE:
				i.p.e.send(i.last, i.from)
			case sip.CANCEL: // crossed the final response
				i.p.e.send(respond(req, 200, "OK", i.tag, ""), p.from)
			case sip.BYE: // the ACK was lost, or the call is over already
				i.ended(p, req)
				return false
			}
		}
	}
}

// again answers what the node sends again after the call is over.
func (i *incoming) again(p packet) {
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
	i.heard.EndedBy = Caller
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
					i.p.e.send(i.last, i.from)
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
	text, _ := d.request("BYE", 1, "")
	sendUntilAnswered(ctx, i.p.e, i.box, text, i.from, func(p packet) {
		if m, is := p.msg.(*sip.Request); is && m.Method == sip.BYE {
			i.p.e.send(respond(m, 200, "OK", i.tag, ""), p.from)
		}
	})
}
