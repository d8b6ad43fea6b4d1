package siptest

import (
	"math/rand/v2"
	"net"
	"sync"
)

// Lossy loses datagrams on their way out and in, the same ones for the same
// seed and order.
type Lossy struct {
	net.PacketConn
	percent int

	mu   sync.Mutex // guards dice
	dice *rand.Rand
}

// NewLossy makes a connection lose percent of what it sends and of what it
// receives.
func NewLossy(conn net.PacketConn, percent int, seed uint64) *Lossy {
	return &Lossy{PacketConn: conn, percent: percent, dice: rand.New(rand.NewPCG(seed, 400))}
}

func (l *Lossy) lost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(100) < l.percent
}

// WriteTo sends a datagram, or loses it and says that all is well.
func (l *Lossy) WriteTo(p []byte, addr net.Addr) (int, error) {
	if l.lost() {
		return len(p), nil
	}
	return l.PacketConn.WriteTo(p, addr)
}

// ReadFrom receives the next datagram that is not lost.
func (l *Lossy) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, addr, err := l.PacketConn.ReadFrom(p)
		if err != nil || !l.lost() {
			return n, addr, err
		}
	}
}
