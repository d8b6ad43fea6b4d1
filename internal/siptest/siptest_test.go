package siptest_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/siptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct makes a carrier that calls a bank of phones with nothing between.
func direct(t *testing.T, loss int) (*siptest.Carrier, *siptest.Phones) {
	t.Helper()
	socket := func(seed uint64) net.PacketConn {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if loss == 0 {
			return conn
		}
		return siptest.NewLossy(conn, loss, seed)
	}
	phones, err := siptest.NewPhonesOn(socket(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	carrier, err := siptest.NewCarrierOn(socket(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	return carrier, phones
}

// awaitHeard waits for the phones to be done with n calls.
func awaitHeard(t *testing.T, phones *siptest.Phones, n int) []siptest.Heard {
	t.Helper()
	deadline := time.After(40 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if heard := phones.Heard(); len(heard) >= n {
			return heard
		}
		select {
		case <-deadline:
			t.Fatalf("the phones were done with %d of %d calls", len(phones.Heard()), n)
		case <-tick.C:
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		phone siptest.Behaviour
		plan  siptest.Plan
		want  siptest.Outcome
		heard siptest.Heard
	}{
		"caller hangs up": {siptest.Behaviour{Ring: 20 * time.Millisecond}, siptest.Plan{Talk: 50 * time.Millisecond},
			siptest.Outcome{Status: 200, Answered: true, EndedBy: siptest.Caller, Acked: true},
			siptest.Heard{Status: 200, Rang: true, Acked: true, EndedBy: siptest.Caller}},
		"phone hangs up": {siptest.Behaviour{Talk: 50 * time.Millisecond}, siptest.Plan{},
			siptest.Outcome{Status: 200, Answered: true, EndedBy: siptest.Called, Acked: true},
			siptest.Heard{Status: 200, Acked: true, EndedBy: siptest.Called}},
		"busy": {siptest.Behaviour{Status: 486}, siptest.Plan{},
			siptest.Outcome{Status: 486}, siptest.Heard{Status: 486, Acked: true}},
		"declined": {siptest.Behaviour{Status: 603, Ring: 10 * time.Millisecond}, siptest.Plan{},
			siptest.Outcome{Status: 603}, siptest.Heard{Status: 603, Rang: true, Acked: true}},
		"caller gives up": {siptest.Behaviour{Silent: true}, siptest.Plan{GiveUp: 50 * time.Millisecond},
			siptest.Outcome{Status: 487}, siptest.Heard{Status: 487, Rang: true, Cancelled: true, Acked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			carrier, phones := direct(t, 0)
			phones.Set("8001", c.phone)
			c.plan.Proxy, c.plan.Number, c.plan.Caller = phones.Addr(), "8001", "13712342286"
			got, err := carrier.Dial(t.Context(), c.plan)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != c.want.Status || got.Answered != c.want.Answered || got.EndedBy != c.want.EndedBy || got.Acked != c.want.Acked {
				t.Errorf("caller: %+v, want %+v", got, c.want)
			}
			h := awaitHeard(t, phones, 1)[0]
			if h.Status != c.heard.Status || h.Rang != c.heard.Rang || h.Cancelled != c.heard.Cancelled || h.Acked != c.heard.Acked || h.EndedBy != c.heard.EndedBy {
				t.Errorf("phone: %+v, want %+v", h, c.heard)
			}
			if h.Caller != "13712342286" {
				t.Errorf("the phone saw caller %q", h.Caller)
			}
			if ringing, talking := phones.Busy(); ringing+talking != 0 {
				t.Errorf("%d phones ring, %d talk after the call", ringing, talking)
			}
		})
	}
}

func TestAudioFlowsBothWays(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{Audio: true})
	out, err := carrier.Dial(t.Context(), siptest.Plan{Proxy: phones.Addr(), Number: "8001", Talk: 500 * time.Millisecond, Audio: true})
	if err != nil {
		t.Fatal(err)
	}
	heard := awaitHeard(t, phones, 1)[0]
	if out.Audio.Sent == 0 || out.Audio.Heard == 0 || heard.Audio.Heard == 0 || out.Audio.Heard != out.Audio.Received {
		t.Errorf("caller %+v, phone %+v", out.Audio, heard.Audio)
	}
}

func TestLossIsMended(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 10)
	phones.Set("8001", siptest.Behaviour{Ring: 10 * time.Millisecond})
	const calls = 30
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			out, err := carrier.Dial(t.Context(), siptest.Plan{Proxy: phones.Addr(), Number: "8001", Talk: 20 * time.Millisecond})
			if err != nil || !out.Answered || !out.Acked {
				t.Errorf("%+v %v", out, err)
			}
		})
	}
	wg.Wait()
	for _, h := range awaitHeard(t, phones, calls) {
		if !h.Acked && h.EndedBy == "" {
			t.Errorf("a phone was left: %+v", h)
		}
	}
}

func TestContextEndsACall(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{})
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan struct{})
	plan := siptest.Plan{Proxy: phones.Addr(), Number: "8001", Progress: func(what string) {
		if what == "200 OK" {
			close(answered)
		}
	}}
	go func() { <-answered; cancel() }()
	if _, err := carrier.Dial(ctx, plan); err == nil {
		t.Error("no error though the context ended")
	}
	if h := awaitHeard(t, phones, 1)[0]; h.EndedBy != siptest.Caller {
		t.Errorf("the phone was not hung up: %+v", h)
	}
}
