package whatif

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/money"
)

// A fee cut into the days of its term never exceeds the fee, never shrinks by
// a longer period, and is the whole fee for the whole term.
func TestTermsOfAPeriod(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, calendar.Shanghai)
		n := rapid.IntRange(1, 36).Draw(t, "months")
		fee := money.Amount(rapid.Int64Range(0, 1e12).Draw(t, "fee"))
		var before money.Amount
		for _, days := range []int{1, 27, 28, 31, 365, 366, 1000} {
			to := from.AddDate(0, 0, days)
			var sum money.Amount
			next, counted := from, int64(0)
			for _, x := range terms(from, to, n) {
				if !x.from.Equal(next) || x.days < 1 || x.days > x.of {
					t.Fatalf("term %+v does not follow %s", x, next)
				}
				next, counted = x.to, counted+x.days
				sum += part(fee, x.days, x.of)
			}
			if !next.Equal(to) || counted != int64(days) || sum < before {
				t.Fatalf("%d days: terms end on %s with %d days and %s, was %s", days, next, counted, sum, before)
			}
			before = sum
		}
		whole := terms(from, addMonths(from, n), n)
		if len(whole) != 1 || part(fee, whole[0].days, whole[0].of) != fee {
			t.Fatalf("a whole term of %s: %+v", fee, whole)
		}
	})
}

func TestMonthsThatAreShorter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2026-01-31", 2, "2026-03-31"}, {"2028-02-29", 12, "2029-02-28"}, {"2026-11-30", 3, "2027-02-28"},
	} {
		from, err := calendar.ParseDay(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.Day(addMonths(from, c.months)); got != c.want {
			t.Errorf("%s and %d months: %s, want %s", c.from, c.months, got, c.want)
		}
	}
}
