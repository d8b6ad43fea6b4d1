package wechat

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
)

// The vectors are those of WeChat Pay's own Go library, github.com/wechatpay-apiv3/wechatpay-go:
// utils/aes_test.go and core/notify/notify_test.go.
const (
	vectorBody        = `{"id":"3119dfba-e649-5eec-ab1e-3412bc4d2e17","create_time":"2021-06-24T16:37:26+08:00","resource_type":"encrypt-resource","event_type":"PAYSCORE.USER_OPEN_SERVICE","summary":"签约成功","resource":{"original_type":"payscore","algorithm":"AEAD_AES_256_GCM","ciphertext":"YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWTtTauHQfQrRw+X1WpiuHIDy0vo1Vd6VEq67aVyqPdDYMkRVSDaZL3iZttevRMOoPKMifozg6XPWjIZumks/GpT48lI4NizyeaqLBokNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFUpsvPqOTOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5JdXh1hccRUAlyVWxE54PXpnQ==","associated_data":"payscore","nonce":"Kj7QIyUiYx1q"}}`
	vectorSignature   = "tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQrVdG4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1VEA1IBLX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q=="
	vectorCertificate = `-----BEGIN CERTIFICATE-----
MIIDVzCCAj+gAwIBAgIJANfOWdH1ItcBMA0GCSqGSIb3DQEBCwUAMEIxCzAJBgNV
BAYTAlhYMRUwEwYDVQQHDAxEZWZhdWx0IENpdHkxHDAaBgNVBAoME0RlZmF1bHQg
Q29tcGFueSBMdGQwHhcNMjEwNDI3MDg1NTIzWhcNMzEwNDI1MDg1NTIzWjBCMQsw
CQYDVQQGEwJYWDEVMBMGA1UEBwwMRGVmYXVsdCBDaXR5MRwwGgYDVQQKDBNEZWZh
dWx0IENvbXBhbnkgTHRkMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA
2VCTd91fnUn73Xy9DLvt/V62TVxRTEEstVdeRaZ3B3leO0pldE806mXO4RwdHXag
HQ4vGeZN0yqm++rDsGK+U3AH7kejyD2pXshNP9Cq5YwbptiLGtjcquw4HNxJQUOm
DeJf2vg6byms9RUipiq4SzbJKqJFlUpbuIPDpSpWz10PYmyCNeDGUUK65E5h2B83
4uxl1zNLYQCrkdBzb8oUxwYeP5a2DNxmjL5lsJML7DGr5znsevnoqGRwTm9fxCGf
y8wus7hwKz6clt3Whmmda7UAdb1c08hEQFVRbF14AR73xbnd8N0obCWJPCbzMCtk
aSef4FdEEgEXJiw0VAJT8wIDAQABo1AwTjAdBgNVHQ4EFgQUT1c7nd/SUO76HSoZ
umNUJv1R5PwwHwYDVR0jBBgwFoAUT1c7nd/SUO76HSoZumNUJv1R5PwwDAYDVR0T
BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAfTjxKRQMzNB/U6ZoCUS+BSNfa2Oh
0plMN6ZuzwiVVZwg1jywvv5yv04koS7Pd4i9E4gt9ZBUQXlpq+A3oOCEEHNRR6b2
kyazGRM7s0OP5X21WrbpSmKmU6K7hkfx30yYs08LVs/Q8DIhvaj1FCFeJzUCzYn/
fHMq4tsbKO0dKAeydPM/nrUZBmaYQVKMVOORGLFjFKVO7JV6Kq/R86ouhjEPgJOe
2xulNBUcjicqtZlBdEh/PWCYP2SpGVDclKm8jeo175T3EVAkdKzzmfpxtMmnMlmq
cTJOU9TxuGvNASMtjj7pYIerTx+xgZDXEVBWFW9PjJ0TV06tCRsgSHItgg==
-----END CERTIFICATE-----`
)

func TestVectorsOfSeals(t *testing.T) {
	t.Parallel()
	const sealed = "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC"
	for _, c := range []struct{ key, nonce, associated, sealed, plain string }{
		{"testAPIv3Key0000", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", sealed, "Hello World"},
		{"testAPIv3Key0001", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", sealed, ""},
		{"testAPIv3Key0000", "wCq51qZv4Yfh", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", sealed, ""},
		{"testAPIv3Key0000", "wCq51qZv4Yfg", "transaction", sealed, ""},
		{"testAPIv3Key0000", "short", "transaction", sealed, ""},
		{"testAPIv3Key0000", "wCq51qZv4Yfg", "", "SGVsbG8gV29ybGQK", ""},
		{"testAPIv3Key0000", "wCq51qZv4Yfg", "", "invalid cipher", ""},
	} {
		plain, err := open([]byte(c.key), c.nonce, c.associated, c.sealed)
		if string(plain) != c.plain || (err == nil) != (c.plain != "") {
			t.Errorf("%+v: %q, %v", c, plain, err)
		}
	}
}

func TestVectorOfNotifications(t *testing.T) {
	t.Parallel()
	public, err := publicKey([]byte(vectorCertificate))
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{set: Settings{PublicKeyID: "D7CE59D1F522D701"}, public: public, now: func() time.Time { return time.Unix(1624523846, 0) }}
	header := http.Header{}
	header.Set(headerTime, "1624523846")
	header.Set(headerNonce, "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz")
	header.Set(headerSerial, "D7CE59D1F522D701")
	header.Set(headerSignature, vectorSignature)
	if err := p.genuine(header, []byte(vectorBody)); err != nil {
		t.Errorf("WeChat Pay's own: %v", err)
	}
	if _, err := p.Read(header, []byte(vectorBody)); fault.CodeOf(err) != fault.NotificationInvalid {
		t.Errorf("it tells of no payment: %v", err)
	}
	for name, change := range map[string]func(http.Header, *string){
		"body":      func(_ http.Header, body *string) { *body = strings.Replace(*body, "3119", "3118", 1) },
		"time":      func(h http.Header, _ *string) { h.Set(headerTime, "1624523847") },
		"nonce":     func(h http.Header, _ *string) { h.Set(headerNonce, "x") },
		"other key": func(h http.Header, _ *string) { h.Set(headerSerial, "D7CE59D1F522D702") },
		"signature": func(h http.Header, _ *string) { h.Set(headerSignature, "WECHATPAY/SIGNTEST/"+vectorSignature) },
		"unsigned":  func(h http.Header, _ *string) { h.Del(headerSignature) },
	} {
		h, body := header.Clone(), vectorBody
		change(h, &body)
		if err := p.genuine(h, []byte(body)); fault.CodeOf(err) != fault.NotificationForged {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	for at, ok := range map[int64]bool{1624523846 - 301: false, 1624523846 - 300: true, 1624523846 + 300: true, 1624523846 + 301: false} {
		p.now = func() time.Time { return time.Unix(at, 0) }
		if err := p.genuine(header, []byte(vectorBody)); (err == nil) != ok {
			t.Errorf("%d: %v", at, err)
		}
	}
}
