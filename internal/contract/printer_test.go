package contract_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/contract"
	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/test/parts"
)

func sample() order.Contract {
	plan := catalog.Plan{Code: "annual", Name: "包年 600", Kind: catalog.Annual, Fee: 600 * money.Yuan, TermMonths: 12, Minimum: 50 * money.Yuan, MinimumPeriod: catalog.Monthly}
	sale := catalog.Sale{Order: 7, Grade: "aaa", NumberFee: 300 * money.Yuan}
	at := time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)
	return order.Contract{Operator: "示例通信有限公司", At: at, Order: order.Order{
		ID: 1 << 40, Company: "杭州示例茶业有限公司 | # 分店", Handler: order.Handler{Name: "王小明", Phone: "13800138000"},
		Items: []order.Item{{Digits: "4001234567", Plan: plan, Sale: sale, GradeName: "三连号", Quote: catalog.QuoteOf(plan, sale, catalog.Floor{Amount: 600 * money.Yuan}), Targets: []string{"13800138000"}}},
	}}
}

var terms = order.Terms{Documents: 15 * 24 * time.Hour, LapseFee: 50 * money.Yuan}

// text is what a reader of the PDF finds on its pages.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	reader := parts.Need(t, "pdftotext")
	file := filepath.Join(t.TempDir(), "c.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(reader, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A contract has everything that binds the two, in Chinese, and the same bytes
// each time it is printed; a signature is on it and changes them.
func TestContract(t *testing.T) {
	t.Parallel()
	p, err := contract.New("", terms)
	if err != nil {
		t.Fatal(err)
	}
	c := sample()
	first, err := p.Contract(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Contract(c)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("printed twice, it differs: %v", err)
	}
	signedOne := c
	signedOne.Order.Signature = order.Signature{Name: "王小明", Proven: "13800138000", Address: "192.0.2.7", At: c.At, Document: [32]byte{0xab, 0xcd}}
	signed, err := p.Contract(signedOne)
	if err != nil || bytes.Equal(first, signed) {
		t.Errorf("a signature changes nothing: %v", err)
	}
	shown := text(t, first)
	for _, want := range []string{"400 号码服务合同", "示例通信有限公司", "杭州示例茶业有限公司", "王小明", "400-123-4567", "三连号", "包年 600", "13800138000", "300.00", "600.00", "1,500.00", "15 天", "50.00", c.Order.ID.String()} {
		if !strings.Contains(shown, want) {
			t.Errorf("the contract lacks %q:\n%s", want, shown)
		}
	}
	for _, want := range []string{"138****8000", "2026-06-01 10:00:00", "192.0.2.7", "abcd0000"} {
		if strings.Contains(shown, want) || !strings.Contains(text(t, signed), want) {
			t.Errorf("%q is on the unsigned contract, or not on the signed one", want)
		}
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"{{.Nothing}}", "{{", "{{.Items.Foo}}"} {
		if _, err := contract.New(bad, terms); err == nil {
			t.Errorf("%s is taken for a template", bad)
		}
	}
	p, err := contract.New("# 合同\n{{.Company}}", terms)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := p.Contract(sample())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(text(t, pdf)), " "); !strings.HasPrefix(got, "合同 杭州示例茶业有限公司 ｜ ＃ 分店") {
		t.Errorf("a template of the operator's own: %q", got)
	}
}
