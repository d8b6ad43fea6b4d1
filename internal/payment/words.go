package payment

import (
	"strings"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// words are the sentences of the kinds of event: Chinese, English. Their
// places are the sum, the reference and why.
var words = map[Kind][2]string{
	WasOpened:     {"请客户付 {sum}", "{sum} is asked for"},
	WasPaid:       {"收到 {sum}，渠道单号 {ref}", "{sum} came, the provider's number is {ref}"},
	WasOff:        {"收到 {sum}，与应付不符，没有入账，渠道单号 {ref}", "{sum} came, which is not what was asked for: not booked; the provider's number is {ref}"},
	WasExtra:      {"又收到 {sum}，没有入账，渠道单号 {ref}", "{sum} came besides: not booked; the provider's number is {ref}"},
	WasTaken:      {"人工确认收下 {sum}{by}", "staff took the {sum} that came{by}"},
	WasBooked:     {"{sum} 已入账，交易 {ref}", "{sum} is booked by {ref}"},
	WasClosed:     {"已关闭", "closed"},
	WasShut:       {"渠道的订单也已关闭", "the provider's order is closed too"},
	WasLeft:       {"渠道的订单没有关闭，到期自动失效：{why}", "the provider's order is not closed, and ends when its time is over: {why}"},
	WasExpired:    {"过了付款时间", "nobody paid in time"},
	RefundAsked:   {"开始退款 {sum}，{ref}{by}", "a refund of {sum} begins, {ref}{by}"},
	RefundedPart:  {"已退回 {sum}，{ref}", "{sum} went back, {ref}"},
	RefundedWhole: {"已退回 {sum}，全部退完，{ref}", "{sum} went back and nothing is left, {ref}"},
	RefundWaits:   {"退款 {sum} 还没有结果，{ref}：{why}；系统会继续问", "the refund of {sum} is open, {ref}: {why}; it is asked for again"},
	RefundFailed:  {"退款 {sum} 没有成功，{ref}：{why}", "the refund of {sum} failed, {ref}: {why}"},
}

// whyUnmade is why an order was left that nobody made.
const whyUnmade = "unmade"

// whys are the sentences of reasons that are ours: Chinese, English.
var whys = map[string][2]string{
	string(fault.RefundTooMuch): {"客户可用本金不足", "the customer has less free cash"},
	string(fault.ProviderOff):   {"该渠道未开启", "the provider is off"},

	string(fault.ProviderUnreachable): {"连不上该渠道", "the provider cannot be reached"},
	string(fault.Internal):            {"系统出错，见日志", "a defect; the log has it"},
	whyUnmade:                         {"付款码还没有人扫", "nobody scanned its code yet"},
}

var stateWords = map[State]string{
	Created: "待付款", Paid: "已付款", Differs: "金额不符", PartlyRefunded: "部分退款", Refunded: "已退款", Closed: "已关闭", Expired: "已过期",
}

// Text says the state, in Chinese with zh, else in English.
func (s State) Text(zh bool) string {
	if zh {
		return stateWords[s]
	}
	return string(s)
}

// Text says the event as one line, in Chinese with zh, else in English.
func (e Event) Text(zh bool) string {
	lang, why := 1, e.Why
	if zh {
		lang = 0
	}
	if said, ok := whys[e.Why]; ok {
		why = said[lang]
	}
	by := ""
	if why != "" {
		by = [2]string{"（" + why + "）", " (" + why + ")"}[lang]
	}
	return strings.NewReplacer("{sum}", sum(e.Amount, e.Currency), "{ref}", e.Reference, "{why}", why, "{by}", by).Replace(words[e.Kind][lang])
}

func sum(a money.Amount, currency string) string {
	if currency != Currency {
		return a.String() + " " + currency
	}
	return a.Format()
}
