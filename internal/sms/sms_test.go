package sms

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"sibai/internal/billing"
	"sibai/internal/notify"
)

var _ = []notify.Phones{(*Aliyun)(nil), (*Tencent)(nil), (*Webhook)(nil)}

var code = notify.Short{
	Key: "msg_7", Kind: notify.ToSignIn, To: "13800138000", Lang: "zh", Params: []string{"271828", "10"}, Text: "验证码 271828",
}

// The request that the vendor's manual signs, and its signature.
func TestACS3(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", nil)
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
	} {
		req.Header.Set(name, value)
	}
	signACS3(req, nil, "YourAccessKeyId", "YourAccessKeySecret")
	want := "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// answer is a vendor that answers always the same, and keeps what it was asked.
func answer(t *testing.T, status int, body string) (address string, asked func() (*http.Request, string)) {
	t.Helper()
	var last *http.Request
	var text string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		last, text = r, string(data)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (*http.Request, string) { return last, text }
}

func account(address string, templates ...string) Config {
	cfg := Config{Address: address, Key: "AK", Secret: "hush", Sign: "四百", App: "1400", Templates: map[notify.Kind]Template{}}
	for _, text := range templates {
		t, err := ParseTemplate(notify.ToSignIn, text)
		if err != nil {
			panic(err)
		}
		cfg.Templates[notify.ToSignIn] = t
	}
	return cfg
}

func TestAliyunSend(t *testing.T) {
	t.Parallel()
	address, asked := answer(t, 200, `{"Code":"OK","Message":"OK","BizId":"9","RequestId":"R"}`)
	a := NewAliyun(account(address, "SMS_154950909:code"))
	if !a.Sends(notify.ToSignIn) || a.Sends(notify.Invitation) {
		t.Error("which kinds are sent")
	}
	if err := a.Send(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	r, _ := asked()
	q := r.URL.Query()
	if q.Get("PhoneNumbers") != "13800138000" || q.Get("SignName") != "四百" || q.Get("TemplateCode") != "SMS_154950909" || q.Get("TemplateParam") != `{"code":"271828"}` || q.Get("OutId") != "msg_7" {
		t.Errorf("%v", q)
	}
	if r.Header.Get("X-Acs-Action") != "SendSms" || r.Header.Get("X-Acs-Version") != "2017-05-25" {
		t.Errorf("%v", r.Header)
	}
	// Signed anew from what arrived, it has the same signature.
	again := httptest.NewRequest(r.Method, address+"/?"+r.URL.RawQuery, nil)
	for _, name := range []string{"X-Acs-Action", "X-Acs-Version", "X-Acs-Date", "X-Acs-Signature-Nonce"} {
		again.Header.Set(name, r.Header.Get(name))
	}
	signACS3(again, nil, "AK", "hush")
	if r.Header.Get("Authorization") != again.Header.Get("Authorization") {
		t.Errorf("%s\nwant %s", r.Header.Get("Authorization"), again.Header.Get("Authorization"))
	}
}

// The hashes of the body and of the canonical request are those in the vendor's
// manual; the manual does not give the secret that its signature is made with.
func TestTencentSend(t *testing.T) {
	t.Parallel()
	body := `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	if got := hexSum([]byte(body)); got != "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064" {
		t.Errorf("payload %s", got)
	}
	req := httptest.NewRequest(http.MethodPost, "https://cvm.tencentcloudapi.com/", nil)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("X-TC-Action", "DescribeInstances")
	if got := hexSum([]byte(canonicalTC3(req, []byte(body)))); got != "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84" {
		t.Errorf("canonical request %s", got)
	}
	signTC3(req, []byte(body), "cvm", "AKID", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", time.Unix(1551113065, 0))
	want := "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, " +
		"Signature=644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26" // by another implementation of the manual
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	address, asked := answer(t, 200, `{"Response":{"SendStatusSet":[{"SerialNo":"1","PhoneNumber":"+8613800138000","Code":"Ok","Message":"send success"}],"RequestId":"r"}}`)
	x := NewTencent(account(address, "449739"))
	if err := x.Send(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	r, sent := asked()
	var got struct {
		PhoneNumberSet, TemplateParamSet                             []string
		SmsSdkAppId, SignName, TemplateId, SessionContext, Extension string //nolint:revive // as the vendor writes it
	}
	if err := json.Unmarshal([]byte(sent), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.PhoneNumberSet) != 1 || got.PhoneNumberSet[0] != "+8613800138000" || got.SmsSdkAppId != "1400" || got.SignName != "四百" || got.TemplateId != "449739" ||
		strings.Join(got.TemplateParamSet, " ") != "271828 10" || got.SessionContext != "msg_7" {
		t.Errorf("%+v", got)
	}
	if r.Header.Get("X-TC-Region") != "ap-guangzhou" || !strings.Contains(r.Header.Get("Authorization"), "/sms/tc3_request") {
		t.Errorf("%v", r.Header)
	}
}

// What is refused for good is told from what passes; a kind without a template is
// not sent.
func TestRefused(t *testing.T) {
	t.Parallel()
	aliyun := func(address string) notify.Phones { return NewAliyun(account(address, "SMS_1")) }
	tencent := func(address string) notify.Phones { return NewTencent(account(address, "1")) }
	webhook := func(address string) notify.Phones { return NewWebhook(account(address)) }
	for name, c := range map[string]struct {
		make   func(string) notify.Phones
		status int
		body   string
		final  bool
	}{
		"aliyun, number":    {aliyun, 200, `{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"号码"}`, true},
		"aliyun, limit":     {aliyun, 200, `{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"流控"}`, false},
		"aliyun, signature": {aliyun, 400, `{"Code":"SignatureDoesNotMatch","Message":"x"}`, true},
		"aliyun, no JSON":   {aliyun, 502, `<html>`, false},
		"tencent, template": {tencent, 200, `{"Response":{"SendStatusSet":[{"Code":"FailedOperation.TemplateIncorrectOrUnapproved","Message":"x"}]}}`, true},
		"tencent, limit":    {tencent, 200, `{"Response":{"SendStatusSet":[{"Code":"LimitExceeded.PhoneNumberDailyLimit","Message":"x"}]}}`, false},
		"tencent, error":    {tencent, 200, `{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"}}}`, true},
		"tencent, nothing":  {tencent, 200, `{"Response":{}}`, false},
		"webhook, 422":      {webhook, 422, ``, true},
		"webhook, 429":      {webhook, 429, ``, false},
		"webhook, 503":      {webhook, 503, ``, false},
		"webhook, moved":    {webhook, 302, ``, false},
	} {
		address, _ := answer(t, c.status, c.body)
		err := c.make(address).Send(t.Context(), code)
		refused := (*notify.Refusal)(nil)
		if err == nil || errors.As(err, &refused) != c.final {
			t.Errorf("%s: %v, for good %v", name, err, refused != nil)
		}
	}
	other := code
	other.Kind = notify.ToSign
	refused := (*notify.Refusal)(nil)
	if err := NewAliyun(account("http://127.0.0.1:9", "SMS_1")).Send(t.Context(), other); !errors.As(err, &refused) {
		t.Errorf("a kind without a template: %v", err)
	}
	if err := NewAliyun(account("http://127.0.0.1:9", "SMS_1")).Send(t.Context(), code); err == nil || errors.As(err, &refused) {
		t.Errorf("nobody there: %v", err)
	}
}

// The gateway checks the signature by the library of the standard.
func TestWebhook(t *testing.T) {
	t.Parallel()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	hook, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	address, asked := answer(t, 204, "")
	cfg := account(address)
	cfg.Secret = secret
	if err := NewWebhook(cfg).Send(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	r, body := asked()
	if err := hook.Verify([]byte(body), r.Header); err != nil {
		t.Error(err)
	}
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil || m.To != code.To || m.Params["code"] != "271828" || m.Params["minutes"] != "10" || m.Text != code.Text {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, id, names string }{
		{"SMS_1", "SMS_1", "code minutes"},
		{" SMS_1 : minutes, code ", "SMS_1", "minutes code"},
		{"SMS_1:", "SMS_1", ""},
		{"", "", ""},
		{":code", "", ""},
		{"SMS_1:link", "", ""},
	} {
		got, err := ParseTemplate(notify.ToSign, c.text)
		if (err != nil) != (c.id == "") || err == nil && (got.ID != c.id || strings.Join(got.Names, " ") != c.names) {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	t.Parallel()
	if got := canonicalQuery(url.Values{"b": {"x y*~"}, "a": {"中"}}); got != "a=%E4%B8%AD&b=x%20y%2A~" {
		t.Error(got)
	}
}

// No kind that may go to a mobile is without places, which a template could never
// fill then.
func TestEveryKindHasPlaces(t *testing.T) {
	t.Parallel()
	kinds := notify.Shorts()
	for _, k := range billing.NoticeKinds() {
		kinds = append(kinds, notify.ShortNotice(k))
	}
	for _, kind := range kinds {
		if len(notify.Places(kind)) == 0 {
			t.Errorf("%s has none", kind)
		}
	}
}
