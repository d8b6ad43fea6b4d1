package alipay

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// Name is Alipay's, and the channel of what it books.
const Name = "alipay"

// Address is Alipay's gateway.
const Address = "https://openapi.alipay.com/gateway.do"

// Way is how people pay.
type Way string

// The ways.
const (
	ByCode Way = "code" // a code to scan; the product 当面付
	ByPage Way = "page" // a page at Alipay; the product 电脑网站支付
)

// Settings are what the open platform says of an application.
type Settings struct {
	Address   string // of the gateway; empty is Address
	Notify    string // the address at which Alipay tells of payments
	App       string // APPID of the application
	Seller    string // PID of the merchant, 2088…
	Key       []byte // private key of the application (应用私钥), PEM or Base64 alone
	PublicKey []byte // Alipay's public key (支付宝公钥), PEM or Base64 alone
	Ways      []Way  // at least one
}

// Provider is Alipay. It implements payment.Provider, Coder, Pager and Closer.
type Provider struct {
	set    Settings
	key    *rsa.PrivateKey
	public *rsa.PublicKey
	client *http.Client
	now    func() time.Time
}

// patience bounds a request: somebody waits for the page.
const patience = 8 * time.Second

// New makes a Provider. now nil means time.Now. Faults: provider_settings.
func New(set Settings, now func() time.Time) (*Provider, error) {
	if now == nil {
		now = time.Now
	}
	if set.Address == "" {
		set.Address = Address
	}
	bad := func(setting string, err error) (*Provider, error) {
		return nil, fault.Wrap(err, fault.ProviderSettings, "setting", setting, "reason", err.Error())
	}
	if u, err := url.Parse(set.Address); err != nil || u.Host == "" || u.RawQuery != "" {
		return bad("alipay.address", errors.New("it is no address of a gateway"))
	}
	for _, s := range []struct{ name, value string }{{"alipay.app", set.App}, {"alipay.seller", set.Seller}} {
		if s.value == "" || strings.Trim(s.value, "0123456789") != "" {
			return bad(s.name, errors.New("it is not a number"))
		}
	}
	if u, err := url.Parse(set.Notify); err != nil || u.Scheme != "https" {
		return bad("public.url", errors.New("it must begin with https: Alipay tells of payments there"))
	}
	if len(set.Ways) == 0 || slices.ContainsFunc(set.Ways, func(w Way) bool { return w != ByCode && w != ByPage }) {
		return bad("alipay.ways", errors.New("it is code, page, or both"))
	}
	key, err := privateKey(set.Key)
	if err != nil {
		return bad("alipay.key_file", err)
	}
	public, err := publicKey(set.PublicKey)
	if err != nil {
		return bad("alipay.public_key_file", err)
	}
	return &Provider{set: set, key: key, public: public, client: &http.Client{Timeout: patience}, now: now}, nil
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// order is what a payer is asked for.
type order struct {
	Order   string `json:"out_trade_no"`
	Amount  string `json:"total_amount"`
	Subject string `json:"subject"`
	Expire  string `json:"time_expire"`
	Product string `json:"product_code"`
}

// stamp is how Alipay writes an instant, in the time of China.
const stamp = "2006-01-02 15:04:05"

var china = time.FixedZone("UTC+8", 8*60*60)

func orderOf(due payment.Payment, product string) (order, error) {
	amount, err := yuan(due.Amount)
	return order{due.ID.String(), amount, "400 号码充值", due.ExpiresAt.In(china).Format(stamp), product}, err
}

// yuan is an amount as Alipay writes it: yuan with two decimals.
func yuan(a money.Amount) (string, error) {
	if a <= 0 || a%money.Fen != 0 {
		return "", fault.New(fault.MoneyNotFen, "value", a)
	}
	return a.String(), nil
}

// Code implements payment.Coder. Asking again with the same particulars is answered
// with a code for the same trade.
func (p *Provider) Code(ctx context.Context, due payment.Payment) (string, error) {
	if !slices.Contains(p.set.Ways, ByCode) {
		return "", nil
	}
	asked, err := orderOf(due, "FACE_TO_FACE_PAYMENT")
	if err != nil {
		return "", err
	}
	var answer struct {
		Code string `json:"qr_code"`
	}
	if err := p.call(ctx, "alipay.trade.precreate", asked, &answer); err != nil {
		return "", err
	}
	if answer.Code == "" {
		return "", unreachable(errors.New("its answer has no code"))
	}
	return answer.Code, nil
}

// Page implements payment.Pager: the address of the page at Alipay, which leads back
// after the payment.
func (p *Provider) Page(due payment.Payment, back string) (string, error) {
	if !slices.Contains(p.set.Ways, ByPage) {
		return "", nil
	}
	asked, err := orderOf(due, "FAST_INSTANT_TRADE_PAY")
	if err != nil {
		return "", err
	}
	form, err := p.form("alipay.trade.page.pay", asked, map[string]string{"return_url": back})
	if err != nil {
		return "", err
	}
	return p.set.Address + "?" + form.Encode(), nil
}
