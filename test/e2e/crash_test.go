package e2e_test

import (
	"net/netip"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/test/e2e"
	"sibai/test/parts"
	"sibai/test/sipp"
)

// The node dies in the middle of 50 calls a second and is started again while
// they keep coming. What it had acknowledged stands as it was said, every call
// that reached an answer has a CDR, no hold is left, and the books are right.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	const (
		calls, rate = 600, 50
		before      = 100 // calls acknowledged before the node dies
	)
	phone, err := sipp.Start(t.Context(), sipp.Options{Scenario: sipp.Answer, Dir: t.TempDir(), Pause: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Kill()
	b := serve(t, phone.Addr(), "charging: {renew: 200ms, lease: 2s}")
	callers, err := sipp.Start(b.ctx, sipp.Options{
		Scenario: sipp.Basic, Dir: t.TempDir(), Local: netip.MustParseAddrPort("127.0.0.2:0"), Remote: b.SIP,
		Inject: []sipp.Numbers{{Number: dialled, Caller: caller}}, Calls: calls, Rate: rate, Pause: 1500 * time.Millisecond,
		Patience: 5 * time.Second, // nobody answers for a node that died after its 100
	})
	if err != nil {
		t.Fatal(err)
	}
	defer callers.Kill()

	if err := b.AwaitCalls(b.ctx, before); err != nil {
		t.Fatal(err)
	}
	b.node.Kill()
	saidBefore, err := b.Acknowledged()
	if err != nil {
		t.Fatal(err)
	}
	b.start()
	stats, err := callers.Wait(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	answered, err := callers.Logged("answered")
	if err != nil {
		t.Fatal(err)
	}
	ended, err := callers.Logged("ended")
	if err != nil {
		t.Fatal(err)
	}
	if len(ended) != stats.Success {
		t.Fatalf("SIPp logged %d ended calls and counts %+v", len(ended), stats)
	}
	books := b.stop()
	said, err := b.Acknowledged()
	if err != nil {
		t.Fatal(err)
	}
	records, err := b.Calls(b.ctx)
	if err != nil {
		t.Fatal(err)
	}

	byCall, bySIP := map[string]cdr.Record{}, map[string]cdr.Record{}
	recovered, metered, revenue := 0, 0, int64(0)
	for _, r := range records {
		if _, twice := bySIP[r.SIPCallID]; twice {
			t.Errorf("two CDRs of the carrier's call %s", r.SIPCallID)
		}
		byCall[r.Call.String()], bySIP[r.SIPCallID] = r, r
		revenue += int64(r.Charge)
		if r.Recovered {
			recovered++
			if r.Charge > 0 {
				metered++
			}
		}
	}
	for _, e := range said {
		if r, ok := byCall[e.Call]; !ok || string(r.Cause) != e.Cause || int64(r.Charge) != e.Charge {
			t.Errorf("the node acknowledged %+v, the store has %+v", e, r)
		}
	}
	for _, id := range answered {
		if _, ok := bySIP[id]; !ok {
			t.Errorf("the answered call %s has no CDR", id)
		}
	}
	// A call that ended in peace cost 0.12. Only one that the crash caught
	// between its BYE and its settlement may be a recovered one.
	for _, id := range ended {
		if r := bySIP[id]; !r.Recovered && (r.Cause != cdr.Answered || int64(r.Charge) != 12*fen) {
			t.Errorf("the carrier's call %s ended well, its CDR says %s and %d micro-yuan", id, r.Cause, r.Charge)
		}
	}
	// 50 calls a second of 1.6 s are 80 at once; 200 ms show who talked.
	if recovered == 0 || metered == 0 {
		t.Errorf("%d calls were recovered, %d with a charge: the crash hit nothing", recovered, metered)
	}
	if len(said) <= len(saidBefore) {
		t.Error("no call went through after the restart")
	}
	if books["revenue/calls"] != revenue {
		t.Errorf("revenue is %d micro-yuan, the CDRs sum to %d", books["revenue/calls"], revenue)
	}
	if left := books["bucket/cash"] + books["bucket/bonus"]; left != 101*yuan-revenue {
		t.Errorf("%d micro-yuan are left, want %d", left, 101*yuan-revenue)
	}
	t.Logf("SIPp: %+v, %d answered; %d acknowledged before the crash, %d in all; %d CDRs, %d recovered, %d of them charged",
		stats, len(answered), len(saidBefore), len(said), len(records), recovered, metered)
}

// SIGTERM takes no new call, lets those that run end by themselves, and ends
// the process with everything settled.
func TestStopLetsCallsEnd(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	const calls = 20
	phone, err := sipp.Start(t.Context(), sipp.Options{Scenario: sipp.Answer, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Kill()
	b := serve(t, phone.Addr(), "stop: {grace: 30s}")
	callers, err := sipp.Start(b.ctx, sipp.Options{
		Scenario: sipp.Basic, Dir: t.TempDir(), Local: netip.MustParseAddrPort("127.0.0.2:0"), Remote: b.SIP,
		Inject: []sipp.Numbers{{Number: dialled, Caller: caller}}, Calls: calls, Rate: 50, Pause: 3 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer callers.Kill()
	if err := e2e.Poll(b.ctx, func() (bool, error) {
		answered, err := callers.Logged("answered")
		return len(answered) == calls, err
	}); err != nil {
		t.Fatal(err)
	}
	books := b.stop()
	if stats, err := callers.Wait(b.ctx); err != nil || stats.Success != calls {
		t.Errorf("%+v, %v\n%s", stats, err, callers.Errors())
	}
	b.expect(calls, func(r *cdr.Record) bool {
		return r.Cause == cdr.Answered && r.EndedBy == cdr.Caller && int64(r.Charge) == 12*fen
	})
	if want := int64(calls * 12 * fen); books["revenue/calls"] != want {
		t.Errorf("revenue is %d micro-yuan, want %d", books["revenue/calls"], want)
	}
}
