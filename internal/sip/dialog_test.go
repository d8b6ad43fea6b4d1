package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCrossingByes(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.caller.peer.expect("SIP/2.0 200")
	bye := s.phone.expect("BYE")
	s.phone.send(s.phone.request(invite, "ptag", "BYE", 1, nil, ""))
	s.phone.expect("SIP/2.0 200")
	s.phone.send(s.phone.reply(bye, 481, "", nil, ""))
	s.event("caller ended false")
	s.gone()
	s.noEvent()
}

func TestProvisionalResponseToByeIsNoFailure(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	bye := s.phone.expect("BYE")
	s.phone.send(s.phone.reply(bye, 100, "", nil, ""))
	s.phone.send(s.phone.reply(bye, 183, "", nil, ""))
	// Behind them in the same call: the dialog must still be known.
	s.phone.send(s.phone.request(invite, "ptag", "OPTIONS", 1, nil, ""))
	s.phone.expect("SIP/2.0 200")
	if n := s.srv.Stats().Calls; n != 1 {
		t.Errorf("%d calls while the BYE is not answered", n)
	}
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.gone()
}

func TestUnansweredByeEndsAnyway(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.connected()
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	for range 3 {
		s.phone.expect("BYE")
	}
	s.gone()
}

func TestUnknownDialogIs481(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	s.caller.tag = "other"
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.caller.peer.expect("SIP/2.0 481")
	s.caller.tag = "ctag"
	s.caller.callID = "another@test"
	s.caller.send(s.caller.inDialog("INFO", 3, nil, ""))
	s.caller.peer.expect("SIP/2.0 481")
	s.noEvent()
}

func TestRequestOutOfOrderIs500(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	s.caller.send(s.caller.inDialog("OPTIONS", 10, nil, ""))
	s.caller.peer.expect("SIP/2.0 200")
	s.caller.send(s.caller.inDialog("BYE", 9, nil, ""))
	s.caller.peer.expect("SIP/2.0 500")
	s.noEvent()
	s.caller.send(s.caller.inDialog("REFER", 11, nil, ""))
	if m := s.caller.peer.expect("SIP/2.0 405"); m.get("Allow") == "" {
		t.Error("405 without Allow")
	}
	s.caller.send(s.caller.inDialog("INFO", 12, []string{"Require: nothing"}, ""))
	if m := s.caller.peer.expect("SIP/2.0 420"); m.get("Unsupported") != "nothing" {
		t.Errorf("Unsupported %s", m.get("Unsupported"))
	}
}

func TestRouteSetOfBothLegs(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	// The caller sits behind a loose router: requests to it go there.
	edge := newPeer(t, "edge", s.srv.Addr(0))
	s.caller.extra = []string{fmt.Sprintf("Record-Route: <sip:%s;lr>", edge.addr()), "Record-Route: <sip:core.example;lr>"}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", []string{"Record-Route: <sip:inner.example;lr>", fmt.Sprintf("Record-Route: <sip:%s;lr=on>", s.phone.addr())}, answer))
	s.phone.expect("ACK")
	if got := strings.Join(s.caller.expect("SIP/2.0 200").all("Record-Route"), ", "); got != fmt.Sprintf("<sip:%s;lr>, <sip:core.example;lr>", edge.addr()) {
		t.Errorf("Record-Route of the 200: %s", got)
	}
	s.caller.ack("")
	s.event("answered 1")
	c := <-s.calls.last
	do(c, func() { c.sig.Hangup(hangup) })
	bye := edge.expect("BYE")
	if got := strings.Join(bye.all("Route"), ", "); got != fmt.Sprintf("<sip:%s;lr>, <sip:core.example;lr>", edge.addr()) {
		t.Errorf("Route to the caller: %s", got)
	}
	if want := "sip:caller@" + s.caller.addr().String(); bye.uri() != want {
		t.Errorf("Request-URI %s, want the Contact %s", bye.uri(), want)
	}
	bye = s.phone.expect("BYE")
	if got := strings.Join(bye.all("Route"), ", "); got != fmt.Sprintf("<sip:%s;lr=on>, <sip:inner.example;lr>", s.phone.addr()) {
		t.Errorf("Route to the phone: %s", got)
	}
}

func TestStrictRouterIsTheRequestURI(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", []string{"Record-Route: <sip:inner.example;lr>", fmt.Sprintf("Record-Route: <sip:%s>", s.phone.addr())}, answer))
	ack := s.phone.expect("ACK")
	if ack.uri() != fmt.Sprintf("sip:%s", s.phone.addr()) {
		t.Errorf("Request-URI %s", ack.uri())
	}
	if got := strings.Join(ack.all("Route"), ", "); got != fmt.Sprintf("<sip:inner.example;lr>, <sip:phone@%s>", s.phone.addr()) {
		t.Errorf("Route %s", got)
	}
}

const (
	offer2  = "v=0\r\no=a 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=sendonly\r\n"
	answer2 = "v=0\r\no=b 7 8 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 50000 RTP/AVP 8\r\na=recvonly\r\n"
)

func TestReinviteFromTheCaller(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	_, _ = s.connected()
	moved := newPeer(t, "caller", s.srv.Addr(0))
	re := s.caller.inDialog("INVITE", 2, nil, offer2)
	re = strings.Replace(re, "Contact: <sip:caller@"+s.caller.addr().String(), "Contact: <sip:caller@"+moved.addr().String(), 1)
	s.caller.send(re)
	got := s.phone.expect("INVITE")
	if got.body != offer2 || got.get("CSeq") != "2 INVITE" || param(got.get("To"), "tag") != "ptag" || got.get("Contact") == "" {
		t.Errorf("re-INVITE:\n%s", got.text)
	}
	// The phone moves with its answer.
	phone2 := newPeer(t, "phone2", s.srv.Addr(0))
	s.phone.send(strings.Replace(s.phone.reply(got, 200, "", nil, answer2), "phone@"+s.phone.addr().String(), "phone2@"+phone2.addr().String(), 1))
	ok := s.caller.peer.expect("SIP/2.0 200")
	if ok.body != answer2 {
		t.Errorf("answer %q", ok.body)
	}
	ack := phone2.expect("ACK")
	if ack.get("CSeq") != "2 ACK" {
		t.Errorf("CSeq %s", ack.get("CSeq"))
	}
	s.caller.cseq = 2
	s.caller.ack("")
	// Later requests of both legs go to the new targets.
	c := <-s.calls.last
	do(c, func() { c.sig.Hangup(hangup) })
	if bye := moved.expect("BYE"); bye.uri() != "sip:caller@"+moved.addr().String() {
		t.Errorf("BYE to %s", bye.uri())
	}
	if bye := phone2.expect("BYE"); bye.get("CSeq") != "3 BYE" {
		t.Errorf("CSeq %s", bye.get("CSeq"))
	}
	s.noEvent()
}

func TestReinviteFromThePhoneWithoutOffer(t *testing.T) {
	t.Parallel()
	s := start(t, 20*time.Millisecond)
	invite, _ := s.connected()
	s.phone.send(s.phone.request(invite, "ptag", "INVITE", 1, nil, ""))
	got := s.caller.peer.expect("INVITE")
	if got.body != "" || got.get("CSeq") != "1 INVITE" || param(got.get("To"), "tag") != "ctag" {
		t.Errorf("re-INVITE:\n%s", got.text)
	}
	s.caller.send(s.caller.reply(got, 200, "", nil, offer2))
	var ok msg
	for range 3 { // repeated to the phone until its ACK
		ok = s.phone.expect("SIP/2.0 200")
	}
	if ok.body != offer2 {
		t.Errorf("offer %q", ok.body)
	}
	ack := s.phone.request(invite, "ptag", "ACK", 1, nil, answer2)
	s.phone.send(ack)
	if a := s.caller.peer.expect("ACK"); a.body != answer2 || a.get("CSeq") != "1 ACK" {
		t.Errorf("ACK:\n%s", a.text)
	}
	s.caller.send(s.caller.reply(got, 200, "", nil, offer2))
	s.caller.peer.expect("ACK")
	// The dialog goes on after it.
	s.phone.send(s.phone.request(invite, "ptag", "BYE", 2, nil, ""))
	s.event("leg ended 1")
}

func TestGlareIs491(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.caller.send(s.caller.inDialog("INVITE", 2, nil, offer2))
	got := s.phone.expect("INVITE")
	s.phone.send(s.phone.request(invite, "ptag", "INVITE", 1, nil, offer2))
	s.phone.expect("SIP/2.0 491")
	s.phone.send(s.phone.request(invite, "ptag", "UPDATE", 2, nil, offer2))
	s.phone.expect("SIP/2.0 491")
	// A second one from the same side while the first is open.
	s.caller.send(s.caller.inDialog("INVITE", 3, nil, offer2))
	if m := s.caller.peer.expect("SIP/2.0 500"); m.get("Retry-After") == "" {
		t.Error("500 without Retry-After")
	}
	s.phone.send(s.phone.reply(got, 491, "", nil, ""))
	s.caller.peer.expect("SIP/2.0 491")
}

func TestReinviteBeforeTheFirstAckIs491(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.caller.expect("SIP/2.0 200")
	s.phone.expect("ACK")
	s.phone.send(s.phone.request(invite, "ptag", "INVITE", 1, nil, offer2))
	s.phone.expect("SIP/2.0 491")
}

func TestRefusedReinviteLeavesTheCallUp(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.caller.send(s.caller.inDialog("INVITE", 2, nil, offer2))
	got := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(got, 488, "", []string{"Warning: 305 x \"no\""}, ""))
	if m := s.caller.peer.expect("SIP/2.0 488"); m.get("Warning") == "" {
		t.Error("Warning was lost")
	}
	s.phone.send(s.phone.request(invite, "ptag", "INFO", 1, []string{"Info-Package: dtmf"}, "Signal=5\r\n"))
	info := s.caller.peer.expect("INFO")
	if info.body != "Signal=5\r\n" || info.get("Info-Package") != "dtmf" {
		t.Errorf("INFO:\n%s", info.text)
	}
	s.caller.send(s.caller.reply(info, 200, "", nil, ""))
	s.phone.expect("SIP/2.0 200")
	s.noEvent()
}

func TestReinviteTo481EndsTheLeg(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	s.caller.send(s.caller.inDialog("INVITE", 2, nil, offer2))
	got := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(got, 481, "", nil, ""))
	s.caller.peer.expect("SIP/2.0 481")
	s.phone.expect("BYE")
	s.event("leg ended 1")
}

func TestCancelledReinvite(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	s.caller.send(s.caller.inDialog("INVITE", 2, nil, offer2))
	got := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(got, 180, "", nil, ""))
	s.caller.peer.expect("SIP/2.0 180")
	cancel := s.caller.inDialog("CANCEL", 2, nil, "")
	s.caller.branch--
	cancel = strings.Replace(cancel, fmt.Sprintf("branch=z9hG4bKc%d", s.caller.branch+1), fmt.Sprintf("branch=z9hG4bKc%d", s.caller.branch), 1)
	s.caller.send(cancel)
	s.caller.peer.expect("SIP/2.0 200")
	c := s.phone.expect("CANCEL")
	s.phone.send(s.phone.reply(c, 200, "", nil, ""))
	s.phone.send(s.phone.reply(got, 487, "", nil, ""))
	s.phone.expect("ACK")
	s.caller.peer.expect("SIP/2.0 487")
	s.noEvent()
	if n := s.srv.Stats().Calls; n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestUpdateBothWays(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.caller.send(s.caller.inDialog("UPDATE", 2, nil, offer2))
	got := s.phone.expect("UPDATE")
	if got.body != offer2 {
		t.Errorf("offer %q", got.body)
	}
	s.phone.send(s.phone.reply(got, 200, "", []string{"Contact: <sip:phone@" + s.phone.addr().String() + ">"}, answer2))
	if m := s.caller.peer.expect("SIP/2.0 200"); m.body != answer2 || m.get("Contact") == "" {
		t.Errorf("200:\n%s", m.text)
	}
	s.phone.send(s.phone.request(invite, "ptag", "UPDATE", 1, nil, offer))
	got = s.caller.peer.expect("UPDATE")
	s.caller.send(s.caller.reply(got, 200, "", nil, answer))
	s.phone.expect("SIP/2.0 200")
	// One without an offer only refreshes.
	s.phone.send(s.phone.request(invite, "ptag", "UPDATE", 2, nil, ""))
	s.phone.expect("SIP/2.0 200")
	s.caller.silent(30 * time.Millisecond)
}

func TestCallEndsUnderAReinvite(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	s.caller.send(s.caller.inDialog("INVITE", 2, nil, offer2))
	got := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(got, 100, "", nil, ""))
	s.caller.send(s.caller.inDialog("BYE", 3, nil, ""))
	s.caller.peer.expect("SIP/2.0 487")
	s.caller.peer.expect("SIP/2.0 200")
	s.event("caller ended false")
	var cancel, bye msg
	for cancel.text == "" || bye.text == "" {
		m, ok := s.phone.read(patience)
		if !ok {
			t.Fatal("no CANCEL or no BYE came")
		}
		switch {
		case strings.HasPrefix(m.start, "CANCEL"):
			cancel = m
		case strings.HasPrefix(m.start, "BYE"):
			bye = m
		}
	}
	s.phone.send(s.phone.reply(got, 200, "", nil, answer2)) // crosses the CANCEL
	s.phone.expect("ACK")
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.gone()
}
