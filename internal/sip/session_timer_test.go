package sip_test

import (
	"strings"
	"testing"
	"time"
)

// intervals makes session timers as short as a test needs them.
func intervals(d time.Duration) func(*sipConfig) {
	return func(c *sipConfig) { c.SessionExpires, c.MinSE = d, time.Second }
}

// Who refreshes is agreed on with each party by itself (RFC 4028 section 9): the caller
// as it wishes, a phone always by itself.
func TestSessionTimerIsAgreedOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller  []string
		want    string // Session-Expires of the 200
		require string
	}{
		"nothing said":                      {nil, "", ""},
		"only known":                        {[]string{"Supported: timer"}, "1800;refresher=uac", "timer"},
		"shorter":                           {[]string{"Supported: 100rel, timer", "Session-Expires: 120"}, "120;refresher=uac", "timer"},
		"longer":                            {[]string{"Supported: timer", "Session-Expires: 7200;refresher=uac"}, "1800;refresher=uac", "timer"},
		"longer, and no shorter will do":    {[]string{"Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"}, "3600;refresher=uac", "timer"},
		"compact":                           {[]string{"k: timer", "x: 300;refresher=uac"}, "300;refresher=uac", "timer"},
		"ours, by UPDATE":                   {[]string{"Supported: timer", "Session-Expires: 120;refresher=uas", "Allow: INVITE, UPDATE"}, "120;refresher=uas", ""},
		"ours, where it takes no UPDATE":    {[]string{"Supported: timer", "Session-Expires: 120;refresher=uas", "Allow: INVITE"}, "", ""},
		"required":                          {[]string{"Require: timer", "Session-Expires: 600"}, "600;refresher=uac", "timer"},
		"wished for without knowing timers": {[]string{"Session-Expires: 120"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, 0)
			s.caller.extra = c.caller
			s.caller.invite(offer)
			invite := s.phone.expect("INVITE")
			if got := invite.get("Session-Expires"); got != "1800;refresher=uas" || invite.get("Supported") != "timer" {
				t.Errorf("the phone is offered %q", got)
			}
			s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
			s.phone.expect("ACK")
			ok := s.caller.expect("SIP/2.0 200")
			s.caller.ack("")
			if ok.get("Session-Expires") != c.want || ok.get("Require") != c.require {
				t.Errorf("Session-Expires %q, Require %q", ok.get("Session-Expires"), ok.get("Require"))
			}
		})
	}
}

// An interval that is too short is refused with the least that is taken, before the
// call and in it; a phone that wants a longer one gets it.
func TestSessionIntervalTooSmall(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.extra = []string{"Supported: timer", "Session-Expires: 30"}
	s.caller.invite(offer)
	m := s.caller.expect("SIP/2.0 422")
	if m.get("Min-SE") != "90" {
		t.Errorf("Min-SE %q", m.get("Min-SE"))
	}
	s.caller.ackRefusal(m)

	s = start(t, 0)
	s.caller.invite(offer)
	first := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(first, 422, "ptag", []string{"Min-SE: 3600"}, ""))
	s.phone.expect("ACK")
	again := s.phone.expect("INVITE")
	if again.get("Session-Expires") != "3600;refresher=uas" || again.get("Min-SE") != "3600" || again.get("CSeq") != "2 INVITE" || again.get("Call-ID") != first.get("Call-ID") || again.body != first.body {
		t.Errorf("the second INVITE is\n%s", again.text)
	}
	s.phone.send(s.phone.reply(again, 200, "ptag", []string{"Session-Expires: 3600;refresher=uas", "Require: timer"}, answer))
	if ack := s.phone.expect("ACK"); ack.get("CSeq") != "2 ACK" {
		t.Errorf("CSeq %s", ack.get("CSeq"))
	}
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.event("answered 1")
	s.caller.send(s.caller.inDialog("UPDATE", 2, []string{"Supported: timer", "Session-Expires: 10"}, ""))
	if m := s.caller.peer.expect("SIP/2.0 422"); m.get("Min-SE") != "90" {
		t.Errorf("Min-SE %q", m.get("Min-SE"))
	}
	s.caller.send(s.caller.inDialog("BYE", 3, nil, ""))
	bye := s.phone.expect("BYE")
	if bye.get("CSeq") != "3 BYE" {
		t.Errorf("CSeq %s", bye.get("CSeq"))
	}
	s.phone.send(s.phone.reply(bye, 200, "", nil, ""))
	s.event("caller ended false")
	s.gone()

	s = start(t, 0) // a phone that is never content is a phone that refused
	s.caller.invite(offer)
	for range 2 {
		s.phone.send(s.phone.reply(s.phone.expect("INVITE"), 422, "ptag", []string{"Min-SE: 3600"}, ""))
		s.phone.expect("ACK")
	}
	s.event("failed 1 422")
}

// A caller that promised to refresh and does not is gone: both parties get BYE, and
// the call ends.
func TestCallerThatDoesNotRefreshIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(3*time.Second))
	s.caller.extra = []string{"Supported: timer"}
	invite, _ := s.connected()
	// One refresh is answered with what was agreed on, and puts the end off.
	s.caller.send(s.caller.inDialog("UPDATE", 2, []string{"Supported: timer", "Session-Expires: 3;refresher=uac"}, ""))
	if m := s.caller.peer.expect("SIP/2.0 200"); m.get("Session-Expires") != "3;refresher=uac" || m.get("Require") != "timer" {
		t.Errorf("the refresh is answered with\n%s", m.text)
	}
	s.phone.send(s.phone.reply(s.phone.expect("BYE"), 200, "", nil, ""))
	s.caller.send(s.caller.reply(s.caller.peer.expect("BYE"), 200, "", nil, ""))
	s.event("caller ended false")
	s.gone()
	if n := s.srv.Stats().Expired; n != 1 {
		t.Errorf("%d legs expired", n)
	}
	_ = invite
}

// A phone that agreed to refresh and is silent is gone too.
func TestPhoneThatDoesNotRefreshIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(3*time.Second))
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", []string{"Session-Expires: 3;refresher=uas", "Require: timer"}, answer))
	s.phone.expect("ACK")
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.event("answered 1")
	s.phone.send(s.phone.reply(s.phone.expect("BYE"), 200, "", nil, ""))
	s.event("leg ended 1")
}

// A party that knows no session timers but takes UPDATE is asked whether it is there.
// It is asked again as long as it says so, and its 481 ends the call.
func TestPartyIsAskedWhetherItIsThere(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(2*time.Second))
	s.caller.extra = []string{"Allow: INVITE, ACK, BYE, CANCEL, UPDATE"}
	s.connected()
	for range 2 {
		update := s.caller.peer.expect("UPDATE")
		if update.body != "" || update.get("Contact") == "" || !strings.Contains(update.get("Supported"), "timer") || update.get("Session-Expires") != "" {
			t.Errorf("it is asked by\n%s", update.text)
		}
		s.caller.send(s.caller.reply(update, 200, "", nil, ""))
	}
	s.caller.send(s.caller.reply(s.caller.peer.expect("UPDATE"), 481, "", nil, ""))
	s.phone.send(s.phone.reply(s.phone.expect("BYE"), 200, "", nil, ""))
	s.caller.send(s.caller.reply(s.caller.peer.expect("BYE"), 481, "", nil, ""))
	s.event("caller ended false")
	s.gone()
}

// A party whose UPDATE was an empty promise is not asked again, and stays.
func TestPartyWithoutUpdateStays(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(time.Second))
	s.caller.extra = []string{"Allow: UPDATE"}
	s.connected()
	s.caller.send(s.caller.reply(s.caller.peer.expect("UPDATE"), 501, "", nil, ""))
	s.caller.silent(1500 * time.Millisecond)
	s.noEvent()
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.phone.send(s.phone.reply(s.phone.expect("BYE"), 200, "", nil, ""))
	s.event("caller ended false")
	s.gone()
}

// An interval that is agreed on while the phone still rings counts from the answer on.
func TestNoRefreshBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(time.Second))
	s.caller.extra = []string{"Supported: timer"}
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.caller.send(s.caller.inDialog("UPDATE", 2, []string{"Supported: timer", "Session-Expires: 1;refresher=uac"}, ""))
	s.caller.peer.expect("SIP/2.0 200")
	s.caller.silent(1200 * time.Millisecond)
	s.event("ringing 1 180")
	s.noEvent()
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	s.phone.expect("ACK")
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.event("answered 1")
	s.event("caller ended false")
}

// A phone that names a very short interval is not taken for gone: below 90 s no call is
// ended (RFC 4028 section 5).
func TestVeryShortIntervalEndsNoCall(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 200, "ptag", []string{"Session-Expires: 1;refresher=uas", "Require: timer"}, answer))
	s.phone.expect("ACK")
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.event("answered 1")
	s.phone.silent(1500 * time.Millisecond)
	s.noEvent()
}

// A party that refuses our interval and names none that is longer is not asked again at
// once: the two would never stop.
func TestRefusedIntervalIsNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, 0, intervals(4*time.Second))
	s.caller.extra = []string{"Supported: timer", "Allow: UPDATE", "Session-Expires: 4;refresher=uas"}
	s.connected()
	for _, least := range [][]string{nil, {"Min-SE: 2"}} {
		update := s.caller.peer.expect("UPDATE")
		s.caller.send(s.caller.reply(update, 422, "", least, ""))
		s.caller.silent(300 * time.Millisecond) // the next comes after an eighth of the interval
	}
	s.caller.send(s.caller.reply(s.caller.peer.expect("UPDATE"), 422, "", []string{"Min-SE: 60"}, ""))
	if update := s.caller.peer.expect("UPDATE"); update.get("Session-Expires") != "60;refresher=uac" {
		t.Errorf("Session-Expires %s", update.get("Session-Expires"))
	}
	s.noEvent()
}
