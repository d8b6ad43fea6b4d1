package whatif

import (
	"math"
	"slices"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Period is whole days in Asia/Shanghai: From is the first midnight, To the
// one after the last day.
type Period struct{ From, To time.Time }

// Days is how many days the period has.
func (p Period) Days() int64 { return daysIn(p.From, p.To) }

// Rater rates the calls of one number in a period under one plan, as if its
// term began with the period.
type Rater struct {
	plan     catalog.Plan
	versions []tariff.Version // of the plan's tariff, in order of Effective
	period   Period

	terms   []term
	current int
	purses  []*charging.Bucket // the package, where there is one, and money without end
	given   money.Amount       // of the package, in its unit
	wasted  money.Amount

	lines    []cdr.Line // one for each kind
	answered int64
	charge   money.Amount // what the calls cost in money, of whatever bucket
	packaged money.Amount // the part of it that the package paid
	included int64
	spent    map[time.Time]money.Amount // charge by the first day of a minimum's period
	early    bool
	mix      Mix
}

// unlimited is more money than a period of calls can cost.
const unlimited = money.Amount(math.MaxInt64 / 4)

// NewRater makes a rater. versions are those of the plan's tariff, at least
// one, in order of Effective.
func NewRater(plan catalog.Plan, versions []tariff.Version, period Period) *Rater {
	r := &Rater{plan: plan, versions: versions, period: period, spent: map[time.Time]money.Amount{}}
	r.terms = terms(period.From, period.To, plan.TermMonths)
	switch {
	case plan.Package > 0:
		r.purses = append(r.purses, &charging.Bucket{ID: 1, Kind: charging.Package, Unit: ledger.CNY})
	case plan.Seconds > 0:
		r.purses = append(r.purses, &charging.Bucket{ID: 1, Kind: charging.Package, Unit: ledger.SEC})
	}
	r.purses = append(r.purses, &charging.Bucket{ID: 2, Kind: charging.Cash, Unit: ledger.CNY})
	switch plan.MinimumPeriod {
	case catalog.Monthly:
		for _, m := range months(period.From, period.To) {
			r.spent[m] = 0
		}
	case catalog.Yearly:
		for _, y := range years(period.From, period.To) {
			r.spent[y] = 0
		}
	}
	r.begin()
	return r
}

// size is the package of a term, in its unit.
func (r *Rater) size() money.Amount {
	if r.plan.Package > 0 {
		return r.plan.Package
	}
	return money.Amount(r.plan.Seconds)
}

// begin fills the package for the current term.
func (r *Rater) begin() {
	if len(r.purses) < 2 {
		return
	}
	t := r.terms[r.current]
	amount := part(r.size(), t.days, t.of)
	r.given += amount
	r.purses[0].Balance = amount
}

// Add rates one call. Calls come in the order of their starts; those that
// were not answered cost nothing.
func (r *Rater) Add(rec *cdr.Record) error {
	if !rec.Metered() {
		return nil
	}
	for r.current+1 < len(r.terms) && !rec.StartedAt.Before(r.terms[r.current].to) {
		r.wasted += r.left()
		r.current++
		r.begin()
	}
	v, class := r.version(rec), classOf(rec)
	start := rec.MeterStartedAt()
	r.purses[len(r.purses)-1].Balance = unlimited
	paid, err := charging.Rate(&v, class, start, rec.Billable, r.purses)
	if err != nil {
		return err
	}
	for i, used := range paid.Used {
		r.purses[i].Balance -= used
	}
	r.answered++
	r.included += paid.Included
	if len(r.purses) > 1 && r.purses[0].Unit == ledger.CNY {
		r.packaged += paid.Used[0]
	}
	if r.charge, err = r.charge.Add(paid.Charge); err != nil {
		return fault.Wrap(err, fault.AmountOverflow)
	}
	if first, ok := r.minimumPeriod(rec.StartedAt); ok {
		r.spent[first] += paid.Charge
	}
	r.keep(paid.Lines)
	return r.mix.add(&v, class, start, rec.Billable, 1)
}

// version is what a call is rated by: the version that really rated it where
// it is one of the plan's tariff, else the one that was in force.
func (r *Rater) version(rec *cdr.Record) tariff.Version {
	for _, v := range r.versions {
		if int64(v.ID) == rec.TariffID {
			return v
		}
	}
	v, ok := tariff.InForce(r.versions, rec.StartedAt)
	if !ok {
		r.early = true
		return r.versions[0]
	}
	return v
}

// classOf is the class that a call was charged by, as its lines say.
func classOf(rec *cdr.Record) string {
	if len(rec.Lines) == 0 {
		return ""
	}
	return rec.Lines[0].Class
}

func (r *Rater) minimumPeriod(at time.Time) (time.Time, bool) {
	if r.plan.MinimumPeriod == catalog.Monthly {
		y, m, _ := at.In(calendar.Shanghai).Date()
		first := time.Date(y, m, 1, 0, 0, 0, 0, calendar.Shanghai)
		_, ok := r.spent[first]
		return first, ok
	}
	for first := range r.spent { // one a year
		if !at.Before(first) && at.Before(addMonths(first, r.span())) {
			return first, true
		}
	}
	return time.Time{}, false
}

func (r *Rater) span() int {
	if r.plan.MinimumPeriod == catalog.Yearly {
		return 12
	}
	return 1
}

// keep adds lines to those of their kind; which bucket paid is told elsewhere.
func (r *Rater) keep(lines []cdr.Line) {
	for _, l := range lines {
		l.Bucket, l.Shared = "", false
		kind := l
		kind.Increments, kind.Amount, kind.Used = 0, 0, 0
		i := slices.IndexFunc(r.lines, func(have cdr.Line) bool {
			have.Increments, have.Amount, have.Used = 0, 0, 0
			return have == kind
		})
		if i < 0 {
			r.lines = append(r.lines, l)
			continue
		}
		r.lines[i].Increments += l.Increments
		r.lines[i].Amount += l.Amount
		r.lines[i].Used += l.Used
	}
}

func (r *Rater) left() money.Amount {
	if len(r.purses) < 2 {
		return 0
	}
	return r.purses[0].Balance
}

// Outcome is what the calls added so far and the plan come to.
func (r *Rater) Outcome() (Outcome, error) {
	out := Outcome{
		Plan: r.plan.Code, Name: r.plan.Name, Kind: r.plan.Kind, Answered: r.answered, Calls: r.charge,
		FromPackage: r.packaged, IncludedSeconds: r.included, Beyond: r.charge - r.packaged, FirstVersionUsed: r.early,
	}
	if len(r.purses) > 1 {
		out.PackageUnit, out.PackageGiven, out.PackageLeft = r.purses[0].Unit, r.given, r.wasted+r.left()
	}
	if r.plan.TermMonths > 0 && r.plan.Fee > 0 {
		for _, t := range r.terms {
			out.add(Part{
				Code: "fee_days", Amount: part(r.plan.Fee, t.days, t.of), Of: r.plan.Fee,
				From: calendar.Day(t.from), Days: t.days, OfDays: t.of,
			})
		}
	}
	lines := slices.Clone(r.lines)
	slices.SortStableFunc(lines, func(a, b cdr.Line) int {
		if a.Tariff != b.Tariff || a.Version != b.Version {
			return a.Version - b.Version
		}
		return ruleOrder[a.Rule] - ruleOrder[b.Rule]
	})
	for _, l := range lines {
		out.add(Part{Code: "calls", Amount: l.Amount, Line: &l})
	}
	if r.packaged > 0 {
		out.add(Part{Code: "package_pays", Amount: -r.packaged, Of: r.given})
	}
	r.trueUp(&out)
	out.Once = r.plan.NumberFee
	if r.plan.Kind == catalog.Buyout {
		out.Once += r.plan.Fee
	}
	return out, out.sum()
}

var ruleOrder = map[string]int{string(tariff.Connection): 0, string(tariff.First): 1, string(tariff.Next): 2}

// trueUp adds what each whole period falls short of the minimum consumption.
func (r *Rater) trueUp(out *Outcome) {
	if r.plan.Minimum == 0 {
		return
	}
	firsts := make([]time.Time, 0, len(r.spent))
	for first := range r.spent {
		firsts = append(firsts, first)
	}
	slices.SortFunc(firsts, time.Time.Compare)
	for _, first := range firsts {
		short := max(0, r.plan.Minimum-r.spent[first])
		out.add(Part{
			Code: "minimum", Amount: short, Of: r.plan.Minimum, Consumed: r.spent[first],
			From: calendar.Day(first), Months: r.span(),
		})
	}
}

// Mix is the mix of calls seen so far as the plan's tariff sees it.
func (r *Rater) Mix() Mix { return r.mix }
