package kamailio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/siptest"
	"sibai/test/e2e"
	"sibai/test/kamailio"
	"sibai/test/parts"
)

// The phones of the site file are for calls that Sibai would carry itself;
// Kamailio has its own.
const site = `
trunks:
  - code: phones
    outbound: {address: "127.0.0.1:9"}
tariffs:
  - code: quick
    versions:
      - effective: 2020-01-01
        connection: 0.02
        first: {seconds: 6, price: 0.10}
plans:
  - {code: pay, name: 买断, kind: buyout, tariff: quick, max_concurrent: 0, min_grant: 6s}
customers:
  - code: rich
    name: 有余额的公司
    top_ups: [{channel: bank, reference: "1", amount: 100}]
    targets: [{phone: "01088886666", trunk: phones}]
    numbers: [{number: "4001234567", plan: pay, targets: ["01088886666"]}]
  - code: poor
    name: 余额不多的公司
    top_ups: [{channel: bank, reference: "2", amount: 0.15}]
    targets: [{phone: "01088886666", trunk: phones}]
    numbers: [{number: "4001234568", plan: pay, targets: ["01088886666"]}]
  - code: broke
    name: 没有余额的公司
    targets: [{phone: "01088886666", trunk: phones}]
    numbers: [{number: "4001234569", plan: pay, targets: ["01088886666"]}]
`

// Debian's Kamailio carries calls with examples/kamailio.cfg and has them
// charged: a short one and one that is extended cost what they lasted, one whose
// credit ends is cut, and without credit nobody's phone rings.
func TestKamailioHasItsCallsCharged(t *testing.T) {
	t.Parallel()
	parts.Need(t, "kamailio")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program, err := e2e.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	api, setting, err := e2e.APIListen()
	if err != nil {
		t.Fatal(err)
	}
	in, err := e2e.Install(program, t.TempDir(), setting)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Apply(ctx, site); err != nil {
		t.Fatal(err)
	}
	node, err := in.Serve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Kill()
	pbx, err := in.NewSwitch(ctx, api, "kamailio")
	if err != nil {
		t.Fatal(err)
	}
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer phones.Stop()
	for _, number := range []string{"4001234567", "4001234568", "4001234569"} {
		phones.Set(number, siptest.Behaviour{})
	}
	carrier, err := siptest.NewCarrier("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	proxy, err := kamailio.Start(ctx, kamailio.Options{
		Config: "../../examples/kamailio.cfg", Dir: t.TempDir(), Gateway: phones.Addr(), API: api, Key: pbx.Secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Stop()

	const caller = "13712342286"
	type made struct {
		what string
		out  siptest.Outcome
		err  error
	}
	plans := map[string]siptest.Plan{
		"short":    {Number: "4001234567", Talk: 2500 * time.Millisecond},
		"extended": {Number: "4001234567", Talk: 9500 * time.Millisecond},
		"cut":      {Number: "4001234568"},
		"refused":  {Number: "4001234569"},
		"nobody's": {Number: "4009999999"},
	}
	results := make(chan made, len(plans))
	for what, plan := range plans {
		plan.Proxy, plan.Caller = proxy.Addr(), caller
		go func() {
			out, err := carrier.Dial(ctx, plan)
			results <- made{what, out, err}
		}()
	}
	byCall := map[string]made{}
	for range plans {
		m := <-results
		if m.err != nil {
			t.Fatalf("%s: %v\n%s", m.what, m.err, proxy.Log())
		}
		byCall[m.out.CallID] = m
	}
	// A settlement follows its BYE.
	if err := in.AwaitCalls(ctx, len(plans)); err != nil {
		t.Fatalf("%v\n%s", err, proxy.Log())
	}
	records, err := in.Calls(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const fen = 10_000
	for _, r := range records {
		m := byCall[r.SIPCallID]
		got := fmt.Sprintf("%d answered %t: %s by %q", m.out.Status, m.out.Answered, r.Cause, r.EndedBy)
		// Kamailio counts a dialog's life in whole seconds.
		increments := (int64(r.Billable) + int64(6*time.Second) - 1) / int64(6*time.Second)
		want, charge := "", 2*fen+increments*10*fen
		switch m.what {
		case "short":
			want = `200 answered true: answered by "caller"`
			if increments != 1 {
				t.Errorf("the short call is billed for %s", r.Billable)
			}
		case "extended":
			want = `200 answered true: answered by "caller"`
			if increments != 2 || r.Billable < 8*time.Second {
				t.Errorf("the extended call is billed for %s", r.Billable)
			}
		case "cut":
			want = `200 answered true: credit_exhausted by "platform"`
			if r.Billable != 6*time.Second || m.out.EndedBy == siptest.Caller {
				t.Errorf("the call that was cut is billed for %s, ended by %v", r.Billable, m.out.EndedBy)
			}
		case "refused":
			want, charge = `402 answered false: insufficient_credit by ""`, 0
		case "nobody's":
			want, charge = `404 answered false: unknown_number by ""`, 0
		default:
			t.Errorf("nobody made the call %q", r.SIPCallID)
		}
		if got != want || int64(r.Charge) != charge || r.Trunk != "api:kamailio" || r.Caller != caller {
			t.Errorf("%s: %s, charge %d; want %s, charge %d\n%+v", m.what, got, r.Charge, want, charge, r)
		}
		if m.what == "extended" && r.Cause != cdr.Answered {
			t.Error("the extended call was cut")
		}
	}
	if len(records) != len(plans) {
		t.Errorf("%d records of %d calls", len(records), len(plans))
	}
	for _, h := range phones.Heard() {
		if h.Number == "4001234569" || h.Number == "4009999999" {
			t.Errorf("the phone of %s rang without credit", h.Number)
		}
	}
	if err := node.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Audit(ctx); err != nil {
		t.Error(err)
	}
	// Of Kamailio's own errors none may be about charging.
	if log := proxy.Log(); strings.Contains(log, "ERROR: <script>") || t.Failed() {
		t.Errorf("kamailio said:\n%s", log)
	}
}
