package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/web/text"
)

const shopSite = `
floors: [{prefix: "4008", amount: 800, minimums: 3}]
trunks: [{code: phones, outbound: {address: "127.0.0.1:9"}}]
tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.12}}]}
  - {code: six, versions: [{effective: 2026-01-01, first: {seconds: 6, price: 0.0108}}]}
  - {code: included, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0}}]}
  - {code: carrier, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.06}}]}
plans:
  - {code: annual, name: 包年600, kind: annual, tariff: minute, fee: 600, term_months: 12, package_amount: 600, minimum: 50, minimum_period: monthly}
  - {code: buyout, name: 买断 6 秒计费, kind: buyout, tariff: six, number_fee: 3000}
  - {code: flat, name: 包年不限量, kind: flat, tariff: included, fee: 1800, term_months: 12}
customers:
  - code: tea
    name: 杭州示例茶业进出口贸易有限公司
    targets: [{phone: "13800138000", trunk: phones}]
    numbers: [{number: 400-826-6688, plan: annual, targets: ["13800138000"]}]
`

// numbersNode is a node whose shop has a thousand numbers and three plans.
func numbersNode(t *testing.T) (config.Config, string) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen, cfg.Shop.CostTariff, cfg.Shop.Contact = "127.0.0.1:0", "carrier", "0571-88880000"
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(shopSite), false, quiet); err != nil {
		t.Fatal(err)
	}
	operate(t, cfg, app.Order{Do: app.DoGrades, Grades: number.Grades{
		{Code: "aaa", Name: "三连号", English: "three alike", Form: "AAA", Fee: 2600 * money.Yuan, Minimum: 200 * money.Yuan},
		{Code: "aabb", Name: "对子", English: "two pairs", Form: "AABB", Fee: 1400 * money.Yuan, Minimum: 100 * money.Yuan},
	}})
	list, _ := number.Between("4008261000", "4008261999")
	items := make([]inventory.Item, len(list))
	for i, digits := range list {
		items[i].Digits = digits
	}
	operate(t, cfg, app.Order{Do: app.DoStock, Items: items, Why: "generate"})
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return cfg, "http://" + node.PublicAddr()
}

// TestShopPages opens every page of the shop at the widths that people have, in
// both languages, light and dark.
func TestShopPages(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	_, base := numbersNode(t)
	for _, p := range []struct {
		name, path string
		status     int
	}{
		{"home", "/", 200},
		{"search", "/?q=____-1__&has=26&no4=1&most=3000&n=4008261122&n=4008261111&plan=annual", 200},
		{"none", "/?q=7777777", 200},
		{"mistyped", "/?q=hello&day=x", 422},
		{"number", "/numbers/4008261122?plan=annual", 200},
		{"taken", "/numbers/4008266688", 200},
		{"nonumber", "/numbers/4009999999", 404},
		{"compare", "/compare?n=4008261122&n=4008261111&n=4008266688&plan=annual", 200},
		{"plans", "/plans?calls=900&min=2&sec=30&years=1&number=4008261122", 200},
		{"plans-wrong", "/plans?calls=x", 422},
		{"verify", "/verify", 200},
		{"genuine", "/verify?number=400-826-6688", 200},
		{"notours", "/verify?number=400-123-4567", 200},
	} {
		for _, width := range []int64{360, 390, 1440} {
			for _, lang := range text.Langs() {
				scheme := map[bool]string{true: "dark", false: "light"}[width == 360]
				name := fmt.Sprintf("shop-%s-%d-%s-%s", p.name, width, lang, scheme)
				t.Run(name, func(t *testing.T) {
					b := newTab(t, browser, expectedStatus(p.status)...)
					and := "?"
					if strings.Contains(p.path, "?") {
						and = "&"
					}
					b.run(t, view(width, scheme))
					response, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(base+p.path+and+"lang="+string(lang)))
					if err != nil {
						t.Fatal(err)
					}
					var out []string
					b.run(t, chromedp.WaitVisible("h1"), chromedp.Evaluate(sideways, &out))
					if int(response.Status) != p.status || len(out) > 0 {
						t.Errorf("status %d; scrolls sideways:\n%s", response.Status, strings.Join(out, "\n"))
					}
					b.shoot(t, name)
					b.mu.Lock()
					if b.bytes > 300_000 {
						t.Errorf("first load is %.0f bytes, want at most 300,000", b.bytes)
					}
					b.mu.Unlock()
					b.clean(t)
				})
			}
		}
	}
}

// TestShopWay goes the way of somebody who chooses, without script: search, pick
// two, compare, look at one, and ask which plan; meanwhile another is sold.
func TestShopWay(t *testing.T) {
	t.Parallel()
	cfg, base := numbersNode(t)
	b := newTab(t, startBrowser(t))
	follow := func(action chromedp.Action) {
		t.Helper()
		if _, err := chromedp.RunResponse(b.ctx, action); err != nil {
			t.Fatal(err)
		}
	}
	says := func(want string) {
		t.Helper()
		var body string
		b.run(t, chromedp.Text("body", &body))
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q: %s", want, body)
		}
	}
	b.run(t, view(390, "light"), chromedp.Navigate(base+"/?lang=zh"), chromedp.WaitVisible("h1"))
	says("1,000 个号码")
	b.run(t, chromedp.SetValue(`input[name=q]`, "AABB"))
	follow(chromedp.Submit(`input[name=q]`))
	says("9 个号码")
	for _, n := range []string{"4008261122", "4008261133"} {
		follow(chromedp.Click(fmt.Sprintf(`.sb-result:has(a[href*="%s"]) a.sb-small`, n)))
	}
	says("对比 2 / 4")
	follow(chromedp.Click(`.sb-dock .btn`))
	says("号码对比")
	follow(chromedp.Click(`.sb-result:first-child .btn`))
	says("为什么是这个价")
	says("0571-88880000")
	// What is to be paid today is what the order asks for: 3,000 for the plan,
	// 1,400 for the grade, 800 paid in at first.
	says("¥5,200.00")
	b.run(t, chromedp.Navigate(base+"/order/new?number=4008261122&plan=buyout"), chromedp.WaitVisible(`#company`))
	says("¥5,200.00")
	b.run(t, chromedp.Navigate(base+"/numbers/4008261122"), chromedp.WaitVisible(`a[href^="/plans?number="]`))
	follow(chromedp.Click(`a[href^="/plans?number="]`))
	says("建议")

	// Another node or a command sells a number: the open shop follows.
	taken := strings.Replace(shopSite, "numbers: [", `numbers: [{number: 400-826-1122, plan: annual, targets: ["13800138000"]}, `, 1)
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(taken), false, quiet); err != nil {
		t.Fatal(err)
	}
	b.run(t, chromedp.Navigate(base+"/numbers/4008261122"), chromedp.WaitVisible("h1"))
	says("已售出")
	for body := ""; !strings.Contains(body, "没有符合的号码"); { // until the tab's deadline
		b.run(t, chromedp.Navigate(base+"/?q=____-122&has=1122"), chromedp.Text("main", &body))
	}
	b.clean(t)
}
