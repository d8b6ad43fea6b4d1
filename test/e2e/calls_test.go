package e2e_test

import (
	"net/netip"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/test/parts"
	"sibai/test/sipp"
)

const (
	fen  = 10_000 // micro-yuan
	yuan = 100 * fen
)

// Every kind of call, as carriers and phones that are not ours see it, without
// loss and with 3 % of all messages lost at either end, so that both ends and
// the node must send again.
func TestCalls(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	for _, c := range []struct {
		name          string
		caller, phone sipp.Options
		cause         cdr.Cause
		status        int
		endedBy       cdr.Side
		outcome       string // of the one leg
	}{
		{"the caller hangs up", sipp.Options{Scenario: sipp.Basic}, sipp.Options{Scenario: sipp.Answer}, cdr.Answered, 200, cdr.Caller, "answered"},
		{"the phone hangs up", sipp.Options{Scenario: sipp.Wait}, sipp.Options{Scenario: sipp.HangUp}, cdr.Answered, 200, cdr.Called, "answered"},
		{"busy", sipp.Options{Scenario: sipp.ExpectBusy}, sipp.Options{Scenario: sipp.Busy}, cdr.Busy, 486, "", "busy"},
		{"nobody answers", sipp.Options{Scenario: sipp.ExpectNobody}, sipp.Options{Scenario: sipp.NoAnswer}, cdr.NoAnswer, 480, "", "no_answer"},
		{"the caller gives up", sipp.Options{Scenario: sipp.Cancel}, sipp.Options{Scenario: sipp.NoAnswer}, cdr.CallerGaveUp, 487, "", "cancelled"},
	} {
		for _, lost := range []int{0, 3} {
			name := c.name
			if lost > 0 {
				name += ", 3 % lost"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				const calls = 40
				c.phone.Pause, c.phone.Lost, c.phone.Dir = 200*time.Millisecond, lost, t.TempDir()
				if c.phone.Scenario == sipp.HangUp {
					c.phone.Pause = 1500 * time.Millisecond
				}
				phone, err := sipp.Start(t.Context(), c.phone)
				if err != nil {
					t.Fatal(err)
				}
				defer phone.Kill()
				b := serve(t, phone.Addr(), "")
				c.caller.Calls, c.caller.Rate, c.caller.Pause = calls, 20, 1500*time.Millisecond
				c.caller.Local, c.caller.Remote = netip.MustParseAddrPort("127.0.0.2:0"), b.SIP
				c.caller.Inject, c.caller.Lost, c.caller.Dir = []sipp.Numbers{{Number: dialled, Caller: caller}}, lost, t.TempDir()
				callers, err := sipp.Run(b.ctx, c.caller)
				if err != nil {
					t.Fatalf("callers: %v\nphones: %s\nnode: %s", err, phone.Errors(), b.Log())
				}
				if err := b.AwaitCalls(b.ctx, calls); err != nil {
					t.Fatal(err)
				}
				phones, err := phone.Stop()
				if err != nil || phones.Success != calls || phones.Failed != 0 {
					t.Errorf("phones: %+v, %v\n%s", phones, err, phone.Errors())
				}
				t.Logf("callers %+v, phones %+v", callers, phones)

				charge := int64(0)
				if c.cause == cdr.Answered {
					charge = 12 * fen // 0.02 to connect and one started minute at 0.10
				}
				b.expect(calls, func(r *cdr.Record) bool {
					return r.Cause == c.cause && r.Status == c.status && r.EndedBy == c.endedBy &&
						int64(r.Charge) == charge && len(r.Legs) == 1 && r.Legs[0].Outcome == c.outcome &&
						r.Number == dialled && r.Caller == caller && r.Trunk == "carrier" && r.Legs[0].Target == target
				})
				// 40 calls at 0.12 are 4.80: all of the bonus's 1.00, 3.80 of cash.
				want := map[string]int64{"bucket/bonus": yuan, "bucket/cash": 100 * yuan}
				if charge > 0 {
					want = map[string]int64{"bucket/bonus": 0, "bucket/cash": 9620 * fen, "revenue/calls": 480 * fen}
				}
				books := b.stop()
				for name, amount := range want {
					if books[name] != amount {
						t.Errorf("%s is %d micro-yuan, want %d (all: %v)", name, books[name], amount, books)
					}
				}
			})
		}
	}
}

// expect looks that the store has exactly n calls, each of a carrier's call of
// its own, and that each is as it should be.
func (b *bench) expect(n int, right func(*cdr.Record) bool) {
	b.Helper()
	records, err := b.Calls(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	if len(records) != n {
		b.Errorf("%d CDRs, want %d", len(records), n)
	}
	seen, wrong := map[string]bool{}, 0
	for i := range records {
		r := &records[i]
		if seen[r.SIPCallID] {
			b.Errorf("two CDRs of the carrier's call %s", r.SIPCallID)
		}
		seen[r.SIPCallID] = true
		if !right(r) {
			if wrong++; wrong == 1 {
				b.Errorf("a CDR is not as it should be: %+v", *r)
			}
		}
	}
	if wrong > 1 {
		b.Errorf("so are %d more", wrong-1)
	}
}
