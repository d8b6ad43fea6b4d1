package shop

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"sibai/internal/catalog"
	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/web/purchase"
	"sibai/internal/web/text"
)

// gradeName is a grade in the reader's language.
func gradeName(ctx context.Context, r number.Rule) string {
	if text.From(ctx) == text.EN && r.English != "" {
		return r.English
	}
	return r.Name
}

// run is digits that are shown alike.
type run struct {
	Text   string
	Marked bool
}

// runs cuts a number, grouped 3-3-4, where marked digits begin and end: those of
// the mask that was searched, else those that earn its grade.
func runs(e number.Entry, mask string) []run {
	var marked [10]bool
	searched := false
	for i := 3; i < len(mask) && i < len(marked); i++ {
		marked[i] = mask[i] != '_'
		searched = searched || marked[i]
	}
	if from, to, ok := e.Grade.Form.Span(e.Digits); ok && !searched {
		for i := from; i < to; i++ {
			marked[i] = true
		}
	}
	var out []run
	for i := range len(e.Digits) {
		sep := ""
		if i == 3 || i == 6 {
			sep = "-"
		}
		last := len(out) - 1
		if last >= 0 && out[last].Marked == marked[i] {
			out[last].Text += sep + e.Digits[i:i+1]
			continue
		}
		if sep != "" && last >= 0 {
			out[last].Text += sep
		}
		out = append(out, run{e.Digits[i : i+1], marked[i]})
	}
	return out
}

// masked hides the middle of a company's name: whoever looks a number up learns
// whether the name it was told fits, not whose it is.
func masked(name string) string {
	n := utf8.RuneCountInString(name)
	r := []rune(name)
	switch {
	case n <= 2:
		return string(r[:min(1, n)]) + "**"
	case n <= 6:
		return string(r[:2]) + "**"
	}
	return string(r[:2]) + strings.Repeat("*", n-6) + string(r[n-4:])
}

// formWords say what the numbers of a grade's form look like.
func formWords(ctx context.Context, f number.Form) string {
	s := string(f)
	if rest, ok := strings.CutPrefix(s, "!"); ok {
		return text.T(ctx, "shop.formwithout", "Digits", rest)
	}
	if inner := strings.Trim(s, "*"); inner != s {
		return text.T(ctx, "shop.formhas", "Form", inner)
	}
	return text.T(ctx, "shop.formends", "Form", s)
}

// minimum says a plan's minimum consumption for a number.
func minimum(ctx context.Context, q catalog.Quote) string {
	switch {
	case q.Minimum == 0:
		return text.T(ctx, "shop.nominimum")
	case q.Period == catalog.Yearly:
		return text.T(ctx, "shop.peryear", "Amount", q.Minimum.Format())
	}
	return text.T(ctx, "shop.permonth", "Amount", q.Minimum.Format())
}

// term says what is paid for each term of a plan.
func term(ctx context.Context, q catalog.Quote) string {
	if q.TermMonths == 0 {
		return text.T(ctx, "shop.noterm")
	}
	if q.TermMonths == 12 {
		return text.T(ctx, "shop.peryear", "Amount", q.Term.Format())
	}
	return text.T(ctx, "shop.perterm", "Amount", q.Term.Format(), "Months", strconv.Itoa(q.TermMonths))
}

// how says how a plan is paid, its calls at a price of an increment in seconds.
func how(ctx context.Context, p catalog.Plan, price string, seconds int64) string {
	var parts []string
	switch p.Kind {
	case catalog.Annual:
		parts = append(parts, text.T(ctx, "shop.howannual", "Fee", p.Fee.Format(), "Months", strconv.Itoa(p.TermMonths)))
		if p.Package > 0 {
			parts = append(parts, text.T(ctx, "shop.howpackage", "Amount", p.Package.Format()))
		}
		if p.Seconds > 0 {
			parts = append(parts, text.T(ctx, "shop.howseconds", "Minutes", text.Count(int(p.Seconds/60))))
		}
	case catalog.Buyout:
		parts = append(parts, text.T(ctx, "shop.howbuyout", "Fee", (p.NumberFee+p.Fee).Format()))
	case catalog.Flat:
		parts = append(parts, text.T(ctx, "shop.howflat", "Fee", p.Fee.Format(), "Months", strconv.Itoa(p.TermMonths)))
	}
	if p.Kind != catalog.Flat {
		if seconds == 60 {
			parts = append(parts, text.T(ctx, "shop.howminute", "Price", price))
		} else {
			parts = append(parts, text.T(ctx, "shop.howstep", "Price", price, "Seconds", strconv.FormatInt(seconds, 10)))
		}
	}
	return strings.Join(parts, text.T(ctx, "shop.comma"))
}

// chipWord is what a chip of a form says.
func chipWord(ctx context.Context, form string) string {
	switch form {
	case "abcd":
		return text.T(ctx, "shop.chiprun")
	case "168", "520":
		return text.T(ctx, "shop.chipends", "Digits", form)
	}
	return form
}

// flip is the value of a switch that is turned.
func flip(on bool) string {
	if on {
		return ""
	}
	return "1"
}

func numberLink(c card) string {
	link := "/numbers/" + c.Digits
	if c.Price != nil {
		link += "?plan=" + c.Price.Plan.Code
	}
	return link
}

// orderLink is the address of the form that orders numbers under a plan.
func orderLink(plan *catalog.Plan, first string, more ...string) string {
	return purchase.FormPath(first) + "&" + url.Values{"number": more, "plan": {planCode(plan)}}.Encode()
}

// digitsOf lists the numbers of cards.
func digitsOf(cards []card) []string {
	out := make([]string, len(cards))
	for i, c := range cards {
		out[i] = c.Digits
	}
	return out
}

func planCode(p *catalog.Plan) string {
	if p == nil {
		return ""
	}
	return p.Code
}

// whyPrice says in the order of the deciding why a number costs what it costs.
func whyPrice(ctx context.Context, s shown) []string {
	g := s.Entry.Grade
	if s.Rule == 0 {
		return []string{text.T(ctx, "shop.whyplain"), text.T(ctx, "shop.whyplainfee")}
	}
	list := []string{
		text.T(ctx, "shop.whytable", "Rule", strconv.Itoa(s.Rule)),
		text.T(ctx, "shop.whyform", "Grade", gradeName(ctx, g), "Form", formWords(ctx, g.Form)),
		text.T(ctx, "shop.whyfee", "Amount", g.Fee.Format()),
	}
	if g.Minimum > 0 {
		list = append(list, text.T(ctx, "shop.whyminimum", "Amount", g.Minimum.Format()))
	}
	return list
}

// adviceWords is the answer in a sentence.
func adviceWords(ctx context.Context, a shelf.Answer) string {
	best := a.Advice.Plans[0]
	amount, next := saved(a)
	years := yearsWord(ctx, a.Years)
	if next == "" {
		return text.T(ctx, "shop.takeonly", "Plan", best.Name, "Years", years, "Total", best.Total.Format())
	}
	return text.T(ctx, "shop.take", "Plan", best.Name, "Years", years, "Total", best.Total.Format(), "Next", next, "Saved", amount)
}

// safestWords say which plan is wrong least when the calls are others.
func safestWords(ctx context.Context, a shelf.Answer) string {
	if a.Advice.Risk == 0 {
		return text.T(ctx, "shop.safealways")
	}
	if a.Advice.Safest == a.Advice.Cheapest {
		return text.T(ctx, "shop.safetoo", "Risk", a.Advice.Risk.Format())
	}
	return text.T(ctx, "shop.safest", "Plan", nameOf(a, a.Advice.Safest), "Risk", a.Advice.Risk.Format())
}

func yearsWord(ctx context.Context, years int64) string {
	return text.T(ctx, "shop.costof", "Count", int(years), "Years", strconv.FormatInt(years, 10))
}

// stepWords is the volumes of a step.
func stepWords(ctx context.Context, a shelf.Answer, s shelf.Step) string {
	if s.To >= a.Most {
		return text.T(ctx, "shop.stepfrom", "From", text.Count(int(s.From)))
	}
	if s.From == s.To {
		return text.T(ctx, "shop.stepone", "Calls", text.Count(int(s.From)))
	}
	return text.T(ctx, "shop.stepto", "From", text.Count(int(s.From)), "To", text.Count(int(s.To)))
}

func bestWords(ctx context.Context, a shelf.Answer, s shelf.Step) string {
	if s.Plan == "" {
		return text.T(ctx, "shop.notoffered")
	}
	return nameOf(a, s.Plan)
}

func discountName(ctx context.Context, d catalog.Discount) string {
	if text.From(ctx) == text.EN {
		return d.English
	}
	return d.Name
}
