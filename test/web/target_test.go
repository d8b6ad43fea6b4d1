package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/siptest"
	"sibai/internal/web/text"
)

const (
	firstPhone  = "13800000001"
	secondPhone = "13800000002"
	thirdPhone  = "13711112222"
)

// A member changes the phones of a number on its page: the order changes whom the
// next call rings while a call goes on, a phone rings once its code is typed, and
// the last one goes only when it is said twice.
func TestTargets(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	phones, err := siptest.NewPhones("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Stop)
	for _, p := range []string{firstPhone, secondPhone, thirdPhone} {
		phones.Set(p, siptest.Behaviour{})
	}
	carrier, err := siptest.NewCarrier("127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Stop)
	cfg, node := shopNode(t, phones.Addr().String())
	base := "http://" + node.PublicAddr()
	numbers := []string{"4006001090", "4006001091", "4006001092", "4006001093"}
	site := orderSite(phones.Addr().String()) + `
customers:
  - code: tea
    name: 杭州示例茶业进出口贸易有限公司
    top_ups: [{channel: bank, reference: "1", amount: 2000}]
    targets: [{phone: "` + firstPhone + `", trunk: phones}, {phone: "` + secondPhone + `", trunk: phones}]
    numbers:
`
	for _, n := range numbers {
		site += fmt.Sprintf("      - {number: %q, plan: buy, targets: [%q, %q]}\n", n, firstPhone, secondPhone)
	}
	if _, err := app.Apply(t.Context(), cfg, "tea.yaml", []byte(site), false, quiet); err != nil {
		t.Fatal(err)
	}
	for i, width := range []int64{390, 1440} {
		for j, lang := range text.Langs() {
			digits, name := numbers[2*i+j], fmt.Sprintf("targets-%d-%s", width, lang)
			t.Run(name, func(t *testing.T) {
				in := text.With(t.Context(), lang)
				w := walk{t, newTab(t, browser, "status of 422", "status of 403"), in, name}
				comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Customer: "tea", Invite: &identity.Invitation{
					Name: "王小明", Login: fmt.Sprintf("wang-%s@example.com", name), Role: identity.Routing,
				}}).Link, width, lang)
				w.b.run(t, chromedp.Navigate(base+"/console/numbers"), chromedp.WaitVisible(`a[href="/console/numbers/`+digits+`"]`))
				w.says("list", number.Format(digits, ""))
				w.press(`a[href="/console/numbers/` + digits + `"]`)
				w.says("number", text.T(in, "phones.next"))

				// A call talks to the first phone while the order is changed.
				talking, hangUp := context.WithCancel(t.Context())
				defer hangUp()
				over := make(chan error, 1)
				go func() {
					_, err := carrier.Dial(talking, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13912340000"})
					over <- err
				}()
				await(t, "somebody talks", func() bool { _, talk := phones.Busy(); return talk == 1 })
				w.press(`#phone-main-` + secondPhone + ` button[value=up]`)
				w.says("moved", text.T(in, "phones.restore", "Version", 1))
				before := len(phones.Heard())
				call(t, carrier, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13712342286", Talk: 100 * time.Millisecond})
				await(t, "the phones have a further call behind them", func() bool { return len(phones.Heard()) > before })
				if got := phones.Heard()[before]; got.Number != secondPhone || got.Status != 200 {
					t.Errorf("after the change %+v rang", got)
				}
				if _, talk := phones.Busy(); talk != 1 {
					t.Error("the call in progress is over")
				}
				hangUp()
				<-over
				await(t, "the first call is over", func() bool { return len(phones.Heard()) > before+1 })
				if got := phones.Heard()[before+1]; got.Number != firstPhone || got.EndedBy != siptest.Caller {
					t.Errorf("the call in progress was %+v", got)
				}

				// What may not ring is refused beside what was typed.
				w.fill(map[string]string{"#phone": "170 1234 5678"})
				w.press(`form[action$="/targets"] button`)
				w.says("virtual", "170 1234 5678")
				w.fill(map[string]string{"#phone": "+86 137-1111-2222"})
				w.press(`form[action$="/targets"] button`)
				if i+j == 0 { // verified once, it is for all numbers
					w.says("pending", text.T(in, "phones.review.pending"))
					w.press(`form[action$="/code"] button`)
					var shown string
					w.b.run(t, chromedp.Text(`.sb-prove .sb-tag`, &shown))
					w.fill(map[string]string{`#code-main-` + thirdPhone: "1"})
					w.press(`form[action$="/prove"] button`)
					w.says("wrongcode", text.T(in, "phones.review.pending"))
					w.fill(map[string]string{`#code-main-` + thirdPhone: strings.TrimFunc(shown, func(r rune) bool { return r < '0' || r > '9' })})
					w.press(`form[action$="/prove"] button`)
				}
				w.says("verified", text.T(in, "phones.rings", "Phones", thirdPhone, "Seconds", 25))
				for range 2 {
					w.press(`#phone-main-` + thirdPhone + ` button[value=up]`)
				}
				before = len(phones.Heard())
				call(t, carrier, siptest.Plan{Proxy: node.SIPAddr(), Number: digits, Caller: "13712342286", Talk: 100 * time.Millisecond})
				await(t, "the verified phone was called", func() bool { return len(phones.Heard()) > before })
				if got := phones.Heard()[before].Number; got != thirdPhone {
					t.Errorf("%s rang", got)
				}

				// The last phone goes only when it is said twice.
				for _, p := range []string{firstPhone, secondPhone, thirdPhone} {
					w.press(`#phone-main-` + p + ` form[action$="/remove"] button`)
				}
				w.says("last", text.T(in, "phones.sure"))
				w.press(`button[name=sure]`)
				w.says("nobody", text.T(in, "phones.nobody"))
				w.press(`button[name=restore][value="2"]`)
				w.says("restored", text.T(in, "phones.rings", "Phones", secondPhone, "Seconds", 25))
				w.fill(map[string]string{"#seconds": "2"})
				w.press(`form[action$="/ring"] button`)
				w.says("tooshort", "2s")
				w.b.run(t, chromedp.Click(`input[value=simultaneous]`))
				w.fill(map[string]string{"#seconds": "40"})
				w.press(`form[action$="/ring"] button`)
				w.says("together", text.T(in, "phones.rings", "Phones", secondPhone+text.T(in, "phones.and")+firstPhone, "Seconds", 40))
				w.b.clean(t)
			})
		}
	}
}

// A viewer sees the phones masked, and no button.
func TestTargetsSeen(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9")
	site := orderSite("127.0.0.1:9") + `
customers:
  - code: tea
    name: 杭州示例茶业进出口贸易有限公司
    targets: [{phone: "` + firstPhone + `", trunk: phones}]
    numbers: [{number: "4006001090", plan: buy, targets: ["` + firstPhone + `"]}]
`
	if _, err := app.Apply(t.Context(), cfg, "tea.yaml", []byte(site), false, quiet); err != nil {
		t.Fatal(err)
	}
	w := walk{t, newTab(t, browser), text.With(t.Context(), text.EN), "targets-viewer"}
	base := "http://" + node.PublicAddr()
	comeIn(w, base, operate(t, cfg, app.Order{Do: app.DoInvite, Customer: "tea", Invite: &identity.Invitation{
		Name: "孙旁观", Login: "sun@example.com", Role: identity.Viewer,
	}}).Link, 390, text.EN)
	var page string
	w.b.run(t, chromedp.Navigate(base+"/console/numbers/4006001090"), chromedp.WaitVisible("#next-call"), chromedp.OuterHTML("main", &page))
	w.says("number", "138****0001")
	if strings.Contains(page, firstPhone) || strings.Contains(page, "/move") || strings.Contains(page, "/remove") || strings.Contains(page, "/targets\"") {
		t.Errorf("a viewer gets %s", page)
	}
	w.b.clean(t)
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}
