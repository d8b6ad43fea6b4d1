package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Kind is a transport protocol.
type Kind uint8

// The transports.
const (
	UDP Kind = iota
	TCP
)

// String is the name of the transport as Via writes it.
func (k Kind) String() string {
	if k == TCP {
		return "TCP"
	}
	return "UDP"
}

// Network is the name of the transport as package net writes it.
func (k Kind) Network() string {
	if k == TCP {
		return "tcp"
	}
	return "udp"
}

// Listen is one socket to be opened.
type Listen struct {
	Kind Kind
	Addr netip.AddrPort // port 0 lets the system choose one

	// Advertise is what Via and Contact say instead of Addr, where the
	// outside reaches the socket under another address. It must be set when
	// Addr is unspecified (0.0.0.0, ::).
	Advertise netip.AddrPort

	// Packets is used instead of opening a UDP socket at Addr.
	Packets PacketConn
}

// PacketConn is what of *net.UDPConn is used.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// Peer is where a message came from or goes to.
type Peer struct {
	Kind  Kind
	Addr  netip.AddrPort
	Local int // index of the socket in the list given to New

	conn  *conn          // the connection a message came over
	reuse netip.AddrPort // whose connection is used before one to Addr is made
}

// At is p reached under another address: over the connection it has, while
// that lives.
func (p Peer) At(addr netip.AddrPort) Peer {
	if !p.reuse.IsValid() {
		p.reuse = p.Addr
	}
	p.Addr = addr
	return p
}

// Packet is one message that was read. Data belongs to the receiver.
type Packet struct {
	From Peer
	Data []byte
	At   time.Time
}

// Layer owns the sockets. Between New and Close it may be used from any
// goroutine.
type Layer struct {
	log     *slog.Logger
	sockets []*socket
	receive func(*Packet)
	dialer  net.Dialer

	mu     sync.Mutex // guards what follows
	conns  map[netip.AddrPort]*conn
	perIP  map[netip.Addr]int
	closed bool

	wg sync.WaitGroup

	// Bytes and messages that crossed the sockets, for Stats.
	received, sent, ignored atomic.Uint64
}

type socket struct {
	kind      Kind
	packets   PacketConn
	listener  net.Listener
	bound     netip.AddrPort
	advertise netip.AddrPort
}

// New opens the sockets; nothing is read from them before Start. An error
// names the address and what to do about it.
func New(list []Listen, log *slog.Logger) (*Layer, error) {
	l := &Layer{log: log, conns: map[netip.AddrPort]*conn{}, perIP: map[netip.Addr]int{}}
	l.dialer.Timeout = dialTimeout
	for _, want := range list {
		s, err := open(want)
		if err != nil {
			l.closeSockets()
			return nil, err
		}
		l.sockets = append(l.sockets, s)
	}
	return l, nil
}

// readBuffer is the receive buffer asked of the system: at 2,000 calls a
// second it holds a quarter of a second.
const readBuffer = 4 << 20

func open(want Listen) (*socket, error) {
	s := &socket{kind: want.Kind, advertise: want.Advertise}
	switch {
	case want.Packets != nil:
		s.packets = want.Packets
		s.bound = addrPort(want.Packets.LocalAddr())
	case want.Kind == UDP:
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(want.Addr))
		if err != nil {
			return nil, bindError(want, err)
		}
		enlarge(c)
		s.packets, s.bound = c, addrPort(c.LocalAddr())
	default:
		c, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(want.Addr))
		if err != nil {
			return nil, bindError(want, err)
		}
		s.listener, s.bound = c, addrPort(c.Addr())
	}
	if !s.advertise.IsValid() {
		if s.bound.Addr().IsUnspecified() {
			s.close()
			return nil, fmt.Errorf("sip: %s %s listens on every address: set the address that the trunks reach it under (advertise)",
				want.Kind.Network(), want.Addr)
		}
		s.advertise = s.bound
	} else if s.advertise.Port() == 0 {
		s.advertise = netip.AddrPortFrom(s.advertise.Addr(), s.bound.Port())
	}
	return s, nil
}

func bindError(want Listen, err error) error {
	remedy := "check the address in the configuration"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		remedy = "another program has this port in use: stop it, or choose another port"
	case errors.Is(err, syscall.EACCES):
		remedy = "ports below 1024 need a privilege: choose a higher port, or give the program CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		remedy = "this machine does not have that address: choose one it has"
	}
	return fmt.Errorf("sip: can't listen on %s %s: %s: %w", want.Kind.Network(), want.Addr, remedy, err)
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func (s *socket) close() {
	if s.packets != nil {
		s.packets.Close()
	}
	if s.listener != nil {
		s.listener.Close()
	}
}

// Start reads from the sockets. receive is called from several goroutines,
// for one socket or connection one packet after the other; it must not block.
func (l *Layer) Start(receive func(*Packet)) {
	l.receive = receive
	for i, s := range l.sockets {
		if s.kind == UDP {
			l.wg.Go(func() { l.readUDP(i, s) })
		} else {
			l.wg.Go(func() { l.accept(i, s) })
		}
	}
}

// Close closes the sockets and connections, after what was handed to Send was
// written where the peer takes it at once, and waits for the goroutines.
// Twice is safe.
func (l *Layer) Close() {
	l.mu.Lock()
	l.closed = true
	for _, c := range l.conns {
		c.finish()
	}
	l.mu.Unlock()
	l.closeSockets()
	l.wg.Wait()
}

func (l *Layer) closeSockets() {
	for _, s := range l.sockets {
		s.close()
	}
}

// Socket chooses the socket to reach a peer from: the first of that transport
// and address family. It returns its index and false when there is none.
func (l *Layer) Socket(kind Kind, peer netip.Addr) (int, bool) {
	for i, s := range l.sockets {
		if s.kind == kind && s.bound.Addr().Unmap().Is4() == peer.Unmap().Is4() {
			return i, true
		}
	}
	for i, s := range l.sockets { // a socket on :: takes both
		if s.kind == kind && s.bound.Addr() == netip.IPv6Unspecified() {
			return i, true
		}
	}
	return 0, false
}

// Bound is the address socket i is bound to.
func (l *Layer) Bound(i int) netip.AddrPort { return l.sockets[i].bound }

// Advertised is the address of socket i for Via and Contact.
func (l *Layer) Advertised(i int) netip.AddrPort { return l.sockets[i].advertise }

// Sockets is how many sockets there are.
func (l *Layer) Sockets() int { return len(l.sockets) }

// Counts are the messages read, written and ignored as no SIP (keep-alives).
func (l *Layer) Counts() (received, sent, ignored uint64) {
	return l.received.Load(), l.sent.Load(), l.ignored.Load()
}

// Send writes one message. data must not be changed afterwards. failed, which
// may be nil, is called at most once, from any goroutine and perhaps before
// Send returns, when the message certainly did not leave.
func (l *Layer) Send(to Peer, data []byte, failed func(error)) {
	l.sent.Add(1)
	if to.Kind == TCP {
		l.sendTCP(to, data, failed)
		return
	}
	s := l.sockets[to.Local]
	if _, err := s.packets.WriteToUDPAddrPort(data, to.Addr); err != nil && failed != nil {
		failed(err)
	}
}
