package shop

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/web/page"
)

// advised is the page of plans.
type advised struct {
	Calls, Minutes, Seconds, Years, Number string // as typed
	Problems                               []problem
	Answer                                 *shelf.Answer // nil when something typed is wrong, or no plan is sold
	Entry                                  number.Entry  // the number it is for; no digits: any plain one
	Rows                                   []planRow
	Chart                                  *chart
	Contact                                string
}

func (s advised) problem(field string) string { return ask{Problems: s.Problems}.problem(field) }

// What is asked for before anybody typed.
const (
	usualCalls   = "300"
	usualMinutes = "2"
	usualSeconds = "0"
	usualYears   = "3"
	mostCalls    = 200_000 // a month
	mostMinutes  = 60      // of a call
	mostYears    = 5
)

func (h handlers) plans(w http.ResponseWriter, r *http.Request) error {
	s, a := h.declared(r.URL.Query())
	s.Contact = h.Contact
	if len(s.Problems) > 0 {
		return page.Render(w, r, http.StatusUnprocessableEntity, plansPage(s))
	}
	if len(h.Shelf.Plans()) > 0 {
		answer, err := h.Shelf.Advise(a)
		if err != nil {
			return err
		}
		s.Answer, s.Rows = &answer, h.rows(answer)
		s.Chart = draw(answer)
	}
	return page.Render(w, r, http.StatusOK, plansPage(s))
}

// declared reads what was typed.
func (h handlers) declared(v url.Values) (s advised, a shelf.Ask) {
	field := func(name, usual string) string {
		if !v.Has(name) {
			return usual
		}
		return read(url.Values{"q": v[name]}).Text
	}
	s = advised{
		Calls: field("calls", usualCalls), Minutes: field("min", usualMinutes), Seconds: field("sec", usualSeconds),
		Years: field("years", usualYears), Number: field("number", ""),
	}
	whole := func(name, typed, key string, least, most int64) int64 {
		n, err := strconv.ParseInt(plain(typed), 10, 64)
		if err != nil || n < least || n > most {
			s.Problems = append(s.Problems, problem{name, key})
		}
		return n
	}
	a.Calls = whole("calls", s.Calls, "shop.badcalls", 0, mostCalls)
	a.Mean = time.Duration(whole("min", s.Minutes, "shop.badlength", 0, mostMinutes))*time.Minute +
		time.Duration(whole("sec", s.Seconds, "shop.badlength", 0, 59))*time.Second
	if a.Mean < time.Second && len(s.Problems) == 0 {
		s.Problems = append(s.Problems, problem{"sec", "shop.badlength"})
	}
	a.Years = whole("years", s.Years, "shop.badyears", 1, mostYears)
	a.Grade = number.Plain
	if s.Number != "" {
		digits, err := number.Parse(s.Number)
		if err != nil {
			s.Problems = append(s.Problems, problem{"number", "shop.badnumber"})
			return s, a
		}
		a.Grade = h.Shelf.GradeOf(digits)
		s.Entry = number.Entry{Digits: digits, Grade: a.Grade}
	}
	return s, a
}

// planRow is a plan among those that are compared.
type planRow struct {
	shelf.Curve
	Price   string // of an increment
	Seconds int64
	Total   string // of the asked years
	Best    bool
	Safest  bool
	Refused *shelf.Refused
}

// rows are the plans in the order of their totals, those that are not offered at
// the end.
func (h handlers) rows(a shelf.Answer) []planRow {
	var out []planRow
	row := func(code string) planRow {
		for _, c := range a.Curves {
			if c.Plan.Code == code {
				inc := h.Shelf.Increment(c.Plan)
				return planRow{Curve: c, Price: inc.Price.Format(), Seconds: int64(inc.Length / time.Second)}
			}
		}
		return planRow{}
	}
	for _, o := range a.Advice.Plans {
		r := row(o.Plan)
		r.Total = o.Total.Format()
		r.Best, r.Safest = o.Plan == a.Advice.Cheapest, o.Plan == a.Advice.Safest
		out = append(out, r)
	}
	for i := range a.Refused {
		r := row(a.Refused[i].Plan.Code)
		r.Refused = &a.Refused[i]
		out = append(out, r)
	}
	return out
}

// saved is what the best plan saves beside the next one; empty when there is no
// other.
func saved(a shelf.Answer) (amount, next string) {
	if len(a.Advice.Plans) < 2 {
		return "", ""
	}
	return (a.Advice.Plans[1].Total - a.Advice.Plans[0].Total).Format(), a.Advice.Plans[1].Name
}

// nameOf is the name of a plan by its code.
func nameOf(a shelf.Answer, code string) string {
	for _, c := range a.Curves {
		if c.Plan.Code == code {
			return c.Plan.Name
		}
	}
	return ""
}
