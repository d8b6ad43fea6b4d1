package sip_test

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sibai/internal/sip"
)

// memory is a UDP socket without a network.
type memory struct {
	in   chan datagram
	out  chan datagram
	once sync.Once
	done chan struct{}
}

type datagram struct {
	addr netip.AddrPort
	data string
}

var memoryAddr = netip.MustParseAddrPort("127.0.0.9:5060")

func newMemory() *memory {
	return &memory{in: make(chan datagram, 16), out: make(chan datagram, 1024), done: make(chan struct{})}
}

func (m *memory) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-m.in:
		return copy(b, d.data), d.addr, nil
	case <-m.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (m *memory) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case m.out <- datagram{to, string(b)}:
	default: // a full network loses packets
	}
	return len(b), nil
}

func (m *memory) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(memoryAddr) }

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

// inMemory makes a server on a memory socket whose calls are only accepted,
// never rung.
func inMemory(t testing.TB) (*sip.Server, *memory) {
	t.Helper()
	m := newMemory()
	a := &calls{events: make(chan string, 1<<16), last: make(chan *testCall, 1<<16)}
	srv, err := sip.New(sip.Config{
		Listen:   []sip.Listen{{Kind: sip.UDP, Packets: m}},
		Trunks:   &trunks{},
		Accepter: a,
		T1:       time.Hour, // nothing is sent again
		Loops:    1,
		Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return srv, m
}
