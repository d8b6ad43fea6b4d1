package statement

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
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

var kindWords = map[ledger.Kind]pair{
	ledger.KindCall:     {"通话 {number}，计费 {span}，{call}", "call to {number}, {span} billable, {call}"},
	ledger.KindTopUp:    {"充值 {what}", "top-up {what}"},
	ledger.KindReversal: {"冲正 {what}", "reversal of {what}"},
	ledger.KindPlan:     {"套餐费与套餐额度 {what}", "plan fee and its package {what}"},
	ledger.KindEarned:   {"套餐费按日确认 {what}", "plan fee earned {what}"},
	ledger.KindNumber:   {"选号费 {what}", "number fee {what}"},
	ledger.KindOrder:    {"订单 {what} 的首期费用", "first fees of order {what}"},
	ledger.KindLapse:    {"订单 {what} 失效扣费", "fee of order {what} that lapsed"},
	ledger.KindMinimum:  {"低消补差 {what}", "minimum consumption {what}"},
	ledger.KindExpiry:   {"套餐到期或结转 {what}", "package expired or rolled over {what}"},
	ledger.KindRefund:   {"退款 {what}", "refund {what}"},
}

// Reason says what a movement was for.
func Reason(m Movement, l explain.Lang) string {
	words, ok := kindWords[m.Kind]
	if !ok {
		return string(m.Kind) + " " + m.Key
	}
	_, what, found := strings.Cut(m.Key, "/")
	if !found {
		what = m.Key
	}
	return say(words, l, "{what}", what, "{call}", m.Call.String(), "{number}", number.Format(m.Number, ""), "{span}", explain.Span(m.Billable, l))
}

// Quantity says an amount in its unit, with its sign.
func Quantity(n money.Amount, u ledger.Unit, l explain.Lang) string {
	if u == ledger.SEC {
		return strconv.FormatInt(int64(n), 10) + say(pair{" 秒", " s"}, l)
	}
	return n.Format()
}

// Text is the statement for a terminal.
func (s *Statement) Text(l explain.Lang) string {
	var b strings.Builder
	fmt.Fprintln(&b, say(pair{"{name}（{customer}，{account}）{from} 至 {to}", "{name} ({customer}, {account}), {from} to {to}"}, l,
		"{name}", s.Name, "{customer}", s.Customer, "{account}", s.Account, "{from}", s.From, "{to}", s.To))
	for _, x := range s.Balances {
		fmt.Fprintln(&b, say(pair{"  期初 {opening}", "  opening balance {opening}"}, l, "{opening}", Quantity(x.Opening, x.Unit, l)))
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, m := range s.Movements {
		if m.Kind != ledger.KindCall { // a call is explained by its own id
			m.Text += "  " + m.Name
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", m.At.In(calendar.Shanghai).Format(time.DateTime), Quantity(m.Amount, m.Unit, l),
			say(pair{"余 {balance}", "balance {balance}"}, l, "{balance}", Quantity(m.Balance, m.Unit, l)), explain.Bucket(m.Paid, l), m.Text)
	}
	_ = t.Flush() // into memory
	for _, x := range s.Balances {
		fmt.Fprintln(&b, say(pair{"  期初 {opening} + 收入 {in} − 支出 {out} = 期末 {closing}", "  opening {opening} + in {in} − out {out} = closing balance {closing}"}, l,
			"{opening}", Quantity(x.Opening, x.Unit, l), "{in}", Quantity(x.In, x.Unit, l), "{out}", Quantity(-x.Out, x.Unit, l), "{closing}", Quantity(x.Closing, x.Unit, l)))
	}
	return b.String()
}

// Transaction says a transaction in words: what it was for, and each entry.
func Transaction(t ledger.Transaction, l explain.Lang) string {
	var b strings.Builder
	words, ok := kindWords[t.Kind]
	if t.Kind == ledger.KindCall {
		words = pair{"通话扣费 {what}", "charge of {what}"}
	} else if !ok {
		words = pair{string(t.Kind) + " {what}", string(t.Kind) + " {what}"}
	}
	_, what, found := strings.Cut(t.Key, "/")
	if !found {
		what = t.Key
	}
	fmt.Fprintf(&b, "%s  %s\n%s\n", t.ID, t.At.In(calendar.Shanghai).Format(time.DateTime), say(words, l, "{what}", what))
	for _, e := range t.Entries {
		fmt.Fprintf(&b, "  %14s  %s\n", Quantity(money.Amount(e.Amount), e.Unit, l), e.Account)
	}
	fmt.Fprintln(&b, say(pair{"  合计为零：有出必有入。", "  The entries sum to zero: what one account gives another gets."}, l))
	return b.String()
}
