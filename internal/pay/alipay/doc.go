// Package alipay takes payments over Alipay (支付宝): a code that the payer scans
// (当面付, alipay.trade.precreate), or a page at Alipay (电脑网站支付,
// alipay.trade.page.pay).
//
// Each request is a form with a signature over its fields, sorted (RSA2: SHA256
// with RSA, RFC 8017 §8.2), in the mode with public keys. An answer counts when
// Alipay's key signed the bytes of its node; a notification when that key signed its
// fields, and it is for this application and this seller. It refuses to know what a
// payment is booked as.
//
// Sources: opendocs.alipay.com, 开放平台 (请求与应答签名, 异步通知说明, alipay.trade.*).
package alipay
