package siptest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers of RFC 3261 §17, over loopback.
const (
	t1      = 500 * time.Millisecond
	t2      = 4 * time.Second
	giveUp  = 64 * t1
	mailbox = 64 // messages a dialog may have waiting
)

// packet is a message and whom it came from.
type packet struct {
	msg  sip.Message
	from netip.AddrPort
}

// endpoint is one UDP socket on which many dialogs talk, told apart by
// Call-ID.
type endpoint struct {
	conn net.PacketConn
	addr netip.AddrPort
	// fresh is called for a request of an unknown Call-ID, on the reader's
	// goroutine; what it starts must be counted in wg.
	fresh func(*sip.Request, netip.AddrPort)
	wg    sync.WaitGroup

	mu      sync.Mutex // guards what follows; nothing is called under it
	boxes   map[string]chan packet
	started bool
	closed  bool
}

func newEndpoint(conn net.PacketConn) (*endpoint, error) {
	addr, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return nil, fmt.Errorf("local address of the peer: %w", err)
	}
	return &endpoint{conn: conn, addr: addr, boxes: map[string]chan packet{}}, nil
}

// listen opens a UDP socket on a loopback address; port 0 picks one.
func listen(address string) (net.PacketConn, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, fmt.Errorf("open the peer's socket: %w", err)
	}
	_ = conn.(*net.UDPConn).SetReadBuffer(4 << 20) // best effort: the default only loses packets sooner
	return conn, nil
}

func (e *endpoint) start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.started {
		e.started = true
		e.wg.Add(1)
		go e.read()
	}
}

// stop closes the socket and waits for every dialog. Stopping twice is safe.
func (e *endpoint) stop() {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		_ = e.conn.Close() // nothing is lost: UDP
		for _, box := range e.boxes {
			close(box)
		}
		e.boxes = map[string]chan packet{}
	}
	e.mu.Unlock()
	e.wg.Wait()
}

func (e *endpoint) read() {
	defer e.wg.Done()
	parser := sip.NewParser()
	buf := make([]byte, 1<<16)
	for {
		n, from, err := e.conn.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // an ICMP refusal of an earlier datagram
		}
		msg, err := parser.ParseSIP(append([]byte(nil), buf[:n]...))
		if err != nil || msg.CallID() == nil || msg.CSeq() == nil {
			continue
		}
		e.deliver(packet{msg, from.(*net.UDPAddr).AddrPort()})
	}
}

func (e *endpoint) deliver(p packet) {
	id := p.msg.CallID().Value()
	e.mu.Lock()
	if box, ok := e.boxes[id]; ok {
		select {
		case box <- p:
		default: // as if the network had lost it
		}
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	if req, ok := p.msg.(*sip.Request); ok && e.fresh != nil {
		e.fresh(req, p.from)
	}
}

// open makes the mailbox of a Call-ID; ok is false when it exists or the
// endpoint is stopped.
func (e *endpoint) open(callID string) (box chan packet, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, exists := e.boxes[callID]; exists || e.closed {
		return nil, false
	}
	box = make(chan packet, mailbox)
	e.boxes[callID] = box
	return box, true
}

// linger keeps the mailbox of a dialog that is over, so that what the other
// side sends again for want of an answer gets one; it returns at once.
func (e *endpoint) linger(callID string, box chan packet, reply func(packet)) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return
	}
	e.wg.Add(1)
	e.mu.Unlock()
	go func() {
		defer e.wg.Done()
		over := time.NewTimer(giveUp)
		defer over.Stop()
		for {
			select {
			case p, ok := <-box:
				if !ok {
					return
				}
				reply(p)
			case <-over.C:
				e.mu.Lock()
				delete(e.boxes, callID)
				e.mu.Unlock()
				return
			}
		}
	}()
}

func (e *endpoint) send(text string, to netip.AddrPort) {
	// A send that fails is a datagram lost: the retransmission is the remedy.
	_, _ = e.conn.WriteTo([]byte(text), net.UDPAddrFromAddrPort(to))
}
