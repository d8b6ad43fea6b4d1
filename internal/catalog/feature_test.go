package catalog_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/catalog"
	"sibai/internal/money"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func features() catalog.Features {
	from := func(at time.Time, once, year money.Amount) []catalog.FeaturePrice {
		return []catalog.FeaturePrice{{From: at, Once: once, Year: year}}
	}
	return catalog.Features{
		{Code: "menu", Answers: true, Included: []string{"flat"}, Prices: append(from(newYear, 5, 240), from(newYear.AddDate(0, 6, 0), 0, 360)...)},
		{Code: "queue", Needs: []string{"menu"}, Prices: from(newYear, 0, 120)},
		{Code: "tone", Excludes: []string{"menu"}, Prices: from(newYear, 30, 0)},
		{Code: "survey", Prices: from(newYear.AddDate(1, 0, 0), 1, 0)},
	}
}

func TestFeaturePrices(t *testing.T) {
	t.Parallel()
	menu, _ := features().Find("menu")
	for _, c := range []struct {
		plan       string
		at         time.Time
		once, year money.Amount
		ok         bool
	}{
		{"annual", newYear.Add(-1), 0, 0, false},
		{"annual", newYear, 5, 240, true},
		{"annual", newYear.AddDate(0, 6, 0).Add(-1), 5, 240, true},
		{"annual", newYear.AddDate(0, 6, 0), 0, 360, true},
		{"flat", newYear.AddDate(0, 6, 0), 0, 0, true},
	} {
		if p, ok := menu.PriceUnder(c.plan, c.at); ok != c.ok || p.Once != c.once || p.Year != c.year {
			t.Errorf("%s at %s: %+v, %v; want %+v", c.plan, c.at, p, ok, c)
		}
	}
	if list := features().At(newYear); len(list) != 3 {
		t.Errorf("%d can be chosen at first", len(list))
	}
	sold := features().Sold([]string{"menu", "tone"}, "flat", newYear)
	if len(sold) != 2 || !sold[0].Included || !sold[0].Answers || sold[0].Year != 0 || sold[1].Once != 30 {
		t.Errorf("sold: %+v", sold)
	}
}

func TestFeaturesTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		codes []string
		want  string
	}{
		{nil, "[]"},
		{[]string{"menu", "queue"}, "[]"},
		{[]string{"queue", "menu"}, "[]"},
		{[]string{"queue"}, "[{queue false false true menu}]"},
		{[]string{"menu", "tone"}, "[{tone false false false menu}]"},
		{[]string{"tone", "menu"}, "[{menu false false false tone}]"}, // whichever says so
		{[]string{"menu", "menu"}, "[{menu false true false }]"},
		{[]string{"fax", "survey"}, "[{fax true false false } {survey true false false }]"},
	} {
		if got := fmt.Sprint(features().Check(c.codes, newYear)); got != c.want {
			t.Errorf("%v: %s, want %s", c.codes, got, c.want)
		}
	}
}

func TestTermUnder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		plan   catalog.Plan
		year   money.Amount
		months int
		fee    money.Amount
	}{
		{"of the plan alone", catalog.Plan{TermMonths: 12, Fee: 600 * money.Yuan}, 0, 12, 600 * money.Yuan},
		{"a year of features", catalog.Plan{TermMonths: 12, Fee: 600 * money.Yuan}, 240 * money.Yuan, 12, 840 * money.Yuan},
		{"two years", catalog.Plan{TermMonths: 24, Fee: 1000 * money.Yuan}, 240 * money.Yuan, 24, 1480 * money.Yuan},
		{"a third of a fen is a fen", catalog.Plan{TermMonths: 1, Fee: 0}, 1 * money.Yuan, 1, 9 * money.Fen},
		{"a buyout", catalog.Plan{Kind: catalog.Buyout, Fee: 3000 * money.Yuan}, 240 * money.Yuan, 12, 240 * money.Yuan},
		{"a buyout without features", catalog.Plan{Kind: catalog.Buyout, Fee: 3000 * money.Yuan}, 0, 0, 0},
	} {
		if months, fee := (catalog.Sale{FeaturesYear: c.year}).TermUnder(c.plan); months != c.months || fee != c.fee {
			t.Errorf("%s: %d months, %s; want %d, %s", c.name, months, fee, c.months, c.fee)
		}
	}
}

// A term of features is never less than its part of their year, less than a fen
// more, and of whole fen; whatever is chosen stands in the quote.
func TestFeaturesAreCountedWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		year := money.Amount(rapid.Int64Range(0, int64(12*catalog.MaxAmount)).Draw(r, "year"))
		months := rapid.IntRange(1, 120).Draw(r, "months")
		_, fee := catalog.Sale{FeaturesYear: year}.TermUnder(catalog.Plan{Kind: catalog.Annual, TermMonths: months})
		exact, more := year/12*money.Amount(months), year%12*money.Amount(months) // and more twelfths
		if fee%money.Fen != 0 || 12*(fee-exact) < more || 12*(fee-exact-money.Fen) >= more {
			r.Fatalf("%d months of %d a year are %d", months, year, fee)
		}
		all := features()
		codes := slices.DeleteFunc([]string{"menu", "queue", "tone"}, func(string) bool { return rapid.Bool().Draw(r, "without") })
		plan := catalog.Plan{Code: "p", Kind: catalog.Annual, TermMonths: 12, Fee: 7}
		sale := catalog.Sale{NumberFee: 3}.With(all.Sold(codes, plan.Code, newYear))
		once, term := money.Amount(3), money.Amount(7)
		for _, c := range codes {
			f, _ := all.Find(c)
			p, _ := f.PriceAt(newYear)
			once, term = once+p.Once, term+p.Year
		}
		if q := catalog.QuoteOf(plan, sale, catalog.Floor{}); q.Once != once || q.Term < term || q.Term >= term+money.Fen {
			r.Fatalf("%v: %+v, want %d and %d", codes, q, once, term)
		}
	})
}
