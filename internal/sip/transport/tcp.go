package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// Limits of streams: what a peer may cost before it said anything.
const (
	maxConns     = 4096
	maxPerIP     = 64
	idleTimeout  = 10 * time.Minute
	frameTimeout = 32 * time.Second // from the first byte of a message to its last
	writeTimeout = 10 * time.Second
	dialTimeout  = 5 * time.Second
	queueLength  = 1024
)

var (
	errClosed = errors.New("the connection was closed")
	errSlow   = errors.New("the peer takes messages too slowly")
)

// conn is one TCP connection: a goroutine that reads, one that writes.
type conn struct {
	layer *Layer
	peer  Peer
	out   chan outgoing
	stop  chan struct{} // closed by finish
}

type outgoing struct {
	data   []byte
	failed func(error)
}

func (o outgoing) fail(err error) {
	if o.failed != nil {
		o.failed(err)
	}
}

func (l *Layer) accept(i int, s *socket) {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.log.Warn("sip: accepting a connection failed", "address", s.bound, "error", err)
			time.Sleep(10 * time.Millisecond) // out of descriptors must not take a core
			continue
		}
		remote := addrPort(nc.RemoteAddr())
		c, ok := l.add(remote, i)
		if !ok {
			nc.Close()
			continue
		}
		l.wg.Go(func() { c.serve(nc) })
	}
}

// add makes the record of a connection, unless there are too many already.
func (l *Layer) add(remote netip.AddrPort, local int) (*conn, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addLocked(remote, local)
}

func (l *Layer) addLocked(remote netip.AddrPort, local int) (*conn, bool) {
	if l.closed || len(l.conns) >= maxConns || l.perIP[remote.Addr()] >= maxPerIP {
		return nil, false
	}
	c := &conn{layer: l, out: make(chan outgoing, queueLength), stop: make(chan struct{})}
	c.peer = Peer{Kind: TCP, Addr: remote, Local: local, conn: c}
	l.conns[remote] = c
	l.perIP[remote.Addr()]++
	return c, true
}

// remove forgets c and fails what was not written.
func (l *Layer) remove(c *conn) {
	l.mu.Lock()
	if l.conns[c.peer.Addr] == c {
		delete(l.conns, c.peer.Addr)
	}
	if l.perIP[c.peer.Addr.Addr()]--; l.perIP[c.peer.Addr.Addr()] <= 0 {
		delete(l.perIP, c.peer.Addr.Addr())
	}
	c.finish()
	var left []outgoing
	for len(c.out) > 0 {
		left = append(left, <-c.out)
	}
	l.mu.Unlock()
	for _, o := range left {
		o.fail(errClosed)
	}
}

// finish makes the goroutines of c end. Called with the layer's lock held.
func (c *conn) finish() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
}

func (c *conn) stopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

func (l *Layer) sendTCP(to Peer, data []byte, failed func(error)) {
	o := outgoing{data, failed}
	l.mu.Lock()
	c := to.conn
	if c == nil || c.stopped() {
		if c = l.conns[to.reuse]; c == nil {
			c = l.conns[to.Addr]
		}
	}
	if c == nil {
		var ok bool
		if c, ok = l.addLocked(to.Addr, to.Local); !ok {
			l.mu.Unlock()
			o.fail(errClosed)
			return
		}
		l.wg.Go(c.dial)
	}
	var err error
	switch {
	case c.stopped():
		err = errClosed
	default:
		select {
		case c.out <- o:
		default:
			err = errSlow
			c.finish()
		}
	}
	l.mu.Unlock()
	if err != nil {
		o.fail(err)
	}
}

func (c *conn) dial() {
	d := c.layer.dialer
	if s := c.layer.sockets[c.peer.Local]; s.kind == TCP && !s.bound.Addr().IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.bound.Addr(), 0))
	}
	d.Cancel = c.stop //nolint:staticcheck // the one way to end a dial without storing a context
	nc, err := d.Dial("tcp", c.peer.Addr.String())
	if err != nil {
		c.layer.log.Info("sip: a TCP peer can't be reached", "peer", c.peer.Addr, "error", err)
		c.layer.remove(c)
		return
	}
	c.serve(nc)
}

// serve runs the connection until it ends.
func (c *conn) serve(nc net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.write(nc)
		nc.Close() // also ends the reading
	}()
	c.read(nc)
	c.layer.mu.Lock()
	c.finish()
	c.layer.mu.Unlock()
	<-done
	c.layer.remove(c)
}

// write sends what is queued; once c is stopped, what is already queued goes
// out if the peer takes it within a second.
func (c *conn) write(nc net.Conn) {
	for {
		select {
		case o := <-c.out:
			_ = nc.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := nc.Write(o.data); err != nil {
				o.fail(err)
				return
			}
		case <-c.stop:
			_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
			for len(c.out) > 0 {
				o := <-c.out
				if _, err := nc.Write(o.data); err != nil {
					o.fail(err)
					return
				}
			}
			return
		}
	}
}

func (c *conn) read(nc net.Conn) {
	f := newFramer(nc)
	for {
		data, err := f.next()
		if err != nil {
			return
		}
		if data == nil { // a keep-alive of two CRLF is answered with one (RFC 5626 4.4.1)
			c.layer.ignored.Add(1)
			c.layer.Send(c.peer, []byte("\r\n"), nil)
			continue
		}
		c.layer.received.Add(1)
		c.layer.receive(&Packet{From: c.peer, Data: data, At: time.Now()})
	}
}
