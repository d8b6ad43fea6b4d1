package app_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/internal/realname"
)

// paidOrder places an order of c for a number, signs it on its page and pays
// it from the account.
func paidOrder(t *testing.T, cfg config.Config, digits string) {
	t.Helper()
	do := func(o app.Order) app.Outcome {
		t.Helper()
		out, err := app.Operate(t.Context(), cfg, o, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	do(app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: digits}}, Why: "import"})
	do(app.Order{Do: app.DoTopUp, Customer: "c", Bucket: charging.Cash, Amount: 100 * money.Yuan, Channel: "bank", Reference: digits})
	out := do(app.Order{Do: app.DoPlace, Wish: &order.Wish{
		Customer: "c", Handler: order.Handler{Name: "王小明", Phone: "13800138000", Lang: "zh"},
		Items: []order.WishItem{{Number: digits, Plan: "p", Targets: []string{"01066668888"}}}, // another phone than will be verified
	}})
	link, err := url.Parse(out.Link)
	if err != nil {
		t.Fatal(err)
	}
	page := func(act string, form url.Values) string {
		t.Helper()
		at := *link
		if act != "" {
			at.Path += "/" + act
		}
		get := func() (*http.Response, error) { return http.Get(at.String()) }
		if form != nil {
			get = func() (*http.Response, error) { return http.PostForm(at.String(), form) }
		}
		res, err := get()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v %s", act, res.StatusCode, err, body)
		}
		return string(body)
	}
	shown := page("code", url.Values{})
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(regexp.MustCompile(`<span class="sb-tag[^>]*>[^<]*\d{6}[^<]*`).FindString(shown))
	document := regexp.MustCompile(`name="document" value="([0-9a-f]{64})"`).FindStringSubmatch(shown)
	if code == "" || document == nil {
		t.Fatalf("no code %q or contract %v: %s", code, document, shown)
	}
	page("sign", url.Values{"name": {"王小明"}, "code": {code}, "document": {document[1]}})
	page("pay", url.Values{})
}

// An order that is paid follows its number's real-name application: reviewed
// when that is handed in, asked again with it, and open when it is approved,
// with the phones that were verified and no others.
func TestOrderFollowsRealName(t *testing.T) {
	t.Parallel()
	cfg := paySettings(t)
	cfg.Order.Trunk, cfg.Order.ShowCodes = "phones", true
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	const digits = "4006001008"
	paidOrder(t, cfg, digits)
	do := func(o app.RealNameOrder) app.RealNameOutcome {
		t.Helper()
		o.Who = "he"
		out, err := app.RealName(t.Context(), cfg, o, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	stands := func(want order.State) order.Order {
		t.Helper()
		list, err := node.Store().Catalog.Orders(t.Context(), order.Filter{})
		if err != nil || len(list) != 1 || list[0].State != want {
			t.Fatalf("%+v %v, want %s", list, err, want)
		}
		return list[0]
	}
	stands(order.Paid)
	id := do(app.RealNameOrder{Do: app.RealNameBegin, Customer: "c", Number: digits}).Application.ID
	do(app.RealNameOrder{Do: app.RealNameFill, Application: id, Form: &realname.Form{
		Enterprise: realname.Enterprise{Name: "示例茶业", USCC: "91350100M000100Y43", Usage: "售后热线"}, Legal: realname.Person{Name: "周以宁", ID: "11010519491231002X"},
		Targets: []realname.Target{{Phone: "13900139000", Line: realname.MobileLine, Owner: realname.OfLegal, OwnerName: "周以宁", BilledOn: calendar.Day(time.Now())}},
	}})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []realname.Kind{realname.BusinessLicence, realname.LegalFront, realname.LegalBack, realname.ApplicationForm, realname.Pledge, realname.TargetBill, realname.TargetPledge} {
		do(app.RealNameOrder{Do: app.RealNameAdd, Application: id, New: &realname.NewDocument{Kind: kind, Target: "13900139000", Name: "a.png", Data: picture.Bytes()}})
	}
	stands(order.Paid)
	handIn := app.RealNameOrder{Do: app.RealNameHandIn, Application: id}
	decide := func(stage realname.State, v realname.Verdict, reasons ...realname.Reason) {
		t.Helper()
		do(app.RealNameOrder{Do: app.RealNameDecide, Application: id, Decision: &realname.Decision{Stage: stage, Verdict: v, Reasons: reasons}})
	}
	do(handIn)
	stands(order.Reviewing)
	decide(realname.VendorReview, realname.Ask, "seal")
	stands(order.Paid)
	do(handIn)
	decide(realname.VendorReview, realname.Pass)
	stands(order.Vetted)
	decide(realname.CarrierReview, realname.Pass)
	open := stands(order.Open)
	if got := open.Items[0].Targets; len(got) != 1 || got[0] != "13900139000" {
		t.Errorf("rings %v, want the phone that was verified", got)
	}
	events, err := node.Store().Catalog.OrderEvents(t.Context(), open.ID)
	if err != nil {
		t.Fatal(err)
	}
	why := ""
	for _, e := range events {
		if e.Who == "realname" && e.Why != "" {
			why += e.Why
		}
	}
	if !strings.Contains(why, "公章") {
		t.Errorf("the order does not say what is asked for: %+v", events)
	}
}
