package whatif

import (
	"fmt"
	"strings"
	"time"

	"sibai/internal/explain"
	"sibai/internal/number"
)

// Text is the whole answer for a terminal: a summary of every plan, and the
// arithmetic of each, line by line.
func (h *History) Text(l explain.Lang) string {
	h.Words(l)
	var b strings.Builder
	fmt.Fprintln(&b, say(pair{"{from} 至 {to}（{days} 天）", "{from} to {to} ({days} days)"}, l, "{from}", h.From, "{to}", h.To, "{days}", integer(h.Days)))
	for _, n := range h.Numbers {
		fmt.Fprintln(&b, say(pair{
			"{number}（{customer}，现用套餐 {plan}）：接通 {answered} 次，计费 {span}，未接 {missed} 次；实际收费 {charged}，另用套餐时长 {included} 秒",
			"{number} ({customer}, plan {plan}): {answered} calls answered, {span} billable, {missed} not answered; really charged {charged} and {included} s of included time",
		}, l, "{number}", number.Format(n.Number, ""), "{customer}", n.Customer, "{plan}", n.Plan, "{answered}", integer(n.Answered),
			"{span}", explain.Span(time.Duration(n.Seconds)*time.Second, l), "{missed}", integer(n.Missed), "{charged}", n.Charged.Format(), "{included}", integer(n.Included)))
	}
	printPlans(&b, h.Plans, l, false)
	if len(h.Numbers) > 1 {
		b.WriteByte('\n')
		for _, n := range h.Numbers {
			if n.Answered == 0 {
				continue
			}
			best := n.Plans[0]
			fmt.Fprintln(&b, say(pair{"{number} 最便宜：{plan}，{total}", "cheapest for {number}: {plan}, {total}"}, l,
				"{number}", number.Format(n.Number, ""), "{plan}", best.Plan, "{total}", best.Total.Format()))
		}
		return b.String()
	}
	if a := h.Numbers[0].Advice; a != nil && len(h.Plans) > 1 {
		fmt.Fprintln(&b, "\n"+say(pair{
			"按这些通话的构成，每月 {n} 次，满一年（不含一次性费用）：",
			"With calls like these, {n} a month, over a year, without what is paid once:",
		}, l, "{n}", integer(a.CallsPerMonth)))
		a.conclude(&b, l)
	}
	return b.String()
}

// Text is the whole advice for a terminal.
func (a *Advice) Text(l explain.Lang) string {
	Fill(a.Plans, l)
	var b strings.Builder
	fmt.Fprintln(&b, say(pair{"每月接通 {n} 次，{years} 年", "{n} calls answered a month, for {years} year(s)"}, l, "{n}", integer(a.CallsPerMonth), "{years}", integer(a.Years)))
	if len(a.Lengths) > 0 {
		fmt.Fprintln(&b, say(pair{"通话时长按指数分布取 {n} 档，各占相同次数（秒）：{list}", "lengths in seconds, as many calls of each of the {n}, spread exponentially: {list}"}, l,
			"{n}", integer(int64(len(a.Lengths))), "{list}", strings.Trim(fmt.Sprint(a.Lengths), "[]")))
	}
	printPlans(&b, a.Plans, l, true)
	b.WriteByte('\n')
	a.conclude(&b, l)
	return b.String()
}

func (a *Advice) conclude(b *strings.Builder, l explain.Lang) {
	fmt.Fprintln(b, say(pair{"  最便宜：{plan}", "  cheapest: {plan}"}, l, "{plan}", a.Cheapest))
	fmt.Fprintln(b, say(pair{
		"  最稳妥：{plan}（通话量减半或加倍时，比最优套餐最多多付 {risk}）",
		"  safest: {plan} (if the calls are half or double, it costs at most {risk} more than the best plan)",
	}, l, "{plan}", a.Safest, "{risk}", a.Risk.Format()))
	for _, r := range a.Ranges {
		words := pair{"  每月 {from} 至 {to} 次：{plan}", "  {from} to {to} calls a month: {plan}"}
		if r.To == MaxCalls {
			words = pair{"  每月 {from} 次起：{plan}", "  from {from} calls a month on: {plan}"}
		}
		fmt.Fprintln(b, say(words, l, "{from}", integer(r.From), "{to}", integer(r.To), "{plan}", r.Plan))
	}
}

// printPlans writes each plan with its parts; once says that what is paid once
// is among them.
func printPlans(b *strings.Builder, plans []Outcome, l explain.Lang, once bool) {
	for _, o := range plans {
		mark := ""
		if o.InForce {
			mark = say(pair{"（现用）", " (in force now)"}, l)
		}
		fmt.Fprintf(b, "\n%s %s%s  %s\n", o.Plan, o.Name, mark, o.Total.Format())
		for _, p := range o.Parts {
			fmt.Fprintf(b, "  %14s  %s\n", p.Amount.Format(), p.Text)
		}
		fmt.Fprintf(b, "  %14s  %s\n", o.Total.Format(), say(pair{"合计", "total"}, l))
		if o.PackageUnit != "" {
			fmt.Fprintln(b, "  "+say(pair{"套餐 {given}，用不完 {left}", "package {given}, {left} of it not used"}, l,
				"{given}", quantity(o.PackageGiven, o.PackageUnit, l), "{left}", quantity(o.PackageLeft, o.PackageUnit, l)))
		}
		if !once && o.Once > 0 {
			fmt.Fprintln(b, "  "+say(pair{"未计入：一次性费用 {once}", "not counted: {once} that is paid once"}, l, "{once}", o.Once.Format()))
		}
		if o.FirstVersionUsed {
			fmt.Fprintln(b, "  "+say(pair{"部分通话早于该资费生效日，按其第一个版本计费", "some calls are older than the tariff: its first version rates them"}, l))
		}
	}
}
