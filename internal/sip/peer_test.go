package sip_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 5 * time.Second

// peer is a user agent made of a socket and text: the test says every message.
type peer struct {
	t    *testing.T
	name string
	conn *net.UDPConn
	to   netip.AddrPort // the server
}

func newPeer(t *testing.T, name string, to netip.AddrPort) *peer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t: t, name: name, conn: c, to: to}
}

func (p *peer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// order tells the race detector what it can't see through sockets: what a
// test did before it sent a message happened before the server read it.
var order sync.Mutex

func ordered() {
	order.Lock()
	order.Unlock() //nolint:staticcheck // the lock and unlock are the point
}

func (p *peer) send(text string) {
	p.t.Helper()
	ordered()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(text), p.to); err != nil {
		p.t.Fatal(err)
	}
}

// read returns the next message, or false when none came in time.
func (p *peer) read(wait time.Duration) (msg, bool) {
	p.t.Helper()
	buf := make([]byte, 65535)
	p.conn.SetReadDeadline(time.Now().Add(wait))
	n, _, err := p.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		return msg{}, false
	}
	return parseText(string(buf[:n])), true
}

// expect returns the next message that starts with start. What comes before
// it must be a copy of something or 100.
func (p *peer) expect(start string) msg {
	p.t.Helper()
	var seen []string
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		m, ok := p.read(time.Until(deadline))
		if !ok {
			break
		}
		if strings.HasPrefix(m.start, start) {
			return m
		}
		seen = append(seen, m.start)
	}
	p.t.Fatalf("%s: no %q came; got %q", p.name, start, seen)
	return msg{}
}

// silent fails the test when anything comes within d.
func (p *peer) silent(d time.Duration) {
	p.t.Helper()
	if m, ok := p.read(d); ok {
		p.t.Fatalf("%s: expected silence, got\n%s", p.name, m.text)
	}
}

// msg is a message as text.
type msg struct {
	text, start string
	fields      [][2]string
	body        string
}

func parseText(text string) msg {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := msg{text: text, start: lines[0], body: body}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		m.fields = append(m.fields, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return m
}

// get is the first field of that name, all its values.
func (m msg) get(name string) string {
	if all := m.all(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (m msg) all(name string) []string {
	var out []string
	for _, f := range m.fields {
		if strings.EqualFold(f[0], name) {
			out = append(out, f[1])
		}
	}
	return out
}

func (m msg) uri() string { return strings.Fields(m.start)[1] }

// param is what stands after name= in value.
func param(value, name string) string {
	_, after, ok := strings.Cut(value, name+"=")
	if !ok {
		return ""
	}
	end := strings.IndexAny(after, ";>, ")
	if end < 0 {
		return after
	}
	return after[:end]
}

// contactURI is the URI in a Contact value.
func contactURI(value string) string {
	value = strings.TrimPrefix(value, "<")
	if i := strings.IndexByte(value, '>'); i >= 0 {
		return value[:i]
	}
	return value
}

// text puts a message together; Content-Length is added.
func text(start string, fields []string, body string) string {
	var b strings.Builder
	b.WriteString(start + "\r\n")
	for _, f := range fields {
		if f != "" {
			b.WriteString(f + "\r\n")
		}
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// reply is a response to a request the peer got.
func (p *peer) reply(m msg, status int, tag string, extra []string, body string) string {
	var fields []string
	for _, v := range m.all("Via") {
		fields = append(fields, "Via: "+v)
	}
	for _, v := range m.all("Record-Route") {
		fields = append(fields, "Record-Route: "+v)
	}
	to := m.get("To")
	if tag != "" && !strings.Contains(to, "tag=") {
		to += ";tag=" + tag
	}
	fields = append(fields, "From: "+m.get("From"), "To: "+to, "Call-ID: "+m.get("Call-ID"), "CSeq: "+m.get("CSeq"))
	if status > 100 && status < 300 && strings.HasSuffix(m.get("CSeq"), "INVITE") {
		fields = append(fields, fmt.Sprintf("Contact: <sip:%s@%s>", p.name, p.addr()))
	}
	fields = append(fields, extra...)
	if body != "" {
		fields = append(fields, "Content-Type: application/sdp")
	}
	return text(fmt.Sprintf("SIP/2.0 %d X", status), fields, body)
}

const (
	offer  = "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
	answer = "v=0\r\no=b 7 7 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 50000 RTP/AVP 8\r\n"
)

// uac is the caller's side of one dialog.
type uac struct {
	*peer
	callID, tag string
	branch      int
	cseq        int
	extra       []string // added to the INVITE
	from        string   // display and URI of From
	ok          msg      // the last response to INVITE
}

func newCaller(t *testing.T, to netip.AddrPort) *uac {
	p := newPeer(t, "caller", to)
	return &uac{peer: p, callID: fmt.Sprintf("%s-%d@test", strings.ReplaceAll(t.Name(), "/", "-"), p.addr().Port()), tag: "ctag", from: "<sip:02188886666@carrier.example>"}
}

func (u *uac) via() string {
	return fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bKc%d", u.addr(), u.branch)
}

// invite sends the INVITE of the call and returns it.
func (u *uac) invite(body string) string {
	u.t.Helper()
	u.cseq, u.branch = 1, u.branch+1
	fields := []string{u.via(), "Max-Forwards: 70", "From: " + u.from + ";tag=" + u.tag,
		"To: <sip:4008001234@sibai.example>", "Call-ID: " + u.callID, "CSeq: 1 INVITE",
		fmt.Sprintf("Contact: <sip:caller@%s>", u.addr())}
	fields = append(fields, u.extra...)
	if body != "" {
		fields = append(fields, "Content-Type: application/sdp")
	}
	m := text(fmt.Sprintf("INVITE sip:4008001234@%s SIP/2.0", u.to), fields, body)
	u.send(m)
	return m
}

// expect keeps the last final response to INVITE, to build what follows on.
func (u *uac) expect(start string) msg {
	u.t.Helper()
	m := u.peer.expect(start)
	if strings.HasSuffix(m.get("CSeq"), "INVITE") && strings.HasPrefix(m.start, "SIP/2.0") {
		u.ok = m
	}
	return m
}

// inDialog is a request in the answered dialog.
func (u *uac) inDialog(method string, cseq int, extra []string, body string) string {
	u.branch++
	uri := contactURI(u.ok.get("Contact"))
	fields := []string{u.via(), "Max-Forwards: 70", "From: " + u.from + ";tag=" + u.tag, "To: " + u.ok.get("To"),
		"Call-ID: " + u.callID, fmt.Sprintf("CSeq: %d %s", cseq, method), fmt.Sprintf("Contact: <sip:caller@%s>", u.addr())}
	fields = append(fields, extra...)
	if body != "" {
		fields = append(fields, "Content-Type: application/sdp")
	}
	return text(method+" "+uri+" SIP/2.0", fields, body)
}

func (u *uac) ack(body string) { u.send(u.inDialog("ACK", u.cseq, nil, body)) }

// ackRefusal acknowledges a final response of 300 and up, in the INVITE's
// transaction.
func (u *uac) ackRefusal(m msg) {
	u.send(text(fmt.Sprintf("ACK sip:4008001234@%s SIP/2.0", u.to), []string{u.via(), "Max-Forwards: 70",
		"From: " + u.from + ";tag=" + u.tag, "To: " + m.get("To"), "Call-ID: " + u.callID, "CSeq: 1 ACK"}, ""))
}

func (u *uac) cancel() {
	u.send(text(fmt.Sprintf("CANCEL sip:4008001234@%s SIP/2.0", u.to), []string{u.via(), "Max-Forwards: 70",
		"From: " + u.from + ";tag=" + u.tag, "To: <sip:4008001234@sibai.example>", "Call-ID: " + u.callID, "CSeq: 1 CANCEL"}, ""))
}

// request is a request of a phone in the dialog its INVITE made.
func (p *peer) request(invite msg, tag, method string, cseq int, extra []string, body string) string {
	fields := []string{fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s%s%d", p.addr(), p.name, method, cseq),
		"Max-Forwards: 70", "From: " + invite.get("To") + ";tag=" + tag, "To: " + invite.get("From"),
		"Call-ID: " + invite.get("Call-ID"), fmt.Sprintf("CSeq: %d %s", cseq, method),
		fmt.Sprintf("Contact: <sip:%s@%s>", p.name, p.addr())}
	fields = append(fields, extra...)
	if body != "" {
		fields = append(fields, "Content-Type: application/sdp")
	}
	return text(fmt.Sprintf("%s %s SIP/2.0", method, contactURI(invite.get("Contact"))), fields, body)
}
