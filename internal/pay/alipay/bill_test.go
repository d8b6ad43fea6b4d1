package alipay

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/reconcile"
)

// The columns are those that Alipay's documentation of the bill of trades names; the
// lines are made up.
const billText = `#支付宝业务明细查询
#账号：[20880000000000010156]
#起始日期：[2026年06月01日 00:00:00]   终止日期：[2026年06月02日 00:00:00]
#-----------------------------------------业务明细列表----------------------------------------
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注
2026060122001	,pay_0000000000007	,交易	,400 号码充值	,2026-06-01 11:59:00,2026-06-01 12:00:00,	,	,	,	,*茶	,199.99,199.99,0.00,0.00,0.00,0.00,0.00,	,0.00,0.00,	,-1.20,0.00,
2026060122001	,pay_0000000000007	,退款	,400 号码充值	,2026-06-01 11:59:00,2026-06-01 15:00:00,	,	,	,	,*茶	,-5.00,-5.00,0.00,0.00,0.00,0.00,0.00,	,0.00,0.00,rfd_0000000000009	,0.03,0.00,
2026060122002	,SHOP-1	,交易	,茶	,2026-06-01 12:59:00,2026-06-01 13:00:00,	,	,	,	,*米	,10.00,10.00,0.00,0.00,0.00,0.00,0.00,	,0.00,0.00,	,-0.06,0.00,
#-----------------------------------------业务明细列表结束------------------------------------
#交易合计：2笔，商家实收共209.99元，商家优惠共0.00元
#导出时间：[2026年06月02日 10:00:00]
`

// packed is the file as Alipay gives it: a zip with details and their summary in GBK,
// whose names are in GBK as well.
func packed(t testing.TB, text string) []byte {
	t.Helper()
	gbk := func(s string) string {
		out, err := simplifiedchinese.GBK.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string]string{"2088_20260601_业务明细(汇总).csv": "#支付宝业务汇总查询\n", "2088_20260601_业务明细.csv": text} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: gbk(name), NonUTF8: true, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(gbk(content))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadBill(t *testing.T) {
	t.Parallel()
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(billText))
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)
	want := []reconcile.Line{
		{Payment: 7, Number: "pay_0000000000007", Reference: "2026060122001", Amount: 19_999 * money.Fen, At: noon},
		{Payment: 7, Number: "pay_0000000000007", Refund: 9, Back: "rfd_0000000000009", Reference: "2026060122001", Amount: 500 * money.Fen, At: noon.Add(3 * time.Hour)},
		{Number: "SHOP-1", Reference: "2026060122002", Amount: 1000 * money.Fen, At: noon.Add(time.Hour)},
	}
	for name, file := range map[string][]byte{"as it comes": packed(t, billText), "unpacked": gbk, "in UTF-8": []byte(billText)} {
		lines, err := readBill(file)
		if err != nil || len(lines) != len(want) {
			t.Errorf("%s: %+v, %v", name, lines, err)
			continue
		}
		for i, l := range lines {
			if !l.At.Equal(want[i].At) {
				t.Errorf("%s %d: at %s", name, i, l.At)
			}
			if l.At = want[i].At; l != want[i] {
				t.Errorf("%s %d: %+v, want %+v", name, i, l, want[i])
			}
		}
	}
	for name, text := range map[string]string{
		"nothing":        "",
		"another file":   "a,b\n1,2\n",
		"cut off":        billText[:strings.Index(billText, "#-----------------------------------------业务明细列表结束")],
		"no amount":      strings.Replace(billText, "199.99,199.99", "much,199.99", 1),
		"no time":        strings.Replace(billText, "2026-06-01 12:00:00", "yesterday", 1),
		"another kind":   strings.Replace(billText, "退款	", "转账	", 1),
		"a refund of no": strings.Replace(billText, "rfd_0000000000009", "", 1),
		"a broken zip":   "PK\x03\x04 and no more",
	} {
		if lines, err := readBill([]byte(text)); fault.CodeOf(err) != fault.BillInvalid {
			t.Errorf("%s: %+v, %v", name, lines, err)
		}
	}
	if _, err := readBill(packed(t, "")[:200]); fault.CodeOf(err) != fault.BillInvalid {
		t.Errorf("half a zip: %v", err)
	}
}

func FuzzBill(f *testing.F) {
	f.Add([]byte(billText))
	f.Add(packed(f, billText))
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
