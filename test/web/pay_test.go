package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/web/text"
)

var quiet = slog.New(slog.DiscardHandler)

// payNode is a node on which the sandbox takes payments of a customer, tea.
func payNode(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen, cfg.Pay.Sandbox = "127.0.0.1:0", true
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
	return cfg
}

func operate(t *testing.T, cfg config.Config, o app.Order) app.Outcome {
	t.Helper()
	out, err := app.Operate(t.Context(), cfg, o, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPay makes payments on their page as a person would, on a real node: one
// that is mistyped and then right, one that is a fen short and taken by staff,
// one that is given up, one that was closed.
func TestPay(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg := payNode(t)
	var booked money.Amount
	for _, width := range []int64{360, 390, 1440} {
		for _, lang := range text.Langs() {
			for _, scheme := range []string{"light", "dark"} {
				name := fmt.Sprintf("pay-%d-%s-%s", width, lang, scheme)
				booked += 200 * money.Yuan
				booked += 19_999 * money.Fen
				t.Run(name, func(t *testing.T) {
					b := newTab(t, browser, "status of 422")
					in := text.With(t.Context(), lang)
					ask := func() app.Outcome {
						out := operate(t, cfg, app.Order{Do: app.DoAsk, Customer: "tea", Amount: 200 * money.Yuan})
						b.run(t, view(width, scheme), chromedp.Navigate(out.Link+"&lang="+string(lang)), chromedp.WaitVisible(`#amount`))
						return out
					}
					// press presses a button and waits for the page that follows.
					press := func(button string) {
						t.Helper()
						if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(`button[value=`+button+`]`)); err != nil {
							t.Fatal(err)
						}
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
					ask()
					says("open", text.T(in, "checkout.nomoney"))
					b.run(t, chromedp.SetValue(`#amount`, "二百"))
					press("pay")
					var kept string
					b.run(t, chromedp.WaitVisible(`#amount[aria-invalid]`), chromedp.Value(`#amount`, &kept))
					if kept != "二百" {
						t.Errorf("what was typed is %q now", kept)
					}
					says("mistyped", text.T(in, "checkout.amounthint"))
					press("fail")
					says("gaveup", text.T(in, "checkout.gaveup"))
					press("pay")
					says("paid", text.T(in, "checkout.done", "Amount", "¥200.00"))

					short := ask()
					b.run(t, chromedp.SetValue(`#amount`, "199.99"))
					press("pay")
					says("short", text.T(in, "checkout.state.differs"))
					operate(t, cfg, app.Order{Do: app.DoTake, Payment: short.Payment.ID})
					b.run(t, chromedp.Reload())
					says("taken", text.T(in, "checkout.done", "Amount", "¥199.99"))

					closed := ask()
					operate(t, cfg, app.Order{Do: app.DoClose, Payment: closed.Payment.ID})
					press("pay") // the page is older than the payment's end
					says("closed", text.T(in, "checkout.overclosed"))
					b.clean(t)
				})
			}
		}
	}
	list, err := app.Payments(t.Context(), cfg, payment.Filter{Customer: "tea", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var got money.Amount
	for _, p := range list {
		if p.Booked() {
			got += p.Received
		}
	}
	if got != booked {
		t.Errorf("%s is booked, want %s", got, booked)
	}
}

// TestPayPages opens what a customer may see of payments besides: a link that
// is not whole, and an address that there is not.
func TestPayPages(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg := payNode(t)
	base, _, _ := strings.Cut(operate(t, cfg, app.Order{Do: app.DoAsk, Customer: "tea", Amount: money.Yuan}).Link, "/pay/")
	for name, path := range map[string]string{"nolink": "/pay/pay_0000000000007?k=x", "nothing": "/nothing"} {
		for _, width := range []int64{390, 1440} {
			b := newTab(t, browser, expectedStatus(404)...)
			var out []string
			b.run(t, view(width, "light"), chromedp.Navigate(base+path), chromedp.WaitVisible("h1"), chromedp.Evaluate(sideways, &out))
			if len(out) > 0 {
				t.Errorf("%s scrolls sideways at %d px:\n%s", name, width, strings.Join(out, "\n"))
			}
			b.shoot(t, fmt.Sprintf("pay-%s-%d", name, width))
			b.clean(t)
		}
	}
}
