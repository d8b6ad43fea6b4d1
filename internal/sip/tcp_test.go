package sip_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sibai/internal/sip"
)

// stream is a peer over one TCP connection.
type stream struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (s *stream) send(text string) {
	s.t.Helper()
	ordered()
	if _, err := io.WriteString(s.conn, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stream) expect(start string) msg {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		var b strings.Builder
		length := 0
		for {
			line, err := s.r.ReadString('\n')
			if err != nil {
				s.t.Fatalf("no %q came: %v", start, err)
			}
			b.WriteString(line)
			fmt.Sscanf(line, "Content-Length: %d", &length)
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(s.r, body); err != nil {
			s.t.Fatal(err)
		}
		if m := parseText(b.String() + string(body)); strings.HasPrefix(m.start, start) {
			return m
		}
	}
}

func withTCP(c *sip.Config) {
	c.Listen = append(c.Listen, sip.Listen{Kind: sip.TCP, Addr: netip.MustParseAddrPort("127.0.0.1:0")})
}

func dialTCP(t *testing.T, to netip.AddrPort) *stream {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &stream{t, c, bufio.NewReader(c)}
}

// tcpPhone listens and hands out its first connection.
func tcpPhone(t *testing.T) (netip.AddrPort, func() *stream) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort(), func() *stream {
		l.SetDeadline(time.Now().Add(patience))
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return &stream{t, c, bufio.NewReader(c)}
	}
}

func TestCallOverTCP(t *testing.T) {
	t.Parallel()
	s := start(t, 0, withTCP)
	addr, accept := tcpPhone(t)
	s.trunks.mu.Lock()
	s.trunks.routes["phone"] = sip.TrunkRoute{Addr: addr, Transport: sip.TCP}
	s.trunks.mu.Unlock()
	caller := dialTCP(t, s.srv.Addr(1))
	invite := strings.ReplaceAll(s.caller.outside("INVITE"), "SIP/2.0/UDP", "SIP/2.0/TCP")
	// Two messages in one segment, then one in pieces, and keep-alives.
	options := strings.ReplaceAll(s.caller.outside("OPTIONS"), "SIP/2.0/UDP", "SIP/2.0/TCP")
	caller.send("\r\n\r\n" + options + options[:40])
	caller.expect("SIP/2.0 200")
	caller.send(options[40:])
	caller.expect("SIP/2.0 200")
	caller.send(invite)
	caller.expect("SIP/2.0 100")
	phone := accept()
	got := phone.expect("INVITE")
	if !strings.HasPrefix(got.get("Via"), "SIP/2.0/TCP ") || !strings.Contains(got.get("Contact"), "transport=tcp") {
		t.Errorf("Via %s Contact %s", got.get("Via"), got.get("Contact"))
	}
	phone.send(s.phone.reply(got, 200, "ptag", nil, offer))
	ok := caller.expect("SIP/2.0 200")
	s.caller.ok = ok
	caller.send(strings.ReplaceAll(s.caller.inDialog("ACK", 1, nil, answer), s.caller.callID, ok.get("Call-ID")))
	if ack := phone.expect("ACK"); ack.body != answer {
		t.Errorf("ACK:\n%s", ack.text)
	}
	caller.send(strings.ReplaceAll(s.caller.inDialog("BYE", 2, nil, ""), s.caller.callID, ok.get("Call-ID")))
	caller.expect("SIP/2.0 200")
	bye := phone.expect("BYE")
	phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.gone()
}

func TestTCPGarbageClosesTheConnection(t *testing.T) {
	t.Parallel()
	s := start(t, 0, withTCP)
	for _, garbage := range []string{
		"OPTIONS sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n",
		"OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
		"OPTIONS sip:x SIP/2.0\r\nl: 5\r\nContent-Length: 6\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 70),
		strings.Repeat("z", 70_000),
	} {
		c := dialTCP(t, s.srv.Addr(1))
		_, _ = io.WriteString(c.conn, garbage)
		c.conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.r.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("%.40q: the connection stays: %v", garbage, err)
		}
	}
}

func TestRefusedTCPConnectionIs503(t *testing.T) {
	t.Parallel()
	s := start(t, 0, withTCP)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	s.trunks.mu.Lock()
	s.trunks.routes["phone"] = sip.TrunkRoute{Addr: addr, Transport: sip.TCP}
	s.trunks.mu.Unlock()
	s.caller.invite(offer)
	s.event("failed 1 503")
}

func TestLargeInviteLeavesByTCP(t *testing.T) {
	t.Parallel()
	s := start(t, 0, withTCP)
	addr, accept := tcpPhone(t)
	s.trunks.mu.Lock()
	s.trunks.routes["phone"] = sip.TrunkRoute{Addr: addr, TCP: true}
	s.trunks.mu.Unlock()
	large := offer + strings.Repeat("a=fmtp:8 x=yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 40)
	s.caller.invite(large)
	got := accept().expect("INVITE")
	if got.body != large || !strings.HasPrefix(got.get("Via"), "SIP/2.0/TCP ") {
		t.Errorf("INVITE:\n%s", got.text)
	}
}

func TestLargeInviteFallsBackToUDP(t *testing.T) {
	t.Parallel()
	large := offer + strings.Repeat("a=fmtp:8 x=yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 80)
	for _, tcp := range []bool{true, false} { // refused, or not offered by the trunk
		s := start(t, 0, withTCP)
		s.trunks.mu.Lock()
		s.trunks.routes["phone"] = sip.TrunkRoute{Addr: s.phone.addr(), TCP: tcp}
		s.trunks.mu.Unlock()
		s.caller.invite(large)
		got := s.phone.expect("INVITE")
		if got.body != large || !strings.HasPrefix(got.get("Via"), "SIP/2.0/UDP ") {
			t.Errorf("INVITE:\n%s", got.text)
		}
		s.phone.send(s.phone.reply(got, 200, "ptag", nil, answer))
		s.phone.expect("ACK")
		s.caller.expect("SIP/2.0 200")
	}
}
