package siptest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
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
		"CANCEL crosses the answer": {siptest.Behaviour{Silent: true, Crosses: true}, siptest.Plan{GiveUp: 50 * time.Millisecond},
			siptest.Outcome{Status: 200, Answered: true, EndedBy: siptest.Caller, Acked: true},
			siptest.Heard{Status: 200, Rang: true, Cancelled: true, Acked: true, EndedBy: siptest.Caller}},
		"number without a phone": {siptest.Behaviour{Status: 404}, siptest.Plan{},
			siptest.Outcome{Status: 404}, siptest.Heard{Status: 404, Acked: true}},
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
	for _, offerless := range []bool{false, true} {
		carrier, phones := direct(t, 0)
		phones.Set("8001", siptest.Behaviour{Audio: true})
		out, err := carrier.Dial(t.Context(), siptest.Plan{
			Proxy: phones.Addr(), Number: "8001", Talk: 500 * time.Millisecond, Audio: true, Offerless: offerless,
		})
		if err != nil {
			t.Fatal(err)
		}
		heard := awaitHeard(t, phones, 1)[0]
		if out.Audio.Sent == 0 || out.Audio.Heard == 0 || heard.Audio.Heard == 0 || out.Audio.Heard != out.Audio.Received {
			t.Errorf("offerless %v: caller %+v, phone %+v", offerless, out.Audio, heard.Audio)
		}
	}
}

func TestTimesOfACall(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{Ring: 30 * time.Millisecond})
	out, err := carrier.Dial(t.Context(), siptest.Plan{Proxy: phones.Addr(), Number: "8001", Talk: 40 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if out.RangAfter <= 0 || out.Setup <= out.RangAfter || out.Setup < 30*time.Millisecond || out.Talk < 40*time.Millisecond ||
		!out.EndedAt.Equal(out.AnsweredAt.Add(out.Talk)) {
		t.Errorf("%+v", out)
	}
}

// A phone that says nothing gets the INVITE again, and the caller can leave.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{Dead: true})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	out, err := carrier.Dial(ctx, siptest.Plan{Proxy: phones.Addr(), Number: "8001"})
	if !errors.Is(err, context.DeadlineExceeded) || out.Status != 0 || out.Resent == 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A caller whose context ends while it rings leaves no phone ringing.
func TestContextEndsRinging(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{Silent: true})
	ctx, cancel := context.WithCancel(t.Context())
	plan := siptest.Plan{Proxy: phones.Addr(), Number: "8001", Progress: func(what string) {
		if what == "180 Ringing" {
			cancel()
		}
	}}
	if _, err := carrier.Dial(ctx, plan); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if h := awaitHeard(t, phones, 1)[0]; !h.Cancelled || !h.Acked {
		t.Errorf("the phone was left: %+v", h)
	}
}

func TestStopEndsCalls(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	phones.Set("8001", siptest.Behaviour{})
	plan := siptest.Plan{Proxy: phones.Addr(), Number: "8001", Progress: func(what string) {
		if what == "200 OK" {
			go carrier.Stop()
		}
	}}
	if _, err := carrier.Dial(t.Context(), plan); !errors.Is(err, siptest.ErrStopped) {
		t.Error(err)
	}
	carrier.Stop()
	carrier.Stop()
	if _, err := carrier.Dial(t.Context(), plan); !errors.Is(err, siptest.ErrStopped) {
		t.Error(err)
	}
}

// Both answer the OPTIONS by which a node asks whether they live.
func TestOptions(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 0)
	for _, peer := range []netip.AddrPort{carrier.Addr(), phones.Addr()} {
		conn, err := net.Dial("udp", peer.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		self := conn.LocalAddr()
		if _, err := fmt.Fprintf(conn, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKo\r\nMax-Forwards: 70\r\nFrom: <sip:%s>;tag=a\r\nTo: <sip:%s>\r\nCall-ID: o@%s\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			peer, self, self, peer, self); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // a UDP socket has deadlines
		buf := make([]byte, 2000)
		n, err := conn.Read(buf)
		if err != nil || !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200 OK\r\n")) || !bytes.Contains(buf[:n], []byte("CSeq: 7 OPTIONS")) {
			t.Errorf("%s: %q, %v", peer, buf[:n], err)
		}
	}
}

func TestLossIsMended(t *testing.T) {
	t.Parallel()
	carrier, phones := direct(t, 5)
	phones.Set("8001", siptest.Behaviour{Ring: 10 * time.Millisecond})
	const calls = 30
	var wg sync.WaitGroup
	var again atomic.Int64
	for range calls {
		wg.Go(func() {
			out, err := carrier.Dial(t.Context(), siptest.Plan{Proxy: phones.Addr(), Number: "8001", Talk: 20 * time.Millisecond})
			if err != nil || !out.Answered || !out.Acked {
				t.Errorf("%+v %v", out, err)
			}
			again.Add(int64(out.Resent + out.Repeated))
		})
	}
	wg.Wait()
	if again.Load() == 0 {
		t.Error("nothing was lost: nothing is proved")
	}
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
