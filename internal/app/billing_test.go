package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/siptest"
)

const arrearsSite = `
arrears: {grace_days: 0}
trunks:
  - {code: carrier, inbound: [%q]}
  - {code: phones, outbound: {address: %q}}
tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}
plans:
  - {code: p, name: p, kind: annual, tariff: minute, fee: 10, term_months: 1, package_amount: 3, collection: automatic}
customers:
  - code: c
    name: 测试
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008266688", plan: p, targets: ["13800000001"]}]
`

// A customer that the billing suspended for arrears is called: refused. It
// pays: the next call gets through, and the fee that was due is taken.
func TestATopUpRestoresServiceAtOnce(t *testing.T) {
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
	cfg, records := settings(t), make(ended, 8)
	cfg.Billing.Every = 0 // the test says when
	node, err := app.Start(t.Context(), cfg, quiet, app.WithObserver(records))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", fmt.Appendf(nil, arrearsSite, carrier.Addr(), phones.Addr()), false, quiet); err != nil {
		t.Fatal(err)
	}
	order := func(o app.Order) app.Outcome {
		t.Helper()
		out, err := app.Operate(t.Context(), cfg, o, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	stages := func() (out []billing.Stage) {
		for _, i := range order(app.Order{Do: app.DoBill}).Report.Items {
			if i.Kind == billing.StageChanged {
				out = append(out, i.Stage)
			}
		}
		return out
	}
	if got := slices.Concat(stages(), stages()); !slices.Equal(got, []billing.Stage{billing.StageGrace, billing.StageSuspended}) {
		t.Fatalf("stages %v", got)
	}
	call := func() cdr.Record {
		t.Helper()
		plan := siptest.Plan{Proxy: node.SIPAddr(), Number: "4008266688", Caller: "13712342286", Talk: 10 * time.Millisecond}
		if _, err := carrier.Dial(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		return records.one(t)
	}
	if rec := call(); rec.Cause != cdr.NumberSuspended || rec.Status != 403 {
		t.Errorf("in arrears: %s, %d", rec.Cause, rec.Status)
	}
	pay := app.Order{Do: app.DoTopUp, Customer: "c", Bucket: charging.Cash, Amount: 25 * money.Yuan, Channel: "bank", Reference: "1"}
	if out := order(pay); !out.Credit.Restored || out.Credit.Again {
		t.Errorf("top-up %+v", out.Credit)
	}
	if rec := call(); rec.Cause != cdr.Answered || rec.Charge != 100_000 {
		t.Errorf("after the top-up: %s, charged %s", rec.Cause, rec.Charge)
	}
	first := order(pay).Credit.Txn
	if out := order(pay); out.Credit.Restored || !out.Credit.Again {
		t.Errorf("the same payment again: %+v", out.Credit)
	}
	// 25 − 0.10 − 10 for the term that was due = 14.90 of cash; the next term is
	// paid early: 4.90.
	order(app.Order{Do: app.DoBill})
	if out := order(app.Order{Do: app.DoRenew, Number: "4008266688"}); out.Item.Kind != billing.TermRenewed || out.Item.Short {
		t.Errorf("renewed %+v", out.Item)
	}
	if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoRenew, Number: "4008266688"}, quiet); fault.CodeOf(err) != fault.CreditTooLow {
		t.Errorf("renewed beyond the balance: %v", err)
	}
	refund := app.Order{Do: app.DoRefund, Customer: "c", Amount: 5 * money.Yuan, Channel: "bank", Reference: "r1"}
	if _, err := app.Operate(t.Context(), cfg, refund, quiet); fault.CodeOf(err) != fault.RefundTooMuch {
		t.Errorf("refunded 5 of 4.90: %v", err)
	}
	refund.Amount = 490 * money.Yuan / 100
	if out := order(refund); out.Posted.Again || out.Posted.Amount != refund.Amount {
		t.Errorf("refunded %+v", out.Posted)
	}
	// 0 are left. A slip of 7 yuan is undone, once; the refund, too.
	pay.Amount, pay.Reference = 7*money.Yuan, "slip"
	slip := order(pay).Credit.Txn
	undo := app.Order{Do: app.DoReverse, Txn: slip}
	if out := order(undo); out.Posted.Again || out.Posted.Amount != -7*money.Yuan {
		t.Errorf("reversed %+v", out.Posted)
	}
	if out := order(undo); !out.Posted.Again {
		t.Errorf("reversed again %+v", out.Posted)
	}
	order(pay) // the reference is used: nothing is booked anew
	for what, c := range map[string]struct {
		txn  ledger.ID
		code fault.Code
	}{
		"no such transaction": {12345, fault.NotReversible},
		"a reversal":          {order(undo).Posted.Txn, fault.NotReversible},
		"money that is spent": {first, fault.ReversalTooMuch},
	} {
		if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoReverse, Txn: c.txn}, quiet); fault.CodeOf(err) != c.code {
			t.Errorf("%s was reversed: %v", what, err)
		}
	}
	if out := order(app.Order{Do: app.DoReverse, Txn: order(refund).Posted.Txn}); out.Posted.Amount != refund.Amount {
		t.Errorf("reversed the refund: %+v", out.Posted)
	}
	refund.Customer = "nobody"
	if _, err := app.Operate(t.Context(), cfg, refund, quiet); fault.CodeOf(err) != fault.CustomerNotFound {
		t.Errorf("refunded to nobody: %v", err)
	}
	report, err := node.Charging().Audit(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("audit %+v, %v", report, err)
	}
}

// A node does the billing by itself, and what it did can be seen.
func TestANodeBillsByItself(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.Billing.Every = time.Second
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", fmt.Appendf(nil, arrearsSite, "127.0.0.1", "127.0.0.1:5080"), false, quiet); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	deadline := time.After(30 * time.Second)
	for {
		run, ok, err := node.Store().Catalog.LastRun(t.Context(), billing.JobName)
		if err != nil {
			t.Fatal(err)
		}
		if ok && !run.FinishedAt.IsZero() && run.Node == cfg.Node && run.Error == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("no run: %+v, %t", run, ok)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
