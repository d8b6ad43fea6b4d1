package siptest

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Behaviour is what a phone does when it is called.
type Behaviour struct {
	// Status refuses the call with it after Ring, such as 486 busy or 603
	// declined; 0 answers.
	Status int
	// Ring is how long the phone rings first; 0 says nothing before.
	Ring time.Duration
	// Silent phones ring and never answer.
	Silent bool
	// Crosses answers when CANCEL comes, as if the 200 had been on its way
	// already and crossed it.
	Crosses bool
	// Dead phones send nothing at all.
	Dead bool
	// Talk is how long the phone talks before hanging up; 0: until the other
	// side does.
	Talk  time.Duration
	Audio bool
}

// Heard is what happened at a phone in one call.
type Heard struct {
	CallID    string
	Number    string
	Caller    string // user part of From
	Status    int    // how the phone answered the INVITE; 0: not at all
	Rang      bool
	Cancelled bool
	Acked     bool
	EndedBy   Side
	Reason    string // Reason header of the CANCEL or BYE that came
	Talk      time.Duration
	Repeated  int // INVITEs that came again
	Resent    int // responses and BYEs sent again for want of an answer
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
	in.heard = Heard{CallID: req.CallID().Value(), Number: number, Caller: req.From().Address.User}
	p.e.wg.Add(1)
	go func() {
		defer p.e.wg.Done()
		in.run(p.ctx)
		p.e.linger(req.CallID().Value(), box, in.late)
		p.mu.Lock()
		p.heard = append(p.heard, in.heard)
		p.mu.Unlock()
	}()
}
