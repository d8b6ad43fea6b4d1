package app

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"sibai/internal/catalog"
	"sibai/internal/config"
	"sibai/internal/directory"
	"sibai/internal/sip"
)

// listens turns the configured addresses into sockets to open.
func listens(c config.SIP) ([]sip.Listen, error) {
	out := make([]sip.Listen, len(c.Listen))
	for i, text := range c.Listen {
		kind, rest, _ := strings.Cut(text, ":")
		resolved, err := net.ResolveUDPAddr("udp", rest)
		if err != nil {
			return nil, fmt.Errorf("sip.listen[%d]: %w", i, err)
		}
		addr := resolved.AddrPort()
		if !addr.Addr().IsValid() {
			addr = netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port())
		}
		out[i] = sip.Listen{Kind: transportOf(catalog.Transport(kind)), Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())}
		if c.Advertise != "" {
			host, err := netip.ParseAddr(c.Advertise)
			if err != nil {
				return nil, fmt.Errorf("sip.advertise: %w", err)
			}
			out[i].Advertise = netip.AddrPortFrom(host, addr.Port())
		}
	}
	return out, nil
}

func transportOf(t catalog.Transport) sip.Transport {
	if t == catalog.TCP {
		return sip.TCP
	}
	return sip.UDP
}

// trunks lets the SIP server ask the directory.
type trunks struct{ dir *directory.Directory }

func (t trunks) Inbound(source netip.AddrPort, _ sip.Transport) (string, bool) {
	return t.dir.InboundTrunk(source)
}

func (t trunks) Outbound(code string) (sip.TrunkRoute, bool) {
	e, ok := t.dir.OutboundTrunk(code)
	if !ok {
		return sip.TrunkRoute{}, false
	}
	return sip.TrunkRoute{Addr: e.Address, Transport: transportOf(e.Transport)}, true
}
