package catalog_test

import (
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/money"
)

// The sums of quotes, each with its arithmetic in words.
func TestQuote(t *testing.T) {
	t.Parallel()
	yuan := func(n int) money.Amount { return money.Amount(n) * money.Yuan }
	annual := catalog.Plan{Kind: catalog.Annual, Fee: yuan(600), TermMonths: 12, NumberFee: yuan(20)}
	plans := map[string]catalog.Plan{"annual": annual}
	plans["with a minimum"] = func(p catalog.Plan) catalog.Plan {
		p.Minimum, p.MinimumPeriod = yuan(40), catalog.Monthly
		return p
	}(annual)
	plans["with a yearly one"] = func(p catalog.Plan) catalog.Plan {
		p.Minimum, p.MinimumPeriod = yuan(500), catalog.Yearly
		return p
	}(annual)
	plans["of 24 months"] = func(p catalog.Plan) catalog.Plan { p.TermMonths = 24; return p }(annual)
	plans["buyout"] = catalog.Plan{Kind: catalog.Buyout, Fee: yuan(1000), NumberFee: yuan(20)}
	plans["flat"] = catalog.Plan{Kind: catalog.Flat, Fee: yuan(3000), TermMonths: 12}
	floor := catalog.Floor{Prefix: "4006", Amount: yuan(600), Minimums: 18}
	first, later := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 6, 20, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		plan                 string
		sale                 catalog.Sale
		opened               time.Time
		today, year1, years3 int
		words                string
	}{
		{"annual", catalog.Sale{}, later, 20 + 600 + 600, 20 + 600, 20 + 3*600, "number fee, a term a year"},
		{"annual", catalog.Sale{NumberFee: yuan(88), Minimum: yuan(30)}, later, 108 + 600 + 600, 708 + 11*30, 108 + 1800 + 35*30, "the grade's minimum, without the first part of a month; 18 × 30 is less than 600"},
		{"annual", catalog.Sale{Minimum: yuan(50)}, first, 620 + 900, 620 + 12*50, 1820 + 36*50, "opened on a first all months count; 18 × 50 is the first top-up"},
		{"with a minimum", catalog.Sale{Minimum: yuan(30)}, later, 620 + 720, 620 + 11*40, 1820 + 35*40, "the plan's minimum is the higher one"},
		{"with a yearly one", catalog.Sale{Minimum: yuan(50)}, later, 620 + 900, 620 + 600, 1820 + 3*600, "12 × 50 are more than 500"},
		{"of 24 months", catalog.Sale{}, later, 1220, 620, 20 + 2*600, "two terms begin in three years"},
		{"buyout", catalog.Sale{NumberFee: yuan(88), Minimum: yuan(30)}, later, 1108 + 600, 1108, 1108, "no minimum under a buyout"},
		{"flat", catalog.Sale{NumberFee: yuan(88), Minimum: yuan(30)}, later, 3088, 3088, 88 + 9000, "no top-up: its calls cost nothing"},
	} {
		q := catalog.QuoteOf(plans[c.plan], c.sale, floor)
		if got := q.Today(); got != yuan(c.today) {
			t.Errorf("%s (%s): %s today, want %d", c.plan, c.words, got, c.today)
		}
		if one, three := q.Over(1, c.opened).Total(), q.Over(3, c.opened).Total(); one != yuan(c.year1) || three != yuan(c.years3) {
			t.Errorf("%s (%s): %s and %s, want %d and %d", c.plan, c.words, one, three, c.year1, c.years3)
		}
	}
	floors := catalog.Floors{floor, {Prefix: "4008", Amount: yuan(800)}}
	if got := floors.Of("4008001234").Least(0); got != yuan(800) {
		t.Errorf("4008: %s", got)
	}
	if got := floors.Of("4001001234").Least(yuan(9)); got != 0 {
		t.Errorf("4001 has no floor: %s", got)
	}
}
