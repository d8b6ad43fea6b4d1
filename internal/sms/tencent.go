package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sibai/internal/notify"
)

// Tencent sends over Tencent Cloud's short message service: SendSms of version
// 2021-01-11, requests signed by TC3-HMAC-SHA256
// (cloud.tencent.com/document/api/382/52067).
type Tencent struct{ vendor }

// NewTencent makes one of an account.
func NewTencent(cfg Config) *Tencent {
	if cfg.Region == "" {
		cfg.Region = "ap-guangzhou"
	}
	return &Tencent{newVendor(cfg, "https://sms.tencentcloudapi.com")}
}

// Send implements notify.Phones.
func (x *Tencent) Send(ctx context.Context, m notify.Short) error {
	t, values, err := x.filled(m)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"PhoneNumberSet": []string{"+86" + m.To}, "SmsSdkAppId": x.cfg.App, "SignName": x.cfg.Sign, "TemplateId": t.ID,
		"TemplateParamSet": values, "SessionContext": m.Key,
	})
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.cfg.Address+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("X-TC-Action", "SendSms")
	req.Header.Set("X-TC-Version", "2021-01-11")
	req.Header.Set("X-TC-Region", x.cfg.Region)
	signTC3(req, body, "sms", x.cfg.Key, x.cfg.Secret, x.now())
	type told struct{ Code, Message string }
	var out struct {
		Response struct {
			Error         *told
			SendStatusSet []told
		}
	}
	if _, err := x.ask(ctx, req, &out); err != nil {
		return err
	}
	came := out.Response.Error
	if came == nil && len(out.Response.SendStatusSet) == 1 {
		came = &out.Response.SendStatusSet[0]
	}
	switch {
	case came == nil:
		return fmt.Errorf("short message: %s told of no message", req.URL.Host)
	case came.Code == "Ok":
		return nil
	}
	return refusal(came.Code, came.Message, "LimitExceeded", "RequestLimitExceeded", "InternalError", "FailedOperation.InsufficientBalance")
}

const signedTC3 = "content-type;host;x-tc-action"

// canonicalTC3 is the request in the form in which it is signed.
func canonicalTC3(req *http.Request, body []byte) string {
	headers := "content-type:" + req.Header.Get("Content-Type") + "\nhost:" + req.URL.Host + "\nx-tc-action:" + strings.ToLower(req.Header.Get("X-TC-Action")) + "\n"
	return strings.Join([]string{req.Method, "/", "", headers, signedTC3, hexSum(body)}, "\n")
}

// signTC3 signs a request with its body at an instant, over its content type, host
// and action.
func signTC3(req *http.Request, body []byte, service, key, secret string, at time.Time) {
	stamp, day := strconv.FormatInt(at.Unix(), 10), at.UTC().Format(time.DateOnly)
	scope := day + "/" + service + "/tc3_request"
	sign := []byte("TC3" + secret)
	for _, part := range []string{day, service, "tc3_request", "TC3-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexSum([]byte(canonicalTC3(req, body)))} {
		mac := hmac.New(sha256.New, sign)
		mac.Write([]byte(part))
		sign = mac.Sum(nil)
	}
	req.Header.Set("X-TC-Timestamp", stamp)
	req.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+key+"/"+scope+", SignedHeaders="+signedTC3+", Signature="+hex.EncodeToString(sign))
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
