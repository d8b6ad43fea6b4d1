package billing

import (
	"fmt"

	"sibai/internal/number"
)

// words are the sentences of the kinds of item: Chinese, English.
var words = map[ItemKind][2]string{
	FeeOnce:          {"%[1]s 一次性费用 %[2]s", "%[1]s: %[2]s, once"},
	TermBegins:       {"%[1]s 套餐期 %[3]s 至 %[4]s，费用 %[2]s", "%[1]s: the term from %[3]s to %[4]s begins, %[2]s"},
	TermRenewed:      {"%[1]s 续期 %[3]s 至 %[4]s，费用 %[2]s", "%[1]s: the term from %[3]s to %[4]s follows, %[2]s"},
	FeeEarned:        {"%[1]s 确认收入 %[2]s（%[3]s 至 %[4]s）", "%[1]s: %[2]s of the fee is earned, %[3]s to %[4]s"},
	MinimumTaken:     {"%[1]s 低消补差 %[3]s 至 %[4]s：低消 %[5]s − 消费 %[6]s = %[2]s", "%[1]s: minimum consumption %[3]s to %[4]s: minimum %[5]s − consumption %[6]s = %[2]s"},
	Expired:          {"%[1]s套餐余额到期 %[2]s（有效至 %[4]s）", "%[1]spackage expired on %[4]s: %[2]s"},
	RolledOver:       {"%[1]s套餐余额结转下期 %[2]s", "%[1]spackage of %[2]s goes into the next term"},
	LowBalance:       {"%[1]s余额 %[7]s，已到提醒线 %[8]s", "%[1]sthe balance %[7]s is at or below %[8]s"},
	StageChanged:     {"%[1]s%[9]s → %[10]s", "%[1]s%[9]s → %[10]s"},
	NumberLost:       {"%[1]s 欠费销号，进入冷却期", "%[1]s is given up for arrears and rests"},
	NumberRested:     {"%[1]s 冷却期满，可重新销售", "%[1]s has rested and is available again"},
	DocumentsAsked:   {"%[1]s 的实名材料需要补正，请在 %[4]s 前提交%[14]s", "%[1]s: documents are asked for again, until %[4]s%[14]s"},
	DocumentsExpire:  {"%[1]s 的实名材料 %[4]s 到期，请提前提交换新后的证件", "%[1]s: documents run out on %[4]s; hand in the renewed ones before"},
	DocumentsExpired: {"%[1]s 的实名材料已于 %[4]s 到期，号码冻结；换新的证件审核通过即恢复", "%[1]s: documents ran out on %[4]s and the number is frozen until renewed ones are approved"},
	NumberFrozen:     {"%[1]s 因违反规定被冻结，可以申诉", "%[1]s is frozen by a rule; an appeal is possible"},
	WebhookOff:       {"%[1]s发往 %[11]s 的事件通知连续多日无人接收，已停用", "%[1]swebhooks to %[11]s were not taken for days and are switched off"},
	OrderSigned:      {"%[1]s 的合同已签署，号码为你保留到 %[4]s，请在此之前付款", "%[1]s: the contract is signed; the numbers wait for the payment until %[4]s"},
	OrderEnding:      {"%[1]s 只保留到 %[4]s，订单还没有完成付款", "%[1]s waits only until %[4]s, and the order is not paid yet"},
	OrderExpired:     {"%[1]s 没有在期限内付款，订单失效，号码已释放", "%[1]s was not paid in time: the order is over and the numbers are released"},
	OrderPaid:        {"%[1]s 已付款，请在 %[4]s 前提交实名材料", "%[1]s is paid; please hand the documents in until %[4]s"},
	OrderDocuments:   {"%[1]s 的实名材料还没有提交，%[4]s 仍未提交，订单失效", "%[1]s: documents are still missing; without them the order lapses on %[4]s"},
	OrderAsked:       {"%[1]s 的材料需要补正，请在 %[4]s 前提交%[14]s", "%[1]s: documents are asked for again, until %[4]s%[14]s"},
	OrderOpened:      {"%[1]s 已开通，可以接听来电", "%[1]s is open and takes calls"},
	OrderLapsed:      {"%[1]s 没有在期限内提交材料，订单失效，号码已释放", "%[1]s: no documents came in time; the order is over and the numbers are released"},
	OrderRefused:     {"%[1]s 审核未通过，订单结束，号码已释放%[14]s", "%[1]s was refused: the order is over and the numbers are released%[14]s"},
	OrderRefunded:    {"%[1]s 的订单款 %[2]s 正原路退回", "%[1]s: %[2]s of the order are on their way back to the payer"},
	TermEnds:         {"%[1]s 的套餐 %[4]s 到期，届时续期，费用 %[2]s", "%[1]s: the term ends on %[4]s; the next one is taken then, %[2]s"},
	ReviewLate:       {"%[1]s 的实名审核已超过期限（%[12]s）", "%[1]s: the real-name review is beyond its deadline (%[12]s)"},
	PaymentOff:       {"%[1]s收到的款项与付款单 %[12]s 不符，没有入账", "%[1]smoney came that is not what payment %[12]s asked for: not booked"},
	BillDiffers:      {"%[1]s%[12]s %[4]s 的对账单与账本有 %[13]d 处不符", "%[1]sthe bill of %[12]s of %[4]s and the books differ in %[13]d places"},
	ChannelFails:     {"%[1]s有 %[13]d 条消息多次发送未成功", "%[1]s%[13]d messages were tried often and are not taken over"},
	MinimumAhead:     {"预计：%[1]s 低消 %[3]s 至 %[4]s，目前低消 %[5]s − 消费 %[6]s = %[2]s", "ahead: %[1]s: minimum consumption %[3]s to %[4]s, as of now minimum %[5]s − consumption %[6]s = %[2]s"},
	RenewalAhead:     {"预计：%[1]s 于 %[3]s 续期，费用 %[2]s", "ahead: %[1]s: the next term begins on %[3]s, %[2]s"},
	ExpiryAhead:      {"预计：%[1]s套餐余额 %[2]s 将于 %[4]s 到期", "ahead: %[1]spackage of %[2]s expires after %[4]s"},
}

// stageWords are the names of the stages: Chinese, English.
var stageWords = map[Stage][2]string{
	StageActive: {"正常", "active"}, StageLow: {"余额低", "low balance"}, StageGrace: {"宽限期", "period of grace"}, StageSuspended: {"欠费停机", "suspended for arrears"},
	StageFrozen: {"欠费冻结", "frozen for arrears"}, StageClosing: {"待销", "about to be given up"}, StageQuarantine: {"已销", "given up"},
}

// because is the reason as the end of a sentence; empty without one.
func (i Item) because(zh bool) string {
	switch {
	case i.Why == "":
		return ""
	case zh:
		return "。原因：" + i.Why
	case i.WhyEN != "":
		return ". Why: " + i.WhyEN
	}
	return ". Why: " + i.Why
}

// Text says the stage, in Chinese with zh, else in English.
func (s Stage) Text(zh bool) string {
	if zh {
		return stageWords[s][0]
	}
	return stageWords[s][1]
}

// Text says the item as one line, in Chinese with zh, else in English.
func (i Item) Text(zh bool) string {
	about, amount := number.Format(i.Number, ""), "¥"+i.Amount.String()
	if i.Seconds != 0 {
		amount = fmt.Sprintf("%d s", i.Seconds)
	}
	if i.More > 0 {
		about += fmt.Sprintf(" +%d", i.More)
	}
	was, stage, lang := i.Was.Text(zh), i.Stage.Text(zh), 1
	if zh {
		lang = 0
	}
	text := fmt.Sprintf(words[i.Kind][lang], about, amount, i.From, i.Until, "¥"+i.Minimum.String(), "¥"+i.Consumption.String(),
		"¥"+i.Balance.String(), "¥"+i.Threshold.String(), was, stage, i.Host, i.Subject, i.Count, i.because(zh))
	if i.Customer != "" {
		text = i.Customer + ": " + text
	}
	if i.Short {
		text += map[bool]string{true: "（余额不足，待付）", false: " (due: the account cannot pay it yet)"}[zh]
	}
	return text
}
