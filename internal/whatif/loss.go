package whatif

import (
	"sort"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Loses says from how many calls a month on, up to so many, an offer brings less
// in a year than its calls cost the operator. cost is what the carrier's tariff
// makes of the same mix. What is paid once does not count: it is no year's.
func Loses(o Offer, cost Mix, calls int64) (from int64, yes bool) {
	takes, costs := newLine(o, 1, false), newLine(Offer{Mix: cost}, 1, false)
	loses := func(n int64) bool { return takes.at(n).Cmp(costs.at(n)) < 0 }
	if !loses(calls) {
		return 0, false
	}
	return int64(sort.Search(int(calls), func(n int) bool { return loses(int64(n)) })), true
}

// Totals are what an offer comes to in so many years at each volume of calls a
// month, rounded down to a micro-yuan, what is paid once with it.
func Totals(o Offer, years int64, volumes []int64) ([]money.Amount, error) {
	l := newLine(o, years, true)
	out := make([]money.Amount, len(volumes))
	for i, n := range volumes {
		var err error
		if out[i], err = amount(l.at(n)); err != nil {
			return nil, fault.Wrap(err, fault.AmountOverflow)
		}
	}
	return out, nil
}

// Of makes offers of plans for a declared volume, and the mix that a further
// tariff makes of it; of the plans those whose tariff is in force.
func (o Offers) Of(d Declaration, plans []catalog.Plan, further string) (list []Offer, beside *Mix, err error) {
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	start, err := d.start()
	if err != nil {
		return nil, nil, err
	}
	mixOf := func(code string) (*Mix, error) {
		v, ok := tariff.InForce(o.Tariffs[code], d.Now)
		if !ok {
			return nil, nil
		}
		mix, err := Declared(&v, d.Mean, start(&v))
		return &mix, err
	}
	for _, p := range plans {
		mix, err := mixOf(p.Tariff)
		if err != nil {
			return nil, nil, err
		}
		if mix != nil { // else nobody can buy it yet
			list = append(list, Offer{Plan: p, Mix: *mix})
		}
	}
	if further != "" {
		beside, err = mixOf(further)
	}
	return list, beside, err
}
