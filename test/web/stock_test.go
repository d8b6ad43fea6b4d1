package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/internal/web/text"
)

// Staff take numbers in, from a file whose rows they have to mend first and as a
// segment, see what would come in before it does, and find each with its history;
// and they see what is sold at which prices.
func TestStock(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	const rented = `
customers:
  - code: tea
    name: 杭州示例茶业有限公司
    targets: [{phone: "13800138000", trunk: phones}]
    numbers:
      - {number: 400-600-1090, plan: buy, targets: ["13800138000"]}
      - {number: 400-600-1091, plan: buy, targets: ["13800138000"]}
      - {number: 400-600-1092, plan: buy, targets: ["13800138000"]}
      - {number: 400-600-1093, plan: buy, targets: ["13800138000"]}
`
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(orderSite("127.0.0.1:9")+rented), false, quiet); err != nil {
		t.Fatal(err)
	}
	base := "http://" + node.HTTPAddr()
	for i, width := range []int64{390, 1440} {
		for j, lang := range text.Langs() {
			name, n := fmt.Sprintf("stock-%d-%s", width, lang), 2*i+j
			t.Run(name, func(t *testing.T) {
				in := text.With(t.Context(), lang)
				w := walk{t, newTab(t, browser, "status of 422"), in, name}
				comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "赵号码", Login: fmt.Sprintf("zhao-%d@example.com", n), Role: identity.Sales,
				}}).Link, width, lang)
				file := func(text string) string {
					path := filepath.Join(t.TempDir(), "numbers.csv")
					if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
					return path
				}
				in2 := base + "/office/numbers/in"
				w.b.run(t, chromedp.Navigate(in2), chromedp.WaitVisible("#file"))
				w.says("in", text.T(in, "stock.byfile"))
				bad := file(fmt.Sprintf("number,serving\n400-811-%d001,unicom\n400-81,\n400-811-%d002,att\n400-811-%d001,\n", n, n, n))
				w.b.run(t, chromedp.SetUploadFiles("#file", []string{bad}))
				w.press("#file-form button")
				w.says("bad", text.T(in, "stock.row", "Row", "3"))
				w.says("bad", text.T(in, "stock.row", "Row", "4"))
				w.says("bad", text.T(in, "stock.row", "Row", "5"))
				good := file(fmt.Sprintf("number,serving\n400-811-%d001,unicom\n400-811-%d002,\n4006001000,\n", n, n))
				w.b.run(t, chromedp.SetUploadFiles("#file", []string{good}))
				w.press("#file-form button")
				w.says("preview", text.T(in, "stock.willadd", "Added", "2"))
				w.press("#preview button")
				w.says("taken", text.T(in, "stock.done", "Added", "2"))
				w.fill(map[string]string{"#first": fmt.Sprintf("400-811-%d000", n), "#last": fmt.Sprintf("400-811-%d099", n)})
				w.press("#segment-form button")
				w.says("segment", text.T(in, "stock.willadd", "Added", "98"))
				w.press("#preview button")
				w.says("generated", text.T(in, "stock.done", "Added", "98"))

				w.b.run(t, chromedp.Navigate(base+"/office/numbers"), chromedp.WaitVisible("#q"))
				w.fill(map[string]string{"#q": fmt.Sprintf("%d_01", n)})
				w.press(`form[role=search] button`)
				w.says("found", fmt.Sprintf("400-811-%d001", n))
				w.fill(map[string]string{"#q": "40x"})
				w.press(`form[role=search] button`)
				w.says("wrong", "40x")
				w.b.run(t, chromedp.Navigate(fmt.Sprintf("%s/office/numbers/400811%d001", base, n)), chromedp.WaitVisible("h1"))
				w.says("number", text.T(in, "stock.why.import"))
				w.fill(map[string]string{"#own-grade": "plain", "#own-why": "老客户指定"})
				w.press("#grade button")
				w.says("graded", "老客户指定")
				w.fill(map[string]string{"#own-fee": "1888.80", "#own-why": "谈定"})
				w.press("#grade button")
				w.says("half", text.T(in, "stock.own"))
				var kept string
				if w.b.run(t, chromedp.Value("#own-fee", &kept)); kept != "1888.80" {
					t.Errorf("of the fee that was typed is kept %q", kept)
				}
				w.fill(map[string]string{"#own-minimum": "50", "#own-why": "谈定"})
				w.press("#grade button")
				w.says("priced", text.T(in, "stock.price", "Fee", "¥1,888.80", "Minimum", "¥50.00"))

				w.b.run(t, chromedp.Navigate(fmt.Sprintf("%s/office/numbers/400600109%d", base, n)), chromedp.WaitVisible("#steps"))
				w.says("rented", text.T(in, "stock.step.suspended"))
				for _, to := range []string{"suspended", "closing", "quarantine", "available"} {
					w.b.run(t, chromedp.Click(`#steps input[value="`+to+`"]`))
					w.fill(map[string]string{"#step-why": "客户退订 " + to})
					w.press("#steps button")
					w.says("moved-"+to, "客户退订 "+to)
					w.says("moved-"+to, fmt.Sprintf("赵号码 zhao-%d@example.com", n))
				}
				w.b.run(t, chromedp.WaitNotPresent("#steps"))

				w.b.run(t, chromedp.Navigate(base+"/office/plans"), chromedp.WaitVisible("#features"))
				for _, want := range []string{"¥2,000.00", "¥120.00", text.T(in, "pricelist.coming"), text.T(in, "pricelist.past")} {
					w.says("plans", want)
				}
				w.b.run(t, chromedp.WaitNotPresent(`a[href$="/version"]`)) // sales plan no prices
				w.press(`form[action$="/signout"] button`)
				comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "钱主管", Login: fmt.Sprintf("qian-%d@example.com", n), Role: identity.Admin,
				}}).Link, width, lang)
				day := fmt.Sprintf("2031-0%d-01", n+1)
				w.b.run(t, chromedp.Navigate(base+"/office/plans/year/version"), chromedp.WaitVisible("#version"))
				w.fill(map[string]string{"#day": day, "#fee": "7x"})
				w.press("#version button")
				w.says("typo", "7x")
				w.fill(map[string]string{"#fee": fmt.Sprintf("70%d", n), "#package": "700"})
				w.press("#version button")
				w.says("effect", text.T(in, "pricelist.effect", "Day", day))
				w.press("#effect button")
				w.says("published", fmt.Sprintf("qian-%d@example.com", n))
				w.press(fmt.Sprintf(`form:has(input[value=%q]) button`, day))
				w.b.run(t, chromedp.WaitNotPresent(fmt.Sprintf(`input[value=%q]`, day)))
				w.b.clean(t)
			})
		}
	}
}
