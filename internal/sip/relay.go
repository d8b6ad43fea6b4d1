package sip

import (
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/wire"
)

// relay is a request that passes from one side of a joined call to the other,
// and its response back: re-INVITE, UPDATE, INFO. Bodies pass as they are.
type relay struct {
	from, to *side
	in       *incoming
	out      *transaction.Client
	seq      uint32 // CSeq on the other side
	answered bool   // a final response was passed back
	left     bool   // the call ended under it
	target   *dialog
	ack      *sentACK // of the other side's 2xx, for its copies
}

// passedOn are the header fields that go with a passed request or response.
var passedOn = [...]string{"Info-Package", "Content-Disposition", "MIME-Version"}

// pass sends in on to the other side.
func pass(from, to *side, in *incoming) {
	r := &relay{from: from, to: to, in: in, target: to.dialog}
	s := from.session
	isInvite := in.Method == wire.INVITE
	if isInvite || in.Method == wire.UPDATE {
		s.offer = r
	}
	if isInvite {
		in.tx.Respond(100, (&wire.Response{To: in.Message, Source: in.source, Status: 100}).Append(nil))
		if tx, ok := in.tx.(*transaction.Server); ok {
			tx.User = r
		}
	}
	req, branch, peer := to.newRequest(in.Method)
	r.seq = req.CSeq
	if in.MaxForwards > 0 {
		req.MaxForwards = in.MaxForwards - 1
	}
	if in.Method != wire.INFO {
		req.Contact = to.contact()
	}
	req.Headers = passed(in.Message)
	if in.Method != wire.INFO {
		req.Headers = append(req.Headers, to.again()...)
	}
	req.Body, req.ContentType = in.Body, in.ContentType
	r.out = s.shard.table.NewClient(&req, branch, peer, r)
}

func passed(m *wire.Message) []wire.Header {
	var out []wire.Header
	for _, name := range passedOn {
		if v, ok := m.Get(name); ok {
			out = append(out, wire.Header{Name: name, Value: v})
		}
	}
	return out
}

func (r *relay) isInvite() bool { return r.in.Method == wire.INVITE }

func (r *relay) ourTag() string { return r.from.tag }

// cancelled passes a CANCEL of the re-INVITE on; the final response comes by
// the usual way.
func (r *relay) cancelled() {
	r.from.session.shard.current = r.from.session
	r.out.Cancel(nil)
}

// Response implements transaction.Handler.
func (r *relay) Response(_ *transaction.Client, m *wire.Message) {
	s := r.from.session
	s.shard.current = s
	if r.ack != nil { // a copy of the 2xx
		s.shard.table.Resent.Add(1)
		s.shard.server.net.Send(r.ack.peer, r.ack.data, nil)
		return
	}
	if r.answered {
		if m.Status/100 == 2 && r.isInvite() && r.left {
			r.acknowledge(nil, "")
		}
		return
	}
	switch {
	case m.Status < 200:
		if m.Status > 100 && r.isInvite() {
			r.back(m)
		}
	case m.Status < 300:
		r.accepted(m)
	default:
		r.refused(m.Status, m)
	}
}

// Failed implements transaction.Handler.
func (r *relay) Failed(_ *transaction.Client, status int) {
	s := r.from.session
	s.shard.current = s
	if !r.answered {
		r.refused(status, nil)
	}
}

// back passes a response to where the request came from.
func (r *relay) back(m *wire.Message) {
	resp := r.response(m)
	r.in.tx.Respond(resp.Status, r.from.shard().message(&resp))
}

func (r *relay) response(m *wire.Message) wire.Response {
	resp := wire.Response{To: r.in.Message, Source: r.in.source, Status: m.Status, Tag: r.from.tag,
		Headers: passed(m), Body: m.Body, ContentType: m.ContentType}
	if r.in.Method != wire.INFO {
		resp.Contact = r.from.contact()
		resp.Headers = append(resp.Headers, allow)
		if m.Status >= 200 {
			resp.Headers = append(resp.Headers, r.from.agree(r.in.Message)...)
		}
	}
	return resp
}

func (r *relay) accepted(m *wire.Message) {
	r.answered = true
	if r.in.Method != wire.INFO {
		r.to.dialog.refresh(m.Contact)
		r.to.agreed(m)
		r.from.dialog.refresh(r.in.Contact)
	}
	if !r.isInvite() {
		r.back(m)
		r.finished()
		return
	}
	offered := len(r.in.Body) > 0
	if offered {
		r.acknowledge(nil, "")
	}
	r.from.await(r.in, r.response(m), func(ack *wire.Message) {
		if !offered {
			r.acknowledge(ack.Body, ack.ContentType)
		}
		r.finished()
	}, func() {
		r.acknowledge(nil, "")
		r.finished()
		r.from.owner.lost()
	})
}

// acknowledge sends the ACK of the other side's 2xx, once.
func (r *relay) acknowledge(body []byte, bodyType string) {
	if r.ack != nil {
		return
	}
	req, _, peer := r.to.requestAt(r.target, wire.ACK, r.seq)
	req.Body, req.ContentType = body, bodyType
	r.ack = &sentACK{data: r.to.shard().message(&req), peer: peer}
	r.to.shard().server.net.Send(peer, r.ack.data, nil)
}

// refused passes a failure back. A challenge can't be passed: its credentials
// are ours to give, not the other side's. m is nil where none came.
func (r *relay) refused(status int, m *wire.Message) {
	r.answered = true
	gone := status == 408 || status == 481 // RFC 3261 12.2.1.2
	if status == 401 || status == 407 {
		status = 403
	}
	resp := wire.Response{To: r.in.Message, Source: r.in.source, Status: status, Tag: r.from.tag}
	if m != nil {
		if v, ok := m.Get("Retry-After"); ok {
			resp.Headers = append(resp.Headers, wire.Header{Name: "Retry-After", Value: v})
		}
		if v, ok := m.Get("Warning"); ok {
			resp.Headers = append(resp.Headers, wire.Header{Name: "Warning", Value: v})
		}
	}
	r.in.tx.Respond(status, resp.Append(nil))
	r.finished()
	if gone {
		r.to.owner.lost()
	}
}

// abandon answers the request when the call ends under it.
func (r *relay) abandon() {
	r.left = true
	if !r.answered {
		r.answered = true
		resp := wire.Response{To: r.in.Message, Source: r.in.source, Status: 487, Tag: r.from.tag}
		r.in.tx.Respond(487, resp.Append(nil))
		if r.isInvite() && r.out != nil {
			r.out.Cancel(nil)
		}
	} else if r.isInvite() {
		r.acknowledge(nil, "")
	}
	r.finished()
}

func (r *relay) finished() {
	if s := r.from.session; s.offer == r {
		s.offer = nil
	}
}
