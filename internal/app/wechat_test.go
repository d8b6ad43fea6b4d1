package app_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/test/wechatpay"
)

func weChatSettings(t *testing.T, v *wechatpay.Vendor) config.Config {
	cfg := paySettings(t)
	cfg.Pay.Sandbox = false
	cfg.Public.URL = "https://400.example.com"
	cfg.WeChat = config.WeChat{Merchant: wechatpay.Merchant, App: wechatpay.App, Serial: wechatpay.Serial, PublicKeyID: wechatpay.PublicKeyID, Address: v.URL}
	cfg.WeChat.KeyFile, cfg.WeChat.APIKeyFile, cfg.WeChat.PublicKeyFile = v.Files(t)
	return cfg
}

var picture = regexp.MustCompile(`src="data:image/png;base64,([^"]+)"`)

// A customer scans the code on the page of a node; what WeChat Pay tells is
// booked once, forged notices not at all; a refund goes back over WeChat Pay.
func TestWeChatPay(t *testing.T) {
	t.Parallel()
	vendor := wechatpay.Start(t)
	cfg := weChatSettings(t, vendor)
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
	asked, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: 25 * money.Yuan}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(asked.Link)
	if err != nil || asked.Payment.Provider != "wechat" {
		t.Fatalf("%+v, %v", asked.Payment, err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	do := func(method, path string, header http.Header, body []byte) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+node.PublicAddr()+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if header != nil {
			r.Header = header
		}
		res, err := client.Do(r)
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
	page := func() string {
		t.Helper()
		status, body := do("GET", link.RequestURI(), nil, nil)
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return body
	}
	m := picture.FindStringSubmatch(page())
	if m == nil {
		t.Fatal("the page has no code")
	}
	raw, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if image, err := png.Decode(bytes.NewReader(raw)); err != nil || image.Bounds().Dx() < 200 {
		t.Errorf("the code: %v", err)
	}
	order := vendor.Orders()[asked.Payment.ID.String()]
	if order.Amount.Total != 2500 || order.Notify != "https://400.example.com/pay/notify/wechat" {
		t.Fatalf("%+v", order)
	}
	notify := address(t, order.Notify).Path
	forged, body := wechatpay.Start(t).Notify(t, "TRANSACTION.SUCCESS", wechatpay.Transaction(order.Order, 2500, "CNY"), time.Now())
	if status, _ := do("POST", notify, forged, body); status != 401 {
		t.Errorf("forged: %d", status)
	}
	for range 2 {
		header, body := vendor.Notify(t, "TRANSACTION.SUCCESS", wechatpay.Transaction(order.Order, 2500, "CNY"), time.Now())
		if status, text := do("POST", notify, header, body); status != 200 || text != "" {
			t.Errorf("%d %q", status, text)
		}
	}
	if body := page(); !strings.Contains(body, "¥25.00 已到账") || picture.MatchString(body) {
		t.Errorf("after the payment: %s", body)
	}
	p, events, err := app.PaymentHistory(t.Context(), cfg, asked.Payment.ID)
	if err != nil || !p.Booked() || p.Reference != "42"+order.Order || len(events) != 3 {
		t.Errorf("%+v, %+v, %v", p, events, err)
	}
	back := app.Order{Do: app.DoPayRefund, Payment: p.ID, Amount: 5 * money.Yuan, Reference: "r1"}
	for range 2 {
		if out, err := app.Operate(t.Context(), cfg, back, quiet); err != nil || out.Back.State != payment.Done {
			t.Errorf("%+v, %v", out.Back, err)
		}
	}
	vendor.Refuse("POST", 403, "NOT_ENOUGH")
	back.Reference = "r2"
	if _, err := app.Operate(t.Context(), cfg, back, quiet); fault.CodeOf(err) != fault.RefundRefused {
		t.Errorf("refused: %v", err)
	}
	if n := len(vendor.Refunds()); n != 1 {
		t.Errorf("%d refunds", n)
	}
	// WeChat Pay is not there: the page says so.
	again, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoAsk, Customer: "c", Amount: money.Yuan}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	link = address(t, again.Link)
	if body := page(); !strings.Contains(body, "暂时取不到付款二维码") || picture.MatchString(body) {
		t.Errorf("without WeChat Pay: %s", body)
	}
}

// Settings that do not do keep a node from starting, and say which it is.
func TestWeChatSettings(t *testing.T) {
	t.Parallel()
	cfg := weChatSettings(t, wechatpay.Start(t))
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	for setting, change := range map[string]func(*config.WeChat){
		"wechat.key_file":        func(w *config.WeChat) { w.KeyFile = filepath.Join(t.TempDir(), "none.pem") },
		"wechat.api_key_file":    func(w *config.WeChat) { w.APIKeyFile = w.KeyFile },
		"wechat.public_key_file": func(w *config.WeChat) { w.PublicKeyFile = w.KeyFile },
	} {
		bad := cfg
		change(&bad.WeChat)
		if _, err := app.Operate(t.Context(), bad, app.Order{Do: app.DoBill, Preview: true}, quiet); fault.CodeOf(err) != fault.ProviderSettings || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// address is a URL that is one.
func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
