package catalog

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sibai/internal/fault"
)

// Transport carries SIP to a trunk.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// Trunk is a SIP connection to a carrier or a PBX (中继). Calls from the
// addresses of Inbound are its calls; calls to it are sent to Outbound.
type Trunk struct {
	ID       TrunkID
	Code     string
	Inbound  []Source
	Outbound Endpoint // the zero Endpoint: no calls are sent there
}

// Source is where a trunk's calls may come from.
type Source struct {
	Prefix netip.Prefix
	Port   uint16 // 0 means any port
}

// ParseSource reads an address (203.0.113.10), a range (203.0.113.0/24) or an
// address with a port (203.0.113.10:5060, [2001:db8::1]:5060).
func ParseSource(text string) (Source, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits())
		if !p.IsValid() { // an IPv4-mapped range with the bits of IPv6
			return Source{}, fmt.Errorf("%q is not a range of addresses", text)
		}
		return Source{Prefix: p.Masked()}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return Source{Prefix: single(a)}, nil
	}
	ap, err := netip.ParseAddrPort(text)
	if err != nil || ap.Port() == 0 || ap.Addr().Zone() != "" {
		return Source{}, fmt.Errorf("%q is not an address or a range of addresses", text)
	}
	return Source{Prefix: single(ap.Addr()), Port: ap.Port()}, nil
}

func single(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen())
}

// String writes what ParseSource reads.
func (s Source) String() string {
	switch {
	case s.Port != 0:
		return netip.AddrPortFrom(s.Prefix.Addr(), s.Port).String()
	case s.Prefix.IsSingleIP():
		return s.Prefix.Addr().String()
	}
	return s.Prefix.String()
}

// tooWide reports whether the range is one that no carrier has: calls of
// strangers would come in as those of the trunk.
func (s Source) tooWide() bool {
	return s.Prefix.IsValid() && (s.Prefix.Addr().Is4() && s.Prefix.Bits() < 8 || s.Prefix.Addr().Is6() && s.Prefix.Bits() < 16)
}

// Endpoint is where calls to a trunk are sent.
type Endpoint struct {
	Address   netip.AddrPort
	Transport Transport
}

// IsZero reports whether e is not set.
func (e Endpoint) IsZero() bool { return e == Endpoint{} }

// ParseEndpoint reads an IP address and port, 203.0.113.10:5060. Host names
// are not read: which addresses a carrier uses is agreed with the carrier, and
// a call must not wait for a name server.
func ParseEndpoint(text string) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(text)
	if err != nil || ap.Port() == 0 || ap.Addr().Zone() != "" || ap.Addr().IsUnspecified() {
		return netip.AddrPort{}, fmt.Errorf("%q is not an IP address and port", text)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// Validate reports every problem of t.
func (t Trunk) Validate(report Report) {
	checkCode(report, "code", t.Code)
	if len(t.Inbound) == 0 && t.Outbound.IsZero() {
		report("inbound", fault.FieldMissing, "field", "inbound", "example", "[203.0.113.10], or outbound: {address: 203.0.113.10:5060}")
	}
	seen := map[Source]bool{}
	for i, s := range t.Inbound {
		if seen[s] {
			report("inbound["+strconv.Itoa(i)+"]", fault.AddressTaken, "value", s, "trunk", t.Code)
		}
		seen[s] = true
		if s.tooWide() {
			report("inbound["+strconv.Itoa(i)+"]", fault.InboundTooWide, "value", s)
		}
	}
	if t.Outbound.IsZero() {
		return
	}
	if !t.Outbound.Address.IsValid() {
		report("outbound.address", fault.EndpointInvalid, "value", quote(t.Outbound.Address.String()))
	}
	if t.Outbound.Transport != UDP && t.Outbound.Transport != TCP {
		report("outbound.transport", fault.ValueNotAllowed, "value", quote(string(t.Outbound.Transport)), "allowed", "udp, tcp")
	}
}

// JoinSources writes sources for display and for comparison.
func JoinSources(sources []Source) string {
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = s.String()
	}
	return strings.Join(parts, ", ")
}
