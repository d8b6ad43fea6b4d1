package siptest

import (
	"context"
	"errors"
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
	e.fresh = func(req *sip.Request, from netip.AddrPort) {
		switch req.Method {
		case sip.ACK:
		case sip.OPTIONS: // asked whether it lives
			e.send(respond(req, 200, "OK", token(), ""), from)
		default: // nobody can be called here
			e.send(respond(req, 481, "Call/Transaction Does Not Exist", token(), ""), from)
		}
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
	// Offerless sends the INVITE without a session description: the other
	// side offers in its 200 and the ACK answers (RFC 3261 §13.2.1).
	Offerless bool
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
	EndedBy     Side          // of an answered call
	RangAfter   time.Duration // from the INVITE to the first 18x; 0 when none came
	Setup       time.Duration // from the INVITE to its final status
	Talk        time.Duration // from the 200 to the BYE, as the caller measured it
	AnsweredAt  time.Time     // of an answered call
	EndedAt     time.Time     // of an answered call
	Acked       bool          // the BYE that was sent was answered 200
	Resent      int           // messages sent again for want of an answer
	Repeated    int           // final responses that came again
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
	defer c.e.linger(call.out.CallID, box, call.late)
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
