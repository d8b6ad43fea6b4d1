package sip

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

type legState uint8

const (
	legInviting legState = iota
	legAnswered
	legDone
)

// targetLeg is the dialog with a phone we rang.
type targetLeg struct {
	side
	id      call.LegID
	state   legState
	dropped bool // no event is told any more

	tx    *transaction.Client
	uri   string // Request-URI of the INVITE
	to    string // To of the INVITE, without tag
	peer  transport.Peer
	retry func()                    // sends the INVITE by UDP after TCP failed; nil otherwise
	seq   uint32                    // CSeq of the INVITE
	anew  func(least time.Duration) // sends the INVITE with a longer interval, once

	body     []byte // the last session description that came
	bodyType string
	acks     []sentACK
}

// sentACK is the ACK of one 2xx, to be sent again for each copy of that 2xx.
// A forked INVITE has several.
type sentACK struct {
	tag  string
	data []byte
	peer transport.Peer
}

// large is the size from which a request leaves by TCP where the trunk has it
// (RFC 3261 18.1.1).
const large = 1300

func newTargetLeg(s *session, id call.LegID) *targetLeg {
	x := &targetLeg{id: id, seq: 1}
	x.side = side{session: s, owner: x, tag: token()}
	return x
}

// invite sends the INVITE; false where there is no way to the trunk.
func (x *targetLeg) invite(to call.Destination) bool {
	s := x.session
	sh := s.shard
	route, ok := sh.server.cfg.Trunks.Outbound(to.Trunk)
	if !ok || !route.Addr.IsValid() {
		return false
	}
	if x.socket, ok = sh.server.net.Socket(route.Transport, route.Addr.Addr()); !ok {
		return false
	}
	x.kind = route.Transport
	x.peer = transport.Peer{Kind: route.Transport, Addr: route.Addr, Local: x.socket}
	host := route.Host
	if host == "" {
		host = route.Addr.String()
	}
	x.uri = "sip:" + escapeUser(to.Target) + "@" + host
	x.to = "<" + x.uri + ">"
	at := sh.server.net.Advertised(x.socket)
	x.callID = sh.server.newCallID(sh.index, at.Addr().String())
	r := s.caller.outgoing(at)
	x.local = r.From + ";tag=" + x.tag
	r.Method, r.URI, r.From, r.To, r.CallID, r.CSeq = wire.INVITE, x.uri, x.local, x.to, x.callID, x.seq
	r.Contact = x.contact()
	sh.sides[x.tag] = &x.side
	interval := sh.server.cfg.SessionExpires
	headers := r.Headers
	r.Headers = append(slices.Clone(headers), sh.server.offered(interval)...)
	x.anew = func(least time.Duration) {
		x.anew = nil
		x.seq++
		r.CSeq = x.seq
		r.Headers = append(append(slices.Clone(headers), sh.server.offered(max(interval, least))...), minSEOf(max(interval, least)))
		x.send(r, route)
	}
	x.send(r, route)
	return true
}

// send writes the INVITE and chooses its transport by its size.
func (x *targetLeg) send(r wire.Request, route TrunkRoute) {
	sh := x.shard()
	var branch string
	r.Via, branch = sh.newVia(x.socket, x.peer.Kind)
	data := sh.message(&r)
	peer := x.peer
	if len(data) > large && x.peer.Kind == UDP && route.TCP {
		x.retry = func() {
			x.retry = nil
			r.Via, branch = sh.newVia(x.socket, UDP)
			x.tx = sh.table.NewClient(&r, branch, x.peer, x)
		}
		if i, ok := sh.server.net.Socket(TCP, route.Addr.Addr()); ok {
			peer.Local = i
		}
		peer.Kind = TCP
		r.Via, branch = sh.newVia(x.socket, TCP)
		data = sh.message(&r)
	}
	x.tx = sh.table.NewClientOf(&r, data, branch, peer, x)
}

// escapeUser keeps what may stand in the user part of a URI (RFC 3261 25.1).
func escapeUser(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,;?/%", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// outgoing is what every INVITE to a phone takes from the caller's: who calls,
// what the network says of it, the session description.
func (x *callerLeg) outgoing(at netip.AddrPort) wire.Request {
	m := x.invite.Message
	r := wire.Request{MaxForwards: x.hops - 1, Body: m.Body, ContentType: m.ContentType}
	user, host := m.From.User(), at.String()
	if strings.HasSuffix(strings.ToLower(m.From.URI), "@anonymous.invalid") {
		host = "anonymous.invalid" // RFC 3323 4.1.1.3
	}
	uri := "sip:" + host
	if user != "" {
		uri = "sip:" + escapeUser(user) + "@" + host
	}
	r.From = "<" + uri + ">"
	if d := display(m.From.Display); d != "" {
		r.From = d + " " + r.From
	}
	for _, name := range [...]string{"P-Asserted-Identity", "Privacy"} {
		for _, value := range m.All(name) {
			r.Headers = append(r.Headers, wire.Header{Name: name, Value: value})
		}
	}
	r.Headers = append(r.Headers, allow, acceptSDP)
	return r
}

// display is a display name that can be written without harm: a quoted string
// as it came, other text in quotes, control characters nowhere.
func display(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	if name == "" || name[0] == '"' {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// Response implements transaction.Handler for the INVITE.
func (x *targetLeg) Response(_ *transaction.Client, m *wire.Message) {
	x.shard().current = x.session
	switch {
	case m.Status <= 100:
	case m.Status < 200:
		x.provisional(m)
	case m.Status < 300:
		x.accepted(m)
	case m.Status == 422 && x.anew != nil && x.state == legInviting && !x.dropped && wishesOf(m).least > 0:
		x.anew(wishesOf(m).least)
	default:
		x.failed(m.Status)
	}
}

// Failed implements transaction.Handler for the INVITE.
func (x *targetLeg) Failed(_ *transaction.Client, status int) {
	x.shard().current = x.session
	if status == 503 && x.retry != nil {
		if x.dropped {
			x.failed(status)
			return
		}
		x.retry()
		return
	}
	x.failed(status)
}

func (x *targetLeg) provisional(m *wire.Message) {
	if x.state != legInviting || x.dropped {
		return
	}
	if len(m.Body) > 0 {
		x.body, x.bodyType = m.Body, m.ContentType
	}
	if e := x.session.events; e != nil {
		e.Ringing(x.id, m.Status)
	}
}

// failed is a refusal, a time-out or a leg that could not be sent.
func (x *targetLeg) failed(status int) {
	if x.state != legInviting {
		return
	}
	told := x.dropped
	x.finished()
	if e := x.session.events; e != nil && !told {
		e.Failed(x.id, status)
	}
}

// finished forgets the leg.
func (x *targetLeg) finished() {
	x.state, x.body, x.retry, x.anew = legDone, nil, nil, nil
	x.stopWaiting()
	x.stopRefreshing()
	delete(x.shard().sides, x.tag)
	x.session.settle()
}

// accepted is a 2xx to the INVITE.
func (x *targetLeg) accepted(m *wire.Message) {
	for _, a := range x.acks {
		if a.tag == m.To.Tag { // a copy: the ACK was lost
			x.shard().table.Resent.Add(1)
			x.shard().server.net.Send(a.peer, a.data, nil)
			return
		}
	}
	if x.state == legInviting {
		x.dialog = x.newDialog(m)
		if len(m.Body) > 0 {
			x.body, x.bodyType = m.Body, m.ContentType
		}
		x.state, x.anew = legAnswered, nil
		x.agreed(m)
		s := x.session
		if s.caller.hasOffer || x.dropped || s.over {
			x.acknowledge(nil, "")
		} // else the caller's ACK brings the answer to the phone's offer
		if x.dropped || s.over {
			x.bye(cdr.CallerGaveUp)
			return
		}
		if s.events != nil {
			s.events.Answered(x.id)
		}
		return
	}
	if x.dialog != nil && x.dialog.remoteTag == m.To.Tag {
		return // a copy, while the ACK waits for the caller's
	}
	// Another phone behind the same INVITE answered too: it must not be left
	// answered (RFC 3261 13.2.2.4).
	d := x.newDialog(m)
	x.acknowledgeTo(d, nil, "")
	x.sendBye(d, cdr.Answered, func() {})
}

func (x *targetLeg) newDialog(m *wire.Message) *dialog {
	d := &dialog{remoteTag: m.To.Tag, remote: m.To.Raw, target: m.Contact, routes: reversed(m.RecordRoute), localSeq: x.seq, fallback: x.peer}
	if d.target == "" {
		d.target = x.uri
	}
	return d
}

// acknowledge sends the ACK of the 2xx, once.
func (x *targetLeg) acknowledge(body []byte, bodyType string) {
	if x.dialog == nil || x.acknowledged() {
		return
	}
	x.acknowledgeTo(x.dialog, body, bodyType)
}

func (x *targetLeg) acknowledged() bool {
	for _, a := range x.acks {
		if a.tag == x.dialog.remoteTag {
			return true
		}
	}
	return false
}

// acknowledgeTo sends the ACK of a 2xx: a transaction of its own with the
// INVITE's CSeq (RFC 3261 13.2.2.4).
func (x *targetLeg) acknowledgeTo(d *dialog, body []byte, bodyType string) {
	r, _, peer := x.requestAt(d, wire.ACK, x.seq)
	r.Body, r.ContentType = body, bodyType
	data := x.shard().message(&r)
	x.acks = append(x.acks, sentACK{d.remoteTag, data, peer})
	x.shard().server.net.Send(peer, data, nil)
}

// drop ends the leg however it stands.
func (x *targetLeg) drop(why cdr.Cause) {
	if x.dropped || x.state == legDone {
		return
	}
	x.dropped = true
	if x.state == legAnswered {
		x.bye(why)
		return
	}
	if x.tx == nil { // it could not be sent, and Failed is on its way
		x.finished()
		return
	}
	x.tx.Cancel([]wire.Header{cancelReason(why)})
}

// bye ends the answered leg. It stays known until the answer, for a BYE that
// crosses ours.
func (x *targetLeg) bye(why cdr.Cause) {
	x.dropped = true
	if x.byeSent {
		return
	}
	x.byeSent = true
	x.stopWaiting()
	x.stopRefreshing()
	x.acknowledge(nil, "")
	x.sendBye(x.dialog, why, x.finished)
}

// ended is the phone's BYE.
func (x *targetLeg) ended(*incoming) {
	if x.state != legAnswered || x.byeSent {
		return
	}
	x.hungUp()
}

func (x *targetLeg) hungUp() {
	told := x.dropped
	x.finished()
	s := x.session
	if s.joined == x {
		s.joined = nil
	}
	if e := s.events; e != nil && !told {
		e.LegEnded(x.id)
	}
}

// lost is the phone's dialog gone, as a failed request in it told us.
func (x *targetLeg) lost() {
	if x.state != legAnswered || x.byeSent {
		return
	}
	told := x.dropped
	x.bye(cdr.Answered)
	s := x.session
	if s.joined == x {
		s.joined = nil
	}
	if e := s.events; e != nil && !told {
		e.LegEnded(x.id)
	}
}

func (x *targetLeg) up() bool { return x.state == legAnswered && !x.byeSent }

func (x *targetLeg) other() *side {
	s := x.session
	if s.joined == x && s.caller.acked && !s.caller.done && !s.over && !x.byeSent {
		return &s.caller.side
	}
	return nil
}
