package sip_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/sip"
	"sibai/internal/siptest"
)

// bridge is an Accepter that rings the dialled number itself and counts the
// last events of each call: there must be exactly one.
type bridge struct {
	mu   sync.Mutex
	ends map[string]int // by Call-ID of the caller's leg
}

type bridged struct {
	b   *bridge
	id  string
	sig call.Signals
}

func (b *bridge) Incoming(in call.Incoming, sig call.Signals, _ call.Loop) call.Events {
	sig.Ring(1, call.Destination{Target: in.Dialled, Trunk: "phones"})
	return &bridged{b, in.SIPCallID, sig}
}

func (c *bridged) end() {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	c.b.ends[c.id]++
}

func (c *bridged) Ringing(leg call.LegID, status int) { c.sig.Progress(status, leg) }
func (c *bridged) Answered(leg call.LegID)            { c.sig.Connect(leg) }
func (c *bridged) Failed(_ call.LegID, status int)    { c.end(); c.sig.Reject(status, cdr.Busy) }
func (c *bridged) LegEnded(call.LegID)                { c.end(); c.sig.Hangup(cdr.Answered) }
func (c *bridged) Aborted(cdr.Cause)                  { c.end() }
func (c *bridged) Cancelled()                         { c.end() }
func (c *bridged) CallerEnded(bool)                   { c.end() }

// TestCallsSurviveLoss plays every ending of a call between peers that share
// nothing with this stack but the parser, each losing datagrams both ways.
func TestCallsSurviveLoss(t *testing.T) {
	t.Parallel()
	for _, percent := range []int{0, 8} {
		t.Run(fmt.Sprintf("%d percent", percent), func(t *testing.T) {
			t.Parallel()
			playLossy(t, percent)
		})
	}
}

func playLossy(t *testing.T, percent int) {
	b := &bridge{ends: map[string]int{}}
	s := start(t, 0, func(c *sip.Config) { c.Accepter = b })
	open := func(seed uint64) net.PacketConn {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if percent == 0 {
			return c
		}
		return siptest.NewLossy(c, percent, seed)
	}
	carrier, err := siptest.NewCarrierOn(open(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	phones, err := siptest.NewPhonesOn(open(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	s.trunks.mu.Lock()
	s.trunks.routes["phones"] = sip.TrunkRoute{Addr: phones.Addr()}
	s.trunks.mu.Unlock()

	const ring = 50 * time.Millisecond
	plans := []struct {
		number string
		phone  siptest.Behaviour
		plan   siptest.Plan
		status int // for the caller
	}{
		{"1001", siptest.Behaviour{Ring: ring}, siptest.Plan{Talk: 100 * time.Millisecond}, 200},
		{"1002", siptest.Behaviour{Ring: ring, Talk: 100 * time.Millisecond}, siptest.Plan{}, 200},
		{"1003", siptest.Behaviour{Ring: ring, Status: 486}, siptest.Plan{}, 486},
		{"1004", siptest.Behaviour{Silent: true}, siptest.Plan{GiveUp: 300 * time.Millisecond}, 487},
		// The phone answers as the CANCEL comes: it must be hung up.
		{"1005", siptest.Behaviour{Silent: true, Crosses: true}, siptest.Plan{GiveUp: 300 * time.Millisecond}, 487},
		{"1006", siptest.Behaviour{Ring: ring}, siptest.Plan{Talk: 100 * time.Millisecond, Offerless: true}, 200},
	}
	const each = 8
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range plans {
		phones.Set(p.number, p.phone)
		for range each {
			plan := p.plan
			plan.Proxy, plan.Number, plan.Caller = s.srv.Addr(0), p.number, "13912345678"
			wg.Go(func() {
				out, err := carrier.Dial(ctx, plan)
				if err != nil || out.Status != p.status {
					t.Errorf("%s: status %d, want %d (%v)", p.number, out.Status, p.status, err)
				}
			})
		}
	}
	wg.Wait()
	deadline := time.After(40 * time.Second) // 64·T1 where an answer to a BYE was lost for good
	for {
		ringing, talking := phones.Busy()
		if ringing+talking == 0 && s.srv.Stats().Calls == 0 {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("left behind: %d ringing, %d talking, %d calls", ringing, talking, s.srv.Stats().Calls)
		case <-time.After(10 * time.Millisecond):
		}
	}
	crossed := 0
	for _, h := range phones.Heard() {
		if h.Number == "1005" && h.Status == 200 {
			// An ACK is only sent again for a 200 that came again. Where it is
			// lost and the BYE behind it arrives, the phone is done and never
			// misses it; a BYE it must always have got.
			if crossed++; h.EndedBy != siptest.Caller || !h.Acked && percent == 0 {
				t.Errorf("answered across the CANCEL: acknowledged %v, ended by %q", h.Acked, h.EndedBy)
			}
		}
	}
	if crossed == 0 {
		t.Error("no answer crossed its CANCEL: the test proves nothing")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ends) != each*len(plans) {
		t.Errorf("%d calls ended, want %d", len(b.ends), each*len(plans))
	}
	for id, n := range b.ends {
		if n != 1 {
			t.Errorf("call %s was told its end %d times", id, n)
		}
	}
	st := s.srv.Stats()
	if st.Panics > 0 || st.Malformed > 0 {
		t.Errorf("%+v", st)
	}
	if percent > 0 && st.Resent+st.Absorbed == 0 {
		t.Error("nothing was lost: the test proves nothing")
	}
	t.Logf("%d sent again, %d copies absorbed", st.Resent, st.Absorbed)
}
