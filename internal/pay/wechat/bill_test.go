package wechat

import (
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/reconcile"
)

// The columns are those that WeChat Pay's documentation of the bill of all trades
// names; the lines are made up.
const billHead = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\n"

const billText = "\ufeff" + billHead +
	"`2026-06-01 12:00:00,`wx1,`1900000001,`0,`,`4200001,`pay_0000000000007,`o1,`NATIVE,`SUCCESS,`CMB_DEBIT,`CNY,`199.99,`0.00,`0,`0,`0.00,`0.00,`,`,`400 号码充值,`,`1.20000,`0.60%,`199.99,`0.00,`\n" +
	"`2026-05-31 09:00:00,`wx1,`1900000001,`0,`,`4200001,`pay_0000000000007,`o1,`NATIVE,`REFUND,`CMB_DEBIT,`CNY,`0.00,`0.00,`5030001,`rfd_0000000000009,`5.00,`0.00,`ORIGINAL,`SUCCESS,`400 号码充值,`,`-0.03000,`0.60%,`0.00,`5.00,`\n" +
	"`2026-06-01 13:00:00,`wx1,`1900000001,`0,`,`4200002,`SHOP-1,`o2,`JSAPI,`SUCCESS,`OTHERS,`CNY,`10.00,`0.00,`0,`0,`0.00,`0.00,`,`,`\"茶, 礼盒\",`,`0.06000,`0.60%,`10.00,`0.00,`\n" +
	"`2026-06-01 14:00:00,`wx1,`1900000001,`0,`,`4200003,`SHOP-2,`o2,`MICROPAY,`REVOKED,`OTHERS,`CNY,`0.00,`0.00,`0,`0,`0.00,`0.00,`,`,`茶,`,`0.00000,`0.60%,`1.00,`0.00,`\n" +
	"总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\n`4,`209.99,`5.00,`0.00,`1.23000,`209.99,`5.00\n"

func TestReadBill(t *testing.T) {
	t.Parallel()
	lines, err := readBill([]byte(billText))
	noon := time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)
	want := []reconcile.Line{
		{Payment: 7, Number: "pay_0000000000007", Reference: "4200001", Amount: 19_999 * money.Fen, At: noon},
		{Payment: 7, Number: "pay_0000000000007", Refund: 9, Back: "rfd_0000000000009", Reference: "4200001", Amount: 500 * money.Fen},
		{Number: "SHOP-1", Reference: "4200002", Amount: 1000 * money.Fen, At: noon.Add(time.Hour)},
	}
	if err != nil || len(lines) != len(want) {
		t.Fatalf("%+v, %v", lines, err)
	}
	for i, l := range lines {
		if !l.At.Equal(want[i].At) {
			t.Errorf("%d: at %s", i, l.At)
		}
		if l.At = want[i].At; l != want[i] {
			t.Errorf("%d: %+v, want %+v", i, l, want[i])
		}
	}
	for name, text := range map[string]string{
		"nothing":         "",
		"another file":    "a,b\n1,2\n",
		"cut off":         billText[:strings.Index(billText, "总交易单数")],
		"a line cut off":  billHead + "`2026-06-01 12:00:00,`wx1\n总交易单数\n",
		"no amount":       strings.Replace(billText, "`199.99,`0.00,`\n", "`much,`0.00,`\n", 1),
		"no time":         strings.Replace(billText, "`2026-06-01 13:00:00", "`yesterday", 1),
		"a refund of two": strings.Replace(billText, "rfd_0000000000009", "", 1),
	} {
		if lines, err := readBill([]byte(text)); fault.CodeOf(err) != fault.BillInvalid {
			t.Errorf("%s: %+v, %v", name, lines, err)
		}
	}
}

func FuzzBill(f *testing.F) {
	f.Add([]byte(billText))
	f.Fuzz(func(t *testing.T, file []byte) {
		lines, err := readBill(file)
		if err != nil && fault.CodeOf(err) != fault.BillInvalid {
			t.Error(err)
		}
		for _, l := range lines {
			if err == nil && (l.Amount <= 0 || l.Refund != 0 && l.Back == "") {
				t.Errorf("%+v", l)
			}
		}
	})
}
