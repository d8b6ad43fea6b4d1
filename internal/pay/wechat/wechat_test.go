package wechat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/pay/wechat"
	"sibai/internal/payment"
	"sibai/test/wechatpay"
)

var (
	_ payment.Provider = (*wechat.Provider)(nil)
	_ payment.Coder    = (*wechat.Provider)(nil)
	_ payment.Closer   = (*wechat.Provider)(nil)
)

func settings(t testing.TB, v *wechatpay.Vendor) wechat.Settings {
	return wechat.Settings{
		Address: v.URL, Notify: "https://400.example.com/pay/notify/wechat", Merchant: wechatpay.Merchant, App: wechatpay.App, Serial: wechatpay.Serial,
		Key: v.Key(t), APIKey: []byte(wechatpay.APIKey + "\n"), PublicKey: v.PublicKey(t), PublicKeyID: wechatpay.PublicKeyID,
	}
}

func start(t testing.TB) (*wechat.Provider, *wechatpay.Vendor) {
	t.Helper()
	v := wechatpay.Start(t)
	p, err := wechat.New(settings(t, v), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, v
}

// due is a payment of ¥199.99.
func due() payment.Payment {
	return payment.Payment{ID: 7, Amount: 19_999 * money.Fen, ExpiresAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	v := wechatpay.Start(t)
	for setting, change := range map[string]func(*wechat.Settings){
		"wechat.merchant":        func(s *wechat.Settings) { s.Merchant = "" },
		"wechat.app":             func(s *wechat.Settings) { s.App = "a b" },
		"wechat.serial":          func(s *wechat.Settings) { s.Serial = `x",y="` },
		"wechat.public_key_id":   func(s *wechat.Settings) { s.PublicKeyID = "" },
		"wechat.api_key_file":    func(s *wechat.Settings) { s.APIKey = s.APIKey[:31] },
		"wechat.key_file":        func(s *wechat.Settings) { s.Key = s.PublicKey },
		"wechat.public_key_file": func(s *wechat.Settings) { s.PublicKey = []byte("PUB_KEY") },
		"public.url":             func(s *wechat.Settings) { s.Notify = "http://400.example.com/pay/notify/wechat" },
	} {
		s := settings(t, v)
		change(&s)
		_, err := wechat.New(s, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.ProviderSettings || !strings.Contains(f.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// The vendor checks the signature. Asking again is the same order; what did not
// come from WeChat Pay, or is no code, is not shown.
func TestCode(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	for range 2 {
		if code, err := p.Code(t.Context(), due()); err != nil || code != "weixin://wxpay/bizpayurl?pr=pay_0000000000007" {
			t.Fatalf("%q, %v", code, err)
		}
	}
	want := wechatpay.Order{
		App: wechatpay.App, Merchant: wechatpay.Merchant, Description: "400 号码充值", Order: "pay_0000000000007",
		Expire: "2026-06-01T12:00:00+08:00", Notify: "https://400.example.com/pay/notify/wechat",
	}
	want.Amount.Total, want.Amount.Currency = 19_999, "CNY"
	if got := v.Orders(); len(got) != 1 || got[want.Order] != want {
		t.Errorf("%+v", got)
	}
	for name, twist := range map[string]func(http.Header, []byte) []byte{
		"another code": func(_ http.Header, b []byte) []byte { return bytes.Replace(b, []byte("wxpay"), []byte("wxpax"), 1) },
		"unsigned":     func(h http.Header, b []byte) []byte { h.Del("Wechatpay-Signature"); return b },
		"another key":  func(h http.Header, b []byte) []byte { h.Set("Wechatpay-Serial", "x"); return b },
	} {
		v.Twist(twist)
		if code, err := p.Code(t.Context(), due()); code != "" || fault.CodeOf(err) != fault.ProviderUnreachable {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
	v.Twist(nil)
	v.Refuse(http.MethodPost, 403, "NO_AUTH")
	if _, err := p.Code(t.Context(), due()); fault.CodeOf(err) != fault.ProviderRefused || !strings.Contains(err.Error(), "NO_AUTH") {
		t.Errorf("refused: %v", err)
	}
	half := due()
	half.Amount++
	if _, err := p.Code(t.Context(), half); fault.CodeOf(err) != fault.MoneyNotFen {
		t.Errorf("half a fen: %v", err)
	}
	s := settings(t, v)
	s.Serial = "another"
	stranger, err := wechat.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Code(t.Context(), due()); fault.CodeOf(err) != fault.ProviderRefused || !strings.Contains(err.Error(), "SIGN_ERROR") {
		t.Errorf("a merchant that the vendor does not know: %v", err)
	}
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	_, other := start(t)
	const event = "TRANSACTION.SUCCESS"
	now := time.Now()
	header, body := v.Notify(t, event, wechatpay.Transaction("pay_0000000000007", 19_999, "CNY"), now)
	want := payment.Notice{
		Payment: 7, Reference: "42pay_0000000000007", Amount: 19_999 * money.Fen, Currency: "CNY", PaidAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC),
	}
	if n, err := p.Read(header, body); err != nil || n != want {
		t.Errorf("%+v, %v", n, err)
	}
	with := func(key string, value any) map[string]any {
		m := maps.Clone(wechatpay.Transaction("pay_0000000000007", 19_999, "CNY"))
		m[key] = value
		return m
	}
	for name, c := range map[string]struct {
		from  *wechatpay.Vendor
		event string
		tells any
		at    time.Time
		code  fault.Code
	}{
		"another vendor's key": {other, event, with("", 0), now, fault.NotificationForged},
		"played again":         {v, event, with("", 0), now.Add(-6 * time.Minute), fault.NotificationForged},
		"of a refund":          {v, "REFUND.SUCCESS", with("", 0), now, fault.NotificationInvalid},
		"another merchant":     {v, event, with("mchid", "1900000002"), now, fault.NotificationInvalid},
		"another app":          {v, event, with("appid", "wx2"), now, fault.NotificationInvalid},
		"not paid":             {v, event, with("trade_state", "CLOSED"), now, fault.NotificationInvalid},
		"no reference":         {v, event, with("transaction_id", ""), now, fault.NotificationInvalid},
		"no time":              {v, event, with("success_time", nil), now, fault.NotificationInvalid},
		"a day that is none":   {v, event, with("success_time", "yesterday"), now, fault.NotificationInvalid},
		"nothing":              {v, event, wechatpay.Transaction("pay_0000000000007", 0, "CNY"), now, fault.NotificationInvalid},
		"less than nothing":    {v, event, wechatpay.Transaction("pay_0000000000007", -1, "CNY"), now, fault.NotificationInvalid},
		"more than there is":   {v, event, wechatpay.Transaction("pay_0000000000007", 1<<60, "CNY"), now, fault.NotificationInvalid},
		"no currency":          {v, event, wechatpay.Transaction("pay_0000000000007", 1, ""), now, fault.NotificationInvalid},
		"no payment of ours":   {v, event, wechatpay.Transaction("1217752501201407033233368018", 1, "CNY"), now, fault.PaymentNotFound},
		"no object":            {v, event, "text", now, fault.NotificationInvalid},
	} {
		header, body := c.from.Notify(t, c.event, c.tells, c.at)
		if n, err := p.Read(header, body); fault.CodeOf(err) != c.code || n != (payment.Notice{}) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
	for name, changed := range map[string][]byte{"empty": nil, "a byte more": append(bytes.Clone(body), ' '), "half": body[:len(body)/2]} {
		if _, err := p.Read(header, changed); fault.CodeOf(err) != fault.NotificationForged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	for _, c := range []struct {
		err    error
		status int
	}{
		{nil, 200},
		{fault.New(fault.NotificationForged), 401},
		{fault.New(fault.NotificationInvalid), 400},
		{fault.New(fault.PaymentNotFound), 404},
		{fault.New(fault.StoreFailed), 503},
		{errors.New("anything"), 503},
	} {
		if a := p.Answer(c.err); a.Status != c.status || (a.Body == "") != (c.err == nil) || (c.err != nil && !json.Valid([]byte(a.Body))) {
			t.Errorf("%v: %+v", c.err, a)
		}
	}
}

// However often it is asked for and whatever gets lost, a refund is carried out
// once, and is called failed only when WeChat Pay does not have it.
func TestRefunds(t *testing.T) {
	t.Parallel()
	paid := due()
	paid.Received = paid.Amount
	back := payment.Refund{ID: 9, Payment: 7, Amount: 5 * money.Yuan}
	const id = "rfd_0000000000009"
	for _, c := range []struct {
		name    string
		prepare func(*wechatpay.Vendor)
		first   payment.RefundState // "": no answer that counts
		between func(*wechatpay.Vendor)
		second  payment.RefundState
		has     bool // the vendor has it in the end
	}{
		{"done", func(*wechatpay.Vendor) {}, payment.Done, func(*wechatpay.Vendor) {}, payment.Done, true},
		{"takes time", func(v *wechatpay.Vendor) { v.RefundsAre("PROCESSING") }, payment.Taken, func(v *wechatpay.Vendor) { v.RefundsAre("SUCCESS") }, payment.Done, true},
		{"the bank does not take it", func(v *wechatpay.Vendor) { v.RefundsAre("ABNORMAL") }, payment.Taken, func(*wechatpay.Vendor) {}, payment.Taken, true},
		{"closed", func(v *wechatpay.Vendor) { v.RefundsAre("PROCESSING") }, payment.Taken, func(v *wechatpay.Vendor) { v.RefundsAre("CLOSED") }, payment.Failed, true},
		{"the answer is lost", (*wechatpay.Vendor).LoseAnswer, "", func(*wechatpay.Vendor) {}, payment.Done, true},
		{"the answer is lost, then nothing is allowed", (*wechatpay.Vendor).LoseAnswer, "", func(v *wechatpay.Vendor) { v.Refuse("POST", 403, "NOT_ENOUGH") }, payment.Done, true},
		{"no money there", func(v *wechatpay.Vendor) { v.Refuse("POST", 403, "NOT_ENOUGH") }, payment.Failed, func(*wechatpay.Vendor) {}, payment.Failed, false},
		{"too often", func(v *wechatpay.Vendor) { v.Refuse("POST", 429, "FREQUENCY_LIMITED") }, "", func(v *wechatpay.Vendor) { v.Refuse("", 0, "") }, payment.Done, true},
		{"away", func(v *wechatpay.Vendor) { v.Refuse("POST", 500, "SYSTEM_ERROR") }, "", func(v *wechatpay.Vendor) { v.Refuse("", 0, "") }, payment.Done, true},
		{"says not whether it has it", func(v *wechatpay.Vendor) { v.Refuse("GET", 403, "NO_AUTH") }, "", func(v *wechatpay.Vendor) { v.Refuse("GET", 404, "MCH_NOT_EXISTS") }, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, v := start(t)
			c.prepare(v)
			for i, want := range []payment.RefundState{c.first, c.second} {
				a, err := p.Refund(t.Context(), paid, back)
				if (err != nil) != (want == "") || a.State != want {
					t.Errorf("asked %d times: %+v, %v", i+1, a, err)
				}
				if (a.State == payment.Done && a.Reference != "50"+id) || (a.State == payment.Failed && a.Why == "") {
					t.Errorf("%+v", a)
				}
				if i == 0 {
					c.between(v)
				}
			}
			var want wechatpay.Refund
			want.Order, want.Refund, want.Amount.Refund, want.Amount.Total, want.Amount.Currency = "pay_0000000000007", id, 500, 19_999, "CNY"
			if got := v.Refunds(); (len(got) == 1) != c.has || (c.has && got[id] != want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// An order is closed unless it was paid; no answer decides nothing.
func TestClose(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	nothing := func(when string) {
		t.Helper()
		if n, came, err := p.Close(t.Context(), due()); err != nil || came || n != (payment.Notice{}) {
			t.Errorf("%s: %+v, %v, %v", when, n, came, err)
		}
	}
	nothing("before its page was opened")
	open := due()
	open.ID = 8
	for _, one := range []payment.Payment{due(), open} {
		if _, err := p.Code(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	v.Refuse(http.MethodPost, 400, "TRADE_ERROR")
	if _, came, err := p.Close(t.Context(), open); came || fault.CodeOf(err) != fault.ProviderRefused || v.Closed(open.ID.String()) {
		t.Errorf("refused: %v, %v", came, err)
	}
	v.Refuse("", 0, "")
	v.LoseAnswer()
	if _, came, err := p.Close(t.Context(), open); came || fault.CodeOf(err) != fault.ProviderUnreachable || !v.Closed(open.ID.String()) {
		t.Errorf("lost: %v, %v", came, err)
	}
	if _, came, err := p.Close(t.Context(), open); came || err != nil {
		t.Errorf("closed before: %v, %v", came, err)
	}
	v.Pay("pay_0000000000007")
	want := payment.Notice{
		Payment: 7, Reference: "42pay_0000000000007", Amount: 19_999 * money.Fen, Currency: "CNY", PaidAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC),
	}
	if n, came, err := p.Close(t.Context(), due()); err != nil || !came || n != want || v.Closed("pay_0000000000007") {
		t.Errorf("paid: %+v, %v, %v", n, came, err)
	}
	v.Twist(func(_ http.Header, b []byte) []byte { return bytes.Replace(b, []byte("19999"), []byte("99999"), 1) })
	if _, came, err := p.Close(t.Context(), due()); came || fault.CodeOf(err) != fault.ProviderUnreachable {
		t.Errorf("changed on the way: %v, %v", came, err)
	}
	v.Twist(nil)
	for status, code := range map[int]string{404: "MCH_NOT_EXISTS", 429: "FREQUENCY_LIMITED", 500: "SYSTEM_ERROR"} {
		v.Refuse(http.MethodGet, status, code)
		if _, came, err := p.Close(t.Context(), due()); came || err == nil {
			t.Errorf("%s: %v, %v", code, came, err)
		}
	}
}

// Whatever WeChat Pay seals, it is a whole notice or a fault.
func FuzzRead(f *testing.F) {
	p, v := start(f)
	for _, amount := range []int64{0, 1, 1 << 62} {
		text, err := json.Marshal(wechatpay.Transaction("pay_0000000000007", amount, "CNY"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		if !json.Valid(plain) {
			return
		}
		header, body := v.Notify(t, "TRANSACTION.SUCCESS", json.RawMessage(plain), time.Now())
		n, err := p.Read(header, body)
		whole := n.Payment != 0 && n.Reference != "" && n.Amount > 0 && n.Amount%money.Fen == 0 && n.Currency != "" && !n.PaidAt.IsZero()
		if (err == nil) != whole || (err != nil && n != (payment.Notice{})) {
			t.Errorf("%+v, %v", n, err)
		}
	})
}

// A bill counts when it is the file whose hash WeChat Pay signed; a day without trades
// has none.
func TestBill(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	if file, err := p.Bill(t.Context(), "2026-06-01"); err != nil || len(file) > 0 {
		t.Errorf("a day without: %q, %v", file, err)
	}
	v.Bill("2026-06-02", "交易时间\n总交易单数\n")
	if file, err := p.Bill(t.Context(), "2026-06-02"); err != nil || string(file) != "交易时间\n总交易单数\n" {
		t.Errorf("%q, %v", file, err)
	}
	v.Twist(func(_ http.Header, b []byte) []byte { return bytes.Replace(b, []byte("总"), []byte("`1.00\n总"), 1) })
	if file, err := p.Bill(t.Context(), "2026-06-02"); fault.CodeOf(err) != fault.ProviderUnreachable {
		t.Errorf("another file: %q, %v", file, err)
	}
}
