package shelf

import (
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/tariff"
)

// Plans are those that are sold now, in the order in which they are shown.
func (s *Shelf) Plans() []catalog.Plan {
	c, now := s.current.Load(), s.now()
	var list []catalog.Plan
	add := func(p catalog.Plan) {
		if _, ok := tariff.InForce(c.offers.Tariffs[p.Tariff], now); ok {
			list = append(list, p.At(now))
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
	// Off is what the discount By takes from the grade's fee; 0 without one.
	Off money.Amount
	By  catalog.Discount
}

// PriceOf is what a number of a grade costs under a plan when it opens today.
func (s *Shelf) PriceOf(p catalog.Plan, digits string, grade number.Rule) Price {
	now := s.now()
	q := catalog.QuoteOf(p, s.saleOf(p, grade, now), s.current.Load().floors.Of(digits))
	off, by := s.discounts(grade).Off(p.Code, grade.Code, grade.Fee, now)
	return Price{Plan: p, Quote: q, First: q.Over(1, now), Three: q.Over(3, now), Off: off, By: by}
}

func (s *Shelf) saleOf(p catalog.Plan, grade number.Rule, at time.Time) catalog.Sale {
	return s.discounts(grade).SaleOf(p.Code, grade.Code, grade.Fee, grade.Minimum, at)
}

// discounts are those that may lower the fee of a grade: none a fee by hand.
func (s *Shelf) discounts(grade number.Rule) catalog.Discounts {
	if grade.Fixed {
		return nil
	}
	return s.current.Load().discounts
}

// Promotions are the discounts that run or are to come, those that run first
// and of these the first to end.
func (s *Shelf) Promotions() (running, coming catalog.Discounts) {
	now := s.now()
	for _, d := range s.current.Load().discounts {
		switch {
		case d.Over(now):
		case d.Coming(now):
			coming = append(coming, d)
		default:
			running = append(running, d)
		}
	}
	slices.SortStableFunc(running, func(a, b catalog.Discount) int { return a.Until.Compare(b.Until) })
	slices.SortStableFunc(coming, func(a, b catalog.Discount) int { return a.From.Compare(b.From) })
	return running, coming
}
