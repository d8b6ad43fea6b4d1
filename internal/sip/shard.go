package sip

import (
	"bytes"
	"errors"
	"net/netip"
	"runtime/debug"
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/sip/loop"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// shard is one loop with the calls that live on it. Its fields are only
// touched on the loop.
type shard struct {
	server *Server
	index  int
	loop   *loop.Loop
	table  *transaction.Table
	timers transaction.Timers

	sides map[string]*side // by our tag: every leg whose dialog may get a request
	calls map[*session]struct{}

	// current is the call that the running function works for, so that a
	// panic ends that call and no other.
	current *session

	scratch []byte // where messages are written before they are copied to size
}

// message is what m writes, in memory of its own and no larger than it:
// some of these bytes are kept for 64·T1 after the call.
func (sh *shard) message(m interface{ Append([]byte) []byte }) []byte {
	sh.scratch = m.Append(sh.scratch[:0])
	return bytes.Clone(sh.scratch)
}

func newShard(s *Server, index int, timers transaction.Timers) *shard {
	sh := &shard{server: s, index: index, timers: timers,
		sides: map[string]*side{}, calls: map[*session]struct{}{}}
	sh.loop = loop.New(func() { sh.current = nil }, sh.panicked)
	sh.table = transaction.NewTable(sh.loop, s.net, timers)
	return sh
}

// panicked ends the call that a fault of ours happened in.
func (sh *shard) panicked(value any) {
	s := sh.current
	sh.server.stats.panics.Add(1)
	attrs := []any{"panic", value, "stack", string(debug.Stack())}
	if s != nil {
		attrs = append(attrs, "call_id", s.caller.callID)
	}
	sh.server.log.Error("sip: a fault ended a call", attrs...)
	if s != nil {
		s.crash()
	}
}

// abort ends every call, when a stop can't wait any longer.
func (sh *shard) abort() {
	for s := range sh.calls {
		sh.current = s
		if !s.over {
			sh.server.aborted.Add(1)
		}
		s.abort(cdr.NodeStopped)
	}
}

// packet takes one message from the network.
func (sh *shard) packet(p *transport.Packet) {
	m, err := wire.Parse(p.Data)
	if err != nil {
		sh.malformed(m, p, err)
		return
	}
	if !m.IsRequest() {
		sh.table.Response(m)
		return
	}
	if sh.table.Absorb(m) {
		return
	}
	switch {
	case m.Method == wire.ACK:
		if x := sh.side(m); x != nil {
			x.ack(m)
		}
	case m.Method == wire.CANCEL:
		sh.cancel(m, p)
	case m.To.Tag != "":
		sh.inDialog(m, p)
	default:
		sh.outOfDialog(m, p)
	}
}

// malformed refuses what can be refused. Only trunks get an answer.
func (sh *shard) malformed(m *wire.Message, p *transport.Packet, err error) {
	sh.server.malformed(p, err)
	bad, ok := errors.AsType[*wire.Bad](err)
	if m == nil || !ok || !m.IsRequest() || m.Method == wire.ACK {
		return
	}
	if _, known := sh.server.cfg.Trunks.Inbound(p.From.Addr, p.From.Kind); !known {
		return
	}
	if sh.table.Absorb(m) {
		return
	}
	phrase := ""
	if bad.Status == 400 {
		phrase = bad.Why
	}
	r := wire.Response{To: m, Source: p.From.Addr, Status: bad.Status, Phrase: phrase, Tag: token()}
	sh.server.net.Send(replyTo(m, p.From), r.Append(nil), nil)
}

// side finds the leg that an in-dialog request is for.
func (sh *shard) side(m *wire.Message) *side {
	x := sh.sides[m.To.Tag]
	if x == nil || x.callID != m.CallID || x.dialog != nil && x.dialog.remoteTag != m.From.Tag {
		return nil
	}
	sh.current = x.session
	return x
}

// cancel answers a CANCEL and tells whom it stops (RFC 3261 9.2).
func (sh *shard) cancel(m *wire.Message, p *transport.Packet) {
	invite := sh.table.Cancelled(m)
	if invite == nil {
		sh.refuse(m, p, 481)
		return
	}
	tx := sh.table.NewServer(m, replyTo(m, p.From))
	tag := token()
	if c, ok := invite.User.(canceller); ok {
		tag = c.ourTag()
		sh.respond(tx, m, p.From.Addr, wire.Response{Status: 200, Tag: tag})
		c.cancelled()
		return
	}
	// The final response crossed the CANCEL, which has no effect then.
	sh.respond(tx, m, p.From.Addr, wire.Response{Status: 200, Tag: tag})
}

// canceller is what an INVITE's transaction leads a CANCEL to.
type canceller interface {
	ourTag() string
	cancelled()
}

// inDialog gives a request inside a dialog to its leg.
func (sh *shard) inDialog(m *wire.Message, p *transport.Packet) {
	x := sh.side(m)
	if x == nil {
		sh.refuse(m, p, 481)
		return
	}
	tx := sh.table.NewServer(m, replyTo(m, p.From))
	x.request(&incoming{Message: m, tx: tx, source: p.From.Addr})
}

// refuse answers a request that belongs to nothing, once, where it came from
// a trunk; anybody else gets silence.
func (sh *shard) refuse(m *wire.Message, p *transport.Packet, status int, headers ...wire.Header) {
	if _, known := sh.server.cfg.Trunks.Inbound(p.From.Addr, p.From.Kind); !known {
		sh.server.stats.strangers.Add(1)
		return
	}
	tx := sh.table.NewServer(m, replyTo(m, p.From))
	sh.respond(tx, m, p.From.Addr, wire.Response{Status: status, Tag: token(), Headers: headers})
}

// respond writes r to m and gives it to the transaction.
func (sh *shard) respond(tx *transaction.Server, m *wire.Message, source netip.AddrPort, r wire.Response) {
	r.To, r.Source = m, source
	tx.Respond(r.Status, sh.message(&r))
}

// retryAfter tells a shed caller when to come back.
func (s *Server) retryAfter() wire.Header {
	seconds := int((s.cfg.RetryAfter + time.Second - 1) / time.Second)
	return wire.Header{Name: "Retry-After", Value: strconv.Itoa(seconds)}
}

// replyTo is where responses to m go (RFC 3261 18.2.2, RFC 3581 section 4):
// the address it came from, at the port of its Via unless rport asks for the
// source port.
func replyTo(m *wire.Message, from transport.Peer) transport.Peer {
	if from.Kind == transport.UDP && m.Via.RPort {
		return from
	}
	port := m.Via.Port
	if port == 0 {
		port = 5060
	}
	return from.At(netip.AddrPortFrom(from.Addr.Addr(), uint16(port)))
}
