package alipay

import (
	"net/url"
	"testing"
)

// A notification that Alipay's production sent, with the key that it was signed with:
// those of Alipay's own library for Node.js, github.com/alipay/alipay-sdk-nodejs-all,
// test/alipay.test.ts.
const vectorKey = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqObrdC7hrgAVM98tK0nv3hSQRGGKT4lBsQjHiGjeYZjOPIPHR5knm2jnnz/YGIXIofVHkA/tAlBAd5DrY7YpvI4tP5EONLtZKC2ghBMx7McI2wRD0xiqzxOQr1FuhZGJ8/AUokBzJrzY+aGX2xcOrxFYRlFilvVLTXg4LWjR1tdPkO6+i7wQZAIVMClPkwVRZEbaERRHlKqTzv2gGv5rDU8gRoe1LeaN+6BlbTqHWkQcNCUNrA8C6l17XAXGKDsm/9TFWwO8EPHHHCaQdjtV5/FdcWIt+L8SR1ss7EXTjYDFtxcKVv9rEoY1lX8T4mX+GbXfZHraG5NCF1+XioL5JwIDAQAB"

func vector() url.Values {
	form := url.Values{}
	for name, value := range map[string]string{
		"gmt_create": "2019-08-15 15:56:22", "charset": "utf-8", "seller_email": "z97-yuquerevenue@service.aliyun.com", "subject": "语雀空间 500人规模",
		"buyer_id": "2088102534368455", "invoice_amount": "0.10", "notify_id": "2019081500222155624068450559358070",
		"fund_bill_list": `[{"amount":"0.10","fundChannel":"ALIPAYACCOUNT"}]`, "notify_type": "trade_status_sync", "trade_status": "TRADE_SUCCESS",
		"receipt_amount": "0.10", "buyer_pay_amount": "0.10", "sign_type": "RSA2", "app_id": "2019073166072302", "seller_id": "2088531891668739",
		"gmt_payment": "2019-08-15 15:56:24", "notify_time": "2019-08-15 15:56:25", "version": "1.0", "out_trade_no": "20190815155618536-564-57",
		"total_amount": "0.10", "trade_no": "2019081522001468450512505578", "auth_app_id": "2019073166072302", "buyer_logon_id": "xud***@126.com", "point_amount": "0.00",
		"sign": "QfTb8tqE1BMhS5qAnXtvsF3/jBkEvu9q9en0pdbBUDDjvKycZhQb7h8GDs4FKfi049PynaNuatxSgLb/nLWZpXyyh0LEWdK2S6Ri7nPwrVgOs08zugLO20vOQz44y3ti2Ncm8/wZts1Fr2gZ7pShnVX3d1B50hbsXnObT1r/U8ONNQjWXd0HIul4TG+Q3fm3svmSvFEy0WnzuhcyHPX5Gm4ELNctL6Qd5YniGJFNcc7kopHYtI/XD9YCKCH6Ct02rzUs9i11C9CsadtZn+WhxF26Dqt9sGEFajkJ8cxUTLi8+VCpLHsgPE8P0y095uQcDdK0YjCh4x7wVSov+lrmOQ==",
	} {
		form.Set(name, value)
	}
	return form
}

func TestVectorOfNotifications(t *testing.T) {
	t.Parallel()
	key, err := publicKey([]byte(vectorKey))
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{public: key}
	form := vector()
	if err := p.genuine(signed(form, "sign", "sign_type"), form.Get("sign")); err != nil {
		t.Errorf("Alipay's own notification: %v", err)
	}
	for name := range form {
		if name == "sign" || name == "sign_type" {
			continue
		}
		changed := vector()
		changed.Set(name, changed.Get(name)+"0")
		if p.genuine(signed(changed, "sign", "sign_type"), changed.Get("sign")) == nil {
			t.Errorf("with another %s it is as genuine", name)
		}
	}
}
