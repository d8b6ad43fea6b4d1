package whatif

import (
	"math/big"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Advice is which plan suits a volume of calls.
type Advice struct {
	CallsPerMonth int64 `json:"calls_per_month"` // answered calls
	Years         int64 `json:"years"`
	// Lengths are the lengths in seconds that a declared volume's calls have, as
	// many calls of each; none for calls that were made.
	Lengths []int64 `json:"lengths_seconds,omitempty"`
	// Plans are the totals over the years, the cheapest first. They are of
	// average calls; shown amounts are rounded down to a micro-yuan, plans are
	// compared unrounded.
	Plans    []Outcome `json:"plans"`
	Cheapest string    `json:"cheapest"`
	// Safest is the plan with which least can be lost against the best one if
	// the calls are half or double of what was said.
	Safest string       `json:"safest"`
	Risk   money.Amount `json:"risk_micro"` // the most that can be lost with it
	// Ranges say which plan is the cheapest at which volume.
	Ranges []Range `json:"ranges"`
}

// Advise compares offers, at least one, all of the same calls, over so many
// years. once says whether what is paid once with a new number counts.
func Advise(offers []Offer, callsPerMonth, years int64, once bool) (Advice, error) {
	if callsPerMonth < 0 || callsPerMonth > MaxCalls/2 {
		return Advice{}, fault.New(fault.ValueRange, "value", callsPerMonth, "min", 0, "max", MaxCalls/2)
	}
	lines := make([]*line, len(offers))
	for i, o := range offers {
		lines[i] = newLine(o, years, once)
	}
	a := Advice{CallsPerMonth: callsPerMonth, Years: years, Ranges: ranges(lines)}
	a.Cheapest = offers[cheapest(lines, callsPerMonth)].Plan.Code
	i, risk := safest(lines, callsPerMonth)
	a.Safest = offers[i].Plan.Code
	var err error
	if a.Risk, err = amount(risk); err != nil {
		return Advice{}, err
	}
	for _, l := range lines {
		o, err := l.outcome(callsPerMonth)
		if err != nil {
			return Advice{}, err
		}
		a.Plans = append(a.Plans, o)
	}
	byTotal(a.Plans)
	return a, nil
}

// safest is the line whose greatest loss against the best one is least, at
// half, at the volume itself and at double; of equals the cheapest.
func safest(lines []*line, calls int64) (int, *big.Rat) {
	worst := make([]*big.Rat, len(lines))
	for i := range worst {
		worst[i] = new(big.Rat)
	}
	for _, n := range []int64{calls / 2, calls, calls * 2} {
		least := lines[cheapest(lines, n)].at(n)
		for i, l := range lines {
			worst[i] = larger(worst[i], new(big.Rat).Sub(l.at(n), least))
		}
	}
	best := cheapest(lines, calls)
	for i := range lines {
		if worst[i].Cmp(worst[best]) < 0 {
			best = i
		}
	}
	return best, worst[best]
}

// amount rounds down to a micro-yuan.
func amount(r *big.Rat) (money.Amount, error) {
	q := new(big.Int).Div(r.Num(), r.Denom())
	if !q.IsInt64() {
		return 0, fault.Wrap(money.ErrOverflow, fault.AmountOverflow)
	}
	return money.Amount(q.Int64()), nil
}

// outcome is the total of a line with its parts.
func (l *line) outcome(calls int64) (Outcome, error) {
	p, y := l.offer.Plan, l.yearOf(calls)
	n := whole(l.years)
	out := Outcome{Plan: p.Code, Name: p.Name, Kind: p.Kind, Answered: calls * 12 * l.years}
	amounts := map[string]money.Amount{}
	for name, r := range map[string]*big.Rat{
		"fee": l.fee, "calls": y.calls, "package": y.packaged, "trueup": y.trueUp, "included": y.included,
	} {
		v, err := amount(new(big.Rat).Mul(r, n))
		if err != nil {
			return Outcome{}, err
		}
		amounts[name] = v
	}
	out.Calls, out.FromPackage = amounts["calls"], amounts["package"]
	out.Beyond = out.Calls - out.FromPackage
	if p.TermMonths > 0 && p.Fee > 0 {
		out.add(Part{Code: "fee_terms", Amount: amounts["fee"], Of: p.Fee, Months: p.TermMonths, Years: l.years})
	}
	mix := l.offer.Mix
	out.add(Part{Code: "calls_mean", Amount: out.Calls, Count: out.Answered, Included: int64(amounts["included"]), Mix: &mix})
	if l.packed != nil {
		given, err := amount(new(big.Rat).Mul(l.packed, n))
		if err != nil {
			return Outcome{}, err
		}
		out.PackageUnit, out.PackageGiven, out.PackageLeft = ledger.CNY, given, given-out.FromPackage
		out.add(Part{Code: "package_pays", Amount: -out.FromPackage, Of: given})
	}
	if err := l.included(&out, y.included); err != nil {
		return Outcome{}, err
	}
	if p.MinimumPeriod != "" {
		span := 1
		if p.MinimumPeriod == catalog.Yearly {
			span = 12
		}
		out.add(Part{Code: "minimum_mean", Amount: amounts["trueup"], Of: p.Minimum, Months: span})
	}
	out.Once = money.Amount(onceOf(p))
	if l.once && out.Once > 0 {
		out.add(Part{Code: "once", Amount: out.Once})
	}
	return out, out.sum()
}

// included says what included call time a year's calls take.
func (l *line) included(out *Outcome, calls *big.Rat) error {
	if l.covered == nil {
		return nil
	}
	n := whole(l.years)
	used := new(big.Rat).Mul(calls, rat(l.offer.Mix.Seconds, l.offer.Mix.Calls))
	seconds, err := amount(used.Mul(used, n))
	if err != nil {
		return err
	}
	given := new(big.Rat).Mul(whole(l.offer.Plan.Seconds), rat(12, int64(l.offer.Plan.TermMonths)))
	if out.PackageGiven, err = amount(given.Mul(given, n)); err != nil {
		return err
	}
	out.PackageUnit, out.IncludedSeconds = ledger.SEC, int64(seconds)
	out.PackageLeft = out.PackageGiven - seconds
	return nil
}
