package sip

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// dialog is what a leg knows of the other side of its dialog (RFC 3261 12).
type dialog struct {
	remoteTag string
	remote    string   // To of our requests, with the tag
	target    string   // the remote target: their Contact
	routes    []string // in the order of our Route header fields
	localSeq  uint32
	remoteSeq uint32
	heard     bool           // remoteSeq is set
	fallback  transport.Peer // where to go when the target is no address
}

// refresh takes the Contact of a target refresh (RFC 3261 12.2).
func (d *dialog) refresh(contact string) {
	if contact != "" {
		d.target = contact
	}
}

// aim is the Request-URI and the Route of the next request, and where it goes
// (RFC 3261 12.2.1.1). A first hop without lr is a strict router.
func (d *dialog) aim() (uri string, routes []string, peer transport.Peer) {
	if len(d.routes) == 0 {
		return d.target, nil, hop(d.target, d.fallback)
	}
	first := uriIn(d.routes[0])
	if isLoose(first) {
		return d.target, d.routes, hop(first, d.fallback)
	}
	return first, append(slices.Clone(d.routes[1:]), "<"+d.target+">"), hop(first, d.fallback)
}

func isLoose(uri string) bool {
	_, params, _ := strings.Cut(uri, ";")
	for p := range strings.SplitSeq(params, ";") {
		name, _, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "lr") {
			return true
		}
	}
	return false
}

// hop is where a URI leads, over the transport used before. Names are not looked up: a peer that gives one is
// reached where it was reached before.
func hop(uri string, fallback transport.Peer) transport.Peer {
	var u sip.Uri
	if sip.ParseUri(uri, &u) != nil || !strings.EqualFold(u.Scheme, "sip") {
		return fallback
	}
	addr, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil || addr.IsUnspecified() || u.Port < 0 || u.Port > 65535 {
		return fallback
	}
	port := uint16(u.Port)
	if port == 0 {
		port = 5060
	}
	return fallback.At(netip.AddrPortFrom(addr.Unmap(), port))
}

// side is one leg seen as a user agent: it has a dialog, takes requests in it
// and sends some.
type side struct {
	session *session
	owner   party
	callID  string
	tag     string // ours
	local   string // From of our requests, with the tag
	dialog  *dialog
	socket  int // our socket
	kind    transport.Kind
	waiting *unacknowledged
	byeSent bool

	refresher refresher
}

// party is what differs between the caller's leg and a phone's.
type party interface {
	other() *side       // the leg it is joined to, nil while it is not
	ended(in *incoming) // BYE came; it is answered already
	lost()              // the peer does not know the dialog any more
	up() bool           // it is answered, and not ending
}

func (x *side) shard() *shard { return x.session.shard }

// contact is our Contact value.
func (x *side) contact() string {
	sh := x.shard()
	c := "<sip:" + sh.server.net.Advertised(x.socket).String()
	if x.kind == transport.TCP {
		c += ";transport=tcp"
	}
	return c + ">"
}

// newVia is the Via value of a new request and its branch.
func (sh *shard) newVia(socket int, kind transport.Kind) (via, branch string) {
	branch = branchMark + token()
	return "SIP/2.0/" + kind.String() + " " + sh.server.net.Advertised(socket).String() + ";rport;branch=" + branch, branch
}

// newRequest is a request in the dialog with the next CSeq.
func (x *side) newRequest(method string) (r wire.Request, branch string, peer transport.Peer) {
	d := x.dialog
	d.localSeq++
	return x.requestAt(d, method, d.localSeq)
}

// requestAt is a request in a dialog of the leg with a given CSeq.
func (x *side) requestAt(d *dialog, method string, seq uint32) (r wire.Request, branch string, peer transport.Peer) {
	r = wire.Request{Method: method, MaxForwards: 70, From: x.local, To: d.remote, CallID: x.callID, CSeq: seq}
	r.URI, r.Route, peer = d.aim()
	r.Via, branch = x.shard().newVia(x.socket, peer.Kind)
	return r, branch, peer
}

// reversed is a route set as the caller of a dialog sees it (RFC 3261 12.1.2).
func reversed(recordRoute []string) []string {
	out := slices.Clone(recordRoute)
	slices.Reverse(out)
	return out
}
