package web_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/claim"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/web/text"
)

// An enterprise pays an order by bank: it mistypes, claims too little with a slip,
// staff book what came, the order asks for the rest, and is paid with a second
// transfer; a claim that is not on the statement is rejected with its reason.
func TestTransfer(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	public, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	slip := filepath.Join(t.TempDir(), "slip.png")
	if err := os.WriteFile(slip, grey(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		width int64
		lang  text.Lang
	}{{390, text.ZH}, {1440, text.EN}} {
		digits := fmt.Sprintf("40060010%02d", 70+i)
		name := fmt.Sprintf("transfer-%d-%s", c.width, c.lang)
		t.Run(name, func(t *testing.T) {
			placed := operate(t, cfg, app.Order{Do: app.DoPlace, Wish: &order.Wish{
				Company: "杭州转账茶业有限公司", Handler: order.Handler{Name: "王小明", Phone: "1380013" + digits[6:]},
				Items: []order.WishItem{{Number: digits, Plan: "buy", Targets: []string{"010-88886666"}}},
			}})
			link, err := url.Parse(placed.Link)
			if err != nil {
				t.Fatal(err)
			}
			at := public + link.RequestURI()
			b := newTab(t, browser, "status of 422")
			w := walk{t, b, text.With(t.Context(), c.lang), name}
			b.run(t, network.ClearBrowserCookies(), view(c.width, "light"), chromedp.Navigate(at+"&lang="+string(c.lang)), chromedp.WaitVisible(`#sign`))
			w.press(`form[action*="/code"] button`)
			var shown string
			b.run(t, chromedp.Text(`form[action*="/code"] .sb-tag`, &shown))
			code := strings.TrimFunc(shown, func(r rune) bool { return r < '0' || r > '9' })
			w.fill(map[string]string{"#sign-name": "王小明", "#sign-code": code})
			w.press(`form[action*="/sign"] button`)
			w.says("signed", text.T(w.in, "purchase.transfer"))
			w.press(`a[href*="/transfer"]`)
			w.says("account", "6222 0000 1111 2222")
			w.fill(map[string]string{"#amount": "a lot"})
			w.press(`form button.btn-primary`)
			w.says("mistyped", "a lot")
			claimed := func(amount string) {
				t.Helper()
				w.fill(map[string]string{"#amount": amount})
				b.run(t, chromedp.SetUploadFiles("#slip", []string{slip}))
				w.press(`form button.btn-primary`)
				w.says("claimed-"+amount, text.T(w.in, "transfer.state.filed"))
			}
			claimed("1000")
			staff := walk{t, newTab(t, browser, "status of 422"), w.in, name + "-desk"}
			comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
				Name: "钱会计", Login: fmt.Sprintf("qian-%s@example.com", digits), Role: identity.Cashier,
			}}).Link, c.width, c.lang)
			// The claim that waits is the only one of its customer.
			waiting := func() claim.Claim {
				t.Helper()
				list, err := node.Store().Catalog.BankClaims(context.Background(), claim.Filter{Customer: placed.Sale.Code, State: claim.Filed})
				if err != nil || len(list) != 1 {
					t.Fatalf("%+v, %v", list, err)
				}
				return list[0]
			}
			open := func() {
				t.Helper()
				staff.b.run(t, chromedp.Navigate(operator+"/office/claims"), chromedp.WaitVisible("h1"))
				staff.says("list", "杭州转账茶业有限公司")
				staff.press(`a[href$="` + waiting().ID.String() + `"]`)
				staff.says("claim", "")
			}
			open()
			staff.fill(map[string]string{"#amount": "999.99", "#line": "B-1-" + digits})
			staff.press(`#approve button`)
			staff.says("booked", "¥999.99")
			b.run(t, chromedp.Navigate(at), chromedp.WaitVisible(`#pay`))
			w.says("underpaid", text.T(w.in, "purchase.due"))
			b.run(t, chromedp.Navigate(strings.Replace(at, "?", "/transfer?", 1)), chromedp.WaitVisible(`#amount`))
			w.says("came", text.T(w.in, "transfer.came", "Amount", "¥999.99"))
			claimed("5")
			open()
			staff.fill(map[string]string{"#amount": "1400.01", "#line": "B-1-" + digits})
			staff.press(`#approve button`)
			staff.says("twice", "B-1-"+digits)
			staff.fill(map[string]string{"#note": "请核对日期"})
			staff.press(`#reject button`)
			staff.says("rejected", "请核对日期")
			b.run(t, chromedp.Navigate(strings.Replace(at, "?", "/transfer?", 1)), chromedp.WaitVisible(`#amount`))
			w.says("told", text.T(w.in, "transfer.reason.not_found"))
			claimed("1400.01")
			open()
			staff.fill(map[string]string{"#line": "B-2-" + digits})
			staff.press(`#approve button`)
			staff.says("rest", text.T(w.in, "transfer.state.approved"))
			b.run(t, chromedp.Navigate(at), chromedp.WaitVisible(`#documents`))
			w.says("paid", number.Format(digits, ""))
			b.clean(t)
			staff.b.clean(t)
		})
	}
}
