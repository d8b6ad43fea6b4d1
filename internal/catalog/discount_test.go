package catalog_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/catalog"
	"sibai/internal/money"
)

func TestDiscountOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		d         catalog.Discount
		fee, want money.Amount
	}{
		{"a fifth", catalog.Discount{Percent: 20}, 1400 * money.Yuan, 280 * money.Yuan},
		{"rounded down to a fen", catalog.Discount{Percent: 33}, 1 * money.Yuan, 33 * money.Fen},
		{"less than a fen", catalog.Discount{Percent: 50}, 1 * money.Fen, 0},
		{"a third of a fen is left", catalog.Discount{Percent: 33}, 10_01 * money.Fen, 3_30 * money.Fen},
		{"all", catalog.Discount{Percent: 100}, 1234_56 * money.Fen, 1234_56 * money.Fen},
		{"a sum", catalog.Discount{Amount: 100 * money.Yuan}, 1400 * money.Yuan, 100 * money.Yuan},
		{"never below nothing", catalog.Discount{Amount: 100 * money.Yuan}, 60 * money.Yuan, 60 * money.Yuan},
		{"of nothing", catalog.Discount{Percent: 50}, 0, 0},
		{"of the largest", catalog.Discount{Percent: 100}, math.MaxInt64 / money.Fen * money.Fen, math.MaxInt64 / money.Fen * money.Fen},
	} {
		if got := c.d.Off(c.fee); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDiscountsChoose(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	until := from.AddDate(0, 1, 0)
	list := catalog.Discounts{
		{Code: "b", From: from, Until: until, Percent: 10},
		{Code: "a", From: from, Until: until, Percent: 10},
		{Code: "aabb", From: from, Until: until, Amount: 50 * money.Yuan, Grades: []string{"aabb"}},
		{Code: "annual", From: from, Until: until, Percent: 40, Plans: []string{"annual"}, Grades: []string{"aabb"}},
		{Code: "past", From: from.AddDate(-1, 0, 0), Until: from, Percent: 90},
	}
	fee := 200 * money.Yuan
	for _, c := range []struct {
		plan, grade string
		at          time.Time
		off         money.Amount
		by          string
	}{
		{"buyout", "plain", from, 20 * money.Yuan, "a"},
		{"buyout", "aabb", from, 50 * money.Yuan, "aabb"},
		{"annual", "aabb", from, 80 * money.Yuan, "annual"},
		{"annual", "plain", from, 20 * money.Yuan, "a"},
		{"annual", "aabb", until.Add(-1), 80 * money.Yuan, "annual"},
		{"annual", "aabb", until, 0, ""},
		{"annual", "aabb", from.Add(-1), 180 * money.Yuan, "past"},
	} {
		off, by := list.Off(c.plan, c.grade, fee, c.at)
		if off != c.off || by.Code != c.by {
			t.Errorf("%s %s at %s: %s by %q, want %s by %q", c.plan, c.grade, c.at, off, by.Code, c.off, c.by)
		}
		if sale := list.SaleOf(c.plan, c.grade, fee, 5, c.at); sale.NumberFee != fee-c.off || sale.Minimum != 5 || sale.Grade != c.grade {
			t.Errorf("sold as %+v", sale)
		}
	}
}

// A discount takes whole fen, never more than the fee, and never less for a
// higher fee.
func TestDiscountNeverTakesTooMuch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := catalog.Discount{Percent: rapid.IntRange(1, 100).Draw(r, "percent")}
		if rapid.Bool().Draw(r, "sum") {
			d = catalog.Discount{Amount: money.Amount(rapid.Int64Range(1, 1e9).Draw(r, "amount")) * money.Fen}
		}
		fee := money.Amount(rapid.Int64Range(0, math.MaxInt64/int64(money.Fen)-1).Draw(r, "fee")) * money.Fen
		off, more := d.Off(fee), d.Off(fee+money.Fen)
		if off < 0 || off > fee || off%money.Fen != 0 || more < off || more > off+money.Fen && d.Percent > 0 {
			r.Fatalf("%+v takes %d of %d, and %d of a fen more", d, off, fee, more)
		}
	})
}
