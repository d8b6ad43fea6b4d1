package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/web/text"
)

// A customer owes: its owner sees by the bell that something is new, goes where it
// leads, marks the rest as read, and chooses how it is told. Staff have a bell of
// their own, which says nothing of it.
func TestBell(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	base, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	for i, c := range []struct {
		width int64
		lang  text.Lang
	}{{390, text.ZH}, {1440, text.EN}} {
		name := fmt.Sprintf("bell-%d-%s", c.width, c.lang)
		t.Run(name, func(t *testing.T) {
			customer := fmt.Sprintf("owes-%d", i)
			site := fmt.Sprintf(`
arrears: {grace_days: 0}
trunks: [{code: phones, outbound: {address: "127.0.0.1:9"}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: p, kind: annual, tariff: minute, fee: 10, term_months: 1, collection: automatic}]
customers:
  - {code: %s, name: 杭州欠费茶业, low_balance: 50, targets: [{phone: "13800000001", trunk: phones}], numbers: [{number: "400826660%d", plan: p, targets: ["13800000001"]}]}
`, customer, i)
			if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(site), false, quiet); err != nil {
				t.Fatal(err)
			}
			w := walk{t, newTab(t, browser), text.With(t.Context(), c.lang), name}
			comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Customer: customer, Invite: &identity.Invitation{
				Name: "孙老板", Login: customer + "@example.com", Role: identity.Owner,
			}}).Link, c.width, c.lang)
			operate(t, cfg, app.Order{Do: app.DoContact, Contact: notify.Contact{Customer: customer, Email: "boss@tea.example", Phone: "13800138000", Lang: "zh"}})
			operate(t, cfg, app.Order{Do: app.DoBill})
			operate(t, cfg, app.Order{Do: app.DoBill})
			count := func() (shown string) {
				t.Helper()
				w.b.run(t, chromedp.Evaluate(`document.querySelector(".sb-bell b")?.textContent ?? ""`, &shown))
				return shown
			}
			w.b.run(t, chromedp.Navigate(base+"/console"), chromedp.WaitVisible("h1"))
			if got := count(); got != "3" {
				t.Errorf("the bell counts %q", got)
			}
			w.press(".sb-bell")
			w.says("list", text.T(w.in, "bell.title"))
			w.says("list", text.T(w.in, "bell.all"))
			w.press(".sb-told li:first-child button")
			w.says("seen", "")
			var at string
			w.b.run(t, chromedp.Location(&at))
			if !strings.HasPrefix(at, base+"/console") || strings.Contains(at, "notices") || count() != "2" {
				t.Errorf("it led to %s, the bell counts %q", at, count())
			}
			w.press(".sb-bell")
			w.press("#all button")
			w.says("allread", "")
			if got := count(); got != "" {
				t.Errorf("all are read, and the bell counts %q", got)
			}
			w.press(`a[href="/console/notices/choices"]`)
			w.says("choices", "b***@tea.example")
			w.b.run(t, chromedp.Click(`input[name="money"][value="email"]`))
			w.press("#choices button")
			w.says("chosen", text.T(w.in, "bell.saved"))
			var email, page bool
			w.b.run(t, chromedp.Evaluate(`document.querySelector('input[name="money"][value="email"]').checked`, &email),
				chromedp.Evaluate(`document.querySelector('input[name="money"][value="page"]').checked`, &page))
			if email || !page {
				t.Errorf("chosen: e-mail %v, page %v", email, page)
			}
			traces, err := app.Traces(t.Context(), cfg, identity.TraceFilter{Action: "notices_chosen"})
			if err != nil || len(traces) == 0 || !strings.HasPrefix(traces[0].Detail, "money=phone+page ") {
				t.Errorf("%+v, %v", traces, err)
			}
			w.b.clean(t)

			staff := walk{t, newTab(t, browser), w.in, name + "-office"}
			comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
				Name: "李审核", Login: fmt.Sprintf("li-%d@example.com", i), Role: identity.Admin,
			}}).Link, c.width, c.lang)
			staff.press(".sb-bell")
			staff.says("notices", text.T(w.in, "bell.empty"))
			staff.b.clean(t)
		})
	}
}
