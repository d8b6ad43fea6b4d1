// Package alipay plays Alipay for tests: it checks the signature of each request as
// Alipay's gateway does, keeps trades and refunds, and signs its answers and
// notifications.
package alipay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the merchant is called.
const (
	App    = "2021000000000001"
	Seller = "2088000000000001"
)

// Trade is what a payer is asked for.
type Trade struct {
	Order   string `json:"out_trade_no"`
	Amount  string `json:"total_amount"`
	Subject string `json:"subject"`
	Expire  string `json:"time_expire"`
	Product string `json:"product_code"`
	Notify  string `json:"-"`
}

// Refund is what is asked for to go back.
type Refund struct {
	Order  string `json:"out_trade_no"`
	Refund string `json:"out_request_no"`
	Amount string `json:"refund_amount"`
	Reason string `json:"refund_reason"`
}

// Vendor is Alipay with one application.
type Vendor struct {
	URL string

	mu       sync.Mutex
	app      *rsa.PrivateKey
	platform *rsa.PrivateKey
	trades   map[string]Trade
	paid     map[string]bool
	closed   map[string]bool
	refunds  map[string]Refund
	bills    map[string][]byte // by day
	refuse   map[string]string // sub codes by method
	lose     string            // the method whose next answer is lost
	twist    func(text string) string
}

// Start starts a Vendor, which ends with the test.
func Start(t testing.TB) *Vendor {
	t.Helper()
	v := &Vendor{trades: map[string]Trade{}, paid: map[string]bool{}, closed: map[string]bool{}, refunds: map[string]Refund{}, bills: map[string][]byte{}, refuse: map[string]string{}}
	for _, key := range []**rsa.PrivateKey{&v.app, &v.platform} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	v.URL = server.URL + "/gateway.do"
	return v
}

// Key is the application's private key, as Alipay's tool writes it: Base64 alone.
func (v *Vendor) Key() []byte {
	return []byte(base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(v.app)) + "\n")
}

// PublicKey is the key that answers and notifications are checked with, PEM.
func (v *Vendor) PublicKey(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&v.platform.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Files writes the two files of the settings into a folder.
func (v *Vendor) Files(t testing.TB) (key, publicKey string) {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("app_private_key.txt", v.Key()), write("alipay_public_key.pem", v.PublicKey(t))
}

// Trades are what came so far, by the merchant's numbers.
func (v *Vendor) Trades() map[string]Trade {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.trades)
}

// Refunds are those that were carried out.
func (v *Vendor) Refunds() map[string]Refund {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.refunds)
}

// Pay makes a trade paid, and tells nobody.
func (v *Vendor) Pay(order string) { v.set(func() { v.paid[order] = true }) }

// Bill sets the bill of a day.
func (v *Vendor) Bill(day string, file []byte) { v.set(func() { v.bills[day] = file }) }

// Closed reports whether a trade was closed.
func (v *Vendor) Closed(order string) (is bool) {
	v.set(func() { is = v.closed[order] })
	return is
}

// Refuse answers a method with a sub code from now on; an empty one ends it.
func (v *Vendor) Refuse(method, sub string) { v.set(func() { v.refuse[method] = sub }) }

// LoseAnswer carries out the next request of a method and drops the connection.
func (v *Vendor) LoseAnswer(method string) { v.set(func() { v.lose = method }) }

// Twist changes answers after they were signed; nil ends it.
func (v *Vendor) Twist(f func(string) string) { v.set(func() { v.twist = f }) }

func (v *Vendor) set(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
}

// content is what is signed of fields.
func content(form url.Values, but ...string) string {
	names := slices.Sorted(maps.Keys(form))
	var b strings.Builder
	for _, name := range names {
		if form.Get(name) == "" || slices.Contains(but, name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + form.Get(name))
	}
	return b.String()
}

// Signed reports whether the application signed a form, within fifteen minutes.
func (v *Vendor) Signed(form url.Values) bool {
	at, err := time.ParseInLocation("2006-01-02 15:04:05", form.Get("timestamp"), time.FixedZone("", 8*60*60))
	if err != nil || time.Since(at).Abs() > 15*time.Minute || form.Get("app_id") != App || form.Get("sign_type") != "RSA2" || form.Get("charset") != "utf-8" || form.Get("version") != "1.0" {
		return false
	}
	signature, err := base64.StdEncoding.DecodeString(form.Get("sign"))
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(content(form, "sign")))
	return rsa.VerifyPKCS1v15(&v.app.PublicKey, crypto.SHA256, sum[:], signature) == nil
}

func (v *Vendor) sign(message string) string {
	sum := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, v.platform, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // our own key
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// ServeHTTP implements http.Handler.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if day, ok := strings.CutPrefix(r.URL.Path, "/bills/"); ok {
		v.mu.Lock()
		defer v.mu.Unlock()
		_, _ = w.Write(v.bills[day])
		return
	}
	if err := r.ParseForm(); err != nil || !v.Signed(r.Form) {
		fmt.Fprint(w, `{"error_response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-signature","sub_msg":"无效签名"}}`)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	method := r.Form.Get("method")
	node := v.node(method, []byte(r.Form.Get("biz_content")), r.Form.Get("notify_url"))
	if v.lose == method {
		v.lose = ""
		panic(http.ErrAbortHandler)
	}
	text := fmt.Sprintf(`{"%s_response":%s,"sign":%q}`, strings.ReplaceAll(method, ".", "_"), node, v.sign(node))
	if v.twist != nil {
		text = v.twist(text)
	}
	fmt.Fprint(w, text)
}

// node is the answer to a request, as it is signed: with slashes escaped, as Alipay
// writes them.
func (v *Vendor) node(method string, body []byte, notify string) string {
	answer := map[string]string{"code": "10000", "msg": "Success"}
	no := func(sub string) string {
		return fmt.Sprintf(`{"code":"40004","msg":"Business Failed","sub_code":%q,"sub_msg":"业务失败"}`, sub)
	}
	if sub := v.refuse[method]; sub != "" {
		return no(sub)
	}
	var trade Trade
	var refund Refund
	if json.Unmarshal(body, &trade) != nil || json.Unmarshal(body, &refund) != nil {
		return no("ACQ.INVALID_PARAMETER")
	}
	trade.Notify = notify
	switch before, again := v.trades[trade.Order]; method {
	case "alipay.trade.precreate":
		if again && before != trade {
			return no("ACQ.CONTEXT_INCONSISTENT")
		}
		v.trades[trade.Order] = trade
		answer["out_trade_no"], answer["qr_code"] = trade.Order, `https:\/\/qr.alipay.com\/`+trade.Order
	case "alipay.trade.query":
		if !again {
			return no("ACQ.TRADE_NOT_EXIST")
		}
		answer["out_trade_no"], answer["trade_no"], answer["total_amount"], answer["trade_status"] = trade.Order, "2026"+trade.Order, before.Amount, "WAIT_BUYER_PAY"
		if v.paid[trade.Order] {
			answer["trade_status"], answer["send_pay_date"] = "TRADE_SUCCESS", "2026-06-01 12:00:00"
		}
		if v.closed[trade.Order] {
			answer["trade_status"] = "TRADE_CLOSED"
		}
	case "alipay.trade.close":
		switch {
		case !again:
			return no("ACQ.TRADE_NOT_EXIST")
		case v.paid[trade.Order] || v.closed[trade.Order]:
			return no("ACQ.TRADE_STATUS_ERROR")
		}
		v.closed[trade.Order] = true
		answer["out_trade_no"], answer["trade_no"] = trade.Order, "2026"+trade.Order
	case "alipay.trade.fastpay.refund.query":
		if had, ok := v.refunds[refund.Refund]; ok {
			answer["refund_status"], answer["trade_no"], answer["refund_amount"] = "REFUND_SUCCESS", "2026"+refund.Order, had.Amount
		}
	case "alipay.trade.refund":
		had, ok := v.refunds[refund.Refund]
		if ok && had != refund {
			return no("ACQ.REFUND_CHARGE_ERROR")
		}
		v.refunds[refund.Refund] = refund
		answer["trade_no"], answer["fund_change"] = "2026"+refund.Order, map[bool]string{true: "N", false: "Y"}[ok]
	case "alipay.data.dataservice.bill.downloadurl.query":
		var ask struct {
			Kind string `json:"bill_type"`
			Day  string `json:"bill_date"`
		}
		if json.Unmarshal(body, &ask) != nil || ask.Kind != "trade" || v.bills[ask.Day] == nil {
			return no("isp.bill_not_exist")
		}
		answer["bill_download_url"] = strings.TrimSuffix(v.URL, "/gateway.do") + "/bills/" + ask.Day
	default:
		return no("isv.invalid-method")
	}
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(answer)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%s":"%s"`, name, answer[name])
	}
	return "{" + b.String() + "}"
}

// Tells are the fields of a notification that a trade was paid.
func Tells(order, amount string) url.Values {
	return url.Values{
		"notify_type": {"trade_status_sync"}, "notify_id": {rand.Text()}, "notify_time": {"2026-06-01 12:00:01"}, "app_id": {App}, "seller_id": {Seller},
		"charset": {"utf-8"}, "version": {"1.0"}, "sign_type": {"RSA2"}, "out_trade_no": {order}, "trade_no": {"2026" + order}, "trade_status": {"TRADE_SUCCESS"},
		"total_amount": {amount}, "receipt_amount": {amount}, "gmt_payment": {"2026-06-01 12:00:00"}, "subject": {"400 号码充值"},
		"fund_bill_list": {`[{"amount":"` + amount + `","fundChannel":"ALIPAYACCOUNT"}]`},
	}
}

// Notify signs what a notification tells, and returns its body.
func (v *Vendor) Notify(tells url.Values) []byte {
	tells = maps.Clone(tells)
	tells.Set("sign", v.sign(content(tells, "sign", "sign_type")))
	return []byte(tells.Encode())
}
