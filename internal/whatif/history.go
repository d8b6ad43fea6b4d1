package whatif

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Calls is where calls that ended come from; charging.Store is one.
type Calls interface {
	CDRs(ctx context.Context, filter charging.CDRFilter) ([]cdr.Record, error)
}

// Catalog is where plans and rented numbers come from; a store implements it.
type Catalog interface {
	// Offers reads all plans and tariffs, and the rented numbers that are asked
	// for: one number, those of a customer by its code, or with neither all.
	Offers(ctx context.Context, number, customer string) (Offers, error)
}

// Offers is what is sold, and who rents which number under which plan.
type Offers struct {
	Plans   []catalog.Plan              // in order of their codes
	Tariffs map[string][]tariff.Version // in order of Effective
	Rentals []Rental                    // in order of the numbers
}

// Rental is a rented number.
type Rental struct {
	Number   string
	Customer catalog.CustomerID
	Code     string // the customer's
	Plan     string
}

// plans are those of the codes, or all of them.
func (o Offers) plans(codes []string) ([]catalog.Plan, error) {
	if len(codes) == 0 {
		return o.Plans, nil
	}
	var known []string
	for _, p := range o.Plans {
		known = append(known, p.Code)
	}
	var out []catalog.Plan
	for _, code := range codes {
		i := slices.Index(known, code)
		if i < 0 {
			return nil, fault.New(fault.ReferenceMissing, "what", "plan", "value", code, "known", strings.Join(known, ", "))
		}
		out = append(out, o.Plans[i])
	}
	return out, nil
}

// Question asks what calls that were made would have cost.
type Question struct {
	Number   string // ten digits; or
	Customer string // a customer's code; or neither: all rented numbers
	Period   Period
	Plans    []string // codes; none: all plans
}

// History answers a Question.
type History struct {
	From    string          `json:"from"` // first day
	To      string          `json:"to"`   // last day
	Days    int64           `json:"days"`
	Numbers []NumberHistory `json:"numbers"`
	// Plans is each plan for all the numbers together, the cheapest first.
	Plans   []Outcome    `json:"plans"`
	Charged money.Amount `json:"charged_micro"` // what the calls really cost
}

// NumberHistory is the part of a History that is one number's.
type NumberHistory struct {
	Number   string       `json:"number"`
	Customer string       `json:"customer"`
	Plan     string       `json:"plan"` // its own now
	Answered int64        `json:"answered"`
	Missed   int64        `json:"not_answered"`
	Seconds  int64        `json:"billable_seconds"` // of all calls, started seconds counted whole
	Charged  money.Amount `json:"charged_micro"`    // what the calls really cost, of whatever bucket
	Included int64        `json:"included_seconds"` // what they really took of included time
	Plans    []Outcome    `json:"plans"`            // the cheapest first
	Advice   *Advice      `json:"advice,omitempty"` // with this mix of calls; nil without calls
}

// maxYears bounds a period.
const maxYears = 10

// Rate rates the calls of a period under plans. It reads the calls page by
// page and keeps none. Without an answered call the error is
// PeriodWithoutCalls.
func Rate(ctx context.Context, calls Calls, from Catalog, q Question) (History, error) {
	first, last := calendar.Day(q.Period.From), calendar.Day(q.Period.To.AddDate(0, 0, -1))
	if !q.Period.From.Before(q.Period.To) || q.Period.To.After(addMonths(q.Period.From, 12*maxYears)) {
		return History{}, fault.New(fault.PeriodOrder, "from", first, "to", last)
	}
	offers, err := from.Offers(ctx, q.Number, q.Customer)
	if err != nil {
		return History{}, err
	}
	plans, err := offers.plans(q.Plans)
	if err != nil {
		return History{}, err
	}
	plans = pricedAt(plans, q.Period.To)
	h := History{From: first, To: last, Days: q.Period.Days(), Numbers: []NumberHistory{}}
	answered := int64(0)
	for _, r := range offers.Rentals {
		n, err := rateNumber(ctx, calls, offers, plans, r, q.Period)
		if err != nil {
			return History{}, fmt.Errorf("rate the calls of %s: %w", r.Number, err)
		}
		answered += n.Answered
		h.Charged += n.Charged
		h.Numbers = append(h.Numbers, n)
	}
	if answered == 0 {
		what := q.Number + q.Customer
		if what == "" {
			what = "400"
		}
		return History{}, fault.New(fault.PeriodWithoutCalls, "what", what, "from", first, "to", last)
	}
	h.Plans, err = together(h.Numbers, plans)
	return h, err
}

// pricedAt is plans as they are sold at an instant.
func pricedAt(plans []catalog.Plan, at time.Time) []catalog.Plan {
	list := make([]catalog.Plan, len(plans))
	for i, p := range plans {
		list[i] = p.At(at)
	}
	return list
}

func rateNumber(ctx context.Context, calls Calls, offers Offers, plans []catalog.Plan, r Rental, period Period) (NumberHistory, error) {
	n := NumberHistory{Number: r.Number, Customer: r.Code, Plan: r.Plan}
	raters := make([]*Rater, len(plans))
	for i, p := range plans {
		if len(offers.Tariffs[p.Tariff]) == 0 {
			return n, fault.New(fault.ReferenceMissing, "what", "tariff", "value", p.Tariff, "known", strings.Join(slices.Sorted(maps.Keys(offers.Tariffs)), ", "))
		}
		raters[i] = NewRater(p, offers.Tariffs[p.Tariff], period)
	}
	filter := charging.CDRFilter{
		Customer: int64(r.Customer), Number: r.Number, Since: period.From, Before: period.To,
		OldestFirst: true, Limit: pageSize,
	}
	for {
		page, err := calls.CDRs(ctx, filter)
		if err != nil {
			return n, err
		}
		for i := range page {
			if err := n.count(&page[i]); err != nil {
				return n, err
			}
			for _, rater := range raters {
				if err := rater.Add(&page[i]); err != nil {
					return n, fmt.Errorf("%s under plan %s: %w", page[i].Call, rater.plan.Code, err)
				}
			}
		}
		if len(page) < pageSize {
			break
		}
		filter.After = &page[len(page)-1]
	}
	return n, n.conclude(raters, period)
}

const pageSize = 2000

func (n *NumberHistory) count(rec *cdr.Record) error {
	if !rec.Metered() {
		n.Missed++
		return nil
	}
	n.Answered++
	n.Seconds += seconds(rec.Billable)
	var err error
	if n.Charged, err = n.Charged.Add(rec.Charge); err != nil {
		return fault.Wrap(err, fault.AmountOverflow)
	}
	for _, l := range rec.Lines {
		n.Included += l.Used
	}
	return nil
}

// conclude writes down what each plan came to and, where there were calls, the
// advice for as many of this mix.
func (n *NumberHistory) conclude(raters []*Rater, period Period) error {
	var offers []Offer
	for _, r := range raters {
		o, err := r.Outcome()
		if err != nil {
			return err
		}
		o.InForce = r.plan.Code == n.Plan
		n.Plans = append(n.Plans, o)
		if r.mix.Calls > 0 {
			offers = append(offers, Offer{Plan: r.plan, Mix: r.mix})
		}
	}
	byTotal(n.Plans)
	if n.Answered == 0 {
		return nil
	}
	a, err := Advise(offers, perMonth(n.Answered, period.Days()), 1, false)
	n.Advice = &a
	return err
}

// perMonth is the nearest whole number of calls a month, of 365 / 12 days.
func perMonth(calls, days int64) int64 { return min(MaxCalls/2, (calls*365*2+12*days)/(2*12*days)) }

// together adds the outcomes of several numbers up.
func together(numbers []NumberHistory, plans []catalog.Plan) ([]Outcome, error) {
	if len(numbers) == 1 {
		return numbers[0].Plans, nil
	}
	out := make([]Outcome, len(plans))
	for i, p := range plans {
		sum := &out[i]
		sum.Plan, sum.Name, sum.Kind = p.Code, p.Name, p.Kind
		for _, n := range numbers {
			j := slices.IndexFunc(n.Plans, func(o Outcome) bool { return o.Plan == p.Code })
			o := n.Plans[j]
			sum.Answered += o.Answered
			sum.Calls += o.Calls
			sum.FromPackage += o.FromPackage
			sum.Beyond += o.Beyond
			sum.IncludedSeconds += o.IncludedSeconds
			sum.PackageUnit = o.PackageUnit
			sum.PackageGiven += o.PackageGiven
			sum.PackageLeft += o.PackageLeft
			sum.Once += o.Once
			sum.FirstVersionUsed = sum.FirstVersionUsed || o.FirstVersionUsed
			sum.add(Part{Code: "number", Number: n.Number, Amount: o.Total})
			sum.fees(o)
		}
		if err := sum.total(); err != nil {
			return nil, err
		}
	}
	byTotal(out)
	return out, nil
}

func byTotal(list []Outcome) {
	slices.SortStableFunc(list, func(a, b Outcome) int {
		switch {
		case a.Total < b.Total:
			return -1
		case a.Total > b.Total:
			return 1
		}
		return 0
	})
}
