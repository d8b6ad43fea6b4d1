package e2e_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/siptest"
)

// around puts a node between a carrier and a phone of siptest; loss is the
// percentage of datagrams that each of them loses, each way.
func around(t *testing.T, phone siptest.Behaviour, loss int) (*bench, *siptest.Carrier, *siptest.Phones) {
	t.Helper()
	socket := func(address string, seed uint64) net.PacketConn {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		return siptest.NewLossy(conn, loss, seed)
	}
	phones, err := siptest.NewPhonesOn(socket("127.0.0.1:0", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	phones.Set(target, phone)
	carrier, err := siptest.NewCarrierOn(socket("127.0.0.2:0", 2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	return serve(t, phones.Addr(), ""), carrier, phones
}

// await waits for the phones to be done with n calls and checks that each was
// left as a dialog must be: acknowledged, and ended when it was answered.
func await(b *bench, phones *siptest.Phones, n int) []siptest.Heard {
	b.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(phones.Heard()) < n {
		select {
		case <-b.ctx.Done():
			ringing, talking := phones.Busy()
			b.Fatalf("the phones were done with %d of %d calls; %d ring, %d talk\n%s", len(phones.Heard()), n, ringing, talking, b.Log())
		case <-tick.C:
		}
	}
	heard := phones.Heard()
	for _, h := range heard {
		if h.Status == 200 && h.EndedBy != siptest.Caller || !h.Acked && h.EndedBy == "" {
			b.Errorf("a phone was left: %+v", h)
		}
	}
	return heard
}

func (b *bench) plan(p siptest.Plan) siptest.Plan {
	p.Proxy, p.Number, p.Caller = b.SIP, dialled, caller
	return p
}

// The phone answers while the CANCEL is under way to it: it must get ACK and
// BYE, the caller 487, and nobody pays.
func TestCancelCrossesThePhonesAnswer(t *testing.T) {
	t.Parallel()
	b, carrier, phones := around(t, siptest.Behaviour{Silent: true, Crosses: true}, 0)
	out, err := carrier.Dial(b.ctx, b.plan(siptest.Plan{GiveUp: 300 * time.Millisecond}))
	if err != nil || out.Status != 487 {
		t.Errorf("the caller saw %+v, %v", out, err)
	}
	if h := await(b, phones, 1)[0]; !h.Acked || h.Status != 200 {
		t.Errorf("the phone saw %+v", h)
	}
	if err := b.AwaitCalls(b.ctx, 1); err != nil {
		t.Fatal(err)
	}
	b.stop()
	b.expect(1, func(r *cdr.Record) bool { return r.Cause == cdr.CallerGaveUp && r.Charge == 0 })
}

// Callers give up in the very moment in which the phone answers. Whoever wins,
// caller, phone and bill must agree.
func TestCancelRacesTheAnswer(t *testing.T) {
	t.Parallel()
	for _, loss := range []int{0, 3} {
		const calls = 60
		b, carrier, phones := around(t, siptest.Behaviour{Ring: 300 * time.Millisecond}, loss)
		var wg sync.WaitGroup
		var mu sync.Mutex
		status := map[string]int{}
		for i := range calls {
			wg.Go(func() {
				out, err := carrier.Dial(b.ctx, b.plan(siptest.Plan{Talk: 50 * time.Millisecond, GiveUp: 290*time.Millisecond + time.Duration(i)*time.Millisecond}))
				mu.Lock()
				defer mu.Unlock()
				status[out.CallID] = out.Status
				if err != nil || out.Status != 487 && (out.Status != 200 || !out.Acked) {
					t.Errorf("a caller saw %+v, %v", out, err)
				}
			})
		}
		wg.Wait()
		if err := b.AwaitCalls(b.ctx, calls); err != nil {
			t.Fatal(err)
		}
		records, err := b.Calls(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		reached := 0 // with loss, some give up before the node calls the phone
		for i := range records {
			reached += len(records[i].Legs)
		}
		await(b, phones, reached)
		b.stop()
		answered := 0
		b.expect(calls, func(r *cdr.Record) bool {
			if status[r.SIPCallID] == 200 {
				answered++
				return r.Status == 200 && r.Charge == 12*fen
			}
			return r.Cause == cdr.CallerGaveUp && r.Charge == 0
		})
		t.Logf("%d %% lost: %d of %d answered before they gave up", loss, answered, calls)
	}
}

// A caller without an offer gets the phone's, and its ACK brings the answer.
func TestOfferlessCallHasAudioBothWays(t *testing.T) {
	t.Parallel()
	b, carrier, phones := around(t, siptest.Behaviour{Audio: true}, 0)
	out, err := carrier.Dial(b.ctx, b.plan(siptest.Plan{Talk: time.Second, Audio: true, Offerless: true}))
	h := await(b, phones, 1)[0]
	if err != nil || out.Audio.Heard == 0 || h.Audio.Heard == 0 {
		t.Errorf("the caller %+v, %v; the phone %+v", out, err, h)
	}
	b.stop()
}

// A phone that is not there costs nothing and keeps no caller.
func TestDeadPhone(t *testing.T) {
	t.Parallel()
	b, carrier, _ := around(t, siptest.Behaviour{Dead: true}, 0)
	out, err := carrier.Dial(b.ctx, b.plan(siptest.Plan{}))
	if err != nil || out.Status < 400 {
		t.Errorf("the caller saw %+v, %v", out, err)
	}
	if err := b.AwaitCalls(b.ctx, 1); err != nil {
		t.Fatal(err)
	}
	b.stop()
	b.expect(1, func(r *cdr.Record) bool { return r.Charge == 0 && r.Status == out.Status })
}
