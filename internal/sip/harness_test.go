package sip_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trunks knows the loopback address as trunk "carrier" and has a route for
// every phone of the test.
type trunks struct {
	mu     sync.Mutex
	routes map[string]sip.TrunkRoute
	closed bool // no source is known
	panics bool // asking for one is a fault
}

func (tr *trunks) Inbound(netip.AddrPort, sip.Transport) (string, bool) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.panics {
		panic("trunks")
	}
	return "carrier", !tr.closed
}

func (tr *trunks) Outbound(code string) (sip.TrunkRoute, bool) {
	ordered()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	r, ok := tr.routes[code]
	return r, ok
}

// calls is an Accepter that writes down what happens and does what the test
// set for it.
type calls struct {
	onIncoming func(c *testCall)
	onAnswered func(c *testCall, leg call.LegID)
	onRinging  func(c *testCall, leg call.LegID, status int)
	events     chan string
	last       chan *testCall
}

// testCall is one call as the Accepter sees it.
type testCall struct {
	a   *calls
	in  call.Incoming
	sig call.Signals
	run call.Loop
}

func (a *calls) Incoming(in call.Incoming, sig call.Signals, loop call.Loop) call.Events {
	c := &testCall{a, in, sig, loop}
	ordered()
	a.last <- c
	if a.onIncoming != nil {
		a.onIncoming(c)
	}
	return c
}

func (c *testCall) tell(format string, args ...any) {
	ordered()
	c.a.events <- fmt.Sprintf(format, args...)
}

func (c *testCall) Ringing(leg call.LegID, status int) {
	c.tell("ringing %d %d", leg, status)
	if c.a.onRinging != nil {
		c.a.onRinging(c, leg, status)
	}
}

func (c *testCall) Answered(leg call.LegID) {
	c.tell("answered %d", leg)
	if c.a.onAnswered != nil {
		c.a.onAnswered(c, leg)
	}
}
func (c *testCall) Failed(leg call.LegID, status int) { c.tell("failed %d %d", leg, status) }
func (c *testCall) LegEnded(leg call.LegID)           { c.tell("leg ended %d", leg) }
func (c *testCall) Cancelled()                        { c.tell("cancelled") }
func (c *testCall) Aborted(why cdr.Cause)             { c.tell("aborted %s", why) }
func (c *testCall) CallerEnded(lost bool)             { c.tell("caller ended %v", lost) }

// setup is one server with a caller and a phone on the trunk "phone".
type setup struct {
	t      *testing.T
	srv    *sip.Server
	calls  *calls
	trunks *trunks
	caller *uac
	phone  *peer
}

// start makes a server whose calls ring the phone, pass 180 and 183 on and
// connect the first answer. T1 is short where a test waits for timers.
func start(t *testing.T, t1 time.Duration, change ...func(*sip.Config)) *setup {
	t.Helper()
	s := &setup{t: t, trunks: &trunks{routes: map[string]sip.TrunkRoute{}}}
	s.calls = &calls{events: make(chan string, 100), last: make(chan *testCall, 100)}
	s.calls.onIncoming = func(c *testCall) {
		c.sig.Ring(1, call.Destination{Target: "13800138000", Trunk: "phone"})
	}
	s.calls.onRinging = func(c *testCall, leg call.LegID, status int) { c.sig.Progress(status, leg) }
	s.calls.onAnswered = func(c *testCall, leg call.LegID) { c.sig.Connect(leg) }
	cfg := sip.Config{
		Listen:   []sip.Listen{{Kind: sip.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:0")}},
		Trunks:   s.trunks,
		Accepter: s.calls,
		T1:       t1,
		Loops:    2,
		Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if s.srv, err = sip.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.srv.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.srv.Stop(ctx) // calls left over by the test are none of its business
	})
	s.caller = newCaller(t, s.srv.Addr(0))
	s.phone = newPeer(t, "phone", s.srv.Addr(0))
	s.trunks.mu.Lock()
	s.trunks.routes["phone"] = sip.TrunkRoute{Addr: s.phone.addr()}
	s.trunks.mu.Unlock()
	return s
}

// event waits for the next event of a call and compares it.
func (s *setup) event(want string) {
	s.t.Helper()
	select {
	case got := <-s.calls.events:
		if got != want {
			s.t.Fatalf("event %q, want %q", got, want)
		}
	case <-time.After(patience):
		s.t.Fatalf("no event came, want %q", want)
	}
}

// noEvent checks that the call was told nothing more; call it once what would
// cause an event has certainly been handled.
func (s *setup) noEvent() {
	s.t.Helper()
	select {
	case got := <-s.calls.events:
		s.t.Fatalf("unexpected event %q", got)
	default:
	}
}

// gone waits until the server holds no call.
func (s *setup) gone() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for s.srv.Stats().Calls > 0 {
		if time.Now().After(deadline) {
			s.t.Fatal("a call is left over")
		}
		<-time.After(time.Millisecond)
	}
}

// connected plays a call up to the caller's ACK. It returns the phone's
// INVITE and ACK.
func (s *setup) connected() (invite, ack msg) {
	s.t.Helper()
	s.caller.invite(offer)
	invite = s.phone.expect("INVITE")
	s.phone.send(s.phone.reply(invite, 180, "ptag", nil, ""))
	s.caller.expect("SIP/2.0 180")
	s.phone.send(s.phone.reply(invite, 200, "ptag", nil, answer))
	ack = s.phone.expect("ACK")
	s.caller.expect("SIP/2.0 200")
	s.caller.ack("")
	s.event("ringing 1 180")
	s.event("answered 1")
	return invite, ack
}

// do runs f on the loop of c and waits for it.
func do(c *testCall, f func()) {
	done := make(chan struct{})
	c.run.Post(func() { defer close(done); f() })
	<-done
}

const hangup = cdr.Answered

type sipConfig = sip.Config
