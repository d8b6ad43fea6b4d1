// Package wechat takes payments over WeChat Pay, API v3: the payer scans a code
// (Native), WeChat Pay tells that it has the money, and money goes back the way
// it came. It decides how requests are signed, which answers and notifications
// are WeChat Pay's own, and what they mean for package payment. It refuses to
// know what is booked, and pages.
//
// Sources: the merchant documentation, pay.weixin.qq.com/doc/v3/merchant/,
// pages 4012791877 (Native orders), 4012791838 (what became of one) and
// 4013071041 (refunds), and
// pay.weixin.qq.com/docs/merchant/development/interface-rules/ (signatures).
package wechat
