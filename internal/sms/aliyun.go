package sms

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sibai/internal/notify"
)

// Aliyun sends over Alibaba Cloud's short message service: SendSms of version
// 2017-05-25, requests signed by ACS3-HMAC-SHA256
// (help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature).
type Aliyun struct{ vendor }

// NewAliyun makes one of an account.
func NewAliyun(cfg Config) *Aliyun { return &Aliyun{newVendor(cfg, "https://dysmsapi.aliyuncs.com")} }

// Send implements notify.Phones.
func (a *Aliyun) Send(ctx context.Context, m notify.Short) error {
	t, values, err := a.filled(m)
	if err != nil {
		return err
	}
	params := make(map[string]string, len(values))
	for i, v := range values {
		params[t.Names[i]] = v
	}
	filled, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	query := url.Values{"PhoneNumbers": {m.To}, "SignName": {a.cfg.Sign}, "TemplateCode": {t.ID}, "TemplateParam": {string(filled)}, "OutId": {m.Key}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.cfg.Address+"/?"+canonicalQuery(query), http.NoBody)
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	req.Header.Set("x-acs-action", "SendSms")
	req.Header.Set("x-acs-version", "2017-05-25")
	req.Header.Set("x-acs-date", a.now().UTC().Format(time.RFC3339))
	req.Header.Set("x-acs-signature-nonce", rand.Text())
	signACS3(req, nil, a.cfg.Key, a.cfg.Secret)
	var out struct{ Code, Message string }
	if _, err := a.ask(ctx, req, &out); err != nil {
		return err
	}
	if out.Code == "OK" {
		return nil
	}
	// Limits pass, and so does what the vendor calls its own fault.
	return refusal(out.Code, out.Message, "isv.BUSINESS_LIMIT", "isv.DAY_LIMIT", "isv.MONTH_LIMIT", "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH",
		"isp.SYSTEM_ERROR", "Throttling", "ServiceUnavailable", "InternalError")
}

// signACS3 signs a request with its body, over its x-acs-, host and content-type
// headers.
func signACS3(req *http.Request, body []byte, key, secret string) {
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	req.Header.Set("x-acs-content-sha256", payload)
	fields := map[string]string{"host": req.URL.Host}
	for name := range req.Header {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-acs-") || name == "content-type" {
			fields[name] = strings.TrimSpace(req.Header.Get(name))
		}
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		headers.WriteString(name + ":" + fields[name] + "\n")
	}
	signed := strings.Join(names, ";")
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	canonical := strings.Join([]string{req.Method, path, canonicalQuery(req.URL.Query()), headers.String(), signed, payload}, "\n")
	sum = sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(sum[:])))
	req.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential="+key+",SignedHeaders="+signed+",Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// canonicalQuery writes parameters in the order of their names, escaped as RFC 3986
// has it, where a space is %20.
func canonicalQuery(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }
