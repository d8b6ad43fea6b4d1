package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/siptest"
	"sibai/test/e2e"
	"sibai/test/parts"
	"sibai/test/pgtest"
	"sibai/test/sipp"
)

func onDatabase(url string) string { return fmt.Sprintf("store: {url: %q}", url) }

// A node on PostgreSQL carries the calls of a carrier, dies in the middle and
// comes back, as one on its own store does.
func TestPostgres(t *testing.T) {
	t.Parallel()
	parts.Need(t, "sipp")
	phone, err := sipp.Start(t.Context(), sipp.Options{Scenario: sipp.Answer, Dir: t.TempDir(), Pause: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Kill()
	b := serve(t, phone.Addr(), onDatabase(pgtest.Database(t))+"\ncharging: {renew: 200ms, lease: 2s}")
	const calls = 40
	if _, err := sipp.Run(b.ctx, sipp.Options{
		Scenario: sipp.Basic, Dir: t.TempDir(), Local: netip.MustParseAddrPort("127.0.0.2:0"), Remote: b.SIP,
		Inject: []sipp.Numbers{{Number: dialled, Caller: caller}}, Calls: calls, Rate: 20, Pause: time.Second,
	}); err != nil {
		t.Fatalf("%v\n%s", err, b.Log())
	}
	if err := b.AwaitCalls(b.ctx, calls); err != nil {
		t.Fatal(err)
	}
	b.expect(calls, func(r *cdr.Record) bool { return r.Cause == cdr.Answered && r.Charge == 12*fen })
	b.node.Kill()
	b.start() // the number of the dead node is free again
	if got := b.stop()["revenue/calls"]; got != calls*12*fen {
		t.Errorf("revenue is %d, want %d", got, calls*12*fen)
	}
	if findings, err := b.Installation.Run(b.ctx, "doctor"); err != nil || !strings.Contains(string(findings), "its schema is this program's") {
		t.Errorf("doctor: %v\n%s", err, findings)
	}
}

// Two nodes on one database take 80 calls at once for an account that pays for
// 16: those are answered and charged, whichever node they came to, and the
// others refused.
func TestTwoNodesOnPostgres(t *testing.T) {
	t.Parallel()
	parts.Need(t, "initdb")
	carrier, err := siptest.NewCarrier("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer phones.Stop()
	phones.Set(target, siptest.Behaviour{})
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	settings := onDatabase(pgtest.Database(t))
	var nodes [2]*bench
	for i := range nodes {
		in, err := e2e.InstallNode(path, t.TempDir(), i+1, settings)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &bench{T: t, Installation: in, ctx: ctx}
	}
	// 1 yuan of cash and 1 of bonus pay for 16 calls at 0.12.
	poor := strings.Replace(siteOf(phones.Addr()), "amount: 100}", "amount: 1}", 1)
	if err := nodes[0].Apply(ctx, poor); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		n.start()
	}
	const calls, paid = 80, 16
	var wg sync.WaitGroup
	var mu sync.Mutex
	answered, refused := 0, 0
	for i := range calls {
		wg.Go(func() {
			out, err := carrier.Dial(ctx, siptest.Plan{Proxy: nodes[i%2].SIP, Number: dialled, Caller: caller, Talk: 300 * time.Millisecond})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if out.Answered {
				answered++
			} else {
				refused++
			}
		})
	}
	wg.Wait()
	var books map[string]int64
	for _, n := range nodes {
		books = n.stop()
	}
	if answered != paid || refused != calls-paid {
		t.Errorf("%d calls were answered and %d refused, want %d and %d", answered, refused, paid, calls-paid)
	}
	if books["revenue/calls"] != paid*12*fen || books["bucket/cash"]+books["bucket/bonus"] != 8*fen {
		t.Errorf("the books are %v, want %d of revenue and %d left", books, paid*12*fen, 8*fen)
	}
	nodes[0].expect(calls, func(r *cdr.Record) bool {
		return r.Cause == cdr.Answered && r.Charge == 12*fen || r.Cause == cdr.NoCredit && r.Charge == 0
	})
}
