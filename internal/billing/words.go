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
	DocumentsAsked:   {"%[1]s 的实名材料需要补正，请在 %[4]s 前提交", "%[1]s: documents are asked for again, until %[4]s"},
	DocumentsExpire:  {"%[1]s 的实名材料 %[4]s 到期，请提前提交换新后的证件", "%[1]s: documents run out on %[4]s; hand in the renewed ones before"},
	DocumentsExpired: {"%[1]s 的实名材料已于 %[4]s 到期，号码冻结；换新的证件审核通过即恢复", "%[1]s: documents ran out on %[4]s and the number is frozen until renewed ones are approved"},
	NumberFrozen:     {"%[1]s 因违反规定被冻结，可以申诉", "%[1]s is frozen by a rule; an appeal is possible"},
	WebhookOff:       {"%[1]s发往 %[11]s 的事件通知连续多日无人接收，已停用", "%[1]swebhooks to %[11]s were not taken for days and are switched off"},
	ReviewLate:       {"%[1]s 的实名审核已超过期限（%[12]s）", "%[1]s: the real-name review is beyond its deadline (%[12]s)"},
	PaymentOff:       {"%[1]s收到的款项与付款单 %[12]s 不符，没有入账", "%[1]smoney came that is not what payment %[12]s asked for: not booked"},
	ChannelFails:     {"%[1]s有 %[13]d 条消息多次发送未成功", "%[1]s%[13]d messages were tried often and are not taken over"},
	MinimumAhead:     {"预计：%[1]s 低消 %[3]s 至 %[4]s，目前低消 %[5]s − 消费 %[6]s = %[2]s", "ahead: %[1]s: minimum consumption %[3]s to %[4]s, as of now minimum %[5]s − consumption %[6]s = %[2]s"},
	RenewalAhead:     {"预计：%[1]s 于 %[3]s 续期，费用 %[2]s", "ahead: %[1]s: the next term begins on %[3]s, %[2]s"},
	ExpiryAhead:      {"预计：%[1]s套餐余额 %[2]s 将于 %[4]s 到期", "ahead: %[1]spackage of %[2]s expires after %[4]s"},
}

var stageWords = map[Stage]string{
	StageActive: "正常", StageLow: "余额低", StageGrace: "宽限期", StageSuspended: "欠费停机",
	StageFrozen: "欠费冻结", StageClosing: "待销", StageQuarantine: "已销",
}

// Text says the item as one line, in Chinese with zh, else in English.
func (i Item) Text(zh bool) string {
	about, amount := number.Format(i.Number, ""), "¥"+i.Amount.String()
	if i.Seconds != 0 {
		amount = fmt.Sprintf("%d s", i.Seconds)
	}
	was, stage, lang := string(i.Was), string(i.Stage), 1
	if zh {
		was, stage, lang = stageWords[i.Was], stageWords[i.Stage], 0
	}
	text := fmt.Sprintf(words[i.Kind][lang], about, amount, i.From, i.Until, "¥"+i.Minimum.String(), "¥"+i.Consumption.String(),
		"¥"+i.Balance.String(), "¥"+i.Threshold.String(), was, stage, i.Host, i.Subject, i.Count)
	if i.Customer != "" {
		text = i.Customer + ": " + text
	}
	if i.Short {
		text += map[bool]string{true: "（余额不足，待付）", false: " (due: the account cannot pay it yet)"}[zh]
	}
	return text
}
