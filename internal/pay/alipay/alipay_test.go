package alipay_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/pay/alipay"
	"sibai/internal/payment"
	vendor "sibai/test/alipay"
)

var (
	_ payment.Provider = (*alipay.Provider)(nil)
	_ payment.Coder    = (*alipay.Provider)(nil)
	_ payment.Pager    = (*alipay.Provider)(nil)
	_ payment.Closer   = (*alipay.Provider)(nil)
)

func settings(t testing.TB, v *vendor.Vendor) alipay.Settings {
	return alipay.Settings{
		Address: v.URL, Notify: "https://400.example.com/pay/notify/alipay", App: vendor.App, Seller: vendor.Seller,
		Key: v.Key(), PublicKey: v.PublicKey(t), Ways: []alipay.Way{alipay.ByCode, alipay.ByPage},
	}
}

func start(t testing.TB) (*alipay.Provider, *vendor.Vendor) {
	t.Helper()
	v := vendor.Start(t)
	p, err := alipay.New(settings(t, v), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, v
}

// due is a payment of ¥199.99.
func due() payment.Payment {
	return payment.Payment{ID: 7, Amount: 19_999 * money.Fen, Received: 19_999 * money.Fen, ExpiresAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)}
}

const number = "pay_0000000000007"

func TestSettings(t *testing.T) {
	t.Parallel()
	v := vendor.Start(t)
	for setting, change := range map[string]func(*alipay.Settings){
		"alipay.app":             func(s *alipay.Settings) { s.App = "" },
		"alipay.seller":          func(s *alipay.Settings) { s.Seller = "shop@example.com" },
		"alipay.key_file":        func(s *alipay.Settings) { s.Key = s.PublicKey },
		"alipay.public_key_file": func(s *alipay.Settings) { s.PublicKey = []byte("no key") },
		"alipay.ways":            func(s *alipay.Settings) { s.Ways = []alipay.Way{"cash"} },
		"alipay.address":         func(s *alipay.Settings) { s.Address = "gateway" },
		"public.url":             func(s *alipay.Settings) { s.Notify = "http://400.example.com/pay/notify/alipay" },
	} {
		s := settings(t, v)
		change(&s)
		_, err := alipay.New(s, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.ProviderSettings || !strings.Contains(f.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// The vendor checks the signature. Asking again is the same trade; what Alipay did
// not sign is not shown.
func TestCode(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	for range 2 {
		if code, err := p.Code(t.Context(), due()); err != nil || code != "https://qr.alipay.com/"+number {
			t.Fatalf("%q, %v", code, err)
		}
	}
	want := vendor.Trade{
		Order: number, Amount: "199.99", Subject: "400 号码充值", Expire: "2026-06-01 12:00:00", Product: "FACE_TO_FACE_PAYMENT",
		Notify: "https://400.example.com/pay/notify/alipay",
	}
	if got := v.Trades(); len(got) != 1 || got[number] != want {
		t.Errorf("%+v", got)
	}
	for name, twist := range map[string]func(string) string{
		"another code": func(s string) string { return strings.Replace(s, "qr.alipay.com", "qr.alipax.com", 1) },
		"unsigned":     func(s string) string { return s[:strings.Index(s, `,"sign"`)] + "}" },
		"cut off":      func(s string) string { return s[:len(s)/2] },
		"two nodes": func(s string) string {
			return strings.Replace(s, `{"alipay`, `{"alipay_trade_precreate_response":{"code":"10000","qr_code":"x"},"x_alipay`, 1)
		},
	} {
		v.Twist(twist)
		if code, err := p.Code(t.Context(), due()); code != "" || fault.CodeOf(err) != fault.ProviderUnreachable {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
	v.Twist(nil)
	v.Refuse("alipay.trade.precreate", "ACQ.ACCESS_FORBIDDEN")
	if _, err := p.Code(t.Context(), due()); fault.CodeOf(err) != fault.ProviderRefused || !strings.Contains(err.Error(), "ACCESS_FORBIDDEN") {
		t.Errorf("refused: %v", err)
	}
	half := due()
	half.Amount++
	if _, err := p.Code(t.Context(), half); fault.CodeOf(err) != fault.MoneyNotFen {
		t.Errorf("half a fen: %v", err)
	}
	s := settings(t, v)
	s.App = "2021000000000009"
	stranger, err := alipay.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Code(t.Context(), due()); fault.CodeOf(err) != fault.ProviderRefused || !strings.Contains(err.Error(), "invalid-signature") {
		t.Errorf("an application that Alipay does not know: %v", err)
	}
}

// The page at Alipay is an address that the application signed; a merchant without
// that product has none, and one without codes has none of these.
func TestPage(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	const back = "https://400.example.com/pay/pay_0000000000007?k=a&b"
	page, err := p.Page(due(), back)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(page)
	if err != nil || !strings.HasPrefix(page, v.URL+"?") || !v.Signed(u.Query()) || u.Query().Get("return_url") != back || u.Query().Get("method") != "alipay.trade.page.pay" ||
		!strings.Contains(u.Query().Get("biz_content"), `"total_amount":"199.99"`) || u.Query().Get("notify_url") == "" {
		t.Errorf("%s: %v", page, err)
	}
	s := settings(t, v)
	s.Ways = []alipay.Way{alipay.ByCode}
	codes, err := alipay.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if page, err := codes.Page(due(), back); page != "" || err != nil {
		t.Errorf("%q, %v", page, err)
	}
	s.Ways = []alipay.Way{alipay.ByPage}
	pages, err := alipay.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := pages.Code(t.Context(), due()); code != "" || err != nil {
		t.Errorf("%q, %v", code, err)
	}
}

// Only what Alipay signed for this application and seller is read, and only a trade
// that is paid is money.
func TestNotifications(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	_, other := start(t)
	want := payment.Notice{
		Payment: 7, Reference: "2026" + number, Amount: 19_999 * money.Fen, Currency: "CNY", PaidAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC),
	}
	if n, err := p.Read(nil, v.Notify(vendor.Tells(number, "199.99"))); err != nil || n != want {
		t.Errorf("%+v, %v", n, err)
	}
	with := func(pairs ...string) url.Values {
		tells := vendor.Tells(number, "199.99")
		for i := 0; i < len(pairs); i += 2 {
			tells.Set(pairs[i], pairs[i+1])
		}
		return tells
	}
	twist := func(from, to string) []byte {
		return []byte(strings.Replace(string(v.Notify(vendor.Tells(number, "199.99"))), from, to, 1))
	}
	for name, c := range map[string]struct {
		body []byte
		want fault.Code
	}{
		"another's signature": {other.Notify(vendor.Tells(number, "199.99")), fault.NotificationForged},
		"another amount":      {twist("total_amount=199.99", "total_amount=999.99"), fault.NotificationForged},
		"a field more":        {append(v.Notify(vendor.Tells(number, "199.99")), "&out_biz_no=1"...), fault.NotificationForged},
		"a field twice":       {append(v.Notify(vendor.Tells(number, "199.99")), "&total_amount=999.99"...), fault.NotificationForged},
		"unsigned":            {twist("&sign=", "&sing="), fault.NotificationForged},
		"the old signature":   {v.Notify(with("sign_type", "RSA")), fault.NotificationForged},
		"no form":             {[]byte("%zz"), fault.NotificationForged},
		"nothing":             {nil, fault.NotificationForged},
		"another application": {v.Notify(with("app_id", "2021000000000002")), fault.NotificationInvalid},
		"another seller":      {v.Notify(with("seller_id", "2088000000000002")), fault.NotificationInvalid},
		"of something else":   {v.Notify(with("notify_type", "dut_user_sign")), fault.NotificationInvalid},
		"a state unheard of":  {v.Notify(with("trade_status", "PAID")), fault.NotificationInvalid},
		"no amount":           {v.Notify(with("total_amount", "much")), fault.NotificationInvalid},
		"less than nothing":   {v.Notify(with("total_amount", "-1.00")), fault.NotificationInvalid},
		"half a fen":          {v.Notify(with("total_amount", "1.005")), fault.NotificationInvalid},
		"without its number":  {v.Notify(with("trade_no", "")), fault.NotificationInvalid},
		"without its time":    {v.Notify(with("gmt_payment", "")), fault.NotificationInvalid},
		"another's order":     {v.Notify(with("out_trade_no", "20190815155618536")), fault.PaymentNotFound},
	} {
		n, err := p.Read(nil, c.body)
		if fault.CodeOf(err) != c.want || n != (payment.Notice{}) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
		if a := p.Answer(err); a.Body != "failure" || a.Status == 200 {
			t.Errorf("%s is answered %+v", name, a)
		}
	}
	for _, state := range []string{"WAIT_BUYER_PAY", "TRADE_CLOSED"} {
		if _, err := p.Read(nil, v.Notify(with("trade_status", state))); !errors.Is(err, payment.ErrNothing) {
			t.Errorf("%s: %v", state, err)
		}
	}
	if a := p.Answer(nil); a.Body != "success" || a.Status != 200 {
		t.Errorf("%+v", a)
	}
}

// A trade is closed unless it was paid; one that nobody scanned is not there yet, and
// while Alipay decides nothing, nothing is decided.
func TestClose(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	if _, came, err := p.Close(t.Context(), due()); came || !errors.Is(err, payment.ErrUnmade) {
		t.Errorf("nobody scanned it: %v, %v", came, err)
	}
	for _, id := range []payment.ID{7, 8} {
		one := due()
		one.ID = id
		if _, err := p.Code(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	for method, sub := range map[string]string{"alipay.trade.query": "ACQ.SYSTEM_ERROR", "alipay.trade.close": "ACQ.TRADE_STATUS_ERROR"} {
		v.Refuse(method, sub)
		if _, came, err := p.Close(t.Context(), due()); came || err == nil || errors.Is(err, payment.ErrUnmade) {
			t.Errorf("%s: %v, %v", method, came, err)
		}
		v.Refuse(method, "")
	}
	v.Pay(number)
	want := payment.Notice{
		Payment: 7, Reference: "2026" + number, Amount: 19_999 * money.Fen, Currency: "CNY", PaidAt: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC),
	}
	if n, came, err := p.Close(t.Context(), due()); err != nil || !came || n != want || v.Closed(number) {
		t.Errorf("paid: %+v, %v, %v", n, came, err)
	}
	open := due()
	open.ID = 8
	v.LoseAnswer("alipay.trade.close")
	if _, _, err := p.Close(t.Context(), open); fault.CodeOf(err) != fault.ProviderUnreachable {
		t.Errorf("lost: %v", err)
	}
	if _, came, err := p.Close(t.Context(), open); came || err != nil || !v.Closed(open.ID.String()) {
		t.Errorf("closed before: %v, %v", came, err)
	}
}

// A refund is carried out once, whatever answer is lost; a refusal is final only when
// it decides something.
func TestRefund(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	r := payment.Refund{ID: 9, Payment: 7, Amount: 500 * money.Fen}
	give := func() (payment.RefundAnswer, error) { return p.Refund(t.Context(), due(), r) }
	v.LoseAnswer("alipay.trade.refund")
	if _, err := give(); fault.CodeOf(err) != fault.ProviderUnreachable {
		t.Errorf("lost: %v", err)
	}
	v.Refuse("alipay.trade.refund", "ACQ.SELLER_BALANCE_NOT_ENOUGH")
	for range 2 {
		if a, err := give(); err != nil || a.State != payment.Done || a.Reference != "2026"+number {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if got := v.Refunds(); len(got) != 1 || got[r.ID.String()].Amount != "5.00" {
		t.Errorf("%+v", got)
	}
	r.ID = 10
	if a, err := give(); err != nil || a.State != payment.Failed || !strings.Contains(a.Why, "SELLER_BALANCE_NOT_ENOUGH") {
		t.Errorf("refused: %+v, %v", a, err)
	}
	v.Refuse("alipay.trade.refund", "ACQ.SYSTEM_ERROR")
	if a, err := give(); err == nil {
		t.Errorf("busy: %+v", a)
	}
	v.Refuse("alipay.trade.refund", "")
	v.Refuse("alipay.trade.fastpay.refund.query", "ACQ.SYSTEM_ERROR")
	if a, err := give(); err == nil {
		t.Errorf("not to be asked: %+v", a)
	}
	if len(v.Refunds()) != 1 {
		t.Error("money went back though nobody could say whether it had")
	}
}

func FuzzRead(f *testing.F) {
	p, v := start(f)
	f.Add(v.Notify(vendor.Tells(number, "199.99")))
	f.Add([]byte("sign=&sign_type=RSA2"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := p.Read(nil, body)
		if err == nil && (n.Payment == 0 || n.Amount <= 0) {
			t.Errorf("%+v of %q", n, body)
		}
	})
}

func TestBill(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	if file, err := p.Bill(t.Context(), "2026-06-01"); err != nil || len(file) > 0 {
		t.Errorf("a day without: %q, %v", file, err)
	}
	v.Bill("2026-06-02", []byte("PK"))
	if file, err := p.Bill(t.Context(), "2026-06-02"); err != nil || string(file) != "PK" {
		t.Errorf("%q, %v", file, err)
	}
	v.Refuse("alipay.data.dataservice.bill.downloadurl.query", "isp.unknow-error")
	if file, err := p.Bill(t.Context(), "2026-06-02"); err == nil {
		t.Errorf("refused: %q", file)
	}
}
