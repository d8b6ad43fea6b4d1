package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/siptest"
)

// A second costs 0.002. What ends the calls of a customer is a cap, an
// overdraft that is used up, included time, or money at the prices of a band.
const limitsText = `
trunks:
  - {code: carrier, inbound: [%q]}
  - {code: phones, outbound: {address: %q}}
tariffs:
  - {code: second, versions: [{effective: 2026-01-01, first: {seconds: 1, price: 0.002}}]}
  - {code: four, versions: [{effective: 2026-01-01, first: {seconds: 4, price: 0.008}}]}
  - code: banded
    versions:
      - effective: 2026-01-01
        first: {seconds: 60, price: 0.10}
        bands:
          - {name: always, from: "00:00", to: "24:00", first: {seconds: 1, price: 0.001}}
plans:
  - {code: plain, name: p, kind: buyout, tariff: second, min_grant: 4s}
  - {code: over, name: o, kind: buyout, tariff: four, min_grant: 4s, overdraft: 0.01}
  - {code: banded, name: b, kind: buyout, tariff: banded, min_grant: 4s}
customers:
  - code: capped
    name: 封顶
    top_ups: [{channel: bank, reference: "1", amount: 1}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008000001", plan: plain, monthly_cap: 0.008, targets: ["13800000001"]}]
  - code: counted
    name: 限次
    top_ups: [{channel: bank, reference: "2", amount: 0.002}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008000002", plan: plain, monthly_calls: 1, targets: ["13800000001"]}]
  - code: over
    name: 透支
    top_ups: [{channel: bank, reference: "3", amount: 0.008}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008000003", plan: over, targets: ["13800000001"]}]
  - code: included
    name: 套餐
    top_ups: [{channel: gift, reference: "4", seconds: 4}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008000004", plan: plain, targets: ["13800000001"]}]
  - code: banded
    name: 时段
    top_ups: [{channel: bank, reference: "5", amount: 0.004}]
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008000005", plan: banded, targets: ["13800000001"]}]
`

// A whole node cuts calls at caps, overdrafts and the end of included time,
// and refuses the next one.
func TestLimitsOverSIP(t *testing.T) {
	t.Parallel()
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
	phones.Set("13800000001", siptest.Behaviour{})
	cfg, records := settings(t), make(ended, 16)
	node, err := app.Start(t.Context(), cfg, quiet, app.WithObserver(records))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", fmt.Appendf(nil, limitsText, carrier.Addr(), phones.Addr()), false, quiet); err != nil {
		t.Fatal(err)
	}

	// The charge of each number's call by hand, and how it and the next end.
	want := map[string]struct {
		cause  cdr.Cause
		charge string
		line   string
		next   cdr.Cause
		status int
	}{
		"4008000001": {cdr.CapReached, "0.008", "cash ¥0.006  next increments: 3 × 1 s at ¥0.002  second v1", cdr.CapReached, 480},      // 0.008 a month = 4 s
		"4008000002": {cdr.CreditExhausted, "0.002", "cash ¥0.002  first increment: 1 × 1 s at ¥0.002  second v1", cdr.CapReached, 480}, // one call a month
		"4008000003": {cdr.CreditExhausted, "0.016", "cash ¥0.008  next increments: 1 × 4 s at ¥0.008  four v1", cdr.NoCredit, 402},     // 0.008 + 0.01 = 2 × 4 s
		"4008000004": {cdr.CreditExhausted, "0.00", "package: 3 s used  next increments: 3 × 1 s, included, charged 0.00  second v1", cdr.NoCredit, 402},
		"4008000005": {cdr.CreditExhausted, "0.004", "cash ¥0.003  next increments: 3 × 1 s at ¥0.001  banded v1 band always", cdr.NoCredit, 402},
	}
	call := func(number string) siptest.Outcome {
		out, err := carrier.Dial(context.Background(), siptest.Plan{Proxy: node.SIPAddr(), Number: number, Caller: "13712342286", Talk: 25 * time.Second})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	var calls sync.WaitGroup
	for number, w := range want {
		calls.Go(func() {
			if out := call(number); !out.Answered || out.EndedBy != siptest.Called {
				t.Errorf("%s: the caller saw %+v", number, out)
			}
			if out := call(number); out.Status != w.status {
				t.Errorf("%s again: the caller saw %+v", number, out)
			}
		})
	}
	calls.Wait()
	for range 2 * len(want) {
		rec := records.one(t)
		w := want[rec.Number]
		if rec.AnsweredAt.IsZero() {
			if rec.Cause != w.next {
				t.Errorf("%s again: %s, want %s", rec.Number, rec.Cause, w.next)
			}
			continue
		}
		sameEverywhere(t, node.HTTPAddr(), rec)
		lines := explain.Charges(rec, explain.EN)
		if rec.Cause != w.cause || rec.Charge.String() != w.charge || !strings.Contains(strings.Join(lines, "\n"), w.line) {
			t.Errorf("%s: %s, charged %s\n%s\nwant %s, %s\n%s", rec.Number, rec.Cause, rec.Charge, strings.Join(lines, "\n"), w.cause, w.charge, w.line)
		}
	}
	report, err := node.Charging().Audit(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("audit: %+v, %v", report, err)
	}
}
