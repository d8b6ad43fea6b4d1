// Package wechatpay plays WeChat Pay for tests: it checks the signature of each
// request as WeChat Pay does, keeps orders and refunds, signs its answers and
// seals and signs notifications.
package wechatpay

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the merchant is called.
const (
	Merchant    = "1900000001"
	App         = "wx0000000000000001"
	Serial      = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
	PublicKeyID = "PUB_KEY_ID_0000000000000000000000000000000001"
	APIKey      = "0123456789abcdef0123456789ABCDEF"
)

// Order is what a Native order asks for.
type Order struct {
	App         string `json:"appid"`
	Merchant    string `json:"mchid"`
	Description string `json:"description"`
	Order       string `json:"out_trade_no"`
	Expire      string `json:"time_expire"`
	Notify      string `json:"notify_url"`
	Amount      struct {
		Total    int64  `json:"total"`
		Currency string `json:"currency"`
	} `json:"amount"`
}

// Refund is what is asked for to go back.
type Refund struct {
	Order  string `json:"out_trade_no"`
	Refund string `json:"out_refund_no"`
	Amount struct {
		Refund   int64  `json:"refund"`
		Total    int64  `json:"total"`
		Currency string `json:"currency"`
	} `json:"amount"`
}

// Vendor is WeChat Pay with one merchant.
type Vendor struct {
	URL string

	mu       sync.Mutex
	merchant *rsa.PrivateKey
	platform *rsa.PrivateKey
	orders   map[string]Order
	paid     map[string]bool
	closed   map[string]bool
	refunds  map[string]Refund
	bills    map[string]string                    // by day
	status   string                               // of refunds
	instead  func(w http.ResponseWriter) bool     // answers a request
	lose     bool                                 // the answer to the next POST
	twist    func(h http.Header, b []byte) []byte // changes a signed answer
}

// Start starts a Vendor, which ends with the test.
func Start(t testing.TB) *Vendor {
	t.Helper()
	v := &Vendor{orders: map[string]Order{}, paid: map[string]bool{}, closed: map[string]bool{}, refunds: map[string]Refund{}, bills: map[string]string{}, status: "SUCCESS"}
	for _, key := range []**rsa.PrivateKey{&v.merchant, &v.platform} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	v.URL = server.URL
	return v
}

// Key is the merchant's private key, PEM.
func (v *Vendor) Key(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(v.merchant)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
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

// Files writes the three files of the settings into a folder.
func (v *Vendor) Files(t testing.TB) (key, apiKey, publicKey string) {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("apiclient_key.pem", v.Key(t)), write("api_key", []byte(APIKey+"\n")), write("pub_key.pem", v.PublicKey(t))
}

// Orders and Refunds are what came so far, by the merchant's numbers.
func (v *Vendor) Orders() map[string]Order {
	v.mu.Lock()
	defer v.mu.Unlock()
	return clone(v.orders)
}

// Refunds are those that were carried out or are under way.
func (v *Vendor) Refunds() map[string]Refund {
	v.mu.Lock()
	defer v.mu.Unlock()
	return clone(v.refunds)
}

func clone[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	for k, x := range m {
		c[k] = x
	}
	return c
}

// Bill sets the bill of a day.
func (v *Vendor) Bill(day, text string) { v.set(func() { v.bills[day] = text }) }

// Pay makes an order paid, and tells nobody.
func (v *Vendor) Pay(order string) { v.set(func() { v.paid[order] = true }) }

// Closed reports whether an order was closed.
func (v *Vendor) Closed(order string) (is bool) {
	v.set(func() { is = v.closed[order] })
	return is
}

// RefundsAre sets what becomes of refunds: SUCCESS, PROCESSING, ABNORMAL, CLOSED.
func (v *Vendor) RefundsAre(status string) { v.set(func() { v.status = status }) }

// LoseAnswer carries out the next POST and drops the connection.
func (v *Vendor) LoseAnswer() { v.set(func() { v.lose = true }) }

// Refuse answers requests of a method with an error from now on; status 0
// ends it.
func (v *Vendor) Refuse(method string, status int, code string) {
	v.set(func() {
		v.instead = nil
		if status == 0 {
			return
		}
		v.instead = func(w http.ResponseWriter) bool {
			if r, ok := w.(*asked); ok && r.method != method {
				return false
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"code":%q,"message":"余额不足"}`, code)
			return true
		}
	})
}

// Twist changes answers after they were signed; nil ends it.
func (v *Vendor) Twist(f func(h http.Header, body []byte) []byte) { v.set(func() { v.twist = f }) }

func (v *Vendor) set(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
}

// asked is a ResponseWriter that knows what was asked for.
type asked struct {
	http.ResponseWriter
	method string
}

var credentials = regexp.MustCompile(`^WECHATPAY2-SHA256-RSA2048 mchid="([^"]*)",nonce_str="([^"]{1,32})",signature="([^"]*)",timestamp="(\d+)",serial_no="([^"]*)"$`)

// signed reports whether the merchant signed a request, within five minutes.
func (v *Vendor) signed(r *http.Request, body []byte) bool {
	m := credentials.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil || m[1] != Merchant || m[5] != Serial || r.Header.Get("Wechatpay-Serial") != PublicKeyID || r.Header.Get("Accept") != "application/json" {
		return false
	}
	at, err := strconv.ParseInt(m[4], 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	signature, err := base64.StdEncoding.DecodeString(m[3])
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(r.Method + "\n" + r.URL.RequestURI() + "\n" + m[4] + "\n" + m[2] + "\n" + string(body) + "\n"))
	return rsa.VerifyPKCS1v15(&v.merchant.PublicKey, crypto.SHA256, sum[:], signature) == nil
}

// ServeHTTP implements http.Handler.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%q,"message":"refused"}`, code)
	}
	switch {
	case err != nil || !v.signed(r, body):
		refuse(http.StatusUnauthorized, "SIGN_ERROR")
		return
	case v.instead != nil && v.instead(&asked{w, r.Method}):
		return
	}
	var answer any
	switch id, refund := strings.CutPrefix(r.URL.Path, "/v3/refund/domestic/refunds/"); {
	case r.Method == http.MethodPost && r.URL.Path == "/v3/pay/transactions/native":
		var o Order
		known := json.Unmarshal(body, &o) == nil
		if before, again := v.orders[o.Order]; !known || o.Amount.Total <= 0 || (again && before != o) {
			refuse(http.StatusBadRequest, "PARAM_ERROR")
			return
		}
		v.orders[o.Order] = o
		answer = map[string]string{"code_url": "weixin://wxpay/bizpayurl?pr=" + o.Order}
	case r.Method == http.MethodPost && r.URL.Path == "/v3/refund/domestic/refunds":
		var a Refund
		known := json.Unmarshal(body, &a) == nil
		if before, again := v.refunds[a.Refund]; !known || a.Amount.Refund <= 0 || a.Amount.Refund > a.Amount.Total || (again && before != a) {
			refuse(http.StatusBadRequest, "PARAM_ERROR")
			return
		}
		v.refunds[a.Refund] = a
		answer = map[string]string{"refund_id": "50" + a.Refund, "status": v.status}
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v3/pay/transactions/out-trade-no/"):
		o, ok := v.orders[strings.TrimPrefix(r.URL.Path, "/v3/pay/transactions/out-trade-no/")]
		if !ok || r.URL.Query().Get("mchid") != Merchant {
			refuse(http.StatusNotFound, "ORDER_NOT_EXIST")
			return
		}
		answer = map[string]any{"appid": App, "mchid": Merchant, "out_trade_no": o.Order, "trade_state": "NOTPAY"}
		if v.paid[o.Order] {
			answer = Transaction(o.Order, o.Amount.Total, o.Amount.Currency)
		}
		if v.closed[o.Order] {
			answer = map[string]any{"appid": App, "mchid": Merchant, "out_trade_no": o.Order, "trade_state": "CLOSED"}
		}
	case r.Method == http.MethodGet && r.URL.Path == "/v3/bill/tradebill":
		bill, ok := v.bills[r.URL.Query().Get("bill_date")]
		if !ok || r.URL.Query().Get("bill_type") != "ALL" {
			refuse(http.StatusNotFound, "NO_STATEMENT_EXIST")
			return
		}
		sum := sha1.Sum([]byte(bill))
		answer = map[string]string{"hash_type": "SHA1", "hash_value": hex.EncodeToString(sum[:]), "download_url": v.URL + "/v3/billdownload/file?token=" + r.URL.Query().Get("bill_date")}
	case r.Method == http.MethodGet && r.URL.Path == "/v3/billdownload/file":
		text := v.bills[r.URL.Query().Get("token")]
		if v.twist != nil {
			text = string(v.twist(w.Header(), []byte(text)))
		}
		_, _ = io.WriteString(w, text) // it is not signed
		return
	case r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v3/pay/transactions/out-trade-no/"):
		order, shut := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v3/pay/transactions/out-trade-no/"), "/close")
		var by struct {
			Merchant string `json:"mchid"`
		}
		switch _, ok := v.orders[order]; {
		case !shut || json.Unmarshal(body, &by) != nil || by.Merchant != Merchant:
			refuse(http.StatusBadRequest, "PARAM_ERROR")
			return
		case !ok:
			refuse(http.StatusNotFound, "ORDER_NOT_EXIST")
			return
		case v.paid[order] || v.closed[order]:
			refuse(http.StatusBadRequest, "ORDER_CLOSED")
			return
		}
		v.closed[order] = true
	case r.Method == http.MethodGet && refund:
		if _, ok := v.refunds[id]; !ok {
			refuse(http.StatusNotFound, "RESOURCE_NOT_EXISTS")
			return
		}
		answer = map[string]string{"refund_id": "50" + id, "status": v.status}
	default:
		refuse(http.StatusNotFound, "NOT_FOUND")
		return
	}
	if v.lose && r.Method == http.MethodPost {
		v.lose = false
		panic(http.ErrAbortHandler)
	}
	var out []byte
	if answer != nil {
		out, err = json.Marshal(answer)
	}
	if err == nil {
		err = v.sign(w.Header(), out, time.Now())
	}
	if err != nil {
		refuse(http.StatusInternalServerError, "SYSTEM_ERROR")
		return
	}
	if v.twist != nil {
		out = v.twist(w.Header(), out)
	}
	if len(out) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_, _ = w.Write(out)
}

func (v *Vendor) sign(h http.Header, body []byte, at time.Time) error {
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), rand.Text()
	sum := sha256.Sum256([]byte(stamp + "\n" + nonce + "\n" + string(body) + "\n"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, v.platform, crypto.SHA256, sum[:])
	h.Set("Wechatpay-Timestamp", stamp)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", PublicKeyID)
	h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(signature))
	return err
}

// Transaction is what a notification tells.
func Transaction(order string, fen int64, currency string) map[string]any {
	return map[string]any{
		"appid": App, "mchid": Merchant, "out_trade_no": order, "transaction_id": "42" + order, "trade_type": "NATIVE",
		"trade_state": "SUCCESS", "success_time": "2026-06-01T12:00:00+08:00",
		"amount": map[string]any{"total": fen, "payer_total": fen, "currency": currency, "payer_currency": currency},
	}
}

// Notify seals and signs what a notification tells, at a time.
func (v *Vendor) Notify(t testing.TB, event string, tells any, at time.Time) (http.Header, []byte) {
	t.Helper()
	plain, err := json.Marshal(tells)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher([]byte(APIKey))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := rand.Text()[:gcm.NonceSize()]
	body, err := json.Marshal(map[string]any{
		"id": rand.Text(), "create_time": at.Format(time.RFC3339), "resource_type": "encrypt-resource", "event_type": event, "summary": "支付成功",
		"resource": map[string]string{
			"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction", "nonce": nonce,
			"ciphertext": base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), plain, []byte("transaction"))),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if err := v.sign(h, body, at); err != nil {
		t.Fatal(err)
	}
	return h, body
}
