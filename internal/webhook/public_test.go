package webhook

import (
	"net/netip"
	"testing"
)

// What is dialled is on the internet, in whatever form it is written.
func TestPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "114.114.114.114": true, "2400:3200::1": true, "64:ff9b::808:808": true, "2001:4860::1": true,
		"127.0.0.1": false, "::1": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "fd00::1": false, "fe80::1": false, "0.0.0.0": false, "::": false, "224.0.0.1": false, "255.255.255.255": false,
		"::ffff:10.0.0.1": false,
		// Wraps of IPv4 in IPv6, and what IANA keeps for special purposes.
		"64:ff9b::a00:1": false, "64:ff9b:1::a00:1": false, "2002:a00:1::": false, "::a00:1": false, "2001::1": false, "fec0::1": false,
		"0.1.2.3": false, "192.0.0.1": false, "198.18.0.1": false, "240.0.0.1": false, "192.0.2.1": false, "2001:db8::1": false,
	} {
		err := public("tcp", netip.AddrPortFrom(netip.MustParseAddr(ip), 443).String(), nil)
		if (err == nil) != want {
			t.Errorf("%s: %v", ip, err)
		}
	}
}
