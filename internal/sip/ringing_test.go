package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip"
)

func TestWhoCallsIsPassedOn(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.from = `"Zhang \"San\"" <sip:+8613912345678@carrier.example;user=phone>`
	s.caller.extra = []string{"P-Asserted-Identity: <sip:+8613912345678@carrier.example>", "P-Asserted-Identity: <tel:+8613912345678>", "Max-Forwards-X: 1"}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	if got, want := invite.get("From"), `"Zhang \"San\"" <sip:+8613912345678@`+s.srv.Addr(0).String()+">;tag="; !strings.HasPrefix(got, want) {
		t.Errorf("From %s, want %s…", got, want)
	}
	if got := invite.all("P-Asserted-Identity"); len(got) != 2 || got[1] != "<tel:+8613912345678>" {
		t.Errorf("P-Asserted-Identity %q", got)
	}
	c := <-s.calls.last
	if c.in.Caller != "+8613912345678" || c.in.Dialled != "4008001234" || c.in.Trunk != "carrier" || c.in.SIPCallID != s.caller.callID {
		t.Errorf("%+v", c.in)
	}
}

func TestAnonymousCaller(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.from = `"Anonymous" <sip:anonymous@anonymous.invalid>`
	s.caller.extra = []string{"P-Asserted-Identity: <sip:13912345678@carrier.example>", "Privacy: id"}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	if got := invite.get("From"); !strings.HasPrefix(got, `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=`) {
		t.Errorf("From %s", got)
	}
	if invite.get("Privacy") != "id" {
		t.Error("Privacy was lost")
	}
	if c := <-s.calls.last; c.in.Caller != "" {
		t.Errorf("caller %q", c.in.Caller)
	}
}

func TestSilentPhoneIs408(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.caller.invite(offer)
	for range 4 {
		s.phone.expect("INVITE")
	}
	s.event("failed 1 408")
}

func TestNoWayToTheTrunkIs503(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.calls.onIncoming = func(c *testCall) { c.sig.Ring(1, call.Destination{Target: "1", Trunk: "none"}) }
	s.caller.invite(offer)
	s.event("failed 1 503")
	c := <-s.calls.last
	do(c, func() { c.sig.Reject(503, cdr.Unreachable) })
	if m := s.caller.expect("SIP/2.0 503"); m.get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	s.gone()
}

func TestManyProvisionalResponsesDoNotEndTheCall(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	for range 15 {
		s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
		s.caller.expect("SIP/2.0 180")
		s.event("ringing 1 180")
	}
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.caller.expect("SIP/2.0 200")
}

func TestSecondForkIsAcknowledgedAndEnded(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	for _, tag := range []string{"f1", "f2", "f3"} {
		s.phone.send(s.phone.reply(invite, 180, tag, nil, ""))
		s.caller.expect("SIP/2.0 180")
	}
	s.phone.send(s.phone.reply(invite, 200, "f2", nil, answer))
	if ack := s.phone.expect("ACK"); param(ack.get("To"), "tag") != "f2" {
		t.Errorf("ACK to %s", ack.get("To"))
	}
	s.phone.send(s.phone.reply(invite, 200, "f3", nil, answer))
	if ack := s.phone.expect("ACK"); param(ack.get("To"), "tag") != "f3" {
		t.Errorf("ACK to %s", ack.get("To"))
	}
	bye := s.phone.expect("BYE")
	if param(bye.get("To"), "tag") != "f3" {
		t.Errorf("BYE to %s", bye.get("To"))
	}
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	// A copy of either 2xx gets its own ACK again, and no second BYE.
	s.phone.send(s.phone.reply(invite, 200, "f3", nil, answer))
	if ack := s.phone.expect("ACK"); param(ack.get("To"), "tag") != "f3" {
		t.Errorf("ACK to %s", ack.get("To"))
	}
	s.phone.silent(30 * time.Millisecond)
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	if bye := s.phone.expect("BYE"); param(bye.get("To"), "tag") != "f2" {
		t.Errorf("BYE to %s", bye.get("To"))
	}
}

func TestAckIsRepeatedForEachCopyOfTheAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	routes := []string{"Record-Route: <sip:" + s.phone.addr().String() + ";lr>", "Record-Route: <sip:inner.example;lr>"}
	ok := s.phone.reply(invite, 200, "ptag", routes, answer)
	s.phone.send(ok)
	first := s.phone.expect("ACK")
	if got := strings.Join(first.all("Route"), " "); got != "<sip:inner.example;lr> <sip:"+s.phone.addr().String()+";lr>" {
		t.Errorf("Route %s", got)
	}
	if first.get("CSeq") != "1 ACK" || first.get("Via") == invite.get("Via") {
		t.Errorf("CSeq %s, Via %s", first.get("CSeq"), first.get("Via"))
	}
	for range 3 {
		s.phone.send(ok)
		if again := s.phone.expect("ACK"); again.text != first.text {
			t.Fatalf("the ACK's copy differs:\n%s\n%s", first.text, again.text)
		}
	}
}

func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.caller.cancel()
	s.caller.ackRefusal(s.caller.expect("SIP/2.0 487"))
	s.event("cancelled")
	s.phone.silent(50 * time.Millisecond)
	s.phone.send(s.phone.reply(invite, 100, "", nil, ""))
	cancel := s.phone.expect("CANCEL")
	s.phone.send(s.phone.reply(cancel, 200, "", nil, ""))
	s.phone.send(s.phone.reply(invite, 487, "ptag", nil, ""))
	s.phone.expect("ACK")
	s.gone()
}

func TestAnswerThatCrossesTheCancelIsEnded(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.caller.cancel()
	s.caller.ackRefusal(s.caller.expect("SIP/2.0 487"))
	cancel := s.phone.expect("CANCEL")
	s.phone.send(s.phone.reply(cancel, 200, "ptag", nil, ""))
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.phone.expect("ACK")
	bye := s.phone.expect("BYE")
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.event("ringing 1 180")
	s.event("cancelled")
	s.gone()
	s.noEvent()
}

func TestAnswerBeforeTheHeldBackCancelIsEnded(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.caller.cancel()
	s.caller.ackRefusal(s.caller.expect("SIP/2.0 487"))
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.phone.expect("ACK")
	bye := s.phone.expect("BYE")
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.gone()
}

func TestCancelledLegThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.caller.cancel()
	s.caller.ackRefusal(s.caller.expect("SIP/2.0 487"))
	s.phone.expect("CANCEL")
	s.gone()
}

func TestRefusalsOfAPhone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 401, 404, 407, 480, 486, 500, 503, 603} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := start(t, 0)
			s.caller.invite(offer)
			invite := s.phone.expect("INVITE")
			s.phone.send(s.phone.reply(invite, status, "ptag", []string{"Contact: <sip:elsewhere@192.0.2.1>"}, ""))
			ack := s.phone.expect("ACK")
			if ack.get("Via") != invite.get("Via") || ack.get("CSeq") != "1 ACK" || param(ack.get("To"), "tag") != "ptag" || ack.uri() != invite.uri() {
				t.Errorf("ACK:\n%s", ack.text)
			}
			s.event(fmt.Sprintf("failed 1 %d", status))
			s.phone.send(s.phone.reply(invite, status, "ptag", nil, ""))
			s.phone.expect("ACK")
			s.noEvent()
		})
	}
}

func TestSimultaneousRingTheOthersStop(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	second := newPeer(t, "second", s.srv.Addr(0))
	s.trunks.mu.Lock()
	s.trunks.routes["second"] = sip.TrunkRoute{Addr: second.addr(), Host: "pbx.example"}
	s.trunks.mu.Unlock()
	s.calls.onIncoming = func(c *testCall) {
		c.sig.Ring(1, call.Destination{Target: "13800138000", Trunk: "phone"})
		c.sig.Ring(2, call.Destination{Target: "8001", Trunk: "second"})
	}
	s.calls.onAnswered = func(c *testCall, leg call.LegID) {
		c.sig.Drop(2, cdr.Answered)
		c.sig.Connect(leg)
	}
	s.caller.invite(offer)
	one, two := s.phone.expect("INVITE"), second.expect("INVITE")
	if two.uri() != "sip:8001@pbx.example" {
		t.Errorf("Request-URI %s", two.uri())
	}
	second.send(second.reply(two, 180, "x", nil, ""))
	s.event("ringing 2 180")
	s.phone.send(s.phone.reply(one, 200, "ptag", nil, answer))
	cancel := second.expect("CANCEL")
	if got := cancel.get("Reason"); !strings.HasPrefix(got, "SIP;cause=200") {
		t.Errorf("Reason %s: the phone would show a missed call", got)
	}
	second.send(second.reply(cancel, 200, "x", nil, ""))
	second.send(second.reply(two, 487, "x", nil, ""))
	second.expect("ACK")
	s.caller.expect("SIP/2.0 200")
}

func TestOfferlessInvite(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite("")
	invite := s.phone.expect("INVITE")
	if invite.body != "" {
		t.Errorf("body %q", invite.body)
	}
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, offer))
	if m := s.caller.expect("SIP/2.0 200"); m.body != offer {
		t.Errorf("the phone's offer did not reach the caller: %q", m.body)
	}
	s.phone.silent(30 * time.Millisecond) // its ACK needs the caller's answer
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, offer))
	s.phone.silent(30 * time.Millisecond)
	s.caller.ack(answer)
	ack := s.phone.expect("ACK")
	if ack.body != answer || ack.get("Content-Type") != "application/sdp" {
		t.Errorf("ACK:\n%s", ack.text)
	}
}

func TestOfferlessInviteWhoseCallerIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, short)
	s.caller.invite("")
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, offer))
	s.caller.expect("SIP/2.0 200")
	s.phone.expect("ACK") // when the caller's never came
	s.phone.expect("BYE")
	s.event("answered 1")
	s.event("caller ended true")
}
