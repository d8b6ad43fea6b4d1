package wechat

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// Name is WeChat Pay's, and the channel of what it books.
const Name = "wechat"

// Address is where WeChat Pay listens.
const Address = "https://api.mch.weixin.qq.com"

// apiKeyLen is how long the API v3 key is, in bytes.
const apiKeyLen = 32

// Settings are what the merchant platform says of a merchant.
type Settings struct {
	Address     string // of the API; empty is Address
	Notify      string // the address at which WeChat Pay tells of payments
	Merchant    string // 商户号
	App         string // APPID, bound to the merchant
	Serial      string // of the merchant's certificate
	Key         []byte // private key of the merchant's certificate, PEM
	APIKey      []byte // API v3 key, with which notifications are sealed
	PublicKey   []byte // WeChat Pay's public key or platform certificate, PEM
	PublicKeyID string // PUB_KEY_ID_… or the serial number of that certificate
}

// Provider is WeChat Pay. It implements payment.Provider, Coder and Closer.
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
	set.Address = strings.TrimSuffix(set.Address, "/")
	set.APIKey = []byte(strings.TrimSpace(string(set.APIKey)))
	bad := func(setting string, err error) (*Provider, error) {
		return nil, fault.Wrap(err, fault.ProviderSettings, "setting", "wechat."+setting, "reason", err.Error())
	}
	for _, s := range []struct{ name, value string }{
		{"merchant", set.Merchant}, {"app", set.App}, {"serial", set.Serial}, {"public_key_id", set.PublicKeyID},
	} {
		if s.value == "" || strings.ContainsAny(s.value, "\"\r\n ") {
			return bad(s.name, errors.New("it is empty or has a space or a quotation mark"))
		}
	}
	if u, err := url.Parse(set.Notify); err != nil || u.Scheme != "https" {
		return nil, fault.New(fault.ProviderSettings, "setting", "public.url", "reason", "WeChat Pay tells of payments over https only")
	}
	if len(set.APIKey) != apiKeyLen {
		return bad("api_key_file", errors.New("an API v3 key has 32 bytes"))
	}
	key, err := privateKey(set.Key)
	if err != nil {
		return bad("key_file", err)
	}
	public, err := publicKey(set.PublicKey)
	if err != nil {
		return bad("public_key_file", err)
	}
	return &Provider{set: set, key: key, public: public, client: &http.Client{Timeout: patience}, now: now}, nil
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// amount is a sum in fen.
type amount struct {
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
}

// fen is an amount as WeChat Pay counts; what has half a fen never came so far.
func fen(a money.Amount) (int64, error) {
	if a <= 0 || a%money.Fen != 0 {
		return 0, fault.New(fault.MoneyNotFen, "value", a)
	}
	return int64(a / money.Fen), nil
}

// most is the largest sum in fen that is an amount.
const most = int64(1<<63-1) / int64(money.Fen)

// china is the zone in which WeChat Pay writes times.
var china = time.FixedZone("UTC+8", 8*60*60)

// Code implements payment.Coder by an order (Native). Asking again with the
// same particulars is answered with a code for the same order, so nothing needs
// to be kept.
func (p *Provider) Code(ctx context.Context, due payment.Payment) (string, error) {
	total, err := fen(due.Amount)
	if err != nil {
		return "", err
	}
	order := struct {
		App         string `json:"appid"`
		Merchant    string `json:"mchid"`
		Description string `json:"description"`
		Order       string `json:"out_trade_no"`
		Expire      string `json:"time_expire"`
		Notify      string `json:"notify_url"`
		Amount      amount `json:"amount"`
	}{
		p.set.App, p.set.Merchant, "400 号码充值", due.ID.String(), due.ExpiresAt.In(china).Format(time.RFC3339), p.set.Notify,
		amount{total, payment.Currency},
	}
	var answer struct {
		Code string `json:"code_url"`
	}
	if err := p.call(ctx, http.MethodPost, "/v3/pay/transactions/native", order, &answer); err != nil {
		return "", err
	}
	if answer.Code == "" {
		return "", fault.New(fault.ProviderUnreachable, "provider", Name, "reason", "its answer has no code")
	}
	return answer.Code, nil
}
