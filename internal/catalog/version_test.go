package catalog_test

import (
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/money"
)

func TestPlanAt(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return newYear.AddDate(0, 0, n) }
	p := catalog.Plan{
		Code: "p", Kind: catalog.Annual, TermMonths: 12, Fee: 600, Package: 500, NumberFee: 10, Minimum: 50, MinimumPeriod: catalog.Monthly,
		Versions: []catalog.PlanVersion{{From: day(10), Fee: 700, Package: 500, Minimum: 60}, {From: day(20), Fee: 650, Seconds: 60}},
	}
	for _, c := range []struct {
		at                                 time.Time
		fee, number, credit, minimum, secs money.Amount
	}{
		{day(0), 600, 10, 500, 50, 0},
		{day(10).Add(-1), 600, 10, 500, 50, 0},
		{day(10), 700, 0, 500, 60, 0},
		{day(20).Add(-1), 700, 0, 500, 60, 0},
		{day(20), 650, 0, 0, 0, 60},
		{day(2000), 650, 0, 0, 0, 60},
	} {
		q := p.At(c.at)
		if q.Fee != c.fee || q.NumberFee != c.number || q.Package != c.credit || q.Minimum != c.minimum || money.Amount(q.Seconds) != c.secs || len(q.Versions) > 0 {
			t.Errorf("at %s: %+v, want %+v", c.at, q, c)
		}
		if q.Code != "p" || q.TermMonths != 12 || (q.MinimumPeriod == "") != (c.minimum == 0) {
			t.Errorf("at %s: %+v", c.at, q)
		}
	}
	if len(p.Versions) != 2 {
		t.Error("the plan itself was changed")
	}
	s := catalog.Subscription{StartedAt: day(15)}
	if !s.PricedAt().Equal(day(15)) {
		t.Error("a number without an order has the prices of its beginning")
	}
	if s.Sale.At = day(5); !s.PricedAt().Equal(day(5)) {
		t.Error("a number that was ordered has the prices of its order")
	}
}
