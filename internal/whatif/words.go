package whatif

import (
	"strconv"
	"strings"

	"sibai/internal/explain"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// pair is one sentence in both languages; {name} is filled in.
type pair struct{ zh, en string }

func say(p pair, l explain.Lang, args ...string) string {
	text := p.zh
	if l == explain.EN {
		text = p.en
	}
	return strings.NewReplacer(args...).Replace(text)
}

// partWords has the arithmetic of every kind of part.
var partWords = map[string]pair{
	"fee_days":     {"套餐费 {of}，从 {from} 起 {days} / {ofdays} 天", "the fee of {of}, {days} of {ofdays} days from {from} on"},
	"fee_terms":    {"套餐费 {of} × {years} 年 × 12 ÷ {months} 个月", "the fee of {of} × {years} × 12 ÷ {months} months"},
	"package_pays": {"其中 {amount} 由套餐额度 {of} 支付", "{amount} of it is paid by the package of {of}"},
	"minimum":      {"低消补差（{from} 起 {months} 个月）：max(0, {of} − 已消费 {consumed})", "minimum consumption, {months} month(s) from {from}: max(0, {of} − {consumed} consumed)"},
	"minimum_mean": {"低消补差：每 {months} 个月 max(0, {of} − 已消费)", "minimum consumption: max(0, {of} − consumed), each {months} month(s)"},
	"once":         {"一次性费用（选号费、买断费）", "paid once, for the number and the plan"},
	"number":       {"{number} 的合计", "the total of {number}"},
	"calls":        {"{rule}：{n} 段 × {seconds} 秒，每段 {price}，资费 {tariff}", "{rule}: {n} × {seconds} s at {price}, {tariff}"},
	"calls_conn":   {"{rule}：{n} 次 × {price}，资费 {tariff}", "{rule}: {n} × {price}, {tariff}"},
	"calls_sec":    {"{rule}：{n} 段 × {seconds} 秒，用套餐时长 {used} 秒，不收费，资费 {tariff}", "{rule}: {n} × {seconds} s, {used} s of included time, charged nothing, {tariff}"},
	"calls_mean":   {"{count} 次通话，其中 {included} 次用套餐时长；平均每次 {cost} ÷ {calls}", "{count} calls, {included} of them in included time; a call costs {cost} ÷ {calls} on average"},
}

var ruleWords = map[string]pair{
	"connection": {"接通费", "connection fee"},
	"first":      {"首段", "first increments"},
	"next":       {"后续段", "next increments"},
}

// Say puts the arithmetic of a part into words.
func Say(p Part, l explain.Lang) string {
	args := []string{
		"{amount}", max(p.Amount, -p.Amount).Format(), "{of}", p.Of.Format(), "{consumed}", p.Consumed.Format(), "{from}", p.From,
		"{days}", integer(p.Days), "{ofdays}", integer(p.OfDays), "{months}", integer(int64(p.Months)), "{years}", integer(p.Years),
		"{number}", p.Number, "{count}", integer(p.Count), "{included}", integer(p.Included),
	}
	code := p.Code
	if p.Mix != nil {
		args = append(args, "{cost}", p.Mix.Cost.Format(), "{calls}", integer(p.Mix.Calls))
	}
	if line := p.Line; line != nil {
		tariff := line.Tariff + " v" + strconv.Itoa(line.Version)
		if line.Class != "" {
			tariff += say(pair{" 类别 ", " class "}, l) + line.Class
		}
		if line.Band != "" {
			tariff += say(pair{" 时段 ", " band "}, l) + line.Band
		}
		switch {
		case line.Rule == "connection":
			code = "calls_conn"
		case line.Unit == string(ledger.SEC):
			code = "calls_sec"
		}
		args = append(args, "{rule}", say(ruleWords[line.Rule], l), "{n}", integer(line.Increments), "{seconds}", integer(line.Seconds),
			"{price}", line.Price.Format(), "{used}", integer(line.Used), "{tariff}", tariff)
	}
	return say(partWords[code], l, args...)
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }

// Fill puts the words of a language into the parts of outcomes.
func Fill(list []Outcome, l explain.Lang) {
	for i := range list {
		for j := range list[i].Parts {
			list[i].Parts[j].Text = Say(list[i].Parts[j], l)
		}
	}
}

// Words puts the words of a language into all parts of h.
func (h *History) Words(l explain.Lang) {
	Fill(h.Plans, l)
	for i := range h.Numbers {
		Fill(h.Numbers[i].Plans, l)
		if h.Numbers[i].Advice != nil {
			Fill(h.Numbers[i].Advice.Plans, l)
		}
	}
}

// quantity says an amount of a package: money, or call time.
func quantity(n money.Amount, u ledger.Unit, l explain.Lang) string {
	switch u {
	case ledger.SEC:
		return integer(int64(n)) + say(pair{" 秒", " s"}, l)
	case ledger.CNY:
		return n.Format()
	}
	return "—"
}
