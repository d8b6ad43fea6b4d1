package siptest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

func token() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// dialog is what one side of a dialog knows (RFC 3261 §12).
type dialog struct {
	callID string
	local  string // From or To of this side, with its tag
	remote string
	target string // the peer's Contact
	routes []string
	self   netip.AddrPort
	peer   netip.AddrPort // where requests are sent
}

// nextHop is where requests inside the dialog go: its first Route, else the
// peer's Contact (RFC 3261 §12.2.1.1). A name instead of an address keeps the
// peer that was talked to before.
func (d *dialog) nextHop() netip.AddrPort {
	text := d.target
	if len(d.routes) > 0 {
		text = angle(d.routes[0])
	}
	var uri sip.Uri
	if sip.ParseUri(text, &uri) != nil {
		return d.peer
	}
	ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if err != nil {
		return d.peer
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// request writes a request inside the dialog, and its branch.
func (d *dialog) request(method string, cseq uint32, body string, extra ...string) (text, branch string) {
	branch = "z9hG4bK" + token()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, d.target, d.self, branch)
	for _, r := range d.routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", d.local, d.remote, d.callID, cseq, method)
	for _, h := range extra {
		b.WriteString(h + "\r\n")
	}
	finish(&b, body)
	return b.String(), branch
}

func finish(b *strings.Builder, body string) {
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

// respond writes a response to a request. tag is added to To where it has
// none.
func respond(req *sip.Request, status int, reason, tag, body string, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", status, reason)
	for _, name := range []string{"Via", "Record-Route"} {
		for _, h := range req.GetHeaders(name) {
			b.WriteString(h.String() + "\r\n")
		}
	}
	to := req.To().Value()
	if _, tagged := req.To().Params.Get("tag"); !tagged && status > 100 {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n",
		req.From().Value(), to, req.CallID().Value(), req.CSeq().Value())
	for _, h := range extra {
		b.WriteString(h + "\r\n")
	}
	finish(&b, body)
	return b.String()
}

// headers is what requests and responses have in common.
type headers interface {
	GetHeader(name string) sip.Header
	GetHeaders(name string) []sip.Header
}

// header is the value of a header, empty when the message has none.
func header(m headers, name string) string {
	if h := m.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}

func values(m headers, name string) []string {
	var out []string
	for _, h := range m.GetHeaders(name) {
		out = append(out, h.Value())
	}
	return out
}

// sessionDescription offers or answers one G.711 A-law stream (RFC 4566).
func sessionDescription(at netip.AddrPort) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		at.Addr(), at.Addr(), at.Port())
}

// audioAddress is where a session description wants its audio; not valid when
// it names none.
func audioAddress(sdp []byte) netip.AddrPort {
	var addr netip.Addr
	port := 0
	for _, line := range strings.Split(string(sdp), "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			addr, _ = netip.ParseAddr(rest) // stays invalid: no audio then
		} else if rest, ok := strings.CutPrefix(line, "m=audio "); ok {
			text, _, _ := strings.Cut(rest, " ")
			port, _ = strconv.Atoi(text) // 0: refused stream
		}
	}
	if !addr.IsValid() || port < 1 || port > 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, uint16(port))
}

func angle(uri string) string {
	if start := strings.IndexByte(uri, '<'); start >= 0 {
		if end := strings.IndexByte(uri[start:], '>'); end > 0 {
			return uri[start+1 : start+end]
		}
	}
	uri, _, _ = strings.Cut(uri, ";")
	return uri
}

// phrase is the reason phrase of a refusal (RFC 3261 §21).
func phrase(status int) string {
	switch status {
	case 404:
		return "Not Found"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 503:
		return "Service Unavailable"
	case 600:
		return "Busy Everywhere"
	case 603:
		return "Decline"
	}
	return "Refused"
}
