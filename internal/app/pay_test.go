package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// paySettings are those of a node on which the sandbox takes payments.
func paySettings(t *testing.T) config.Config {
	cfg := settings(t)
	cfg.Public.Listen, cfg.Pay.Sandbox, cfg.Billing.Every = "127.0.0.1:0", true, 0
	return cfg
}

const paySite = `
arrears: {grace_days: 0}
trunks: [{code: phones, outbound: {address: "127.0.0.1:5999"}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: p, kind: annual, tariff: minute, fee: 10, term_months: 1, collection: automatic}]
customers:
  - code: c
    name: 测试
    targets: [{phone: "13800000001", trunk: phones}]
    numbers: [{number: "4008266688", plan: p, targets: ["13800000001"]}]
`

// A customer in arrears pays on the page of a node: it is served again. The
// link that a command printed holds after a restart, and what was paid is not
// paid twice.
func TestPayOnThePage(t *testing.T) {
	t.Parallel()
	cfg := paySettings(t)
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	order := func(o app.Order) (app.Outcome, error) { return app.Operate(t.Context(), cfg, o, quiet) }
	for range 2 {
		if _, err := order(app.Order{Do: app.DoBill}); err != nil { // low, then suspended
			t.Fatal(err)
		}
	}
	// Asked for while no node runs.
	asked, err := order(app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan})
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(asked.Link)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	serve := func() (*app.Node, string) {
		t.Helper()
		node, err := app.Start(t.Context(), cfg, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return node, "http://" + node.PublicAddr()
	}
	// do gets an address, or posts a form to it.
	do := func(address string, form url.Values) (int, string) {
		t.Helper()
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	node, base := serve()
	page := at.Path + "?" + at.RawQuery
	if status, body := do(base+page, nil); status != 200 || !strings.Contains(body, "¥25.00") || !strings.Contains(body, "测试") {
		t.Fatalf("%d %s", status, body)
	}
	pay := func() string {
		t.Helper()
		status, body := do(base+at.Path+"/sandbox?"+at.RawQuery, url.Values{"do": {"pay"}, "amount": {"25"}})
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return body
	}
	if body := pay(); !strings.Contains(body, "¥25.00 已到账") {
		t.Errorf("after the payment: %s", body)
	}
	pay()
	if err := node.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	node, base = serve()
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if body := pay(); !strings.Contains(body, "¥25.00 已到账") {
		t.Errorf("after the restart: %s", body)
	}
	p, events, err := app.PaymentHistory(t.Context(), cfg, asked.Payment.ID)
	if err != nil || p.State != payment.Paid || !p.Booked() || len(events) != 3 {
		t.Errorf("%+v, %+v, %v", p, events, err)
	}
	out, err := order(app.Order{Do: app.DoBill, Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range out.Report.Items {
		if i.Kind == billing.StageChanged && i.Stage != billing.StageActive {
			t.Errorf("in arrears still: %+v", i)
		}
	}
	// Through the node: a refund, once, and another that is too much.
	refund := app.Order{Do: app.DoPayRefund, Payment: p.ID, Amount: 5 * money.Yuan, Reference: "r1"}
	for range 2 {
		if out, err := order(refund); err != nil || out.Back.State != payment.Done {
			t.Errorf("%+v, %v", out.Back, err)
		}
	}
	refund.Amount, refund.Reference = 21*money.Yuan, "r2"
	if _, err := order(refund); fault.CodeOf(err) != fault.RefundOver {
		t.Errorf("refunded too much: %v", err)
	}
	list, err := app.Payments(t.Context(), cfg, payment.Filter{Customer: "c"})
	if err != nil || len(list) != 1 || list[0].Refunded != 5*money.Yuan || list[0].State != payment.PartlyRefunded {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestPaymentsThatAreRefused(t *testing.T) {
	t.Parallel()
	cfg := paySettings(t)
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	noAddress, noProvider := cfg, cfg
	noAddress.Public.Listen = ""
	noProvider.Pay.Sandbox = false
	ask := app.Order{Do: app.DoAsk, Customer: "c", Amount: money.Yuan}
	for name, c := range map[string]struct {
		cfg   config.Config
		order app.Order
		code  fault.Code
	}{
		"no address":       {noAddress, ask, fault.PublicOff},
		"no provider":      {noProvider, ask, fault.ProviderNone},
		"another provider": {cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: money.Yuan, Channel: "wechat"}, fault.ProviderOff},
		"no customer":      {cfg, app.Order{Do: app.DoAsk, Customer: "d", Amount: money.Yuan}, fault.CustomerNotFound},
		"no payment":       {cfg, app.Order{Do: app.DoTake, Payment: 7}, fault.PaymentNotFound},
		"nothing to close": {cfg, app.Order{Do: app.DoClose, Payment: 7}, fault.PaymentNotFound},
	} {
		if _, err := app.Operate(t.Context(), c.cfg, c.order, quiet); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	out, err := app.Operate(t.Context(), cfg, ask, quiet)
	if err != nil || out.Payment.ExpiresAt.Sub(out.Payment.CreatedAt) != cfg.Pay.Payable {
		t.Errorf("%+v, %v", out.Payment, err)
	}
	for range 2 {
		if out, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoClose, Payment: out.Payment.ID}, quiet); err != nil || out.Payment.State != payment.Closed {
			t.Errorf("closed: %+v, %v", out.Payment, err)
		}
	}
	noAddress.Public.URL = "https://400.example.com/"
	if out, err := app.Operate(t.Context(), noAddress, ask, quiet); err != nil || !strings.HasPrefix(out.Link, "https://400.example.com/pay/pay_") {
		t.Errorf("%s, %v", out.Link, err)
	}
}
