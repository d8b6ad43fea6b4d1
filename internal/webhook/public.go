package webhook

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// public refuses addresses that are not of the internet.
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	ip := at.Addr().WithZone("").Unmap()
	// A network without IPv4 reaches it by this prefix (RFC 6052), its private
	// addresses too: what is wrapped counts.
	if wrapped.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return fmt.Errorf("%s is not on the internet", at.Addr())
	}
	return nil
}

var wrapped = netip.MustParsePrefix("64:ff9b::/96")

// special are blocks that net/netip takes for global ones, of the registries of
// special-purpose addresses at IANA (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' NAT, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved
	netip.MustParsePrefix("::/96"),           // IPv4 in IPv6, of old
	netip.MustParsePrefix("64:ff9b:1::/48"),  // translation within a network, RFC 8215
	netip.MustParsePrefix("100::/64"),        // discarded
	netip.MustParsePrefix("2001::/23"),       // protocols; Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4 wraps any IPv4
	netip.MustParsePrefix("fec0::/10"),       // sites, of old
}
