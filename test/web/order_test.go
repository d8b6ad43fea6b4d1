package web_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/siptest"
	"sibai/internal/web/text"
)

// shopNode is a node that sells numbers, and reaches phones of the test.
func shopNode(t *testing.T, phones string, settings ...func(*config.Config)) (config.Config, *app.Node) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen, cfg.Pay.Sandbox = "127.0.0.1:0", true
	cfg.Order.Trunk, cfg.Order.ShowCodes = "phones", true
	for _, set := range settings {
		set(&cfg)
	}
	cfg.Bank.Holder, cfg.Bank.Bank, cfg.Bank.Account = "示例通信有限公司", "示例银行杭州分行", "6222 0000 1111 2222"
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(orderSite(phones)), false, quiet); err != nil {
		t.Fatal(err)
	}
	numbers, _ := number.Between("4006001000", "4006001099")
	var items []inventory.Item
	for _, n := range numbers {
		items = append(items, inventory.Item{Digits: n})
	}
	operate(t, cfg, app.Order{Do: app.DoStock, Items: items, Why: "generate"})
	return cfg, node
}

// orderSite is what shopNode sells.
func orderSite(phones string) string {
	return fmt.Sprintf(`
operator: {name: 示例通信有限公司}
trunks:
  - {code: carrier, inbound: [127.0.0.2]}
  - {code: phones, outbound: {address: %q}}
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
floors: [{prefix: "4006", amount: 600, minimums: 3}]
features:
  - {code: menu, name: 语音导航, english: Voice menu, about: 来电者按键选择部门。, about_english: Callers choose a department by key., meter: platform, prices: [{effective: 2026-01-01, month: 10}]}
  - {code: tone, name: 彩铃, english: Ring-back tone, excludes: [menu], prices: [{effective: 2026-01-01, once: 30}]}
plans:
  - {code: year, name: 包年 600, kind: annual, tariff: minute, collection: automatic, fee: 600, term_months: 12, package_amount: 600}
  - {code: buy, name: 买断, kind: buyout, tariff: minute, collection: automatic, fee: 1800, versions: [{effective: 2026-02-01, number_fee: 0}, {effective: 2099-01-01, fee: 2000}]}
`, phones)
}

// An enterprise orders a number on the pages, as a person would: it mistypes,
// mends, signs, pays in the sandbox, and is reviewed; then the number takes a
// real call, which is charged.
func TestOrder(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	phones.Set("01088886666", siptest.Behaviour{})
	carrier, err := siptest.NewCarrier("127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	cfg, node := shopNode(t, phones.Addr().String())
	base := "http://" + node.PublicAddr()
	next := 4006001000
	for _, width := range []int64{390, 1440} {
		for _, lang := range text.Langs() {
			digits := fmt.Sprint(next)
			next++
			t.Run(fmt.Sprintf("order-%d-%s", width, lang), func(t *testing.T) {
				b := newTab(t, browser, "status of 422", "status of 409")
				w := walk{t, b, text.With(t.Context(), lang), fmt.Sprintf("order-%d-%s", width, lang)}
				b.run(t, network.ClearBrowserCookies(), view(width, "light"), chromedp.Navigate(base+"/order/new?number="+digits+"&lang="+string(lang)), chromedp.WaitVisible(`#company`))
				w.says("form", number.Format(digits, ""))
				b.run(t, chromedp.Click(`#feature-menu`))
				b.run(t, chromedp.Click(`#feature-tone`))
				w.press(`button[name=count]`)
				w.says("excluded", "语音导航 / Voice menu")
				b.run(t, chromedp.Click(`#feature-tone`))
				w.press(`button[name=count]`)
				w.says("counted", "¥1,320.00") // 600 for the year, 120 for the menu, 600 to begin with
				w.fill(map[string]string{"#company": "杭州示例茶业有限公司", "#name": "王小明", "#phone": "12345", "#targets": "010-88886666"})
				w.press(`form.sb-split button.btn-primary`)
				w.says("mistyped", "12345")
				w.fill(map[string]string{"#phone": fmt.Sprintf("138001%s", digits[5:])})
				w.press(`form.sb-split button.btn-primary`)
				w.says("locked", text.T(w.in, "purchase.sign"))
				var link string
				b.run(t, chromedp.Location(&link))

				// Somebody else is too late.
				b.run(t, chromedp.Navigate(base+"/order/new?number="+digits), chromedp.WaitVisible(`#company`))
				w.fill(map[string]string{"#company": "另一家公司", "#name": "李四", "#phone": "13900139000"})
				w.press(`form.sb-split button.btn-primary`)
				w.says("toolate", text.T(w.in, "purchase.similar", "Number", number.Format(digits, "")))

				b.run(t, chromedp.Navigate(link), chromedp.WaitVisible(`#sign`))
				w.press(`form[action*="/code"] button`)
				var shown string
				b.run(t, chromedp.Text(`form[action*="/code"] .sb-tag`, &shown))
				code := shown[strings.LastIndexAny(shown, " 码")+1:]
				code = strings.TrimFunc(code, func(r rune) bool { return r < '0' || r > '9' })
				w.fill(map[string]string{"#sign-name": "王小明", "#sign-code": "000"})
				w.press(`form[action*="/sign"] button`)
				w.says("wrongcode", "")
				w.fill(map[string]string{"#sign-name": "王小明", "#sign-code": code})
				w.press(`form[action*="/sign"] button`)
				w.says("signed", text.T(w.in, "purchase.due"))
				w.press(`form[action*="/pay"] button`)
				w.press(`button[value=pay]`)
				w.says("paid", text.T(w.in, "checkout.done", "Amount", "¥1,320.00"))
				b.run(t, chromedp.Navigate(link), chromedp.WaitVisible(`#documents`))
				w.says("documents", text.T(w.in, "purchase.documents"))

				at, err := url.Parse(link)
				if err != nil {
					t.Fatal(err)
				}
				id, err := order.ParseID(strings.TrimPrefix(at.Path, "/order/"))
				if err != nil {
					t.Fatal(err)
				}
				for _, step := range []app.Order{
					{Do: app.DoHandIn, Sale: id, Who: "customer"},
					{Do: app.DoAgain, Sale: id, Who: "li", Why: "营业执照不清晰，请重新拍照"},
					{Do: app.DoHandIn, Sale: id, Who: "customer"},
				} {
					operate(t, cfg, step)
					b.run(t, chromedp.Reload())
					w.says(step.Do, step.Why)
				}
				operate(t, cfg, app.Order{Do: app.DoVet, Sale: id, Who: "li"})
				operate(t, cfg, app.Order{Do: app.DoOpen, Sale: id, Who: "zhou"})
				b.run(t, chromedp.Reload())
				w.says("open", text.T(w.in, "purchase.isopen"))
				b.clean(t)

				// The handler's way into the console, where the call shows.
				w.press(`form[action*="/account"] button`)
				w.fill(map[string]string{"#password": "four unrelated words"})
				w.press(`form button.btn-primary`)
				w.says("console", number.Format(digits, ""))
				call(t, carrier, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13712342286", Talk: 200 * time.Millisecond})
				awaitShown(w, base+"/console/calls?caller=13712342286", "¥0.10")
				w.says("calls", "137****2286")
				b.clean(t)
			})
		}
	}
	awaitCharged(t, cfg, 4)
}

// call calls until somebody answers: a node knows of a change within a second.
func call(t *testing.T, carrier *siptest.Carrier, p siptest.Plan) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		out, err := carrier.Dial(ctx, p)
		if err != nil {
			t.Fatalf("the first call: %+v, %v", out, err)
		}
		if out.Status == 200 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// awaitShown opens a page until it shows something.
func awaitShown(w walk, address, want string) {
	w.t.Helper()
	for body := ""; !strings.Contains(body, want); {
		if w.b.ctx.Err() != nil {
			w.t.Fatalf("%s does not show %q", address, want)
		}
		w.b.run(w.t, chromedp.Navigate(address), chromedp.WaitVisible("h1"), chromedp.TextContent("main", &body))
	}
}

// awaitCharged waits until n answered calls are settled, each of which cost 0.10
// yuan.
func awaitCharged(t *testing.T, cfg config.Config, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		store, err := app.ReadStore(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		calls, err := store.Money.CDRs(ctx, charging.CDRFilter{Limit: charging.MaxCDRs})
		if cerr := store.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		calls = slices.DeleteFunc(calls, func(r cdr.Record) bool { return r.Status != 200 })
		if len(calls) == n {
			for i := range calls {
				if calls[i].Charge != 100_000 {
					t.Errorf("%s cost %s", calls[i].Call, calls[i].Charge)
				}
			}
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d calls are settled", len(calls), n)
		case <-tick.C:
		}
	}
}

// walk is a person who goes through pages.
type walk struct {
	t    *testing.T
	b    *tab
	in   context.Context
	name string
}

func (w walk) fill(fields map[string]string) {
	w.t.Helper()
	for at, value := range fields {
		w.b.run(w.t, chromedp.SetValue(at, value))
	}
}

// press presses a button and waits for the page that follows.
func (w walk) press(button string) {
	w.t.Helper()
	if _, err := chromedp.RunResponse(w.b.ctx, press(button)); err != nil {
		w.t.Fatalf("%s: %v", button, err)
	}
}

func (w walk) says(shot, want string) {
	w.t.Helper()
	var body string
	var out []string
	w.b.run(w.t, chromedp.TextContent("main", &body), chromedp.Evaluate(sideways, &out))
	if !strings.Contains(body, want) {
		w.t.Errorf("%s lacks %q: %s", shot, want, body)
	}
	if len(out) > 0 {
		w.t.Errorf("%s scrolls sideways:\n%s", shot, strings.Join(out, "\n"))
	}
	w.b.shoot(w.t, w.name+"-"+shot)
}
