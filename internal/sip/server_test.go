package sip_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/sip"
)

func TestStopLetsCallsEnd(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	stopped := make(chan error, 2)
	for range 2 { // twice is safe
		go func() { stopped <- s.srv.Stop(context.Background()) }()
	}
	late := newCaller(t, s.srv.Addr(0))
	late.callID = "late-" + late.callID
	for { // until the stop has begun
		late.invite(offer)
		m := late.peer.expect("SIP/2.0")
		if strings.HasPrefix(m.start, "SIP/2.0 100") {
			m = late.peer.expect("SIP/2.0")
		}
		if strings.HasPrefix(m.start, "SIP/2.0 503") {
			if m.get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			late.ackRefusal(m)
			break
		}
		t.Fatalf("a call while stopping: %s", m.start)
	}
	select {
	case <-stopped:
		t.Fatal("stopped under a running call")
	default:
	}
	s.caller.send(s.caller.inDialog("BYE", 2, nil, ""))
	s.caller.peer.expect("SIP/2.0 200")
	s.phone.send(s.phone.reply(s.phone.expect("BYE"), 200, "", nil, ""))
	for range 2 {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
}

func TestStopEndsCallsWhenItsContextDoes(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.connected()
	ringing := newCaller(t, s.srv.Addr(0))
	ringing.callID = "ringing-" + ringing.callID
	ringing.invite(offer)
	invite := s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "x", nil, ""))
	ringing.expect("SIP/2.0 180")
	s.event("ringing 1 180")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.srv.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if m := s.caller.peer.expect("BYE"); !strings.HasPrefix(m.get("Reason"), "Q.850;cause=41") {
		t.Errorf("Reason %s", m.get("Reason"))
	}
	ringing.expect("SIP/2.0 503")
	seen := map[string]bool{}
	for range 2 {
		m, _ := s.phone.read(patience)
		seen[strings.Fields(m.start)[0]] = true
	}
	if !seen["BYE"] || !seen["CANCEL"] {
		t.Errorf("the phone got %v", seen)
	}
	for range 2 {
		s.event("aborted node_stopped")
	}
	// The loops of ended calls still take what comes late.
	c := <-s.calls.last
	do(c, func() { c.sig.Reject(500, cdr.InternalError) })
}

func TestBindErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	cfg := sip.Config{Trunks: s.trunks, Accepter: s.calls}
	for _, c := range []struct {
		listen sip.Listen
		want   string
	}{
		{sip.Listen{Kind: sip.UDP, Addr: s.srv.Addr(0)}, "another program has this port in use"},
		{sip.Listen{Kind: sip.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}, "this machine does not have that address"},
		{sip.Listen{Kind: sip.UDP, Addr: netip.MustParseAddrPort("0.0.0.0:0")}, "set the address that the trunks reach it under"},
	} {
		cfg.Listen = []sip.Listen{c.listen}
		_, err := sip.New(cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.listen.Addr.String()) {
			t.Errorf("error %v, want the address and %q", err, c.want)
		}
	}
	if _, err := sip.New(sip.Config{}); err == nil {
		t.Error("a server without a socket was made")
	}
}

func TestAdvertisedAddress(t *testing.T) {
	t.Parallel()
	s := start(t, 0, func(c *sipConfig) { c.Listen[0].Advertise = netip.MustParseAddrPort("198.51.100.7:5090") })
	s.caller.invite(offer)
	invite := s.phone.expect("INVITE")
	for _, f := range []string{"Via", "Contact", "From"} {
		if !strings.Contains(invite.get(f), "198.51.100.7:5090") {
			t.Errorf("%s: %s", f, invite.get(f))
		}
	}
}

func TestBothLegsLeaveFromTheBoundSocket(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	s.caller.invite(offer)
	buf := make([]byte, 2000)
	for _, p := range []*peer{s.caller.peer, s.phone} {
		p.conn.SetReadDeadline(time.Now().Add(patience))
		_, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil || from != s.srv.Addr(0) {
			t.Errorf("%s: from %v, want %v (%v)", p.name, from, s.srv.Addr(0), err)
		}
	}
}

func TestOverloadShedsNewCalls(t *testing.T) {
	t.Parallel()
	s := start(t, 0, func(c *sipConfig) { c.Loops, c.MaxQueue = 1, 2 })
	s.connected()
	s.caller.send(s.caller.inDialog("OPTIONS", 2, nil, "")) // answered once the ACK before it was read
	s.caller.peer.expect("SIP/2.0 200")
	c := <-s.calls.last
	hold, held := make(chan struct{}), make(chan struct{})
	c.run.Post(func() { close(held); <-hold })
	<-held
	late := newCaller(t, s.srv.Addr(0))
	late.callID = "late-" + late.callID
	late.invite(offer)
	for s.srv.Stats().Waiting < 1 {
		<-time.After(time.Millisecond)
	}
	for range 3 { // behind the INVITE: more than may wait
		c.run.Post(func() {})
	}
	if n := s.srv.Stats().Waiting; n != 4 {
		t.Errorf("%d wait, want 4", n)
	}
	close(hold)
	m := late.peer.expect("SIP/2.0")
	if !strings.HasPrefix(m.start, "SIP/2.0 503") || m.get("Retry-After") != "10" {
		t.Fatalf("got %s", m.text)
	}
	late.ackRefusal(m)
	if st := s.srv.Stats(); st.Shed != 1 || st.Total != 1 {
		t.Errorf("%+v", st)
	}
	// The running call did not suffer, and the next caller is served.
	s.caller.send(s.caller.inDialog("BYE", 3, nil, ""))
	s.caller.peer.expect("SIP/2.0 200")
	next := newCaller(t, s.srv.Addr(0))
	next.callID = "next-" + next.callID
	next.invite(offer)
	next.expect("SIP/2.0 100")
}
