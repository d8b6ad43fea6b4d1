package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/web/text"
)

// A customer owes, and no mail server is set: staff see what would be sent, to whom
// (masked), drop it and take that back; the cashier reads only.
func TestOutbox(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	base := "http://" + node.HTTPAddr()
	for i, c := range []struct {
		width int64
		lang  text.Lang
	}{{390, text.ZH}, {1440, text.EN}} {
		name := fmt.Sprintf("outbox-%d-%s", c.width, c.lang)
		t.Run(name, func(t *testing.T) {
			customer := fmt.Sprintf("owes-%d", i)
			site := fmt.Sprintf(`
arrears: {grace_days: 0}
trunks: [{code: phones, outbound: {address: "127.0.0.1:9"}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: p, kind: annual, tariff: minute, fee: 10, term_months: 1, collection: automatic}]
customers:
  - {code: %s, name: 杭州欠费茶业, targets: [{phone: "13800000001", trunk: phones}], numbers: [{number: "400826660%d", plan: p, targets: ["13800000001"]}]}
`, customer, i)
			if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(site), false, quiet); err != nil {
				t.Fatal(err)
			}
			operate(t, cfg, app.Order{Do: app.DoContact, Contact: notify.Contact{Customer: customer, Email: "boss@tea.example", Lang: "zh"}})
			operate(t, cfg, app.Order{Do: app.DoBill})
			operate(t, cfg, app.Order{Do: app.DoBill})
			list, err := app.Outbox(t.Context(), cfg, notify.Filter{Customer: customer, State: notify.Queued})
			if err != nil || len(list) == 0 {
				t.Fatalf("%+v, %v", list, err)
			}
			m := list[0]
			_, body := m.Text("")
			w := walk{t, newTab(t, browser), text.With(t.Context(), c.lang), name}
			enter := func(role identity.Role) {
				t.Helper()
				comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "孙消息", Login: fmt.Sprintf("%s-%d@example.com", role, i), Role: role,
				}}).Link, c.width, c.lang)
				w.b.run(t, chromedp.Navigate(base+"/office/messages?state=queued&customer="+customer), chromedp.WaitVisible("h1"))
				w.says("list-"+string(role), text.T(w.in, "outbox.nomail"))
				w.says("list-"+string(role), m.Masked())
				w.press(`a[href$="` + m.ID.String() + `"]`)
				w.says("message-"+string(role), body[:len("您好：")])
			}
			enter(identity.Sales)
			var page string
			w.b.run(t, chromedp.Text("#body", &page))
			if page != body && page+"\n" != body {
				t.Errorf("the page says %q, the message %q", page, body)
			}
			var offered bool // to send at once what cannot be sent
			w.b.run(t, chromedp.Evaluate(`document.querySelector("#resend") !== null`, &offered))
			if offered {
				t.Error("the page offers to send at once, without a mail server")
			}
			w.press("#drop button")
			w.says("dropped", text.T(w.in, "outbox.state.dropped"))
			w.press("#resend button")
			w.says("again", text.T(w.in, "outbox.state.queued"))
			if now, err := app.OutboxMessage(t.Context(), cfg, m.ID); err != nil || now.State != notify.Queued || !now.QueuedAt.After(m.QueuedAt) {
				t.Errorf("%+v, %v", now, err)
			}
			traces, err := app.Traces(t.Context(), cfg, identity.TraceFilter{})
			if err != nil || len(traces) < 2 || traces[0].Action != "message_resent" || traces[1].Action != "message_dropped" || traces[0].Subject != m.ID.String() {
				t.Errorf("%+v, %v", traces, err)
			}
			w.press(`form[action*="signout"] button`)
			enter(identity.Cashier)
			var buttons int
			w.b.run(t, chromedp.Evaluate(`document.querySelectorAll("#resend, #drop").length`, &buttons))
			if buttons != 0 {
				t.Error("a cashier has the buttons of a message")
			}
			w.b.clean(t)
		})
	}
}
