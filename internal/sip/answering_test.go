package sip_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
)

// short is a T1 for tests that wait for timers: 64·T1 is 320 ms.
const short = 5 * time.Millisecond

func TestHundredCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	stop := make(chan struct{})
	var phone sync.WaitGroup
	phone.Go(func() { answerAll(s.phone, stop) })
	defer phone.Wait()
	defer close(stop)
	var wg sync.WaitGroup
	for range 100 {
		c := newCaller(t, s.srv.Addr(0))
		wg.Go(func() {
			c.invite(offer)
			for { // Fatal is not for this goroutine: the events say what is missing
				m, ok := c.read(patience)
				if !ok {
					return
				}
				if c.ok = m; strings.HasPrefix(m.start, "SIP/2.0 200") {
					break
				}
			}
			c.ack("")
			c.send(c.inDialog("BYE", 2, nil, ""))
		})
	}
	ended := 0
	for ended < 100 && !t.Failed() {
		select {
		case e := <-s.calls.events:
			if e == "caller ended false" {
				ended++
			}
		case <-time.After(patience):
			t.Fatalf("only %d calls ended", ended)
		}
	}
	wg.Wait()
	s.gone()
	if st := s.srv.Stats(); st.Total != 100 || st.Panics != 0 {
		t.Errorf("%+v", st)
	}
}

// answerAll is a phone that answers every INVITE and takes every BYE.
func answerAll(p *peer, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		m, ok := p.read(50 * time.Millisecond)
		switch {
		case !ok:
		case strings.HasPrefix(m.start, "INVITE"):
			p.send(p.reply(m, 180, "ptag", nil, ""))
			p.send(p.reply(m, 200, "ptag", nil, answer))
		case strings.HasPrefix(m.start, "BYE"):
			p.send(p.reply(m, 200, "", nil, ""))
		}
	}
}

func TestInviteCopiesAreAbsorbed(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	text := s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	for range 3 {
		s.caller.send(text)
		s.caller.expect("SIP/2.0 180")
	}
	s.phone.silent(20 * time.Millisecond)
	if st := s.srv.Stats(); st.Total != 1 {
		t.Errorf("%d calls", st.Total)
	}
}

func TestRefusalCarriesReasonAndIsRepeated(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.calls.onIncoming = func(c *testCall) { c.sig.Reject(486, cdr.Busy) }
	s.caller.invite(offer)
	m := s.caller.expect("SIP/2.0 486")
	if got := m.get("Reason"); got != `Q.850;cause=17;text="User busy"` {
		t.Errorf("Reason %s", got)
	}
	for range 3 {
		s.caller.expect("SIP/2.0 486")
	}
	s.caller.ackRefusal(m)
	s.gone()
	for { // what crossed the ACK
		if _, ok := s.caller.read(60 * time.Millisecond); !ok {
			break
		}
	}
	s.caller.silent(60 * time.Millisecond)
}

func TestAnswerIsRepeatedUntilAck(t *testing.T) {
	t.Parallel()
	s := start(t, 20*time.Millisecond)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	first := s.caller.expect("SIP/2.0 200")
	for range 3 {
		if again := s.caller.expect("SIP/2.0 200"); again.text != first.text {
			t.Fatalf("the copy differs:\n%s\n%s", first.text, again.text)
		}
	}
	s.caller.ack("")
	s.event("answered 1")
	c := <-s.calls.last
	do(c, func() {}) // the ACK has been read
	for {
		if _, ok := s.caller.read(300 * time.Millisecond); !ok {
			break
		}
		t.Log("a copy crossed the ACK")
	}
	s.noEvent()
}

func TestAnswerNeverAcknowledgedEndsBothLegs(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.caller.expect("SIP/2.0 200")
	bye := s.caller.expect("BYE")
	if got := bye.get("Reason"); !strings.HasPrefix(got, "Q.850;cause=102") {
		t.Errorf("Reason %s", got)
	}
	s.caller.send(s.caller.reply(bye, 200, "", nil, ""))
	bye = s.phone.expect("BYE")
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.event("answered 1")
	s.event("caller ended true")
	s.gone()
}

func TestHangupWaitsForAck(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.calls.onAnswered = func(c *testCall, leg call.LegID) {
		c.sig.Connect(leg)
		c.sig.Hangup(cdr.CreditExhausted)
	}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.caller.expect("SIP/2.0 200")
	bye := s.phone.expect("BYE")
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.caller.silent(50 * time.Millisecond)
	s.caller.ack("")
	bye = s.caller.expect("BYE")
	s.caller.send(s.caller.reply(bye, 200, "", nil, ""))
	s.gone()
}

func TestCancelStopsThePhone(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.event("ringing 1 180")
	s.caller.cancel()
	if m := s.caller.expect("SIP/2.0 200"); !strings.HasSuffix(m.get("CSeq"), "CANCEL") {
		t.Errorf("200 to %s", m.get("CSeq"))
	}
	s.caller.ackRefusal(s.caller.expect("SIP/2.0 487"))
	cancel := s.phone.expect("CANCEL")
	for _, name := range []string{"Via", "From", "To", "Call-ID"} {
		if cancel.get(name) != invite.get(name) {
			t.Errorf("CANCEL's %s is %q, INVITE's %q", name, cancel.get(name), invite.get(name))
		}
	}
	if cancel.uri() != invite.uri() || cancel.get("CSeq") != "1 CANCEL" || cancel.get("Contact") != "" {
		t.Errorf("CANCEL is not like its INVITE:\n%s", cancel.text)
	}
	s.phone.send(s.phone.reply(cancel, 200, "ptag", nil, ""))
	s.phone.send(s.phone.reply(invite, 487, "ptag", nil, ""))
	s.phone.expect("ACK")
	s.event("cancelled")
	s.gone()
	s.noEvent()
}

func TestCancelCrossingOurAnswerHasNoEffect(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.caller.expect("SIP/2.0 200")
	s.caller.cancel()
	if m := s.caller.peer.expect("SIP/2.0 200"); !strings.HasSuffix(m.get("CSeq"), "CANCEL") {
		t.Errorf("200 to %s", m.get("CSeq"))
	}
	s.event("answered 1")
	s.caller.ack("")
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.event("caller ended false")
	s.phone.expect("BYE")
}

func TestCancelOfNothingIs481(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.branch = 99
	s.caller.cancel()
	s.caller.expect("SIP/2.0 481")
}

func TestByeBeforeTheAnswerIsACancel(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	inviteBranch := s.caller.branch
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	if m := s.caller.peer.expect("SIP/2.0 200"); !strings.HasSuffix(m.get("CSeq"), "BYE") {
		t.Errorf("200 to %s", m.get("CSeq"))
	}
	m := s.caller.peer.expect("SIP/2.0 487")
	s.caller.branch = inviteBranch
	s.caller.ackRefusal(m)
	s.phone.expect("CANCEL")
	s.event("ringing 1 180")
	s.event("cancelled")
}

func TestEarlyMediaAndRecordRoute(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.extra = []string{"Record-Route: <sip:edge.example;lr>, <sip:core.example;lr>"}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	if invite.get("Record-Route") != "" || invite.get("Route") != "" {
		t.Error("the caller's route set leaked into the other leg")
	}
	s.phone.send(s.phone.reply(invite, 183, "ptag", nil, answer))
	m := s.caller.expect("SIP/2.0 183")
	if m.body != answer || m.get("Contact") == "" {
		t.Errorf("early media: body %q, Contact %q", m.body, m.get("Contact"))
	}
	if got := strings.Join(m.all("Record-Route"), ", "); got != "<sip:edge.example;lr>, <sip:core.example;lr>" {
		t.Errorf("Record-Route %s", got)
	}
}
