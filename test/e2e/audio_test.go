package e2e_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/siptest"
	"sibai/test/baresip"
	"sibai/test/parts"
)

// A softphone that is not ours answers through the node, and both sides hear
// each other.
func TestAudioThroughASoftphone(t *testing.T) {
	t.Parallel()
	parts.Need(t, "baresip")
	phone, err := baresip.Start(t.Context(), t.TempDir(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Stop()
	b := serve(t, phone.Addr(), "")
	carrier, err := siptest.NewCarrier("127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	out, err := carrier.Dial(b.ctx, siptest.Plan{Proxy: b.SIP, Number: dialled, Caller: caller, Talk: 2 * time.Second, Audio: true})
	if err != nil || !out.Answered || !out.Acked || out.EndedBy != siptest.Caller {
		t.Fatalf("the call: %+v, %v\n%s\n%s", out, err, b.Log(), phone.Log())
	}
	if err := b.AwaitCalls(b.ctx, 1); err != nil {
		t.Fatal(err)
	}
	phone.Stop()
	heard, err := phone.Heard()
	if err != nil {
		t.Fatal(err)
	}
	// Half of two seconds, each way: a busy machine may start late.
	if out.Audio.Heard < 50 || heard.Caller < 8000 {
		t.Errorf("the caller heard %+v, the phone %+v", out.Audio, heard)
	}
	b.expect(1, func(r *cdr.Record) bool { return r.Cause == cdr.Answered && int64(r.Charge) == 12*fen })
	b.stop()
}

// Here the loss is in the network: any message of either side may be lost, an
// ACK and a 180 too, which SIPp cannot play.
func TestLossOfAnyMessage(t *testing.T) {
	t.Parallel()
	const calls, percent = 60, 3
	lossy := func(address string, seed uint64) net.PacketConn {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		return siptest.NewLossy(conn, percent, seed)
	}
	phones, err := siptest.NewPhonesOn(lossy("127.0.0.1:0", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer phones.Stop()
	phones.Set(target, siptest.Behaviour{Ring: 200 * time.Millisecond})
	b := serve(t, phones.Addr(), "")
	carrier, err := siptest.NewCarrierOn(lossy("127.0.0.2:0", 2))
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			out, err := carrier.Dial(b.ctx, siptest.Plan{Proxy: b.SIP, Number: dialled, Caller: caller, Talk: time.Second})
			if err != nil || !out.Answered || !out.Acked {
				t.Errorf("a call: %+v, %v", out, err)
			}
		})
	}
	wg.Wait()
	if err := b.AwaitCalls(b.ctx, calls); err != nil {
		t.Fatal(err)
	}
	b.expect(calls, func(r *cdr.Record) bool {
		return r.Cause == cdr.Answered && r.EndedBy == cdr.Caller && int64(r.Charge) == 12*fen
	})
	books := b.stop()
	if want := int64(calls * 12 * fen); books["revenue/calls"] != want {
		t.Errorf("revenue is %d micro-yuan, want %d", books["revenue/calls"], want)
	}
	if ringing, talking := phones.Busy(); ringing+talking != 0 {
		t.Errorf("%d phones were left ringing, %d talking", ringing, talking)
	}
}
