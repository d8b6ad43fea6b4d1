package parts

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
)

// The ports that FreePort gives lie below those that the system gives to
// sockets that name none, so that no such socket takes one between its choice
// and its use.
const firstPort, lastPort = 12_000, 32_000

var nextPort atomic.Uint32

func init() { nextPort.Store(rand.Uint32N(lastPort - firstPort)) }

// FreePort finds a port that is free for UDP and TCP at an address. The same
// process is never given a port twice before all were.
func FreePort(at netip.Addr) (netip.AddrPort, error) {
	for range lastPort - firstPort {
		addr := netip.AddrPortFrom(at, uint16(firstPort+nextPort.Add(1)%(lastPort-firstPort)))
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		if err != nil {
			continue
		}
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		_ = udp.Close()
		if err != nil {
			continue
		}
		_ = tcp.Close()
		return addr, nil
	}
	return netip.AddrPort{}, fmt.Errorf("no port from %d to %d is free at %s", firstPort, lastPort, at)
}
