package shelf

import (
	"sibai/internal/catalog"
	"sibai/internal/number"
	"sibai/internal/tariff"
)

// Plans are those that are sold now, in the order in which they are shown.
func (s *Shelf) Plans() []catalog.Plan {
	c, now := s.current.Load(), s.now()
	var list []catalog.Plan
	add := func(p catalog.Plan) {
		if _, ok := tariff.InForce(c.offers.Tariffs[p.Tariff], now); ok {
			list = append(list, p)
		}
	}
	if len(s.cfg.Plans) == 0 {
		for _, p := range c.offers.Plans {
			if p.Tariff != s.cfg.Cost {
				add(p)
			}
		}
	}
	for _, code := range s.cfg.Plans {
		for _, p := range c.offers.Plans {
			if p.Code == code {
				add(p)
			}
		}
	}
	return list
}

// Tariff is the version of a plan's tariff that is in force.
func (s *Shelf) Tariff(p catalog.Plan) tariff.Version {
	v, _ := tariff.InForce(s.current.Load().offers.Tariffs[p.Tariff], s.now())
	return v
}

// Price is what a number costs under a plan without a call.
type Price struct {
	Plan  catalog.Plan
	Quote catalog.Quote
	First catalog.Span // of the first year
	Three catalog.Span // of three years
}

// PriceOf is what a number of a grade costs under a plan when it opens today.
func (s *Shelf) PriceOf(p catalog.Plan, digits string, grade number.Rule) Price {
	q := catalog.QuoteOf(p, saleOf(grade), s.current.Load().floors.Of(digits))
	now := s.now()
	return Price{Plan: p, Quote: q, First: q.Over(1, now), Three: q.Over(3, now)}
}

func saleOf(grade number.Rule) catalog.Sale {
	return catalog.Sale{Grade: grade.Code, NumberFee: grade.Fee, Minimum: grade.Minimum}
}
