package tariff_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/money"
	"sibai/internal/tariff"
)

func version(connection money.Amount, first int, firstPrice money.Amount, next int, nextPrice money.Amount) tariff.Version {
	return tariff.Version{
		ID: 1, Code: "t", Version: 1, Connection: connection,
		First: tariff.Increment{Length: time.Duration(first) * time.Second, Price: firstPrice},
		Next:  tariff.Increment{Length: time.Duration(next) * time.Second, Price: nextPrice},
	}
}

// zero is when meters start whose tariff does not ask.
var zero time.Time

func meter(v tariff.Version) tariff.Meter { return v.Meter("", zero) }

func valid(v tariff.Version) error { return v.Validate() }

func TestCost(t *testing.T) {
	t.Parallel()
	minute := version(0, 60, 100_000, 60, 100_000)      // 0.10 a minute
	odd := version(0, 60, 108_000, 60, 108_000)         // 0.108 a minute
	six := version(0, 6, 10_800, 6, 10_800)             // 6/6
	second := version(0, 1, 1_800, 1, 1_800)            // 1/1
	split := version(50_000, 180, 220_000, 60, 110_000) // 0.05 + 0.22 for 3 min + 0.11 a minute
	free := version(0, 60, 0, 60, 0)
	for _, c := range []struct {
		name    string
		tariff  tariff.Version
		elapsed time.Duration
		want    money.Amount
	}{
		{"started and stopped in one tick: one increment", minute, 0, 100_000},
		{"a clock that went back: one increment", minute, -time.Second, 100_000},
		{"one nanosecond: one increment", minute, 1, 100_000},
		{"exactly a minute: one increment", minute, 60 * time.Second, 100_000},
		{"a nanosecond more: two", minute, 60*time.Second + 1, 200_000},
		{"125 s: 3 minutes × 0.108", odd, 125 * time.Second, 324_000},
		{"125 s in 6 s steps: 21 × 0.0108", six, 125 * time.Second, 226_800},
		{"125 s by the second: 125 × 0.0018", second, 125 * time.Second, 225_000},
		{"connection + first 3 minutes", split, 180 * time.Second, 270_000},
		{"connection + first + 2 × 0.11", split, 181*time.Second + 60*time.Second, 490_000},
		{"free", free, time.Hour, 0},
	} {
		got, err := c.tariff.Meter("", zero).Cost(c.elapsed)
		if err != nil || got != c.want {
			t.Errorf("%s: Cost(%s) = %s, %v; want %s", c.name, c.elapsed, got, err, c.want)
		}
	}
}

func TestCostOverflowIsAnError(t *testing.T) {
	t.Parallel()
	v := version(0, 1, 1, 1, math.MaxInt64/2)
	if _, err := meter(v).Cost(time.Hour); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("Cost = %v, want overflow", err)
	}
	if _, err := meter(v).Itemise(time.Hour); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("Itemise = %v, want overflow", err)
	}
}

func TestAffordable(t *testing.T) {
	t.Parallel()
	split := version(50_000, 180, 220_000, 60, 110_000)
	for _, c := range []struct {
		name string
		have money.Amount
		want time.Duration
		ok   bool
	}{
		{"nothing", 0, 0, false},
		{"a micro-yuan short of 0.05 + 0.22", 269_999, 0, false},
		{"exactly the first", 270_000, 180 * time.Second, true},
		{"a micro-yuan short of the next", 379_999, 180 * time.Second, true},
		{"first + 1 next", 380_000, 240 * time.Second, true},
		{"1 yuan: (1 − 0.27) / 0.11 = 6 next", 1_000_000, 540 * time.Second, true},
	} {
		got, ok := split.Meter("", zero).Affordable(c.have)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: Affordable(%s) = %s, %t; want %s, %t", c.name, c.have, got, ok, c.want, c.ok)
		}
	}
	if got, ok := meter(version(0, 60, 0, 60, 0)).Affordable(0); !ok || got != tariff.Unlimited {
		t.Errorf("a free tariff: %s, %t", got, ok)
	}
	if got, ok := meter(version(0, 1, 1, 86400, 1)).Affordable(math.MaxInt64); !ok || got != tariff.Unlimited {
		t.Errorf("more money than time: %s, %t", got, ok)
	}
}

func drawn(t *rapid.T) tariff.Version {
	price := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 10), rapid.Int64Range(0, 1_000_000_000))
	length := rapid.OneOf(rapid.IntRange(1, 3), rapid.SampledFrom([]int{6, 30, 60, 180}), rapid.IntRange(1, 86400))
	v := version(
		money.Amount(price.Draw(t, "connection")),
		length.Draw(t, "first"), money.Amount(price.Draw(t, "first price")),
		length.Draw(t, "next"), money.Amount(price.Draw(t, "next price")))
	for i := range rapid.IntRange(0, 3).Draw(t, "bands") {
		b := tariff.Band{
			Name: fmt.Sprint("b", i), Days: tariff.Days(rapid.Byte().Draw(t, "days")),
			From: time.Duration(rapid.IntRange(0, 86399).Draw(t, "from")) * time.Second,
			To:   time.Duration(rapid.IntRange(1, 86400).Draw(t, "to")) * time.Second,
		}
		if b.From == b.To {
			b.To = 24 * time.Hour
		}
		b.Connection = money.Amount(price.Draw(t, "band connection"))
		b.First = tariff.Increment{Length: time.Duration(length.Draw(t, "band first")) * time.Second, Price: money.Amount(price.Draw(t, "band first price"))}
		b.Next = tariff.Increment{Length: time.Duration(length.Draw(t, "band next")) * time.Second, Price: money.Amount(1 + price.Draw(t, "band next price"))}
		v.Bands = append(v.Bands, b)
	}
	if len(v.Bands) > 0 && v.Next.Price == 0 {
		v.Next.Price = 1 // a hundred years of free bands take long to walk
	}
	if rapid.Bool().Draw(t, "holiday") {
		v.Holidays = []tariff.Date{tariff.DateOf(start), tariff.DateOf(start) + 1}
	}
	if err := v.Validate(); err != nil {
		t.Fatalf("drawn tariff: %v", err)
	}
	return v
}

// start is a Friday, 17:30 in Shanghai.
var start = time.Date(2026, 3, 6, 9, 30, 0, 0, time.UTC)

// drawnMeter is a drawn tariff whose meter starts within a week.
func drawnMeter(t *rapid.T) tariff.Meter {
	v := drawn(t)
	return v.Meter("", start.Add(time.Duration(rapid.Int64Range(0, int64(7*24*time.Hour/time.Microsecond)).Draw(t, "start"))*time.Microsecond))
}

func TestLinesSumToCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawnMeter(t)
		d := time.Duration(rapid.Int64Range(-1e9, 1e15).Draw(t, "d"))
		cost, err := v.Cost(d)
		if err != nil {
			t.Skip("out of range")
		}
		lines, err := v.Itemise(d)
		if err != nil {
			t.Fatal(err)
		}
		var sum money.Amount
		var covered time.Duration
		for _, l := range lines {
			if product, err := l.Price.Mul(l.Count); err != nil || product != l.Amount {
				t.Fatalf("line %+v: %d × %d = %d, %v", l, l.Count, l.Price, product, err)
			}
			sum += l.Amount
			covered += time.Duration(l.Count) * l.Length
		}
		if sum != cost {
			t.Fatalf("lines sum to %d, cost is %d", sum, cost)
		}
		if covered != v.RoundUp(d) || covered < d {
			t.Fatalf("lines cover %s, RoundUp(%s) = %s", covered, d, v.RoundUp(d))
		}
	})
}

// Cost never falls, and Affordable is its inverse.
func TestAffordableIsTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawnMeter(t)
		m := money.Amount(rapid.OneOf(rapid.Int64Range(0, 1e7), rapid.Int64Range(0, 1e14)).Draw(t, "m"))
		d, ok := v.Affordable(m)
		if !ok {
			if cost, err := v.Cost(0); err != nil || cost <= m {
				t.Fatalf("refused %d though the least costs %d, %v", m, cost, err)
			}
			return
		}
		cost, err := v.Cost(d)
		if err != nil || cost > m {
			t.Fatalf("Cost(Affordable(%d) = %s) = %d, %v", m, d, cost, err)
		}
		if d < tariff.Unlimited {
			if more, err := v.Cost(d + 1); err == nil && more <= m {
				t.Fatalf("%s and a tick cost %d, within %d", d, more, m)
			}
			if d != v.RoundUp(d) {
				t.Fatalf("%s is not the end of an increment", d)
			}
		}
		a := time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "more"))
		low, errLow := v.Cost(a)
		high, errHigh := v.Cost(b)
		if errLow == nil && errHigh == nil && low > high {
			t.Fatalf("Cost(%s) = %d > Cost(%s) = %d", a, low, b, high)
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := valid(version(0, 60, 100_000, 60, 100_000)); err != nil {
		t.Errorf("a good tariff: %v", err)
	}
	bad := version(-1, 0, -1, 60, 1)
	bad.Next.Length = 1500 * time.Millisecond
	err := bad.Validate()
	if !errors.Is(err, tariff.ErrInvalid) {
		t.Fatalf("Validate = %v", err)
	}
	for _, field := range []string{"connection", "first.length", "first.price", "next.length"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not in %q", field, err)
		}
	}
	if err := valid(version(0, 1, 1, 1, math.MaxInt64/1000)); !errors.Is(err, tariff.ErrInvalid) {
		t.Errorf("a price that overflows within a day: %v", err)
	}
}

// A meter that starts later, within the window, never costs more than the
// dearest says, and has no longer increments than the bound says.
func TestDearestIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawn(t)
		const within = 10 * time.Minute
		length := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "length"))
		at := start.Add(time.Duration(rapid.IntRange(0, 7*86400).Draw(t, "at")) * time.Second)
		bound := v.Meter("", at).Within(within, length)
		top, err := bound.Dearest.Cost(length)
		if err != nil {
			t.Skip("out of range")
		}
		later := time.Duration(rapid.Int64Range(0, int64(within)).Draw(t, "later"))
		real := v.Meter("", at.Add(later))
		cost, err := real.Cost(length)
		if err != nil || cost > top {
			t.Fatalf("%s later it costs %s, %v; the dearest is %s", later, cost, err, top)
		}
		lines, err := real.Itemise(length)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			longest := map[tariff.Rule]time.Duration{tariff.First: bound.First, tariff.Next: bound.Next}[l.Rule]
			if l.Length > longest || bound.Even() && l.Length != longest {
				t.Fatalf("an increment of %s; the longest is %s, even %t", l.Length, longest, bound.Even())
			}
		}
	})
}

func TestDays(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 3, 6, 16, 0, 0, 0, time.UTC) // 7 March, 00:00 in Shanghai
	if got := tariff.DateOf(midnight).String(); got != "2026-03-07" {
		t.Errorf("day %s", got)
	}
	if got := tariff.DateOf(midnight.Add(-time.Microsecond)).String(); got != "2026-03-06" {
		t.Errorf("the instant before: %s", got)
	}
	if got := tariff.DateOf(time.Date(1969, 12, 31, 15, 59, 0, 0, time.UTC)).String(); got != "1969-12-31" {
		t.Errorf("before 1970: %s", got)
	}
}

func TestValidateBands(t *testing.T) {
	t.Parallel()
	good := tariff.Rate{First: tariff.Increment{Length: time.Minute}, Next: tariff.Increment{Length: time.Minute}}
	v := version(0, 60, 1, 60, 1)
	v.Bands = []tariff.Band{
		{Name: "night", From: 22 * time.Hour, To: 6 * time.Hour, Rate: good},
		{Name: "night", From: time.Hour, To: time.Hour, Rate: good},
		{Name: "Noon!", From: -1, To: 25 * time.Hour},
	}
	v.Classes = []tariff.Class{{Name: "", Rate: good}}
	v.Holidays = []tariff.Date{2, 1}
	err := v.Validate()
	if !errors.Is(err, tariff.ErrInvalid) {
		t.Fatalf("Validate = %v", err)
	}
	for _, want := range []string{"bands[1].name", "bands[1].from", "bands[2].name", "bands[2].from", "bands[2].first.length", "classes[0].name", "holidays"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if strings.Contains(err.Error(), "bands[0]") {
		t.Errorf("a good band: %v", err)
	}
}
