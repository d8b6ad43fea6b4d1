package transaction

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"sibai/internal/sip/loop"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// Timers are the times of RFC 3261 table 4; zero values take the usual ones.
type Timers struct {
	T1 time.Duration // round-trip time estimate, 500 ms
	T2 time.Duration // longest interval between two copies, 4 s
	T4 time.Duration // how long a message stays in the network, 5 s
}

// WithDefaults fills in what is zero.
func (t Timers) WithDefaults() Timers {
	if t.T1 <= 0 {
		t.T1 = 500 * time.Millisecond
	}
	if t.T2 <= 0 {
		t.T2 = 8 * t.T1
	}
	if t.T4 <= 0 {
		t.T4 = 10 * t.T1
	}
	return t
}

// Timeout is 64·T1: how long a transaction tries.
func (t Timers) Timeout() time.Duration { return 64 * t.T1 }

// Sender writes messages; *transport.Layer is one.
type Sender interface {
	Send(to transport.Peer, data []byte, failed func(error))
}

// Cookie starts the branch of every transaction of RFC 3261 (8.1.1.7).
const Cookie = "z9hG4bK"

// Table holds the transactions of one loop.
type Table struct {
	loop   *loop.Loop
	sender Sender
	timers Timers
	seed1  maphash.Seed
	seed2  maphash.Seed

	servers map[key]*Server
	clients map[key]*Client
	merged  map[key]*Server // INVITEs by From tag, Call-ID, CSeq (RFC 3261 8.2.2.2)

	// Resent counts the copies that were sent, Absorbed those received. They
	// may be read from any goroutine.
	Resent, Absorbed atomic.Uint64
}

// key is a hash of what names a transaction. Two seeds chosen at random make
// an accidental meeting of two of them as good as impossible.
type key [2]uint64

// NewTable makes an empty table.
func NewTable(l *loop.Loop, s Sender, timers Timers) *Table {
	return &Table{
		loop: l, sender: s, timers: timers.WithDefaults(),
		seed1: maphash.MakeSeed(), seed2: maphash.MakeSeed(),
		servers: map[key]*Server{}, clients: map[key]*Client{}, merged: map[key]*Server{},
	}
}

// Len is how many transactions there are, finished ones included.
func (t *Table) Len() int { return len(t.servers) + len(t.clients) }

// Running is how many client transactions wait for a final response.
func (t *Table) Running() int {
	n := 0
	for _, c := range t.clients {
		if c.state == calling || c.state == proceeding {
			n++
		}
	}
	return n
}

func (t *Table) hash(number uint64, parts ...string) key {
	var a, b maphash.Hash
	a.SetSeed(t.seed1)
	b.SetSeed(t.seed2)
	for i := range 8 {
		a.WriteByte(byte(number >> (8 * i)))
		b.WriteByte(byte(number >> (8 * i)))
	}
	for _, p := range parts {
		a.WriteString(p)
		a.WriteByte(0)
		b.WriteString(p)
		b.WriteByte(0)
	}
	return key{a.Sum64(), b.Sum64()}
}

// serverKey names the server transaction of a request (RFC 3261 17.2.3), seen
// as one of the given method: ACK and CANCEL look for their INVITE.
func (t *Table) serverKey(m *wire.Message, method string) key {
	v := &m.Via
	if rest, ok := strings.CutPrefix(v.Branch, Cookie); ok && rest != "" {
		return t.hash(uint64(v.Port), v.Branch, v.Host, method)
	}
	// RFC 2543: no branch that could be trusted.
	return t.hash(uint64(m.CSeq)<<16|uint64(v.Port), v.Branch, v.Host, m.CallID, m.From.Tag, m.RawURI, method)
}

func (t *Table) mergedKey(m *wire.Message) key {
	return t.hash(uint64(m.CSeq), m.From.Tag, m.CallID)
}

// Absorb reports whether the request belongs to a transaction that is there
// already: a copy, answered with a copy of the response, or the ACK of a
// refusal. Nothing more is to be done with it then.
func (t *Table) Absorb(m *wire.Message) bool {
	method := m.Method
	if method == wire.ACK {
		method = wire.INVITE
	}
	s := t.servers[t.serverKey(m, method)]
	if s == nil {
		return false
	}
	if m.Method == wire.ACK {
		return s.acknowledged()
	}
	t.Absorbed.Add(1)
	s.again()
	return true
}

// Merged reports whether m is an INVITE that reached us a second time by
// another path: to be refused with 482 (RFC 3261 8.2.2.2).
func (t *Table) Merged(m *wire.Message) bool {
	return m.Method == wire.INVITE && m.To.Tag == "" && t.merged[t.mergedKey(m)] != nil
}

// Cancelled is the INVITE's transaction that a CANCEL is for, nil where there
// is none.
func (t *Table) Cancelled(m *wire.Message) *Server {
	return t.servers[t.serverKey(m, wire.INVITE)]
}

// Response gives a response to the client transaction it belongs to; one that
// belongs to none is dropped.
func (t *Table) Response(m *wire.Message) {
	if c := t.clients[t.hash(0, m.Via.Branch, m.CSeqOf)]; c != nil {
		c.response(m)
	}
}
