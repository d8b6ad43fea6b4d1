package whatif

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

func drawOffer(t *rapid.T) Offer {
	p := catalog.Plan{Code: rapid.StringMatching(`[a-z]{6}`).Draw(t, "code"), NumberFee: money.Amount(rapid.Int64Range(0, 4000).Draw(t, "once")) * money.Yuan}
	switch rapid.SampledFrom([]catalog.PlanKind{catalog.Annual, catalog.Buyout, catalog.Flat}).Draw(t, "kind") {
	case catalog.Annual:
		p.Kind, p.TermMonths = catalog.Annual, rapid.IntRange(1, 36).Draw(t, "term")
		p.Fee = money.Amount(rapid.Int64Range(0, 3000).Draw(t, "fee")) * money.Yuan
		p.Package = money.Amount(rapid.SampledFrom([]int64{0, 100, 600, 2001}).Draw(t, "package")) * money.Yuan
		if p.Package == 0 {
			p.Seconds = rapid.SampledFrom([]int64{0, 6000, 360_001}).Draw(t, "seconds")
		}
		p.Minimum = money.Amount(rapid.SampledFrom([]int64{0, 10, 50, 333}).Draw(t, "minimum")) * money.Yuan
		if p.Minimum > 0 {
			p.MinimumPeriod = rapid.SampledFrom([]catalog.Period{catalog.Monthly, catalog.Yearly}).Draw(t, "period")
		}
	case catalog.Flat:
		p.Kind, p.TermMonths, p.Fee = catalog.Flat, 12, money.Amount(rapid.Int64Range(100, 9000).Draw(t, "fee"))*money.Yuan
	default:
		p.Kind = catalog.Buyout
	}
	m := Mix{Calls: rapid.Int64Range(1, 30).Draw(t, "calls")}
	m.Connection = money.Amount(rapid.Int64Range(0, 100_000).Draw(t, "connection"))
	m.Cost = m.Connection + money.Amount(rapid.Int64Range(0, 9_000_000).Draw(t, "cost"))
	m.Seconds = rapid.Int64Range(0, 9000).Draw(t, "time")
	return Offer{Plan: p, Mix: m}
}

// The ranges say for every volume which plan is the cheapest, and change at
// the very call where it changes; totals never fall as the calls grow,
// but where calls that cost nothing more count for a minimum.
func TestRangesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lines []*line
		for _, o := range rapid.SliceOfNDistinct(rapid.Custom(drawOffer), 1, 4, func(o Offer) string { return o.Plan.Code }).Draw(t, "offers") {
			lines = append(lines, newLine(o, 1, rapid.Bool().Draw(t, "once")))
		}
		list := ranges(lines)
		if list[0].From != 0 || list[len(list)-1].To != MaxCalls {
			t.Fatalf("ranges %v leave volumes out", list)
		}
		check := func(n int64, plan string) {
			if n < 0 || n > MaxCalls {
				return
			}
			if got := lines[cheapest(lines, n)].offer.Plan.Code; got != plan {
				t.Fatalf("at %d calls a month the cheapest is %s, the ranges say %s: %v", n, got, plan, list)
			}
		}
		for i, r := range list {
			if i > 0 && (list[i-1].To+1 != r.From || list[i-1].Plan == r.Plan) {
				t.Fatalf("ranges %v do not follow one another", list)
			}
			check(r.From, r.Plan)
			check(r.To, r.Plan)
			check(rapid.Int64Range(r.From, r.To).Draw(t, "between"), r.Plan)
			check(min(r.To, r.From+rapid.Int64Range(0, 5000).Draw(t, "low")), r.Plan)
		}
		n := rapid.Int64Range(0, 100_000).Draw(t, "n")
		for _, l := range lines {
			if l.offer.Plan.Minimum > 0 && l.offer.Plan.Package > 0 {
				continue // calls that the package pays lower the true-up
			}
			if l.at(n+1).Cmp(l.at(n)) < 0 {
				t.Fatalf("%+v: %d calls cost more than one more", l.offer, n)
			}
		}
	})
}

// Every volume up to 400 calls a month, one by one, against the plain sums.
func TestBreakEvenByHand(t *testing.T) {
	t.Parallel()
	// A call costs 0.25 on average (20 calls, 5 yuan).
	mix := Mix{Calls: 20, Cost: 5 * money.Yuan}
	// 600 a year with 600 of credit: 600 up to 2,400 calls a year, 200 a month;
	// then 0.25 for each call more. Pay per use: 0.25 × 12 = 3 for each call a
	// month. 600 = 3 × 200: from 200 calls on the package pays.
	annual := Offer{Plan: catalog.Plan{Code: "annual", Kind: catalog.Annual, Fee: 600 * money.Yuan, TermMonths: 12, Package: 600 * money.Yuan}, Mix: mix}
	use := Offer{Plan: catalog.Plan{Code: "use", Kind: catalog.Buyout}, Mix: mix}
	// A flat plan of 900 is worth it beyond 3 × 300.
	flat := Offer{Plan: catalog.Plan{Code: "flat", Kind: catalog.Flat, Fee: 900 * money.Yuan, TermMonths: 12}, Mix: Mix{Calls: 20}}
	// The minimum of 20 a month makes pay per use cost 240 up to 80 calls.
	low := Offer{Plan: catalog.Plan{Code: "low", Kind: catalog.Annual, Fee: 10 * money.Yuan, TermMonths: 12, Minimum: 20 * money.Yuan, MinimumPeriod: catalog.Monthly},
		Mix: Mix{Calls: 20, Cost: 4 * money.Yuan}}
	for _, c := range []struct {
		says   string
		offers []Offer
		want   []Range
	}{
		{"equal from 200 on: the first named stays", []Offer{use, annual}, []Range{{0, MaxCalls, "use"}}},
		{"annual 600 = 3 × 200 at 200 and never cheaper; flat 900 = 3 × 300 at 300, cheaper from 301", []Offer{use, annual, flat},
			[]Range{{0, 300, "use"}, {301, MaxCalls, "flat"}}},
		{"low: 10 + max(240, 2.40 × n); use 3 × n. 3n ≤ 250 up to 83; low's own 2.40 × n passes 240 at 100: from 84 on low", []Offer{use, low},
			[]Range{{0, 83, "use"}, {84, MaxCalls, "low"}}},
	} {
		a, err := Advise(c.offers, 100, 1, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Ranges) != len(c.want) {
			t.Errorf("%s: %v", c.says, a.Ranges)
			continue
		}
		for i, r := range a.Ranges {
			if r != c.want[i] {
				t.Errorf("%s: %v, want %v", c.says, a.Ranges, c.want)
			}
		}
	}
}

func TestSafest(t *testing.T) {
	t.Parallel()
	mix := Mix{Calls: 20, Cost: 5 * money.Yuan}
	use := Offer{Plan: catalog.Plan{Code: "use", Kind: catalog.Buyout}, Mix: mix}
	flat := Offer{Plan: catalog.Plan{Code: "flat", Kind: catalog.Flat, Fee: 900 * money.Yuan, TermMonths: 12}, Mix: Mix{Calls: 20}}
	a, err := Advise([]Offer{use, flat}, 280, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	// At 280 use costs 840, flat 900. Half: 420 against 900, flat loses 480.
	// Double: 1,680 against 900, use loses 780. So flat is safer.
	if a.Cheapest != "use" || a.Safest != "flat" || a.Risk != 480*money.Yuan {
		t.Errorf("cheapest %s, safest %s, risk %s", a.Cheapest, a.Safest, a.Risk)
	}
}

func TestLengthsOfADeclaredMean(t *testing.T) {
	t.Parallel()
	for _, mean := range []time.Duration{time.Second, 2 * time.Minute, time.Hour} {
		var sum time.Duration
		for _, d := range Lengths(mean) {
			sum += d
		}
		if n := time.Duration(len(spread)); sum/n < mean || sum/n > mean+time.Second {
			t.Errorf("a mean of %s became %s", mean, sum/n)
		}
	}
	// 120 s: each length is 0.12 s × its thousandths. Up to 500 thousandths are
	// one minute (8 lengths), up to 1,000 two (5), up to 1,500 three (3), 1,746
	// four, 2,086 five, 2,609 six, 3,996 eight: 8 + 10 + 9 + 4 + 5 + 6 + 8 = 50.
	const started = 50
	minutes := int64(0)
	for _, d := range Lengths(2 * time.Minute) {
		minutes += int64((d + time.Minute - 1) / time.Minute)
	}
	v := tariff.Version{First: tariff.Increment{Length: time.Minute, Price: 100_000}, Next: tariff.Increment{Length: time.Minute, Price: 100_000}}
	m, err := Declared(&v, 2*time.Minute, calendar.Midnight(time.Unix(0, 0)))
	if err != nil || m.Calls != 20 || m.Cost != started*100_000 || m.Seconds != started*60 || minutes != started {
		t.Errorf("%+v, %v; %d started minutes", m, err, minutes)
	}
}
