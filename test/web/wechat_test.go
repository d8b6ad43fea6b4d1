package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/money"
	"sibai/internal/web/text"
	"sibai/test/wechatpay"
)

// weChatNode is a node on which a customer, tea, pays over WeChat Pay.
func weChatNode(t *testing.T) (config.Config, *wechatpay.Vendor, *app.Node) {
	t.Helper()
	vendor := wechatpay.Start(t)
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen, cfg.Public.URL = "127.0.0.1:0", "https://400.example.com"
	cfg.WeChat = config.WeChat{Merchant: wechatpay.Merchant, App: wechatpay.App, Serial: wechatpay.Serial, PublicKeyID: wechatpay.PublicKeyID, Address: vendor.URL}
	cfg.WeChat.KeyFile, cfg.WeChat.APIKeyFile, cfg.WeChat.PublicKeyFile = vendor.Files(t)
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	site := "customers: [{code: tea, name: 杭州示例茶业进出口贸易有限公司}]"
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(site), false, quiet); err != nil {
		t.Fatal(err)
	}
	return cfg, vendor, node
}

// TestPayWeChat shows the code of a payment, as large as it was drawn, says
// that the money came once WeChat Pay told so, and that there is no code while
// WeChat Pay is away.
func TestPayWeChat(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, vendor, node := weChatNode(t)
	base := "http://" + node.PublicAddr()
	for _, width := range []int64{360, 1440} {
		for _, lang := range text.Langs() {
			for _, scheme := range []string{"light", "dark"} {
				name := fmt.Sprintf("wechat-%d-%s-%s", width, lang, scheme)
				t.Run(name, func(t *testing.T) {
					b := newTab(t, browser)
					in := text.With(t.Context(), lang)
					ask := func() app.Outcome {
						out := operate(t, cfg, app.Order{Do: app.DoAsk, Customer: "tea", Amount: 200 * money.Yuan})
						link := base + strings.TrimPrefix(out.Link, cfg.Public.URL)
						b.run(t, view(width, scheme), chromedp.Navigate(link+"&lang="+string(lang)))
						return out
					}
					says := func(shot, want string) {
						t.Helper()
						var body string
						var out []string
						b.run(t, chromedp.TextContent("main", &body), chromedp.Evaluate(sideways, &out))
						if !strings.Contains(body, want) {
							t.Errorf("%s lacks %q: %s", shot, want, body)
						}
						if len(out) > 0 {
							t.Errorf("%s scrolls sideways:\n%s", shot, strings.Join(out, "\n"))
						}
						b.shoot(t, name+"-"+shot)
					}
					due := ask()
					var drawn int
					b.run(t, chromedp.WaitVisible(`.sb-qr`), chromedp.Evaluate(`(i => i.complete && i.naturalWidth > 200 ? Math.round(i.getBoundingClientRect().width) : 0)(document.querySelector('.sb-qr'))`, &drawn))
					if drawn < 200 {
						t.Errorf("the code is %d pixels wide", drawn)
					}
					says("scan", text.T(in, "checkout.scanwhy"))

					header, body := vendor.Notify(t, "TRANSACTION.SUCCESS", wechatpay.Transaction(due.Payment.ID.String(), 20_000, "CNY"), time.Now())
					tell(t, base+"/pay/notify/wechat", header, body)
					b.run(t, chromedp.Click(`.sb-card a.btn`), chromedp.WaitNotPresent(`.sb-qr`))
					says("paid", text.T(in, "checkout.done", "Amount", "¥200.00"))

					vendor.Refuse(http.MethodPost, http.StatusInternalServerError, "SYSTEM_ERROR")
					defer vendor.Refuse("", 0, "")
					ask()
					says("away", text.T(in, "checkout.silentwhy"))
					b.clean(t)
				})
			}
		}
	}
}

// tell posts a notification that is to be answered well.
func tell(t *testing.T, address string, header http.Header, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the notification is answered with %d", res.StatusCode)
	}
}
