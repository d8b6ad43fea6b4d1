package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/internal/order"
	"sibai/internal/web/text"
)

// Staff and a customer's owner come in by their links, set passwords, and see
// every page of their side; staff lead an order by the buttons.
func TestConsoleAndOffice(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	public, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	for i, width := range []int64{390, 1440} {
		for j, lang := range text.Langs() {
			name := fmt.Sprintf("people-%d-%s", width, lang)
			digits := fmt.Sprintf("40060010%02d", 50+2*i+j)
			t.Run(name, func(t *testing.T) {
				placed := operate(t, cfg, app.Order{Do: app.DoPlace, Wish: &order.Wish{
					Company: "杭州示例茶业进出口贸易有限公司", Handler: order.Handler{Name: "王小明", Phone: fmt.Sprintf("1390013%s", digits[6:])},
					Items: []order.WishItem{{Number: digits, Plan: "year", Targets: []string{"010-88886666"}}},
				}})
				in := text.With(t.Context(), lang)
				owner := walk{t, newTab(t, browser), in, name + "-console"}
				comeIn(owner, public, operate(t, cfg, app.Order{Do: app.DoInvite, Customer: placed.Sale.Code, Invite: &identity.Invitation{
					Name: "王小明", Login: fmt.Sprintf("wang-%s@example.com", digits), Role: identity.Owner,
				}}).Link, width, lang)
				owner.says("overview", text.T(in, "console.numbers"))
				for page, key := range map[string]string{"calls": "console.nocalls", "orders": "purchase.title", "money": "console.topup", "members": "console.invite", "password": "account.password"} {
					owner.b.run(t, chromedp.Navigate(public+"/console/"+page), chromedp.WaitVisible("h1"))
					owner.says(page, "")
					if page != "orders" {
						owner.says(page, text.T(in, key))
					}
				}
				owner.b.run(t, chromedp.Navigate(public+"/console/money"), chromedp.WaitVisible("#amount"))
				owner.press(`form[action="/console/money"] button`)
				owner.says("topup", text.T(in, "checkout.nomoney"))
				owner.b.clean(t)

				staff := walk{t, newTab(t, browser, "status of 403"), in, name + "-office"}
				comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "李审核", Login: fmt.Sprintf("li-%s@example.com", digits), Role: identity.Admin,
				}}).Link, width, lang)
				staff.says("orders", placed.Sale.ID.String())
				for page, want := range map[string]string{
					"customers": "杭州示例茶业进出口贸易有限公司", "customers/" + placed.Sale.Code: placed.Sale.ID.String(), "payments": text.T(in, "nav.payments"),
					"ledger": "Excel", "staff": "李审核", "traces": text.T(in, "trace.password_set"),
				} {
					staff.b.run(t, chromedp.Navigate(operator+"/office/"+page), chromedp.WaitVisible("h1"))
					staff.says(strings.ReplaceAll(page, "/", "-"), want)
				}
				login := fmt.Sprintf("wang-%s@example.com", digits)
				staff.b.run(t, chromedp.Navigate(operator+"/office/staff"), chromedp.WaitVisible("#block-login"))
				staff.fill(map[string]string{"#block-login": login, "#block-why": "手机遗失"})
				staff.press(`form[action="/office/staff/block"] button`)
				staff.says("blocked", login)
				owner.b.run(t, chromedp.Navigate(public+"/console/money"), chromedp.WaitVisible("#password"))
				owner.says("out", text.T(in, "account.dosignin"))
				// Others walk beside this one: the row is named by the login.
				staff.press(`form[action="/office/staff/unblock"]:has(input[value="` + login + `"]) button`)
				staff.b.run(t, chromedp.Navigate(operator+"/office/traces"), chromedp.WaitVisible("h1"))
				staff.says("trail", text.T(in, "trace.person_let_in")+" "+login)
				staff.says("trail", text.T(in, "trace.person_blocked")+" "+login+" 手机遗失")

				staff.b.run(t, chromedp.Navigate(operator+"/office/orders/"+placed.Sale.ID.String()), chromedp.WaitVisible("#why-cancel"))
				staff.fill(map[string]string{"#why-cancel": "客户改选其他号码"})
				staff.press(`form[action$="/cancel"] button`)
				staff.says("cancelled", "客户改选其他号码")
				staff.press(`form[action="/office/signout"] button`)
				staff.says("signin", text.T(in, "account.dosignin"))
				staff.b.clean(t)
			})
		}
	}
}

// comeIn takes up an invitation: the person sets a password, and is in.
func comeIn(w walk, base, link string, width int64, lang text.Lang) {
	w.t.Helper()
	_, path, _ := strings.Cut(strings.TrimPrefix(link, "http://"), "/")
	w.b.run(w.t, view(width, "light"), chromedp.Navigate(base+"/"+path+"&lang="+string(lang)), chromedp.WaitVisible("#password"))
	w.says("welcome", "")
	w.fill(map[string]string{"#password": "four unrelated words"})
	w.press(`form button.btn-primary`)
	w.says("in", "")
}
