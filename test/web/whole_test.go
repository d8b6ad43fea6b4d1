package web_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/realname"
	"sibai/internal/siptest"
	"sibai/internal/web/text"
)

// A new customer goes the whole way in a browser: it searches a number, looks at it and
// at what the plans come to, orders, signs, pays in the sandbox, hands its documents in,
// is sent back for one, and passes both reviews by two members of staff. The number
// opens by that alone, its first call is answered and charged, and stands in the
// console. Then the number is frozen for a rule by two, and the next caller does not
// get through.
func TestWholeWay(t *testing.T) {
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
	base, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	scan := filepath.Join(t.TempDir(), "scan.png")
	if err := os.WriteFile(scan, grey(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, at := range []struct {
		width int64
		lang  text.Lang
	}{{390, text.ZH}, {1440, text.EN}} {
		digits := fmt.Sprint(4006001000 + i)
		t.Run(fmt.Sprintf("whole-%d-%s", at.width, at.lang), func(t *testing.T) {
			in, name := text.With(t.Context(), at.lang), fmt.Sprintf("whole-%d-%s", at.width, at.lang)
			w := walk{t, newTab(t, browser, "status of 422"), in, name}
			b := w.b
			enter := func(w walk, button string) { // which may be below, and move
				t.Helper()
				w.b.run(t, chromedp.Focus(button))
				if _, err := chromedp.RunResponse(w.b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
					t.Fatalf("%s: %v", button, err)
				}
			}
			b.run(t, network.ClearBrowserCookies(), view(at.width, "light"), chromedp.Navigate(base+"/?lang="+string(at.lang)), chromedp.WaitVisible(`input[name=q]`))
			awaitShown(w, base+"/?q="+digits[6:], number.Format(digits, "")) // what came into stock is on the shelf within seconds
			b.run(t, chromedp.Navigate(base+"/"), chromedp.WaitVisible(`input[name=q]`))
			w.fill(map[string]string{`input[name=q]`: digits[6:]})
			enter(w, `form.sb-search button[type=submit]`)
			w.says("found", number.Format(digits, ""))
			b.run(t, chromedp.WaitVisible(`a[href^="/numbers/`+digits+`"]`))
			enter(w, `a[href^="/numbers/`+digits+`"]`)
			w.says("number", number.Format(digits, ""))
			enter(w, `a[href^="/plans?number="]`)
			w.fill(map[string]string{"#calls": "300", "#min": "2"})
			enter(w, `form[action="/plans"] button[type=submit]`)
			w.says("advice", "600") // the year's package of 600 yuan is among what is reckoned
			b.run(t, chromedp.Navigate(base+"/numbers/"+digits), chromedp.WaitVisible(`a[href^="/order/new"]`))
			enter(w, `a[href^="/order/new"]`)
			b.run(t, chromedp.WaitVisible("#company"))
			mobile := "1380013" + digits[6:]
			w.fill(map[string]string{"#company": "杭州示例茶业有限公司", "#name": "周以宁", "#phone": mobile, "#targets": "010-88886666"})
			enter(w, `form.sb-split button.btn-primary`)
			w.says("locked", text.T(in, "purchase.sign"))
			var link string
			b.run(t, chromedp.Location(&link))
			enter(w, `form[action*="/code"] button`)
			var shown string
			b.run(t, chromedp.Text(`form[action*="/code"] .sb-tag`, &shown))
			code := strings.TrimFunc(shown[strings.LastIndexAny(shown, " 码")+1:], func(r rune) bool { return r < '0' || r > '9' })
			w.fill(map[string]string{"#sign-name": "周以宁", "#sign-code": code})
			enter(w, `form[action*="/sign"] button`)
			enter(w, `form[action*="/pay"] button`)
			enter(w, `button[value=pay]`)
			w.says("paid", text.T(in, "checkout.donewhy"))

			// The documents, from the order's own page.
			b.run(t, chromedp.Navigate(link), chromedp.WaitVisible(`#documents`))
			enter(w, `form[action*="/documents"] button`)
			b.run(t, chromedp.WaitVisible("#form"))
			var papers, typed string
			b.run(t, chromedp.Location(&papers), chromedp.Value("#phone_0", &typed))
			if typed != "01088886666" {
				t.Errorf("the phone of the order is typed again: %q", typed)
			}
			w.fill(map[string]string{
				"#uscc": "91350100M000100Y43", "#usage": "售后热线", "#legal_name": "周以宁", "#legal_id": "11010519491231002X", "#owner_name_0": "周以宁",
			})
			b.run(t, chromedp.SetValue("#billed_on_0", calendar.Day(time.Now().AddDate(0, -1, 0))), chromedp.SetValue("#line_0", "fixed"), chromedp.SetValue("#owner_0", "legal"))
			enter(w, `#form button`)
			upload := func(slot string) {
				t.Helper()
				b.run(t, chromedp.WaitVisible(`#file-`+slot), chromedp.SetUploadFiles(`#file-`+slot, []string{scan}))
				enter(w, `#`+slot+` button`)
			}
			for _, slot := range []string{"business_licence", "legal_front", "legal_back", "application_form", "pledge", "target_bill-01088886666", "target_pledge-01088886666"} {
				upload(slot)
			}
			w.says("ready", text.T(in, "verify.ready"))
			enter(w, `#hand-in button`)
			w.says("handedin", text.T(in, "verify.reviewed"))

			// Two members of staff, each with a browser of their own.
			at2, err := url.Parse(papers)
			if err != nil {
				t.Fatal(err)
			}
			id := strings.TrimPrefix(at2.Path, "/verify/")
			desk := func(who string, role identity.Role) walk {
				t.Helper()
				d := walk{t, newTab(t, browser, "status of 422"), in, name + "-" + string(role)}
				d.b.run(t, network.ClearBrowserCookies())
				comeIn(d, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: who, Login: fmt.Sprintf("%s-%s@example.com", role, digits), Role: role,
				}}).Link, at.width, at.lang)
				return d
			}
			show := func(d walk) {
				t.Helper()
				d.b.run(t, chromedp.Navigate(operator+"/office/reviews/"+id), chromedp.WaitVisible("h1"))
			}
			li := desk("李审核", identity.Reviewer)
			show(li)
			li.b.run(t, chromedp.SetValue("#note", "公章请盖全"), chromedp.Click(`input[name="reason"][value="seal"]`))
			enter(li, `button[value="ask"]`)
			b.run(t, chromedp.Navigate(papers), chromedp.WaitVisible("#pledge"))
			_, remedy := realname.Reason("seal").Text(at.lang == text.ZH)
			w.says("asked", remedy)
			upload("pledge")
			enter(w, `#hand-in button`)
			show(li)
			enter(li, `button[value="pass"]`)
			zhou := desk("周终审", identity.CarrierDesk)
			show(zhou)
			zhou.fill(map[string]string{"#reference": "CU-77"})
			enter(zhou, `button[value="pass"]`)

			b.run(t, chromedp.Navigate(link), chromedp.WaitVisible("h1"))
			w.says("open", text.T(in, "purchase.isopen"))
			enter(w, `form[action*="/account"] button`)
			w.fill(map[string]string{"#password": "four unrelated words"})
			enter(w, `form button.btn-primary`)
			w.says("console", number.Format(digits, ""))
			call(t, carrier, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13712342286", Talk: 200 * time.Millisecond})
			awaitShown(w, base+"/console/calls?caller=13712342286", "¥0.10")

			// Frozen for a rule: one proposes it, another confirms.
			chief := desk("何静", identity.Admin)
			chief.b.run(t, chromedp.Navigate(operator+"/office/freezes"), chromedp.WaitVisible("#number"))
			chief.fill(map[string]string{"#number": digits})
			enter(chief, `#freeze button`)
			chief.says("proposed", text.T(in, "review.proposed"))
			second := walk{t, newTab(t, browser, "status of 422"), in, name + "-second"}
			second.b.run(t, network.ClearBrowserCookies())
			comeIn(second, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
				Name: "郑主管", Login: fmt.Sprintf("zheng-%s@example.com", digits), Role: identity.Admin,
			}}).Link, at.width, at.lang)
			second.b.run(t, chromedp.Navigate(operator+"/office/freezes"), chromedp.WaitVisible("#confirm-"+digits))
			enter(second, `#confirm-`+digits+` button`)
			refusedCall(t, carrier, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13712342286", Talk: 200 * time.Millisecond})
			b.clean(t)
		})
	}
}

// refusedCall calls until nobody gets through any more.
func refusedCall(t *testing.T, carrier *siptest.Carrier, p siptest.Plan) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		out, err := carrier.Dial(ctx, p)
		if err != nil {
			t.Fatalf("a call to a frozen number: %+v, %v", out, err)
		}
		if out.Status == 403 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("a frozen number answers: %+v", out)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// A lock that nobody paid for ends while its page is open: the page says so and keeps
// the order, and the number is for sale again for somebody else.
func TestExpiredLock(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	_, node := shopNode(t, "127.0.0.1:9", func(c *config.Config) { c.Order.Lock = 6 * time.Second })
	base := "http://" + node.PublicAddr()
	for i, width := range []int64{390, 1440} {
		digits := fmt.Sprint(4006001000 + i)
		t.Run(fmt.Sprintf("expired-%d", width), func(t *testing.T) {
			w := walk{t, newTab(t, browser, "status of 422", "status of 409"), text.With(t.Context(), text.ZH), fmt.Sprintf("expired-%d", width)}
			order := func(company, mobile string) {
				t.Helper()
				w.b.run(t, view(width, "light"), chromedp.Navigate(base+"/order/new?lang=zh&number="+digits), chromedp.WaitVisible("#company"))
				w.fill(map[string]string{"#company": company, "#name": "王小明", "#phone": mobile, "#targets": "010-88886666"})
				w.press(`form.sb-split button.btn-primary`)
			}
			order("杭州示例茶业有限公司", fmt.Sprintf("1380013%04d", 1000+i))
			w.says("locked", text.T(w.in, "purchase.sign"))
			var link string
			w.b.run(t, chromedp.Location(&link))
			awaitShown(w, link, text.T(w.in, "purchase.expired"))
			w.says("expired", text.T(w.in, "purchase.overwhy"))
			for body := ""; !strings.Contains(body, text.T(w.in, "purchase.sign")); { // the job lets the number go within a while
				if w.b.ctx.Err() != nil {
					t.Fatal("the number is not for sale again")
				}
				order("宁波示例米业有限公司", fmt.Sprintf("1390013%04d", 2000+i))
				w.b.run(t, chromedp.TextContent("main", &body))
			}
			w.says("again", text.T(w.in, "purchase.sign"))
			w.b.clean(t)
		})
	}
}
