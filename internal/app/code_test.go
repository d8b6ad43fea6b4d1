package app_test

import (
	"encoding/json"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/inventory"
	"sibai/internal/notify"
	"sibai/internal/order"
	"sibai/test/smtpsink"
)

// Where a mail server is set and no short messages, the code for the signature comes
// by e-mail; the handler signs with it and enters the console with that address,
// not with the phone, which nobody proved. The code is kept nowhere.
func TestSignWithAMailedCode(t *testing.T) {
	t.Parallel()
	sink := smtpsink.Start(t)
	cfg := paySettings(t)
	cfg.Order.Trunk, cfg.Order.ShowCodes = "phones", false
	cfg.Mail.Host, cfg.Mail.Port, cfg.Mail.Security, cfg.Mail.From = sink.Host, sink.Port, "none", "notice@400.example"
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: "4006001008"}, {Digits: "4006001009"}}, Why: "import"}, quiet); err != nil {
		t.Fatal(err)
	}
	place := func(digits, email string) *url.URL {
		t.Helper()
		out, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoPlace, Wish: &order.Wish{
			Company: "新客户有限公司", Handler: order.Handler{Name: "王小明", Phone: "13800138000", Email: email, Lang: "zh"},
			Items: []order.WishItem{{Number: digits, Plan: "p"}},
		}}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		link, err := url.Parse(out.Link)
		if err != nil {
			t.Fatal(err)
		}
		link.Host = node.PublicAddr()
		return link
	}
	// A redirect is not followed where a test wants to see it.
	still := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(link url.URL, act string, form url.Values) (int, string, string) {
		t.Helper()
		link.Path += "/" + act
		res, err := still.PostForm(link.String(), form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Location"), string(body)
	}
	unreachable := place("4006001009", "")
	if status, _, body := post(*unreachable, "code", nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "无法发送验证码") {
		t.Errorf("without a channel: %d %s", status, body)
	}
	link := place("4006001008", "boss@tea.example")
	if status, _, body := post(*link, "code", nil); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	code := mailedCode(t, sink, "boss@tea.example")
	res, err := http.Get(link.String())
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	document := regexp.MustCompile(`name="document" value="([0-9a-f]{64})"`).FindStringSubmatch(string(page))
	if err != nil || document == nil || !strings.Contains(string(page), "b***@tea.example") || strings.Contains(string(page), code) {
		t.Fatalf("%v %s", err, page)
	}
	if status, to, body := post(*link, "sign", url.Values{"name": {"王小明"}, "code": {code}, "document": {document[1]}}); status != http.StatusSeeOther {
		t.Fatalf("sign: %d %s %s", status, to, body)
	}
	if status, to, _ := post(*link, "account", nil); status != http.StatusSeeOther || !strings.HasPrefix(to, "/welcome") {
		t.Errorf("the console: %d %s", status, to)
	}
	signed, err := app.Orders(t.Context(), cfg, order.Filter{State: order.Signed})
	if err != nil || len(signed) != 1 || signed[0].Signature.Proven != "boss@tea.example" {
		t.Fatalf("%+v, %v", signed, err)
	}
	people, err := app.Members(t.Context(), cfg, signed[0].Code)
	if err != nil {
		t.Fatal(err)
	}
	if len(people) != 1 || people[0].Login != "boss@tea.example" {
		t.Errorf("%+v", people)
	}
	kept, err := app.Outbox(t.Context(), cfg, notify.Filter{})
	// The first is that the contract is signed: from then on the customer is written
	// to where its handler is.
	if err != nil || len(kept) != 2 || kept[0].Item.Kind != billing.OrderSigned || kept[0].Address != "boss@tea.example" {
		t.Fatalf("%+v %v", kept, err)
	}
	if kept = kept[1:]; kept[0].Kind != notify.ToSign || kept[0].State != notify.Sent {
		t.Fatalf("%+v %v", kept, err)
	}
	if subject, body := kept[0].Text(""); strings.Contains(subject+body, code) {
		t.Errorf("the outbox shows the code: %s %s", subject, body)
	}
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// mailedCode waits for the code that is sent to an address.
func mailedCode(t *testing.T, sink *smtpsink.Sink, to string) string {
	t.Helper()
	select {
	case m := <-sink.Mails():
		msg, err := m.Message()
		if err != nil || m.To != to {
			t.Fatalf("to %q, %v", m.To, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		if err != nil {
			t.Fatal(err)
		}
		return sixDigits.FindString(string(body))
	case <-time.After(30 * time.Second):
		t.Fatal("no mail came")
	}
	return ""
}

// Somebody without an order signs up with a code that came by e-mail, is in the
// console of a new enterprise, sets a password without one before, and orders for
// that enterprise.
func TestSignUpWithAMailedCode(t *testing.T) {
	t.Parallel()
	sink := smtpsink.Start(t)
	cfg := paySettings(t)
	cfg.Order.Trunk = "phones"
	cfg.Mail.Host, cfg.Mail.Port, cfg.Mail.Security, cfg.Mail.From = sink.Host, sink.Port, "none", "notice@400.example"
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoStock, Items: []inventory.Item{{Digits: "4006001008"}}, Why: "import"}, quiet); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	page := func(path string, form url.Values) (string, string) {
		t.Helper()
		get := func() (*http.Response, error) { return client.Get("http://" + node.PublicAddr() + path) }
		if form != nil {
			get = func() (*http.Response, error) { return client.PostForm("http://"+node.PublicAddr()+path, form) }
		}
		res, err := get()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 500 {
			t.Fatalf("%s: %d %v %s", path, res.StatusCode, err, body)
		}
		return res.Request.URL.Path, string(body)
	}
	if at, _ := page("/signup", nil); at != "/signin/code" {
		t.Errorf("signing up without a proof: %s", at)
	}
	if _, body := page("/signin/code", url.Values{"login": {"new@tea.example"}}); !strings.Contains(body, "n***@tea.example") {
		t.Errorf("asked: %s", body)
	}
	code := mailedCode(t, sink, "new@tea.example")
	if at, _ := page("/signin/code/enter", url.Values{"login": {"new@tea.example"}, "code": {code}}); at != "/signup" {
		t.Fatalf("entered: %s", at)
	}
	if at, body := page("/signup", url.Values{"name": {"王小明"}, "company": {"杭州新客户有限公司"}}); at != "/console" || !strings.Contains(body, "杭州新客户有限公司") {
		t.Fatalf("signed up: %s %s", at, body)
	}
	if _, body := page("/console/password", url.Values{"password": {"four unrelated words"}}); !strings.Contains(body, "密码已修改") {
		t.Errorf("a password after a code: %s", body)
	}
	if _, body := page("/console/password", nil); !strings.Contains(body, `name="old"`) {
		t.Error("a password again, without the present one")
	}
	if _, body := page("/order/new?number=4006001008", nil); !strings.Contains(body, "杭州新客户有限公司") || strings.Contains(body, `name="company"`) {
		t.Errorf("the form of a member: %s", body)
	}
	if at, body := page("/order/new?number=4006001008", url.Values{"plan": {"p"}, "name": {"王小明"}, "phone": {"13800138000"}, "email": {"new@tea.example"}}); !strings.HasPrefix(at, "/order/ord_") {
		t.Fatalf("%s %s", at, body)
	}
	orders, err := app.Orders(t.Context(), cfg, order.Filter{})
	if err != nil || len(orders) != 1 || orders[0].Company != "杭州新客户有限公司" {
		t.Fatalf("%+v, %v", orders, err)
	}
	if people, err := app.Members(t.Context(), cfg, orders[0].Code); err != nil || len(people) != 1 || people[0].Login != "new@tea.example" {
		t.Errorf("%+v, %v", people, err)
	}
}

// Where a gateway for short messages is set, codes go to mobiles.
func TestSignInWithACodeToAMobile(t *testing.T) {
	t.Parallel()
	codes := make(chan string, 1)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct {
			To     string
			Params map[string]string
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.To != "13800138000" {
			t.Errorf("%+v, %v", m, err)
		}
		codes <- m.Params["code"]
	}))
	defer gateway.Close()
	cfg := paySettings(t)
	cfg.SMS.Provider, cfg.SMS.Address, cfg.SMS.SecretFile = "webhook", gateway.URL, filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(cfg.SMS.SecretFile, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	post := func(path string, form url.Values) string {
		t.Helper()
		res, err := client.PostForm("http://"+node.PublicAddr()+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, res.StatusCode, err)
		}
		return res.Request.URL.Path
	}
	post("/signin/code", url.Values{"login": {"138 0013 8000"}})
	if at := post("/signin/code/enter", url.Values{"login": {"13800138000"}, "code": {<-codes}}); at != "/signup" {
		t.Errorf("entered: %s", at)
	}
}
