package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/realname"
	"sibai/internal/web/text"
)

// verifyNode is a node with four numbers of a customer, tea.
func verifyNode(t *testing.T) (config.Config, *app.Node) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen = "127.0.0.1:0"
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	site := `
trunks: [{code: c, inbound: [203.0.113.0/28], outbound: {address: 203.0.113.10:5060}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: 套餐, kind: buyout, tariff: minute}]
customers:
  - code: tea
    name: 杭州示例茶业进出口贸易有限公司
    targets: [{phone: "13900139000", trunk: c, review: pending}]
    numbers:
      - {number: 4006001000, plan: p, targets: ["13900139000"]}
      - {number: 4006001001, plan: p, targets: ["13900139000"]}
      - {number: 4006001002, plan: p, targets: ["13900139000"]}
      - {number: 4006001003, plan: p, targets: ["13900139000"]}
`
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(site), false, quiet); err != nil {
		t.Fatal(err)
	}
	return cfg, node
}

func verified(t *testing.T, cfg config.Config, o app.RealNameOrder) app.RealNameOutcome {
	t.Helper()
	o.Who = "he"
	out, err := app.RealName(t.Context(), cfg, o, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An enterprise verifies its real name on the page of its link, as a person
// would: it mistypes, is told what is wrong, hands in what is no document, mends
// it, is asked again by the reviewer at the desk, hands in again, and is approved
// there by the keys, first by the operator and then for the carrier.
func TestVerify(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := verifyNode(t)
	operator := "http://" + node.HTTPAddr()
	dir := t.TempDir()
	scan, fake := filepath.Join(dir, "scan.png"), filepath.Join(dir, "fake.png")
	for path, data := range map[string][]byte{scan: grey(t), fake: []byte("<html>")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next := 4006001000
	for _, width := range []int64{390, 1440} {
		for _, lang := range text.Langs() {
			digits := fmt.Sprint(next)
			next++
			t.Run(fmt.Sprintf("verify-%d-%s", width, lang), func(t *testing.T) {
				b := newTab(t, browser, "status of 422", "status of 404")
				w := walk{t, b, text.With(t.Context(), lang), fmt.Sprintf("verify-%d-%s", width, lang)}
				// The page goes to the part that was sent before, and may still be on
				// its way there: Enter is pressed on the button, wherever it is.
				enter := func(button string) {
					t.Helper()
					b.run(t, chromedp.Focus(button))
					if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
						t.Fatalf("%s: %v", button, err)
					}
				}
				begun := verified(t, cfg, app.RealNameOrder{Do: app.RealNameBegin, Customer: "tea", Number: digits})
				id := begun.Application.ID
				out := verified(t, cfg, app.RealNameOrder{Do: app.RealNameLink, Application: id})
				b.run(t, view(width, "light"), chromedp.Navigate(out.Link+"x&lang="+string(lang)), chromedp.WaitVisible(`h1`))
				var body string
				if b.run(t, chromedp.TextContent("main", &body)); strings.Contains(body, "杭州") {
					t.Errorf("another key opens the page: %s", body)
				}
				b.run(t, chromedp.Navigate(out.Link), chromedp.WaitVisible(`#form`))
				w.says("draft", text.T(w.in, "verify.form"))
				w.fill(map[string]string{
					"#uscc": "91350100M000110Y43", "#usage": "售后热线", "#legal_name": "周以宁", "#legal_id": "11010519491231002X", "#phone_0": "139 0013 9000",
					"#owner_name_0": "周以宁",
				})
				billed := calendar.Day(time.Now().AddDate(0, -1, 0))
				b.run(t, chromedp.SetValue("#billed_on_0", billed), chromedp.SetValue("#line_0", "mobile"), chromedp.SetValue("#owner_0", "legal"))
				enter(`#form button`)
				w.says("mistyped", realname.Finding{Code: realname.CheckUSCC("91350100M000110Y43")}.Text(lang))
				b.run(t, chromedp.TextContent("main", &body))
				if strings.Contains(body, "11010519491231002X") {
					t.Error("the page shows a whole ID number")
				}
				w.fill(map[string]string{"#uscc": "91350100M000100Y43"})
				enter(`#form button`) // the person's fields are empty, and stay as they are
				upload := func(slot, file string) {
					t.Helper()
					b.run(t, chromedp.SetUploadFiles(`#file-`+slot, []string{file}))
					enter(`#` + slot + ` button`)
				}
				upload("pledge", fake)
				w.says("nodocument", "text/html")
				for _, slot := range []string{"business_licence", "legal_front", "legal_back", "application_form", "pledge", "target_bill-13900139000", "target_pledge-13900139000"} {
					upload(slot, scan)
				}
				w.says("ready", text.T(w.in, "verify.ready"))
				enter(`#hand-in button`)
				w.says("handedin", text.T(w.in, "verify.reviewed"))
				desk := walk{t, newTab(t, browser, "status of 422"), w.in, w.name + "-desk"}
				comeIn(desk, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
					Name: "何静", Login: fmt.Sprintf("he-%s@example.com", digits), Role: identity.Admin,
				}}).Link, width, lang)
				desk.b.run(t, chromedp.Navigate(operator+"/office/reviews"), chromedp.WaitVisible(".sb-queue a"))
				desk.press(`.sb-queue a[href$="` + id.String() + `"]`)
				var wide int
				desk.b.run(t, chromedp.WaitVisible("img.sb-paper"), chromedp.Evaluate(`document.querySelector("img.sb-paper").naturalWidth`, &wide))
				if wide == 0 {
					t.Error("the preview of a document is no picture")
				}
				if desk.b.run(t, chromedp.TextContent("main", &body)); strings.Contains(body, "11010519491231002X") {
					t.Error("the desk shows a whole ID number to who did not ask")
				}
				desk.press(`button[value="ask"]`)
				desk.says("noreason", fault.RealnameReasons.Text(lang, fault.ParamsOf("known", "")))
				desk.b.run(t, chromedp.SetValue("#note", "公章请盖全"), chromedp.Click(`input[name="reason"][value="seal"]`))
				desk.press(`button[value="ask"]`)
				desk.says("queue", "")
				b.run(t, chromedp.Navigate(out.Link))
				_, remedy := realname.Reason("seal").Text(lang == text.ZH)
				w.says("asked", remedy)
				upload("pledge", scan)
				enter(`#hand-in button`)
				desk.b.run(t, chromedp.Navigate(operator+"/office/reviews/"+id.String()), chromedp.WaitVisible("#decision"))
				desk.press(`form[action$="/whole"] button`)
				desk.says("whole", "11010519491231002X")
				desk.b.run(t, chromedp.Navigate(operator+"/office/reviews/"+id.String()), chromedp.WaitVisible("#decision"))
				if _, err := chromedp.RunResponse(desk.b.ctx, chromedp.KeyEvent("a")); err != nil {
					t.Fatalf("the key that passes: %v", err)
				}
				desk.b.run(t, chromedp.Navigate(operator+"/office/reviews/"+id.String()), chromedp.WaitVisible("#reference"))
				desk.fill(map[string]string{"#reference": "CU-77"})
				desk.press(`button[value="pass"]`)
				desk.b.run(t, chromedp.Navigate(operator+"/office/reviews/"+id.String()), chromedp.WaitVisible("h1"))
				desk.says("approved", realname.Approved.Text(lang == text.ZH))
				desk.b.run(t, chromedp.Navigate(operator+"/office/freezes"), chromedp.WaitVisible("#number"))
				desk.fill(map[string]string{"#number": digits})
				desk.press(`#freeze button`)
				desk.says("proposed", text.T(w.in, "review.proposed"))
				desk.press(`#confirm-` + digits + ` button`)
				desk.says("foureyes", fault.FourEyes.Text(lang, fault.ParamsOf("who", fmt.Sprintf("何静 he-%s@example.com", digits))))
				desk.b.clean(t)
				b.run(t, chromedp.Navigate(out.Link))
				w.says("approved", realname.Approved.Text(lang == text.ZH))
				b.clean(t)
			})
		}
	}
}

// grey is a picture that is large enough to be a document.
func grey(t *testing.T) []byte {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 400, 300))); err != nil {
		t.Fatal(err)
	}
	return picture.Bytes()
}
