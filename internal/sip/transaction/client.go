package transaction

import (
	"time"

	"sibai/internal/sip/loop"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// Handler is told what becomes of a request. It is called on the loop, never
// before NewClient has returned.
type Handler interface {
	// Response: a response came. Of an INVITE every provisional one and every
	// 2xx, copies and forks too, and the first refusal, which is acknowledged
	// already; of another request every provisional and the final one.
	Response(c *Client, m *wire.Message)
	// Failed: no final response came (408), or the request could not be sent
	// (503). Nothing follows.
	Failed(c *Client, status int)
}

// Client is a request that was sent, until its answer is certain.
type Client struct {
	table      *Table
	key        key
	branch     string
	handler    Handler
	request    wire.Request // without body and optional fields; for ACK and CANCEL
	peer       transport.Peer
	isInvite   bool
	state      state
	data       []byte // the request, for copies; later the ACK of a refusal
	interval   time.Duration
	retransmit loop.Timer
	end        loop.Timer

	cancelling bool          // Cancel was called
	cancelled  bool          // and CANCEL was sent
	cancelWith []wire.Header // its header fields
}

// NewClient sends a request to peer. branch is the one in r.Via.
func (t *Table) NewClient(r *wire.Request, branch string, peer transport.Peer, h Handler) *Client {
	data := r.Append(make([]byte, 0, 512+len(r.Body)))
	return t.NewClientOf(r, data, branch, peer, h)
}

// NewClientOf is NewClient where the request was written already.
func (t *Table) NewClientOf(r *wire.Request, data []byte, branch string, peer transport.Peer, h Handler) *Client {
	c := &Client{table: t, key: t.hash(0, branch, r.Method), branch: branch, handler: h, request: *r, peer: peer,
		isInvite: r.Method == wire.INVITE, state: calling, data: data}
	c.request.Body, c.request.Headers = nil, nil
	t.clients[c.key] = c
	t.loop.Set(&c.end, t.timers.Timeout(), c.timeout) // B, F
	if !c.reliable() {
		c.interval = t.timers.T1
		t.loop.Set(&c.retransmit, c.interval, c.resend) // A, E
	}
	c.send(data)
	return c
}

func (c *Client) reliable() bool { return c.peer.Kind == transport.TCP }

// Peer is where the request was sent.
func (c *Client) Peer() transport.Peer { return c.peer }

// Handle gives what follows to another handler.
func (c *Client) Handle(h Handler) { c.handler = h }

func (c *Client) send(data []byte) {
	c.table.sender.Send(c.peer, data, func(error) {
		c.table.loop.Post(func() {
			if c.state == calling || c.state == proceeding && c.reliable() && !c.isInvite {
				c.fail(503)
			}
		})
	})
}

// resend is timer A or E.
func (c *Client) resend() {
	switch {
	case c.state == calling:
		c.interval *= 2
		if !c.isInvite {
			c.interval = min(c.interval, c.table.timers.T2)
		}
	case c.state == proceeding && !c.isInvite:
		c.interval = c.table.timers.T2
	default:
		return
	}
	c.table.Resent.Add(1)
	c.send(c.data)
	c.table.loop.Set(&c.retransmit, c.interval, c.resend)
}

func (c *Client) timeout() { c.fail(408) }

func (c *Client) fail(status int) {
	c.terminate()
	c.handler.Failed(c, status)
}

func (c *Client) terminate() {
	c.state = terminated
	c.table.loop.Stop(&c.retransmit)
	c.table.loop.Stop(&c.end)
	delete(c.table.clients, c.key)
}

func (c *Client) response(m *wire.Message) {
	if !c.isInvite {
		if m.Status >= 200 {
			c.terminate()
		} else {
			c.state = proceeding
		}
		c.handler.Response(c, m)
		return
	}
	switch {
	case c.state == completed:
		if m.Status >= 300 { // a copy: the ACK was lost
			c.table.Resent.Add(1)
			c.table.sender.Send(c.peer, c.data, nil)
		}
		return
	case c.state == accepted:
		if m.Status/100 == 2 {
			c.handler.Response(c, m)
		}
		return
	case m.Status < 200:
		c.provisional()
	case m.Status < 300:
		c.table.loop.Stop(&c.retransmit)
		c.state, c.data, c.request = accepted, nil, wire.Request{}
		c.table.loop.Set(&c.end, c.table.timers.Timeout(), c.terminate) // M
	default:
		c.refused(m)
	}
	c.handler.Response(c, m)
}

// provisional is the first 1xx: the request has arrived, so that it is not
// sent again and a CANCEL that waited may follow (RFC 3261 9.1).
func (c *Client) provisional() {
	if c.state != calling {
		return
	}
	c.state, c.data = proceeding, nil
	c.table.loop.Stop(&c.retransmit)
	c.table.loop.Stop(&c.end)
	if c.cancelling {
		c.sendCancel()
	}
}

// refused acknowledges a refusal (RFC 3261 17.1.1.3).
func (c *Client) refused(m *wire.Message) {
	ack := wire.Request{Method: wire.ACK, URI: c.request.URI, Via: c.request.Via, MaxForwards: 70,
		From: c.request.From, To: m.To.Raw, CallID: c.request.CallID, CSeq: c.request.CSeq, Route: c.request.Route}
	c.data = ack.Append(make([]byte, 0, 512))
	c.state, c.request = completed, wire.Request{}
	c.table.loop.Stop(&c.retransmit)
	c.table.sender.Send(c.peer, c.data, nil)
	if c.reliable() {
		c.terminate()
		return
	}
	c.table.loop.Set(&c.end, c.table.timers.Timeout(), c.terminate) // D
}

// Cancel asks the other side to give the INVITE up. CANCEL is held back until
// a provisional response came (RFC 3261 9.1). A final response still comes to
// the handler, or Failed with 408, 64·T1 after the CANCEL at the latest.
func (c *Client) Cancel(headers []wire.Header) {
	if !c.isInvite || c.cancelling || c.state != calling && c.state != proceeding {
		return
	}
	c.cancelling, c.cancelWith = true, headers
	if c.state == proceeding {
		c.sendCancel()
	}
}

func (c *Client) sendCancel() {
	if c.cancelled {
		return
	}
	c.cancelled = true
	r := wire.Request{Method: wire.CANCEL, URI: c.request.URI, Via: c.request.Via, MaxForwards: 70,
		From: c.request.From, To: c.request.To, CallID: c.request.CallID, CSeq: c.request.CSeq,
		Route: c.request.Route, Headers: c.cancelWith}
	c.table.NewClient(&r, c.branch, c.peer, ignore{})
	c.table.loop.Set(&c.end, c.table.timers.Timeout(), c.timeout)
}

// ignore is the handler of requests whose answer changes nothing.
type ignore struct{}

func (ignore) Response(*Client, *wire.Message) {}
func (ignore) Failed(*Client, int)             {}
