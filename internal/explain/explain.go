package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/phone"
)

// Lang is the language of an explanation.
type Lang string

// The languages.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

func (l Lang) pick(p pair) string {
	if l == EN {
		return p.en
	}
	return p.zh
}

func (l Lang) look(table map[string]pair, key string) string {
	if p, ok := table[key]; ok {
		return l.pick(p)
	}
	return key
}

// Cause says how a call ended, in a few words.
func Cause(rec cdr.Record, l Lang) string {
	return l.cause(string(rec.Cause), string(rec.EndedBy))
}

func (l Lang) cause(cause, by string) string {
	return strings.ReplaceAll(l.look(causeWords, cause), "{by}", l.look(sideWords, by))
}

// Headline says the whole call in one sentence.
func Headline(rec cdr.Record, l Lang) string {
	if rec.AnsweredAt.IsZero() {
		return l.cause(string(rec.Cause), string(rec.EndedBy))
	}
	who := ""
	for _, leg := range rec.Legs {
		if leg.Outcome == "answered" {
			who = phone.Mask(leg.Target)
		}
	}
	if who == "" { // the node was lost, and with it who answered
		who = l.pick(pair{"有电话", "A phone"})
	}
	if l == EN {
		return fmt.Sprintf("%s answered, talked for %s; %s", who, Span(rec.Talk, l), l.cause(string(rec.Cause), string(rec.EndedBy)))
	}
	return fmt.Sprintf("%s 接听，通话 %s；%s", who, Span(rec.Talk, l), l.cause(string(rec.Cause), string(rec.EndedBy)))
}

// Why lists, in the order decided, why the call went the way it did.
func Why(rec cdr.Record, l Lang) []string {
	out := make([]string, 0, len(rec.Steps))
	for _, s := range rec.Steps {
		text := l.look(stepWords, s.Code)
		for name, value := range s.Args {
			switch name {
			case "target", "caller":
				value = phone.Mask(value)
			case "state":
				value = l.look(stateWords, value)
			case "cause":
				value = l.cause(value, s.Args["by"])
			}
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		out = append(out, text)
	}
	return out
}

// Bucket names a balance bucket.
func Bucket(kind string, l Lang) string { return l.look(bucketWords, kind) }

// Charges lists what the call cost, a line each, and ends with the sum. The
// amounts of the lines add up to the charge exactly.
func Charges(rec cdr.Record, l Lang) []string {
	out := Lines(rec, l)
	if l == EN {
		return append(out, "The caller's local call is billed by the caller's own carrier and is not part of this.")
	}
	return append(out, "主叫市话费由主叫运营商收取，不在本单。")
}

// Lines lists what the call cost, a line each, and their sum.
func Lines(rec cdr.Record, l Lang) []string {
	out := make([]string, 0, len(rec.Lines)+2) // Charges adds one
	for _, line := range rec.Lines {
		out = append(out, Charge(line, l))
	}
	return append(out, l.pick(pair{"合计 ", "Sum "})+rec.Charge.Format())
}

// Charge says one charge line.
func Charge(line cdr.Line, l Lang) string {
	tariff := line.Tariff + " v" + strconv.Itoa(line.Version)
	if line.Class != "" {
		tariff += l.pick(pair{" 类别 ", " class "}) + line.Class
	}
	if line.Band != "" {
		tariff += l.pick(pair{" 时段 ", " band "}) + line.Band
	}
	if line.Unit == "SEC" {
		return l.included(line, tariff)
	}
	rule := l.look(ruleWords, line.Rule)
	if line.Rule == "connection" {
		return fmt.Sprintf("%s %s  %s  %s", Bucket(line.Bucket, l), line.Amount.Format(), rule, tariff)
	}
	if line.Shared {
		return fmt.Sprintf("%s %s  %s  %s", Bucket(line.Bucket, l), line.Amount.Format(), strings.NewReplacer(
			"{rule}", rule, "{seconds}", strconv.FormatInt(line.Seconds, 10), "{price}", line.Price.Format(),
		).Replace(l.pick(pair{"{rule}：1 段 × {seconds} 秒，每段 {price}，由几个余额共付，这是其中一份", "{rule}: a share of 1 × {seconds} s at {price}, paid from several buckets"})), tariff)
	}
	if l == EN {
		return fmt.Sprintf("%s %s  %s: %d × %d s at %s  %s",
			Bucket(line.Bucket, l), line.Amount.Format(), rule, line.Increments, line.Seconds, line.Price.Format(), tariff)
	}
	return fmt.Sprintf("%s %s  %s：%d 段 × %d 秒，每段 %s  资费 %s",
		Bucket(line.Bucket, l), line.Amount.Format(), rule, line.Increments, line.Seconds, line.Price.Format(), tariff)
}

// included says a line that included call time paid: the seconds it took.
func (l Lang) included(line cdr.Line, tariff string) string {
	words := pair{
		"{bucket} 用 {used} 秒  {rule}：{n} 段 × {seconds} 秒，含在套餐里，收费 0.00  资费 {tariff}",
		"{bucket}: {used} s used  {rule}: {n} × {seconds} s, included, charged 0.00  {tariff}",
	}
	if line.Shared {
		words = pair{
			"{bucket} 用 {used} 秒  {rule}：1 段 × {seconds} 秒，由几个套餐共付，这是其中一份，收费 0.00  资费 {tariff}",
			"{bucket}: {used} s used  {rule}: a share of 1 × {seconds} s, included in several packages, charged 0.00  {tariff}",
		}
	}
	return strings.NewReplacer(
		"{bucket}", Bucket(line.Bucket, l), "{used}", strconv.FormatInt(line.Used, 10), "{rule}", l.look(ruleWords, line.Rule),
		"{n}", strconv.FormatInt(line.Increments, 10), "{seconds}", strconv.FormatInt(line.Seconds, 10), "{tariff}", tariff,
	).Replace(l.pick(words))
}

// Span says a length of time as people do: 3 分 42 秒, 3 min 42 s.
func Span(d time.Duration, l Lang) string {
	total := int64(d.Round(time.Second) / time.Second)
	h, m, s := total/3600, total/60%60, total%60
	parts := []struct {
		n      int64
		zh, en string
	}{{h, "小时", "h"}, {m, "分", "min"}, {s, "秒", "s"}}
	var out []string
	for i, p := range parts {
		if p.n == 0 && (i < 2 || len(out) > 0) {
			continue
		}
		out = append(out, strconv.FormatInt(p.n, 10)+" "+l.pick(pair{p.zh, p.en}))
	}
	return strings.Join(out, " ")
}

// Kept says of a call whose record waits in a node's spool that it is not
// charged yet.
func Kept(l Lang) string {
	return l.pick(pair{"（存储不可用，这个呼叫暂存在节点本机，尚未扣费；存储恢复后入账）",
		"(the store is away: the call is kept on its node and not charged yet; it is booked when the store is back)"})
}

// Text is the whole explanation of a call for a terminal: what, why, and the
// charge with its lines.
func Text(rec cdr.Record, l Lang) string {
	var b strings.Builder
	caller := rec.Caller
	if caller == "" {
		caller = l.pick(pair{"匿名", "withheld"})
	}
	fmt.Fprintf(&b, "%s  %s → %s  %s\n", rec.Call, phone.Mask(caller), rec.Number, rec.StartedAt.In(calendar.Shanghai).Format("2006-01-02 15:04:05"))
	fmt.Fprintf(&b, "%s\n", Headline(rec, l))
	if rec.Recovered {
		b.WriteString(l.pick(pair{"（节点故障后由回收程序结算）", "(settled by the reaper after its node was lost)"}) + "\n")
	}
	for i, why := range Why(rec, l) {
		fmt.Fprintf(&b, "  %2d. %s\n", i+1, why)
	}
	for _, line := range Charges(rec, l) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}
