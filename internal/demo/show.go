package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/money"
)

// Lines shows the demo to machines: one JSON object a line.
type Lines struct {
	mu sync.Mutex // guards e
	e  *json.Encoder
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{e: json.NewEncoder(w)} }

func (l *Lines) write(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.e.Encode(v) // the reader is gone: nobody to tell
}

// Ready, Happens: machines want the results only.
func (*Lines) Ready(string, string, netip.AddrPort) {}

// People says nothing.
func (*Lines) People(string, string, Cast) {}

// Happens says nothing.
func (*Lines) Happens(string) {}

// Call writes a call.
func (l *Lines) Call(c Call, _ cdr.Record, _ string) { l.write(c) }

// Books writes the summary.
func (l *Lines) Books(_ *charging.Report, s Summary) { l.write(s) }

// Terminal shows the demo to people.
type Terminal struct {
	lang  explain.Lang
	began time.Time

	mu sync.Mutex // guards w
	w  io.Writer
}

// NewTerminal writes to w in a language.
func NewTerminal(w io.Writer, lang explain.Lang) *Terminal {
	return &Terminal{lang: lang, began: time.Now(), w: w}
}

func (t *Terminal) say(zh, en string) string {
	if t.lang == explain.ZH {
		return zh
	}
	return en
}

func (t *Terminal) print(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, format, args...)
}

// Ready says where to look.
func (t *Terminal) Ready(page, shop string, sip netip.AddrPort) {
	t.print(t.say("四百演示：真实的 SIP 呼叫打进 %s，页面在 %s，客户选号码的商城在 %s\n\n", "Sibai demo: real SIP calls come in at %s; the live page is %s, the shop for customers %s\n\n"), sip, page, shop)
}

// People says who can sign in, and where the orders in each state are.
func (t *Terminal) People(page, shop string, cast Cast) {
	if cast.Password == "" {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, t.say("登录密码都是 %s\n", "Everybody's password is %s\n"), cast.Password)
	for _, side := range []struct {
		zh, en, at string
		list       []Player
	}{{"后台", "office", page + "/office/signin", cast.Office}, {"控制台", "console", shop + "/signin", cast.Console}} {
		fmt.Fprintf(&b, "  %s  %s\n", t.say(side.zh, side.en), side.at)
		for _, p := range side.list {
			fmt.Fprintf(&b, "      %-14s %s\n", p.Role, p.Login)
		}
	}
	fmt.Fprintln(&b, t.say("每种状态的订单", "An order in each state"))
	for _, o := range cast.Orders {
		fmt.Fprintf(&b, "      %-14s %s%s\n", o.State, shop, o.Path)
	}
	fmt.Fprintln(&b, t.say("其他链接", "Other links"))
	for _, o := range cast.Pages {
		fmt.Fprintf(&b, "      %-20s %s%s\n", o.State, shop, o.Path)
	}
	t.print("%s\n", b.String())
}

// Happens shows one thing at once.
func (t *Terminal) Happens(what string) {
	t.print("%6.2f  %s\n", time.Since(t.began).Seconds(), what)
}

// Call explains a call that is over.
func (t *Terminal) Call(c Call, rec cdr.Record, sum string) {
	verdict := t.say("金额正确", "the charge is right")
	if c.Wrong != "" {
		verdict = t.say("不符：", "WRONG: ") + c.Wrong
	}
	text := strings.ReplaceAll(strings.TrimRight(explain.Text(rec, t.lang), "\n"), "\n", "\n        ")
	t.print("\n        %s\n        %s %s (%s): %s\n\n", text, t.say("应收", "must be"), money.Amount(c.ExpectedMicro).Format(), sum, verdict)
}

// Books shows what the audit found and the sums.
func (t *Terminal) Books(r *charging.Report, s Summary) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.w, t.say("账本", "The books"))
	_ = explain.Books(t.w, r, t.lang) // as all that goes to the terminal
	fmt.Fprintf(t.w, t.say("\n%d 个呼叫，%d 个接通，收费 %s，应收 %s，透支 %s，不符 %d\n",
		"\n%d calls, %d answered, charged %s, must be %s, overspent %s, wrong %d\n"),
		s.Calls, s.Answered, money.Amount(s.ChargedMicro).Format(), money.Amount(s.ExpectedMicro).Format(), money.Amount(s.OverspendMicro).Format(), s.Wrong)
}
