package shelf

import (
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/tariff"
	"sibai/internal/whatif"
)

// hour is when declared calls come: in office hours.
const hour = "10:00"

// Ask is what somebody expects of a number.
type Ask struct {
	Calls int64 // answered in a month
	Mean  time.Duration
	Years int64
	Grade number.Rule // of the number; number.Plain: of any plain one
}

// Answer is what every plan comes to, and which to take.
type Answer struct {
	Ask
	Advice whatif.Advice // of the plans that are offered for it; without Plans there is none
	// Refused are not offered: their calls would cost the operator more than it
	// takes.
	Refused []Refused
	Curves  []Curve // of all plans, in the order in which they are shown
	Steps   []Step  // which plan is best where
	Most    int64   // calls a month that the curves end at
}

// Refused is a plan that is not offered for a volume of calls.
type Refused struct {
	Plan catalog.Plan
	From int64        // calls a month from which it loses
	Fee  money.Amount // of the asked years
}

// Curve is what a plan comes to by calls a month.
type Curve struct {
	Plan   catalog.Plan
	Points []Point
	Ends   int64 // calls a month from which it is not offered; 0: always is
}

// At is the total at a volume, on the straight line between the points beside
// it.
func (c Curve) At(calls int64) money.Amount {
	for i := 1; i < len(c.Points); i++ {
		a, b := c.Points[i-1], c.Points[i]
		if calls <= b.Calls {
			return a.Total + (b.Total-a.Total)/money.Amount(b.Calls-a.Calls)*money.Amount(calls-a.Calls)
		}
	}
	return c.Points[len(c.Points)-1].Total
}

// Point is the total of the asked years at a volume.
type Point struct {
	Calls int64
	Total money.Amount
}

// Step is a stretch of volumes with one best plan.
type Step struct {
	From, To int64
	Plan     string // code; empty: none is offered
}

// stops is how many stretches a curve is drawn in.
const stops = 30

// Advise compares the plans that are sold. A fault names what is out of range.
func (s *Shelf) Advise(a Ask) (Answer, error) {
	out := Answer{Ask: a, Most: scale(a.Calls)}
	d := whatif.Declaration{Calls: a.Calls, Mean: a.Mean, At: hour, Years: a.Years, Now: s.now()}
	var plans []catalog.Plan
	for _, p := range s.Plans() {
		plans = append(plans, s.graded(p, a.Grade))
	}
	offers, cost, err := s.current.Load().offers.Of(d, plans, s.cfg.Cost)
	if err != nil {
		return out, err
	}
	var offered []whatif.Offer
	for _, o := range offers {
		curve := Curve{Plan: o.Plan}
		if cost != nil {
			if from, yes := whatif.Loses(o, *cost, max(a.Calls, out.Most)); yes {
				curve.Ends = from
			}
		}
		if curve.Ends > 0 && a.Calls >= curve.Ends {
			refused := Refused{Plan: o.Plan, From: curve.Ends}
			if o.Plan.TermMonths > 0 {
				refused.Fee = o.Plan.Fee
			}
			out.Refused = append(out.Refused, refused)
		} else {
			offered = append(offered, o)
		}
		if curve.Points, err = points(o, a.Years, out.Most); err != nil {
			return out, err
		}
		out.Curves = append(out.Curves, curve)
	}
	if out.Steps, err = steps(offers, out.Curves, a.Years); err != nil || len(offered) == 0 {
		return out, err
	}
	out.Advice, err = d.Advise(offered)
	return out, err
}

// graded is a plan as a number of a grade is sold with it.
func (s *Shelf) graded(p catalog.Plan, grade number.Rule) catalog.Plan {
	sale := s.saleOf(p, grade, s.now())
	p.NumberFee += sale.NumberFee
	p.Minimum, p.MinimumPeriod = sale.MinimumUnder(p)
	return p
}

// scale is a round volume beyond the asked one.
func scale(calls int64) int64 {
	for _, n := range []int64{300, 600, 1500, 3000, 6000, 15_000, 30_000, 60_000, 150_000, 300_000} {
		if calls*3/2 <= n {
			return n
		}
	}
	return whatif.MaxCalls
}

func points(o whatif.Offer, years, most int64) ([]Point, error) {
	volumes := make([]int64, stops+1)
	for i := range volumes {
		volumes[i] = most * int64(i) / stops
	}
	totals, err := whatif.Totals(o, years, volumes)
	out := make([]Point, len(totals))
	for i, t := range totals {
		out[i] = Point{volumes[i], t}
	}
	return out, err
}

// steps says which plan is the cheapest of those that are offered, at which
// volumes: it looks at the ends of the curves' stretches, and halves those in
// which the answer changes.
func steps(offers []whatif.Offer, curves []Curve, years int64) ([]Step, error) {
	if len(curves) == 0 {
		return nil, nil
	}
	best := func(i int, n int64) (string, error) { // i: place of n among the points, or -1
		code, least := "", money.Amount(0)
		for k, c := range curves {
			if c.Ends > 0 && n >= c.Ends {
				continue
			}
			var total money.Amount
			if i >= 0 {
				total = c.Points[i].Total
			} else {
				at, err := whatif.Totals(offers[k], years, []int64{n})
				if err != nil {
					return "", err
				}
				total = at[0]
			}
			if code == "" || total < least {
				code, least = c.Plan.Code, total
			}
		}
		return code, nil
	}
	first, err := best(0, 0)
	if err != nil {
		return nil, err
	}
	out := []Step{{Plan: first}}
	for i := range stops {
		from, to := curves[0].Points[i].Calls, curves[0].Points[i+1].Calls
		next, err := best(i+1, to)
		if err != nil {
			return nil, err
		}
		for last := &out[len(out)-1]; last.Plan != next; last = &out[len(out)-1] {
			// The first volume in the stretch at which it is another plan.
			lo, hi, other := from, to, next
			for hi-lo > 1 {
				mid := lo + (hi-lo)/2
				at, err := best(-1, mid)
				if err != nil {
					return nil, err
				}
				if at == last.Plan {
					lo = mid
				} else {
					hi, other = mid, at
				}
			}
			last.To = hi - 1
			out = append(out, Step{From: hi, Plan: other})
			from = hi
		}
	}
	out[len(out)-1].To = curves[0].Points[stops].Calls
	return slices.Clip(out), nil
}

// Here is the step that the asked volume is in.
func (a Answer) Here() int {
	return slices.IndexFunc(a.Steps, func(s Step) bool { return s.From <= a.Calls && a.Calls <= s.To })
}

// Increment is how a plan's calls are counted: the first price and its length.
func (s *Shelf) Increment(p catalog.Plan) tariff.Increment { return s.Tariff(p).First }
