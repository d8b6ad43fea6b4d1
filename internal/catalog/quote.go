package catalog

import (
	"time"

	"sibai/internal/calendar"
	"sibai/internal/money"
)

// Quote is what a number costs under a plan before any call. It is made of the
// same figures that billing takes later: a test compares the two.
type Quote struct {
	Once       money.Amount // the right to the number, of plan and grade, a buyout's fee, and features
	Term       money.Amount // of each term of TermMonths, with its features; 0: there is none
	TermMonths int
	// TopUp is the least that is paid in with the order. It stays the customer's,
	// for calls and what falls due.
	TopUp   money.Amount
	Minimum money.Amount // consumption of each Period; 0: none
	Period  Period
}

// QuoteOf is what a number that is sold so costs under a plan. floor is the
// least first top-up of its segment.
func QuoteOf(p Plan, s Sale, floor Floor) Quote {
	q := Quote{Once: s.OnceUnder(p)}
	q.TermMonths, q.Term = s.TermUnder(p)
	q.Minimum, q.Period = s.MinimumUnder(p)
	q.TopUp = floor.Least(q.monthly())
	if p.Kind == Flat { // its calls cost nothing
		q.TopUp = 0
	}
	return q
}

func (q Quote) monthly() money.Amount {
	if q.Period == Yearly {
		return (q.Minimum + 11) / 12
	}
	return q.Minimum
}

// Fees is what the order takes: the fees once and of the first term.
func (q Quote) Fees() money.Amount { return q.Once + q.Term }

// Today is what is paid with the order.
func (q Quote) Today() money.Amount { return q.Fees() + q.TopUp }

// Span is what a number costs in some years if no call ever comes.
type Span struct {
	Once    money.Amount
	Terms   money.Amount // of all terms that begin in it
	Minimum money.Amount // of all periods that end in it
}

// Total is all of it.
func (s Span) Total() money.Amount { return s.Once + s.Terms + s.Minimum }

// Over is the cost of years from the day of an opening: the month of the opening
// counts for a monthly minimum only when it is whole (see domain: the first
// partial month is exempt).
func (q Quote) Over(years int, opened time.Time) Span {
	s := Span{Once: q.Once}
	months := 12 * years
	if q.TermMonths > 0 {
		s.Terms = money.Amount((months+q.TermMonths-1)/q.TermMonths) * q.Term
	}
	switch {
	case q.Minimum == 0:
	case q.Period == Yearly:
		s.Minimum = money.Amount(years) * q.Minimum
	case opened.In(calendar.Shanghai).Day() == 1:
		s.Minimum = money.Amount(months) * q.Minimum
	default:
		s.Minimum = money.Amount(months-1) * q.Minimum
	}
	return s
}

// Floor is the least first top-up of a segment: an amount, or a number of
// monthly minimums when that is more.
type Floor struct {
	Prefix   string // of the numbers, such as 4006
	Amount   money.Amount
	Minimums int
}

// Least is the floor beside a monthly minimum.
func (f Floor) Least(minimum money.Amount) money.Amount {
	return max(f.Amount, money.Amount(f.Minimums)*minimum)
}

// Floors are the operator's, by prefix.
type Floors []Floor

// Of is the floor of a number: that with the longest prefix; the zero Floor,
// which asks for nothing, when there is none.
func (l Floors) Of(digits string) (best Floor) {
	for _, f := range l {
		if len(f.Prefix) > len(best.Prefix) && len(digits) >= len(f.Prefix) && digits[:len(f.Prefix)] == f.Prefix {
			best = f
		}
	}
	return best
}
