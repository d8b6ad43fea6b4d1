package checkout_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/internal/web"
	"sibai/internal/web/checkout"
)

const key = "GYO2yXncQJsryzVEsO6qTA"

// desk has one payment, and hears what the sandbox tells of it.
type desk struct {
	payment payment.Payment
	over    *sandbox.Provider
	heard   []payment.Notice
	fails   error
	code    string // that is to be scanned
	noCode  error
	page    string // at the provider
}

func (d *desk) Code(context.Context, payment.Payment) (string, error) { return d.code, d.noCode }

func (d *desk) Page(payment.Payment, string) (string, error) { return d.page, nil }

func (d *desk) Open(_ context.Context, id, k string) (payment.Payment, string, error) {
	if id != d.payment.ID.String() || k != key {
		return payment.Payment{}, "", fault.New(fault.PaymentNotFound, "payment", id)
	}
	return d.payment, "杭州示例<茶业>有限公司", nil
}

func (d *desk) Notify(_ context.Context, provider string, header http.Header, body []byte) (payment.Answer, error) {
	if provider != sandbox.Name {
		return payment.Answer{}, fault.New(fault.ProviderOff, "provider", provider)
	}
	n, err := d.over.Read(header, body)
	if err == nil {
		err = d.fails
	}
	if err == nil {
		d.heard = append(d.heard, n)
	}
	return d.over.Answer(err), err
}

// bundle is the pages for customers over a desk, and what they log.
type bundle struct {
	desk    *desk
	log     bytes.Buffer
	handler http.Handler
}

func setup(t *testing.T, change func(*payment.Payment)) *bundle {
	t.Helper()
	over, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{desk: &desk{over: over, payment: payment.Payment{
		ID: 7, Provider: sandbox.Name, Amount: 200 * money.Yuan, State: payment.Created,
		CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	}}}
	if change != nil {
		change(&b.desk.payment)
	}
	b.handler = web.PublicHandler(web.PublicDeps{Payments: b.desk, Sandbox: over, Log: slog.New(slog.NewTextHandler(&b.log, nil))})
	return b
}

func (b *bundle) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

var (
	here   = checkout.Path(7, key)
	play   = strings.Replace(here, "?", "/sandbox?", 1)
	leaked = regexp.MustCompile(`[>"](layout|checkout|error)\.[a-z_.]+[<"]`)
)

// Every state has its page, which says what became of the money and what to do.
func TestStates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 31, 7, 0, time.UTC)
	paid := func(state payment.State, came money.Amount, currency string) func(*payment.Payment) {
		return func(p *payment.Payment) {
			p.State, p.Received, p.Currency, p.PaidAt, p.Txn = state, came, currency, at, 9
		}
	}
	for _, c := range []struct {
		name   string
		change func(*payment.Payment)
		query  string
		has    []string
		lacks  []string
	}{
		{name: "to be paid", has: []string{`lang="zh-CN"`, "杭州示例&lt;茶业&gt;有限公司", "¥200.00", "待付款", "不收真钱", `value="200.00"`, "pay_0000000000007"}, lacks: []string{"role=\"alert\""}},
		{name: "in English", query: "&lang=en", has: []string{`lang="en"`, "To be paid", "No real money", "Fail to pay"}},
		{name: "gave up", query: "&said=failed", has: []string{"没有付成", "可以再付一次", `name="amount"`}},
		{name: "paid", change: paid(payment.Paid, 200*money.Yuan, "CNY"), has: []string{"¥200.00 已到账", "已到账", "11 月 22 日 20:31:07"}, lacks: []string{"<form"}},
		{name: "not booked yet", change: func(p *payment.Payment) {
			paid(payment.Paid, 200*money.Yuan, "CNY")(p)
			p.Txn = 0
		}, has: []string{"正在入账", "刷新看看", `href="` + strings.ReplaceAll(here, "&", "&amp;") + `"`}, lacks: []string{"<form", "已到账<"}},
		{name: "too little", change: paid(payment.Differs, 19_999*money.Fen, "CNY"), has: []string{"收到 ¥199.99，和应付的 ¥200.00 不一样", "不要再付一次"}, lacks: []string{"<form"}},
		{name: "dollars", change: paid(payment.Differs, 200*money.Yuan, "USD"), has: []string{"收到 200.00 USD"}, lacks: []string{"<form"}},
		{name: "closed", change: func(p *payment.Payment) { p.State = payment.Closed }, has: []string{"已经关闭", "新的链接"}, lacks: []string{"<form", "请在此之前付款"}},
		{name: "over before the job said so", change: func(p *payment.Payment) { p.ExpiresAt = time.Now() }, has: []string{"已过期", "过了付款时间"}, lacks: []string{"<form"}},
		{name: "refunded in part", change: func(p *payment.Payment) {
			paid(payment.PartlyRefunded, 200*money.Yuan, "CNY")(p)
			p.Refunded = 50 * money.Yuan
		}, has: []string{"¥50.00 已退回", "部分退回"}, lacks: []string{"<form"}},
		{name: "a provider that is off", change: func(p *payment.Payment) { p.Provider = "elsewhere" }, has: []string{"现在付不了"}, lacks: []string{"<form"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c.change)
			w := b.do("GET", here+c.query, "")
			body := w.Body.String()
			if w.Code != 200 || w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Referrer-Policy") != "same-origin" || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v", w.Code, w.Header())
			}
			for _, s := range c.has {
				if !strings.Contains(body, s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range append(c.lacks, "style=", "<style", "onclick", "is-office") {
				if strings.Contains(body, s) {
					t.Errorf("the page has %q", s)
				}
			}
			if c.name != "a provider that is off" && leaked.MatchString(body) {
				t.Errorf("the page shows the key of a sentence: %s", leaked.FindString(body))
			}
			if b.log.Len() > 0 {
				t.Errorf("logged: %s", &b.log)
			}
		})
	}
}

// Who pays chooses what over, when there is a choice.
func TestChoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		providers []string
		buttons   int
		named     int
	}{{nil, 1, 0}, {[]string{"wechat"}, 1, 0}, {[]string{"wechat", "alipay"}, 2, 2}} {
		var b strings.Builder
		if err := checkout.Choice(c.providers, "付款").Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "<button") != c.buttons || strings.Count(b.String(), `name="provider"`) != c.named {
			t.Errorf("%v: %s", c.providers, &b)
		}
	}
}

// A provider with codes: the page has one to scan, or says that there is none
// just now and keeps to itself why.
func TestScan(t *testing.T) {
	t.Parallel()
	over := func(p *payment.Payment) { p.Provider = "wechat" }
	b := setup(t, over)
	b.desk.code = "weixin://wxpay/bizpayurl?pr=x"
	for lang, words := range map[string]string{"zh": "用微信扫一扫付款", "en": "Scan with WeChat to pay"} {
		body := b.do("GET", here+"&lang="+lang, "").Body.String()
		if !strings.Contains(body, words) || !strings.Contains(body, `src="data:image/png;base64,`) || strings.Contains(body, "<form") || leaked.MatchString(body) {
			t.Errorf("%s: %s", lang, body)
		}
	}
	b.desk.payment.Provider, b.desk.page = "alipay", "https://openapi.alipay.com/gateway.do?sign=a&b"
	for lang, words := range map[string][]string{"zh": {"用支付宝扫一扫付款", "去支付宝付款"}, "en": {"Scan with Alipay to pay", "Go to Alipay"}} {
		body := b.do("GET", here+"&lang="+lang, "").Body.String()
		for _, w := range append(words, `href="https://openapi.alipay.com/gateway.do?sign=a&amp;b"`) {
			if !strings.Contains(body, w) || leaked.MatchString(body) {
				t.Errorf("%s without %q: %s", lang, w, body)
			}
		}
	}
	b.desk.code = "" // a merchant with the page alone
	if body := b.do("GET", here, "").Body.String(); strings.Contains(body, "sb-qr") || strings.Contains(body, "现在付不了") || !strings.Contains(body, "去支付宝付款") {
		t.Errorf("with the page alone: %s", body)
	}
	b.desk.payment.Provider, b.desk.page = "wechat", ""
	b.desk.code, b.desk.noCode = "", fault.New(fault.ProviderUnreachable, "provider", "wechat", "reason", "SECRET")
	if body := b.do("GET", here, "").Body.String(); !strings.Contains(body, "暂时取不到付款二维码") || strings.Contains(body, "<img class=\"sb-qr") || strings.Contains(body, "SECRET") {
		t.Errorf("without a code: %s", body)
	}
	if !strings.Contains(b.log.String(), "SECRET") || strings.Contains(b.log.String(), key) {
		t.Errorf("logged: %s", &b.log)
	}
	b = setup(t, func(p *payment.Payment) { over(p); p.State = payment.Closed })
	b.desk.code = "weixin://wxpay/bizpayurl?pr=x"
	if body := b.do("GET", here, "").Body.String(); strings.Contains(body, "data:image/png") {
		t.Error("a closed payment can be scanned")
	}
}

// The payer that the sandbox plays: what was typed is kept and named when it is
// wrong; what is right is told, the same when the button is pressed twice.
func TestPlay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		heard      money.Amount
		has        string
	}{
		{"the sum", "do=pay&amount=200", 303, 200 * money.Yuan, ""},
		{"less", "do=pay&amount=199.99", 303, 19_999 * money.Fen, ""},
		{"with the sign", "do=pay&amount=%C2%A51%2C234.50", 303, 123_450 * money.Fen, ""},
		{"gave up", "do=fail&amount=x", 303, 0, ""},
		{"no amount", "do=pay&amount=%3Cb%3E", 422, 0, `value="&lt;b&gt;"`},
		{"empty", "do=pay", 422, 0, "不是金额"},
		{"nothing", "do=pay&amount=0", 422, 0, "0.01"},
		{"negative", "do=pay&amount=-5", 422, 0, `value="-5"`},
		{"half a fen", "do=pay&amount=1.005", 422, 0, "整数分"},
		{"too large", "do=pay&amount=1000000.01", 422, 0, "1000000.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			for range 2 {
				w := b.do("POST", play, c.body)
				if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
					t.Fatalf("%d: %s", w.Code, w.Body)
				}
				if to := w.Header().Get("Location"); c.status == 303 && to != here && to != here+"&said=failed" {
					t.Errorf("leads to %s", to)
				}
				if c.status == 422 && (!strings.Contains(w.Body.String(), `aria-invalid="true"`) || !strings.Contains(w.Body.String(), `role="alert"`)) {
					t.Errorf("the field is not named: %s", w.Body)
				}
			}
			if c.heard == 0 {
				if len(b.desk.heard) > 0 {
					t.Errorf("heard %+v", b.desk.heard)
				}
				return
			}
			if len(b.desk.heard) != 2 || b.desk.heard[0].Amount != c.heard || b.desk.heard[0].Reference != b.desk.heard[1].Reference || b.desk.heard[0].Payment != 7 {
				t.Errorf("heard %+v", b.desk.heard)
			}
		})
	}
	b := setup(t, func(p *payment.Payment) { p.State = payment.Closed })
	if w := b.do("POST", play, "do=pay&amount=200"); w.Code != 303 || len(b.desk.heard) > 0 {
		t.Errorf("a closed payment was paid on its page: %d, %+v", w.Code, b.desk.heard)
	}
	b = setup(t, nil)
	b.desk.fails = fault.New(fault.StoreFailed, "what", "commit")
	if w := b.do("POST", play, "do=pay&amount=200"); w.Code < 500 {
		t.Errorf("a payment that failed says %d", w.Code)
	}
}

// Nobody gets in without the whole link, and nothing of the operator's is here.
func TestKeptOut(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
	}{
		{"GET", "/pay/pay_0000000000007", nil, 404},
		{"GET", "/pay/pay_0000000000007?k=" + key[1:], nil, 404},
		{"GET", "/pay/pay_0000000000008?k=" + key, nil, 404},
		{"GET", "/pay/%3Cscript%3E?k=%22", nil, 404},
		{"POST", strings.Replace(play, key, "x", 1), nil, 404},
		{"POST", play, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", here, nil, 405},
		{"GET", "/live", nil, 404},
		{"GET", "/live/events", nil, 404},
		{"GET", "/calls/call_1", nil, 404},
		{"GET", "/pay/notify/sandbox", nil, 405},
		{"POST", "/pay/notify/sandbox", nil, 401},
		{"POST", "/pay/notify/sandbox", []string{sandbox.Header, strings.Repeat("0", 64)}, 401},
		{"POST", "/pay/notify/wechat", nil, 404},
	} {
		w := b.do(c.method, c.path, "do=pay&amount=200", c.header...)
		if w.Code != c.status || strings.Contains(w.Body.String(), "杭州") || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.status)
		}
	}
	if len(b.desk.heard) > 0 {
		t.Errorf("heard %+v", b.desk.heard)
	}
	if w := b.do("POST", "/pay/notify/sandbox", strings.Repeat("x", 1<<17)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large notification: %d", w.Code)
	}
	if w := b.do("POST", play, "do=pay&amount="+strings.Repeat("1", 1<<13)); w.Code < 400 || w.Code >= 500 {
		t.Errorf("a large form: %d", w.Code)
	}
	if strings.Contains(b.log.String(), key) || strings.Count(b.log.String(), "refused") > 3 {
		t.Errorf("logged: %s", &b.log)
	}
	off := web.PublicHandler(web.PublicDeps{Payments: b.desk, Log: slog.New(slog.DiscardHandler)})
	w := httptest.NewRecorder()
	off.ServeHTTP(w, httptest.NewRequest("POST", play, strings.NewReader(url.Values{"do": {"pay"}, "amount": {"200"}}.Encode())))
	if w.Code != 404 || len(b.desk.heard) > 0 {
		t.Errorf("the sandbox is off, and says %d", w.Code)
	}
}

// A notification over HTTP that the sandbox signed is heard and answered.
func TestNotify(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	header, body, err := b.desk.over.Pay(payment.Notice{Payment: 7, Reference: "r", Amount: money.Yuan, Currency: "CNY", PaidAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	signature := header.Get(sandbox.Header)
	if w := b.do("POST", "/pay/notify/sandbox", string(body), sandbox.Header, signature); w.Code != 200 || w.Body.String() != `{"code":"SUCCESS"}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	changed := strings.Replace(string(body), `"amount_micro":1000000`, `"amount_micro":9000000`, 1)
	if changed == string(body) {
		t.Fatal("nothing was changed")
	}
	if w := b.do("POST", "/pay/notify/sandbox", changed, sandbox.Header, signature); w.Code != 401 || len(b.desk.heard) != 1 {
		t.Errorf("a changed notification: %d, heard %d", w.Code, len(b.desk.heard))
	}
}
