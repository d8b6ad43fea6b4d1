package sip_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
)

// outside is a request outside every dialog, with its parts exchangeable.
func (u *uac) outside(method string, replace ...string) string {
	u.branch++
	m := text(fmt.Sprintf("%s sip:4008001234@%s SIP/2.0", method, u.to), []string{u.via(), "Max-Forwards: 70",
		"From: " + u.from + ";tag=" + u.tag, "To: <sip:4008001234@sibai.example>", fmt.Sprintf("Call-ID: %d-%s", u.branch, u.callID),
		"CSeq: 1 " + method, fmt.Sprintf("Contact: <sip:caller@%s>", u.addr())}, "")
	return strings.NewReplacer(replace...).Replace(m)
}

func TestRequestsOutsideDialogs(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	u := s.caller
	for _, c := range []struct{ name, text, want, field string }{
		{"OPTIONS", u.outside("OPTIONS"), "SIP/2.0 200", "Allow: INVITE"},
		{"OPTIONS says what it accepts", u.outside("OPTIONS"), "SIP/2.0 200", "Accept: application/sdp"},
		{"a method we do not have", u.outside("SUBSCRIBE"), "SIP/2.0 405", "Allow: INVITE"},
		{"a method nobody has", u.outside("NEWMETHOD"), "SIP/2.0 405", "Allow: INVITE"},
		{"BYE without a dialog", u.outside("BYE"), "SIP/2.0 481", ""},
		{"an extension we do not have", u.outside("INVITE", "CSeq: 1", "Require: 100rel, foo\r\nCSeq: 1"), "SIP/2.0 420", "Unsupported: 100rel, foo"},
		{"another version", u.outside("INVITE", "SIP/2.0\r\n", "SIP/3.0\r\n"), "SIP/2.0 505", ""},
		{"another scheme", u.outside("INVITE", "INVITE sip:", "INVITE http:"), "SIP/2.0 416", ""},
		{"no hop left", u.outside("INVITE", "Max-Forwards: 70", "Max-Forwards: 0"), "SIP/2.0 483", ""},
		{"no Contact", u.outside("INVITE", "Contact:", "X-Contact:"), "SIP/2.0 400", ""},
		{"another body", u.outside("INVITE", "Content-Length: 0", "Content-Type: text/plain\r\nContent-Length: 2") + "hi", "SIP/2.0 415", "Accept: application/sdp"},
		{"nothing acceptable", u.outside("INVITE", "CSeq: 1", "Accept: text/nobody\r\nCSeq: 1"), "SIP/2.0 406", ""},
		{"no Call-ID value but a To", u.outside("OPTIONS", "Max-Forwards: 70", "Max-Forwards: many"), "SIP/2.0 400", ""},
		{"a request that we sent", u.outside("INVITE", "Max-Forwards", fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK.sbabc\r\nMax-Forwards", s.srv.Addr(0))), "SIP/2.0 482", ""},
	} {
		u.send(c.text)
		m := u.peer.expect("SIP/2.0")
		if !strings.HasPrefix(m.start, c.want) || !strings.Contains(m.text, c.field) {
			t.Errorf("%s: got %s, want %s with %q", c.name, m.start, c.want, c.field)
		}
		if m.get("Server") != "Sibai" || !strings.Contains(m.get("To"), ";tag=") {
			t.Errorf("%s: Server %q, To %q", c.name, m.get("Server"), m.get("To"))
		}
		if got := m.get("Via"); !strings.Contains(got, fmt.Sprintf(";rport=%d;received=127.0.0.1", u.addr().Port())) {
			t.Errorf("%s: Via %s", c.name, got)
		}
	}
	if st := s.srv.Stats(); st.Total != 0 {
		t.Errorf("%d calls were made", st.Total)
	}
}

func TestMergedInviteIs482(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	first := s.caller.invite(offer)
	s.phone.expect("INVITE")
	s.caller.send(strings.Replace(first, "branch=z9hG4bKc1", "branch=z9hG4bKother", 1))
	s.caller.peer.expect("SIP/2.0 482")
}

func TestResponseGoesToTheViaPortWithoutRport(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	other := newPeer(t, "other", s.srv.Addr(0))
	m := s.caller.outside("OPTIONS", s.caller.addr().String()+";rport;branch", other.addr().String()+";branch")
	s.caller.send(m)
	other.expect("SIP/2.0 200")
}

func TestStrangersGetOneAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.trunks.mu.Lock()
	s.trunks.closed = true
	s.trunks.mu.Unlock()
	s.caller.send(s.caller.outside("OPTIONS"))
	s.caller.send(s.caller.outside("REGISTER"))
	s.caller.send(s.caller.outside("INVITE"))
	m := s.caller.peer.expect("SIP/2.0")
	if !strings.HasPrefix(m.start, "SIP/2.0 403") {
		t.Errorf("got %s", m.start)
	}
	for range 5 {
		s.caller.send(s.caller.outside("INVITE"))
		s.caller.send(s.caller.outside("BYE"))
		s.caller.send("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: broken\r\n\r\n")
	}
	s.caller.silent(50 * time.Millisecond)
	if st := s.srv.Stats(); st.Total != 0 || st.Strangers != 13 {
		t.Errorf("%+v", st)
	}
}

func TestKeepAlivesAreIgnored(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	for _, noise := range []string{"\r\n\r\n", "\r\n", "\x00", strings.Repeat("\x00\x01\x00\x08\x21\x12\xa4\x42", 5), "\x01\x01\x00\x00 abcdefghijklmnopqrstuvwxyz", "hello"} {
		s.caller.send(noise)
	}
	s.caller.send(s.caller.outside("OPTIONS"))
	s.caller.peer.expect("SIP/2.0 200")
	if st := s.srv.Stats(); st.Ignored != 6 || st.Malformed != 0 {
		t.Errorf("%+v", st)
	}
}

// What cannot be worked with is counted, and the log says once where it came
// from.
func TestMalformedMessagesAreToldOnce(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	s := start(t, 0, func(c *sipConfig) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 5 {
		s.caller.send("INVITE sip:4001234567@127.0.0.1 SIP/2.0\r\nCall-ID: x\r\nCSeq: nonsense\r\n\r\n")
		s.caller.send("INVITE sip:4001234567@127.0.0.1 SIP/2.0\r\n\r\n")
	}
	for deadline := time.Now().Add(patience); s.srv.Stats().Malformed < 10 && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	if n := s.srv.Stats().Malformed; n != 10 {
		t.Errorf("%d were counted", n)
	}
	if n := strings.Count(log.String(), "could not be worked with"); n != 1 || !strings.Contains(log.String(), "127.0.0.1") {
		t.Errorf("told %d times:\n%s", n, &log)
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestPanicEndsTheCallAndNoOther(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"incoming", "ringing", "posted"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			s := start(t, 0, func(c *sipConfig) { c.Loops = 1 })
			ring := s.calls.onIncoming
			s.calls.onIncoming = func(c *testCall) {
				if strings.HasPrefix(c.in.SIPCallID, "bad") && when == "incoming" {
					panic(when)
				}
				ring(c)
			}
			s.calls.onRinging = func(c *testCall, leg call.LegID, status int) {
				if strings.HasPrefix(c.in.SIPCallID, "bad") && when == "ringing" {
					panic(when)
				}
				c.sig.Progress(status, leg)
			}
			s.connected()
			<-s.calls.last
			bad := newCaller(t, s.srv.Addr(0))
			bad.callID = "bad-" + bad.callID
			bad.invite(offer)
			if when != "incoming" {
				invite := s.phone.expect("INVITE")
				s.phone.send(s.phone.reply(invite, 180, "x", nil, ""))
				if when == "posted" {
					bad.expect("SIP/2.0 180")
					(<-s.calls.last).run.Post(func() { panic(when) })
				}
				cancel := s.phone.expect("CANCEL")
				s.phone.send(s.phone.reply(cancel, 200, "x", nil, ""))
				s.phone.send(s.phone.reply(invite, 487, "x", nil, ""))
				s.event("ringing 1 180")
				s.event("aborted internal_error")
			}
			bad.ackRefusal(bad.expect("SIP/2.0 500"))
			if st := s.srv.Stats(); st.Panics != 1 {
				t.Errorf("%d panics", st.Panics)
			}
			s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
			s.caller.peer.expect("SIP/2.0 200")
			s.event("caller ended false")
		})
	}
}

func TestPanicOutsideACallEndsNone(t *testing.T) {
	t.Parallel()
	s := start(t, 0, func(c *sipConfig) { c.Loops = 1 })
	s.connected()
	do(<-s.calls.last, func() {}) // the loop worked for this call last
	s.trunks.mu.Lock()
	s.trunks.panics = true
	s.trunks.mu.Unlock()
	s.caller.send(s.caller.outside("OPTIONS"))
	for deadline := time.Now().Add(patience); s.srv.Stats().Panics == 0 && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	s.noEvent()
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.caller.peer.expect("SIP/2.0 200")
	s.event("caller ended false")
	if n := s.srv.Stats().Panics; n != 1 {
		t.Errorf("%d panics", n)
	}
}

func TestPanicAfterTheAnswerHangsUp(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	c := <-s.calls.last
	do(c, func() { c.run.After(0, func() { panic("late") }) })
	for _, p := range []*peer{s.caller.peer, s.phone} {
		bye := p.expect("BYE")
		p.send(p.reply(bye, 200, "", nil, ""))
	}
	s.event("aborted internal_error")
	s.gone()
}

func TestAccepterThatDoesNothingIs500(t *testing.T) {
	t.Parallel()
	s := start(t, 0, func(c *sipConfig) { c.Accepter = nobody{} })
	s.caller.invite(offer)
	s.caller.expect("SIP/2.0 500")
}

type nobody struct{}

func (nobody) Incoming(call.Incoming, call.Signals, call.Loop) call.Events { return nil }

func TestOrdersThatNoLongerFitDoNothing(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	c := <-s.calls.last
	do(c, func() {
		c.sig.Connect(1) // not answered
		c.sig.Connect(7) // no such leg
		c.sig.Drop(7, cdr.NoAnswer)
		c.sig.Hangup(cdr.Answered) // not answered
		c.sig.Ring(1, call.Destination{Target: "2", Trunk: "phone"})
		c.sig.Progress(200, 1)
		c.sig.Reject(200, cdr.Busy)
		c.sig.Reject(480, cdr.NoAnswer)
		c.sig.Reject(486, cdr.Busy)
		c.sig.Ring(2, call.Destination{Target: "2", Trunk: "phone"})
		c.sig.Progress(180, 1)
	})
	m := s.caller.peer.expect("SIP/2.0 480")
	s.caller.ackRefusal(m)
	s.phone.send(s.phone.reply(invite, 100, "", nil, ""))
	s.phone.expect("CANCEL")
	s.phone.send(s.phone.reply(invite, 487, "x", nil, ""))
	s.gone()
	s.noEvent()
}
