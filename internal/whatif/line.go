package whatif

import (
	"math/big"
	"slices"
	"sort"

	"sibai/internal/catalog"
)

// MaxCalls is the most calls a month that advice looks at; no 400 number has
// as many.
const MaxCalls = 1_000_000

// Offer is a plan with what its tariff makes of a mix of calls.
type Offer struct {
	Plan catalog.Plan
	Mix  Mix
}

// line is what an offer costs by calls a month: exact fractions of micro-yuan.
type line struct {
	offer   Offer
	years   int64
	once    bool     // what is paid once counts
	mean    *big.Rat // of a call paid in money
	fixed   *big.Rat // the part of mean that only money pays
	fee     *big.Rat // of a year
	packed  *big.Rat // package credit of a year, nil without
	covered *big.Rat // calls of a year that included time pays for, nil without
}

func newLine(o Offer, years int64, once bool) *line {
	l := &line{offer: o, years: years, once: once}
	l.mean, l.fixed = rat(int64(o.Mix.Cost), o.Mix.Calls), rat(int64(o.Mix.Connection), o.Mix.Calls)
	l.fee = new(big.Rat)
	if n := int64(o.Plan.TermMonths); n > 0 {
		year := rat(12, n)
		l.fee.Mul(whole(int64(o.Plan.Fee)), year)
		if o.Plan.Package > 0 {
			l.packed = new(big.Rat).Mul(whole(int64(o.Plan.Package)), year)
		}
		if o.Plan.Seconds > 0 && o.Mix.Seconds > 0 {
			calls := new(big.Rat).Mul(whole(o.Plan.Seconds), year)
			l.covered = calls.Mul(calls, rat(o.Mix.Calls, o.Mix.Seconds))
		}
	}
	return l
}

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// year is what one year of calls comes to.
type year struct {
	calls    *big.Rat // in money, of whatever bucket
	included *big.Rat // calls that included time paid for
	packaged *big.Rat // the part of calls that the package pays
	trueUp   *big.Rat
	total    *big.Rat
}

// month is what the calls of a term's month j cost in money: included time
// pays for the first calls of the year.
func (l *line) month(c *big.Rat, j int64) (cost, included *big.Rat) {
	included = new(big.Rat)
	if l.covered != nil {
		included.Sub(l.covered, new(big.Rat).Mul(whole(j), c))
		included = smaller(larger(included, new(big.Rat)), c)
	}
	cost = new(big.Rat).Mul(included, l.fixed)
	return cost.Add(cost, new(big.Rat).Mul(new(big.Rat).Sub(c, included), l.mean)), included
}

func (l *line) yearOf(calls int64) year {
	c := whole(calls)
	y := year{calls: new(big.Rat), included: new(big.Rat), packaged: new(big.Rat), trueUp: new(big.Rat)}
	minimum := whole(int64(l.offer.Plan.Minimum))
	for j := range int64(12) {
		cost, included := l.month(c, j)
		y.calls.Add(y.calls, cost)
		y.included.Add(y.included, included)
		if l.offer.Plan.MinimumPeriod == catalog.Monthly {
			y.trueUp.Add(y.trueUp, short(minimum, cost))
		}
	}
	if l.offer.Plan.MinimumPeriod == catalog.Yearly {
		y.trueUp = short(minimum, y.calls)
	}
	if l.packed != nil {
		y.packaged = smaller(y.calls, l.packed)
	}
	y.total = new(big.Rat).Add(l.fee, y.calls)
	y.total.Sub(y.total, y.packaged)
	y.total.Add(y.total, y.trueUp)
	return y
}

func short(minimum, consumed *big.Rat) *big.Rat {
	return larger(new(big.Rat).Sub(minimum, consumed), new(big.Rat))
}

func smaller(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) <= 0 {
		return new(big.Rat).Set(a)
	}
	return new(big.Rat).Set(b)
}

func larger(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) >= 0 {
		return new(big.Rat).Set(a)
	}
	return new(big.Rat).Set(b)
}

// onceOf is what the plan costs once.
func onceOf(p catalog.Plan) int64 {
	if p.Kind == catalog.Buyout {
		return int64(p.NumberFee + p.Fee)
	}
	return int64(p.NumberFee)
}

// at is the total of all years with so many calls in each month.
func (l *line) at(calls int64) *big.Rat {
	total := l.yearOf(calls).total
	total.Mul(total, whole(l.years))
	if l.once {
		total.Add(total, whole(onceOf(l.offer.Plan)))
	}
	return total
}

// bends lists the volumes between which the total is a straight line: each
// bend lies between two neighbours, or on one.
func (l *line) bends() []int64 {
	var out []int64
	bend := func(past func(calls int64) bool) {
		i := int64(sort.Search(MaxCalls+1, func(n int) bool { return past(int64(n)) }))
		for _, n := range []int64{i - 1, i} {
			if n > 0 && n < MaxCalls {
				out = append(out, n)
			}
		}
	}
	minimum := whole(int64(l.offer.Plan.Minimum))
	for j := range int64(12) {
		if l.covered != nil {
			bend(func(n int64) bool { return new(big.Rat).Mul(whole(j), whole(n)).Cmp(l.covered) >= 0 })
			bend(func(n int64) bool { return new(big.Rat).Mul(whole(j+1), whole(n)).Cmp(l.covered) >= 0 })
		}
		if l.offer.Plan.MinimumPeriod == catalog.Monthly && (l.covered != nil || j == 0) {
			bend(func(n int64) bool { cost, _ := l.month(whole(n), j); return cost.Cmp(minimum) >= 0 })
		}
	}
	if l.offer.Plan.MinimumPeriod == catalog.Yearly {
		bend(func(n int64) bool { return l.yearOf(n).calls.Cmp(minimum) >= 0 })
	}
	if l.packed != nil {
		bend(func(n int64) bool { return l.yearOf(n).calls.Cmp(l.packed) >= 0 })
	}
	return out
}

// Range is the volumes at which one plan is the cheapest.
type Range struct {
	From int64  `json:"from_calls_per_month"`
	To   int64  `json:"to_calls_per_month"` // MaxCalls: and on
	Plan string `json:"plan"`
}

// cheapest is the index of the line that costs least; of equals the first.
func cheapest(lines []*line, calls int64) int {
	best, least := 0, lines[0].at(calls)
	for i, l := range lines[1:] {
		if total := l.at(calls); total.Cmp(least) < 0 {
			best, least = i+1, total
		}
	}
	return best
}

// ranges says which line is the cheapest from 0 to MaxCalls. Between bends all
// lines are straight: one that is the cheapest at both ends is so between.
func ranges(lines []*line) []Range {
	stops := []int64{0, MaxCalls}
	for _, l := range lines {
		stops = append(stops, l.bends()...)
	}
	slices.Sort(stops)
	stops = slices.Compact(stops)
	var out []Range
	put := func(n int64, best int) {
		if k := len(out) - 1; k >= 0 && out[k].Plan == lines[best].offer.Plan.Code {
			out[k].To = n
			return
		}
		out = append(out, Range{From: n, To: n, Plan: lines[best].offer.Plan.Code})
	}
	var walk func(a, b int64, atA, atB int)
	walk = func(a, b int64, atA, atB int) {
		if b-a <= 1 || atA == atB {
			put(b, atB)
			return
		}
		m := a + (b-a)/2
		atM := cheapest(lines, m)
		walk(a, m, atA, atM)
		walk(m, b, atM, atB)
	}
	last := cheapest(lines, stops[0])
	put(stops[0], last)
	for i := 1; i < len(stops); i++ {
		next := cheapest(lines, stops[i])
		walk(stops[i-1], stops[i], last, next)
		last = next
	}
	return out
}
