package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/web/text"
	"sibai/test/wechatpay"
)

// A cashier gives a payment back on its page: more than there is, a word instead of
// a sum, a part, and the rest; and books a sum that is not the one that was asked for.
func TestRefund(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	public, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	for i, width := range []int64{390, 1440} {
		for j, lang := range text.Langs() {
			name := fmt.Sprintf("refund-%d-%s", width, lang)
			digits := fmt.Sprintf("40060010%02d", 80+2*i+j)
			t.Run(name, func(t *testing.T) {
				in := text.With(t.Context(), lang)
				code := operate(t, cfg, app.Order{Do: app.DoPlace, Wish: &order.Wish{
					Company: "杭州示例茶业进出口贸易有限公司", Handler: order.Handler{Name: "王小明", Phone: fmt.Sprintf("1390013%s", digits[6:])},
					Items: []order.WishItem{{Number: digits, Plan: "year", Targets: []string{"010-88886666"}}},
				}}).Sale.Code
				payer := walk{t, newTab(t, browser), in, name + "-payer"}
				pays := func(sum string) payment.ID {
					out := operate(t, cfg, app.Order{Do: app.DoAsk, Customer: code, Amount: 200 * money.Yuan})
					_, path, _ := strings.Cut(out.Link, "/pay/")
					payer.b.run(t, view(width, "light"), chromedp.Navigate(public+"/pay/"+path+"&lang="+string(lang)), chromedp.WaitVisible("#amount"))
					payer.fill(map[string]string{"#amount": sum})
					payer.press(`button[value=pay]`)
					return out.Payment.ID
				}
				paid, short := pays("200"), pays("199.99")

				staff := walk{t, newTab(t, browser, "status of 422"), in, name}
				comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "钱会计", Login: fmt.Sprintf("qian-%s@example.com", digits), Role: identity.Cashier,
				}}).Link, width, lang)
				staff.b.run(t, chromedp.Navigate(operator+"/office/payments"), chromedp.WaitVisible("h1"))
				staff.press(`a[href$="` + paid.String() + `"]`)
				staff.says("paid", text.T(in, "office.refundwhy", "Amount", "¥200.00"))
				send := func(amount, why string) {
					staff.fill(map[string]string{"#refund-amount": amount, "#refund-reason": why})
					staff.press(`form[action$="/refund"] button`)
				}
				var kept string
				send("两百", "投诉")
				staff.b.run(t, chromedp.Value("#refund-amount", &kept))
				if kept != "两百" {
					t.Errorf("what was typed became %q", kept)
				}
				send("200.01", "投诉")
				staff.says("toomuch", "200.01")
				send("49.99", "投诉")
				staff.says("part", text.T(in, "office.refundwhy", "Amount", "¥150.01"))
				send("150.01", "退租")
				staff.says("whole", text.T(in, "office.norefund"))

				staff.b.run(t, chromedp.Navigate(operator+"/office/payments/"+short.String()), chromedp.WaitVisible("h1"))
				staff.press(`form[action$="/take"] button`)
				staff.says("taken", text.T(in, "office.refundwhy", "Amount", "¥199.99"))
				staff.b.clean(t)

				list, err := app.Payments(t.Context(), cfg, payment.Filter{Customer: code})
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range list {
					if p.ID == paid && (p.State != payment.Refunded || p.Refunded != 200*money.Yuan) || p.ID == short && p.Received != 19_999*money.Fen {
						t.Errorf("%+v", p)
					}
				}
			})
		}
	}
}

// A refund that WeChat Pay will not tell of is on its way all the same: the page says
// so and why, the same form sent again begins no second one, and who asked for it
// stands with the payment and in the trail.
func TestRefundWaits(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, vendor, node := weChatNode(t)
	asked := operate(t, cfg, app.Order{Do: app.DoAsk, Customer: "tea", Amount: 200 * money.Yuan})
	id := asked.Payment.ID
	header, body := vendor.Notify(t, "TRANSACTION.SUCCESS", wechatpay.Transaction(id.String(), 20_000, "CNY"), time.Now())
	tell(t, "http://"+node.PublicAddr()+"/pay/notify/wechat", header, body)
	vendor.Refuse(http.MethodGet, http.StatusForbidden, "NO_AUTH")

	operator := "http://" + node.HTTPAddr()
	in := text.With(t.Context(), fault.Chinese)
	staff := walk{t, newTab(t, browser, "status of 422"), in, "refund-waits"}
	comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
		Name: "钱会计", Login: "qian@example.com", Role: identity.Cashier,
	}}).Link, 390, fault.Chinese)
	page := operator + "/office/payments/" + id.String()
	staff.b.run(t, chromedp.Navigate(page), chromedp.WaitVisible("h1"))
	var token string
	staff.b.run(t, chromedp.Value(`input[name=token]`, &token))
	staff.fill(map[string]string{"#refund-amount": "50", "#refund-reason": "投诉"})
	staff.press(`form[action$="/refund"] button`)
	staff.says("waits", text.T(in, "office.refunding", "Amount", "¥50.00"))
	staff.says("why", "NO_AUTH")
	staff.says("who", "钱会计: 投诉")

	staff.b.run(t, chromedp.Evaluate(`document.querySelector('input[name=token]').value = '`+token+`'`, nil))
	staff.fill(map[string]string{"#refund-amount": "50", "#refund-reason": "投诉"})
	staff.press(`form[action$="/refund"] button`)
	staff.says("again", text.T(in, "office.refunding", "Amount", "¥50.00"))
	list, err := app.Payments(t.Context(), cfg, payment.Filter{Customer: "tea"})
	if err != nil || len(list) != 1 || list[0].Refunding != 50*money.Yuan || list[0].Refunded != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	traces, err := app.Traces(t.Context(), cfg, identity.TraceFilter{Action: "payment_refunded"})
	if err != nil || len(traces) == 0 || traces[0].Who != "钱会计" || traces[0].Subject != id.String() || !strings.Contains(traces[0].Detail, "投诉") {
		t.Errorf("the trail has %+v, %v", traces, err)
	}
}
