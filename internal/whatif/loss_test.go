package whatif_test

import (
	"testing"

	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/whatif"
)

// A flat plan of ¥1,800 a year whose calls cost the carrier ¥0.15 each: 12,000
// calls a year are paid by it, 1,000 a month.
func TestLoses(t *testing.T) {
	t.Parallel()
	mix := whatif.Mix{Calls: 20, Cost: 3 * money.Yuan}
	flat := whatif.Offer{Plan: catalog.Plan{Kind: catalog.Flat, Fee: 1800 * money.Yuan, TermMonths: 12}, Mix: whatif.Mix{Calls: 20}}
	perUse := whatif.Offer{Plan: catalog.Plan{Kind: catalog.Buyout, NumberFee: 3000 * money.Yuan}, Mix: whatif.Mix{Calls: 20, Cost: 4 * money.Yuan}}
	for _, c := range []struct {
		name  string
		offer whatif.Offer
		calls int64
		from  int64
		yes   bool
	}{
		{"few", flat, 100, 0, false},
		{"as many as it pays", flat, 1000, 0, false},
		{"one more", flat, 1001, 1001, true},
		{"many", flat, 50_000, 1001, true},
		{"none", flat, 0, 0, false},
		{"paid by use", perUse, 50_000, 0, false},
	} {
		from, yes := whatif.Loses(c.offer, mix, c.calls)
		if from != c.from || yes != c.yes {
			t.Errorf("%s: from %d, %v; want %d, %v", c.name, from, yes, c.from, c.yes)
		}
	}
	totals, err := whatif.Totals(perUse, 3, []int64{0, 10})
	// 10 × 12 × 3 calls at ¥0.20.
	if err != nil || totals[0] != 3000*money.Yuan || totals[1] != 3072*money.Yuan {
		t.Errorf("%v, %v", totals, err)
	}
}
