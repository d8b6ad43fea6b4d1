package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/test/alipay"
	"sibai/test/wechatpay"
)

func alipaySettings(t *testing.T, v *alipay.Vendor) config.Config {
	cfg := paySettings(t)
	cfg.Public.URL = "https://400.example.com"
	cfg.Alipay = config.Alipay{App: alipay.App, Seller: alipay.Seller, Ways: []string{"code", "page"}, Address: v.URL}
	cfg.Alipay.KeyFile, cfg.Alipay.PublicKeyFile = v.Files(t)
	return cfg
}

// The doctor's question is answered when all is right, and says what is wrong else;
// nothing is left of it at the provider.
func TestTryProviders(t *testing.T) {
	t.Parallel()
	ali, we := alipay.Start(t), wechatpay.Start(t)
	cfg := weChatSettings(t, we)
	cfg.Alipay = alipaySettings(t, ali).Alipay
	try := func(cfg config.Config, want ...fault.Code) {
		t.Helper()
		tried := app.TryProviders(t.Context(), cfg)
		if len(tried) != 2 || tried[0].Provider != "wechat" || tried[1].Provider != "alipay" || fault.CodeOf(tried[0].Err) != want[0] || fault.CodeOf(tried[1].Err) != want[1] {
			t.Errorf("%+v", tried)
		}
	}
	try(cfg, "", "")
	strange := cfg
	strange.WeChat.Serial, strange.Alipay.App = "1", "2021000000000009"
	try(strange, fault.ProviderRefused, fault.ProviderRefused)
	wrong := cfg
	wrong.WeChat.KeyFile = cfg.WeChat.APIKeyFile
	_, wrong.Alipay.PublicKeyFile = alipay.Start(t).Files(t)
	try(wrong, fault.ProviderSettings, fault.ProviderUnreachable)
	ali.Refuse("alipay.trade.query", "ACQ.SYSTEM_ERROR")
	we.Refuse(http.MethodGet, 500, "SYSTEM_ERROR")
	try(cfg, fault.ProviderRefused, fault.ProviderRefused)
	if len(ali.Trades())+len(we.Orders()) != 0 {
		t.Error("the question made an order")
	}
	if tried := app.TryProviders(t.Context(), paySettings(t)); len(tried) != 0 {
		t.Errorf("%+v", tried)
	}
}

// A customer pays over Alipay by a code or on its page; what Alipay tells is booked
// once, in whatever order it tells it, forged notices not at all; a refund goes back
// over Alipay.
func TestAlipay(t *testing.T) {
	t.Parallel()
	vendor := alipay.Start(t)
	cfg := alipaySettings(t, vendor)
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
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
	asked, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan, Channel: "alipay"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	link := address(t, asked.Link)
	do := func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+node.PublicAddr()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; text/html; charset=utf-8")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	status, page := do("GET", link.RequestURI(), "")
	if status != 200 || !picture.MatchString(page) || !strings.Contains(page, "支付宝付款二维码") || !strings.Contains(page, `href="`+vendor.URL) {
		t.Fatalf("%d %s", status, page)
	}
	id := asked.Payment.ID.String()
	trade := vendor.Trades()[id]
	if trade.Amount != "25.00" || trade.Notify != "https://400.example.com/pay/notify/alipay" {
		t.Fatalf("%+v", trade)
	}
	notify := address(t, trade.Notify).Path
	state := func(name string) url.Values {
		tells := alipay.Tells(id, "25.00")
		tells.Set("trade_status", name)
		return tells
	}
	if status, text := do("POST", notify, string(alipay.Start(t).Notify(alipay.Tells(id, "25.00")))); status != 401 || text != "failure" {
		t.Errorf("forged: %d %s", status, text)
	}
	// Whatever comes twice, late, or of a state before.
	for _, tells := range []url.Values{state("WAIT_BUYER_PAY"), alipay.Tells(id, "25.00"), alipay.Tells(id, "25.00"), state("WAIT_BUYER_PAY"), state("TRADE_FINISHED"), state("TRADE_CLOSED")} {
		if status, text := do("POST", notify, string(vendor.Notify(tells))); status != 200 || text != "success" {
			t.Errorf("%s: %d %q", tells.Get("trade_status"), status, text)
		}
	}
	p, events, err := app.PaymentHistory(t.Context(), cfg, asked.Payment.ID)
	if err != nil || !p.Booked() || p.Reference != "2026"+id || len(events) != 3 {
		t.Errorf("%+v, %+v, %v", p, events, err)
	}
	if _, page := do("GET", link.RequestURI(), ""); !strings.Contains(page, "¥25.00 已到账") || strings.Contains(page, vendor.URL) {
		t.Errorf("after the payment: %s", page)
	}
	back := app.Order{Do: app.DoPayRefund, Payment: p.ID, Amount: 5 * money.Yuan, Reference: "r1"}
	for range 2 {
		if out, err := app.Operate(t.Context(), cfg, back, quiet); err != nil || out.Back.State != payment.Done {
			t.Errorf("%+v, %v", out.Back, err)
		}
	}
	// A notification of another provider's payment opens nothing.
	other, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan, Channel: "sandbox"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := do("POST", notify, string(vendor.Notify(alipay.Tells(other.Payment.ID.String(), "25.00")))); status != 404 {
		t.Errorf("of a payment over the sandbox: %d", status)
	}
}
