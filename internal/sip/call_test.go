package sip_test

import (
	"strings"
	"testing"
)

func TestBasicCall(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	if invite.body != offer || invite.get("Content-Type") != "application/sdp" {
		t.Errorf("the offer was changed: %q", invite.body)
	}
	if want := "sip:13800138000@" + s.phone.addr().String(); invite.uri() != want {
		t.Errorf("Request-URI %s, want %s", invite.uri(), want)
	}
	if invite.get("Max-Forwards") != "69" {
		t.Errorf("Max-Forwards %s", invite.get("Max-Forwards"))
	}
	if from := invite.get("From"); !strings.HasPrefix(from, "<sip:02188886666@"+s.srv.Addr(0).String()+">;tag=") {
		t.Errorf("From %s", from)
	}
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	ack := s.phone.expect("ACK")
	if ack.get("CSeq") != "1 ACK" || ack.uri() != "sip:phone@"+s.phone.addr().String() {
		t.Errorf("ACK %s CSeq %s", ack.start, ack.get("CSeq"))
	}
	ok := s.caller.expect("SIP/2.0 200")
	if ok.body != answer {
		t.Errorf("the answer was changed: %q", ok.body)
	}
	s.caller.ack("")
	s.event("ringing 1 180")
	s.event("answered 1")
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.caller.expect("SIP/2.0 200")
	bye := s.phone.expect("BYE")
	if bye.get("CSeq") != "2 BYE" || !strings.HasPrefix(bye.get("Reason"), "Q.850;cause=16") {
		t.Errorf("BYE CSeq %s Reason %s", bye.get("CSeq"), bye.get("Reason"))
	}
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.event("caller ended false")
	s.gone()
}

func TestPhoneHangsUp(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	invite, _ := s.connected()
	s.phone.send(s.phone.request(invite, "ptag", "BYE", 1, nil, ""))
	s.phone.expect("SIP/2.0 200")
	s.event("leg ended 1")
	c := <-s.calls.last
	do(c, func() { c.sig.Hangup(hangup) })
	bye := s.caller.expect("BYE")
	s.caller.send(s.caller.reply(bye, 200, "", nil, ""))
	s.gone()
	s.noEvent()
}
