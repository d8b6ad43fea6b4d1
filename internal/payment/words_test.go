package payment_test

import (
	"strings"
	"testing"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// Every kind that a life has shows has a sentence in both languages, and every
// state a word.
func TestWords(t *testing.T) {
	t.Parallel()
	e := payment.Event{Amount: 1234 * money.Yuan, Currency: "CNY", Reference: "r1"}
	for _, c := range []struct {
		kind   payment.Kind
		change func(*payment.Event)
		zh, en string
	}{
		{payment.WasOpened, nil, "请客户付 ¥1,234.00", "¥1,234.00 is asked for"},
		{payment.WasPaid, nil, "收到 ¥1,234.00，渠道单号 r1", "¥1,234.00 came"},
		{payment.WasOff, func(e *payment.Event) { e.Currency = "USD" }, "收到 1234.00 USD，与应付不符", "1234.00 USD came, which is not"},
		{payment.WasExtra, nil, "又收到 ¥1,234.00", "came besides"},
		{payment.WasTaken, nil, "确认收下", "staff took"},
		{payment.WasBooked, nil, "已入账，交易 r1", "is booked by r1"},
		{payment.WasClosed, nil, "关闭", "closed"},
		{payment.WasExpired, nil, "过了付款时间", "in time"},
		{payment.WasShut, nil, "也已关闭", "closed too"},
		{payment.WasLeft, func(e *payment.Event) { e.Why = string(fault.ProviderOff) }, "该渠道未开启", "the provider is off"},
		{payment.RefundAsked, nil, "开始退款", "begins"},
		{payment.RefundedPart, nil, "已退回 ¥1,234.00，r1", "went back, r1"},
		{payment.RefundedWhole, nil, "全部退完", "nothing is left"},
		{payment.RefundFailed, func(e *payment.Event) { e.Why = "NOT ENOUGH" }, "没有成功，r1：NOT ENOUGH", "failed, r1: NOT ENOUGH"},
		{payment.RefundFailed, func(e *payment.Event) { e.Why = string(fault.RefundTooMuch) }, "可用本金不足", "less free cash"},
	} {
		e := e
		e.Kind = c.kind
		if c.change != nil {
			c.change(&e)
		}
		if zh, en := e.Text(true), e.Text(false); !strings.Contains(zh, c.zh) || !strings.Contains(en, c.en) || strings.ContainsAny(zh+en, "{}") {
			t.Errorf("%s: %q, %q", c.kind, zh, en)
		}
	}
	for _, s := range payment.States() {
		if s.Text(true) == "" || s.Text(false) == "" || s.Check() != nil {
			t.Errorf("%s has no word", s)
		}
	}
	if err := payment.State("lost").Check(); fault.CodeOf(err) != fault.ValueNotAllowed || !strings.Contains(err.Error(), "partly_refunded") {
		t.Errorf("a state that there is not: %v", err)
	}
}
