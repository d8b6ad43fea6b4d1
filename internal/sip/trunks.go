package sip

import (
	"net/netip"
	"sync"

	"sibai/internal/sip/transport"
)

// Transport is UDP or TCP.
type Transport = transport.Kind

// The transports.
const (
	UDP = transport.UDP
	TCP = transport.TCP
)

// Listen is one socket of the server.
type Listen = transport.Listen

// Trunks says which peers are ours. Both methods are called often and on the
// calls' loops: they answer from memory and never block. What they answer may
// change at any time; a running call keeps what it was told.
type Trunks interface {
	// Inbound is the code of the trunk that a message from source belongs
	// to, false when it is no trunk's.
	Inbound(source netip.AddrPort, over Transport) (code string, ok bool)
	// Outbound is where calls over a trunk are sent, false when there is no
	// such trunk or it takes no calls now.
	Outbound(code string) (TrunkRoute, bool)
}

// TrunkRoute is where calls over a trunk go.
type TrunkRoute struct {
	Addr      netip.AddrPort
	Transport Transport
	// Host stands in Request-URI and To; empty means Addr.
	Host string
	// TCP says that the trunk takes TCP at Addr too: requests over 1,300
	// bytes then leave by TCP (RFC 3261 18.1.1) instead of in fragments.
	TCP bool
}

// strangersKept is how many unknown sources are remembered.
const strangersKept = 256

// strangers remembers which unknown sources were refused lately, in a table
// of fixed size: a new one takes the place of an old one.
type strangers struct {
	mu    sync.Mutex // guards table
	table [strangersKept]stranger
}

type stranger struct {
	addr  netip.Addr
	until int64 // Unix seconds
}

// strangerSilence is how long a refused source gets no further answer, in
// seconds.
const strangerSilence = 60

// first reports whether addr gets an answer now, and remembers it.
func (s *strangers) first(addr netip.Addr, now int64) bool {
	bytes := addr.As16()
	h := uint32(2166136261)
	for _, b := range bytes {
		h = (h ^ uint32(b)) * 16777619
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.table[h%strangersKept]
	// Another source that falls on the same place waits its turn, so that a
	// flood from many addresses gets at most strangersKept answers a minute.
	if now < e.until {
		return false
	}
	*e = stranger{addr, now + strangerSilence}
	return true
}
