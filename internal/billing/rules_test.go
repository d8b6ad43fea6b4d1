package billing

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/money"
)

func on(t rapid.TB, text string) time.Time {
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPeriodsOfAMinimum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		began, at string
		every     catalog.Period
		over      []string // the last day of each
		running   string
	}{
		// Opened 20 April: nothing on 1 May, May's shortfall on 1 June.
		{"2026-04-20", "2026-04-30", catalog.Monthly, nil, "2026-05-31"},
		{"2026-04-20", "2026-05-01", catalog.Monthly, nil, "2026-05-31"},
		{"2026-04-20", "2026-05-31", catalog.Monthly, nil, "2026-05-31"},
		{"2026-04-20", "2026-06-01", catalog.Monthly, []string{"2026-05-31"}, "2026-06-30"},
		// Opened on a first: the month is whole and counts.
		{"2026-04-01", "2026-05-01", catalog.Monthly, []string{"2026-04-30"}, "2026-05-31"},
		// Off for two months: both are made up for.
		{"2026-12-31", "2027-03-05", catalog.Monthly, []string{"2027-01-31", "2027-02-28"}, "2027-03-31"},
		// Yearly: at the anniversary.
		{"2026-04-20", "2027-04-19", catalog.Yearly, nil, "2027-04-19"},
		{"2026-04-20", "2027-04-20", catalog.Yearly, []string{"2027-04-19"}, "2028-04-19"},
		{"2028-02-29", "2029-02-28", catalog.Yearly, []string{"2029-02-27"}, "2030-02-27"},
		{"2028-02-29", "2032-02-28", catalog.Yearly, []string{"2031-02-27"}, "2032-02-28"},
	} {
		over, running := periods(on(t, c.began).Add(15*time.Hour), c.every, on(t, c.at))
		var last []string
		for _, p := range over {
			last = append(last, lastDay(p.end))
		}
		if len(last) != len(c.over) || lastDay(running.end) != c.running {
			t.Errorf("began %s, at %s: over %v, running to %s; want %v, %s", c.began, c.at, last, lastDay(running.end), c.over, c.running)
			continue
		}
		for i := range last {
			if last[i] != c.over[i] {
				t.Errorf("began %s, at %s: over %v, want %v", c.began, c.at, last, c.over)
			}
		}
	}
}

func TestShortfall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ minimum, used, want money.Amount }{
		{50 * money.Yuan, 0, 50 * money.Yuan},
		{50 * money.Yuan, 49_999_999, 1},
		{50 * money.Yuan, 50 * money.Yuan, 0},
		{50 * money.Yuan, 80 * money.Yuan, 0}, // never less than nothing
	} {
		if got := shortfall(c.minimum, c.used); got != c.want {
			t.Errorf("%s − %s = %s, want %s", c.minimum, c.used, got, c.want)
		}
	}
}

// The days of a term sum to its fee, exactly, and no day earns less than
// nothing.
func TestDaysSumToTheFee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := on(t, "2024-01-01").AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "day"))
		term := Term{Start: start, Fee: money.Amount(rapid.Int64Range(0, int64(catalog.MaxAmount)).Draw(t, "fee"))}
		term.End = monthsAfter(start, rapid.IntRange(1, 120).Draw(t, "months"), start.Day())
		days := int64(term.End.Sub(term.Start) / day)
		var sum money.Amount
		for i := range days {
			part := term.earned(i+1) - term.earned(i)
			if part < 0 || part > term.Fee/money.Amount(days)+1 {
				t.Fatalf("day %d of %d earns %s of %s", i, days, part, term.Fee)
			}
			sum += part
		}
		if sum != term.Fee {
			t.Fatalf("%d days earn %s of %s", days, sum, term.Fee)
		}
	})
}

// Terms follow one another without a gap, and come back to their day of the
// month after a shorter one.
func TestTermsFollowOneAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anchor := on(t, "2024-01-01").AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "day"))
		months := rapid.IntRange(1, 13).Draw(t, "months")
		start := anchor
		for n := 1; n <= 24; n++ {
			end := monthsAfter(start, months, anchor.Day())
			y, m, _ := anchor.Date()
			want := time.Date(y, m+time.Month(n*months), 1, 0, 0, 0, 0, calendar.Shanghai)
			if end.Month() != want.Month() || end.Year() != want.Year() {
				t.Fatalf("term %d of %d months from %s ends in %s", n, months, anchor, end)
			}
			if last := want.AddDate(0, 1, -1).Day(); end.Day() != min(anchor.Day(), last) {
				t.Fatalf("term %d from %s ends on %s", n, anchor, end)
			}
			start = end
		}
	})
}

// A customer goes down one stage at a time, never before the stage's time is
// over, and up at once.
func TestStages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := []Stage{StageActive, StageLow, StageGrace, StageSuspended, StageFrozen, StageClosing, StageQuarantine}
		rank := func(s Stage) int {
			for i, o := range order {
				if o == s {
					return i
				}
			}
			t.Fatalf("stage %q", s)
			return 0
		}
		days := func(name string) time.Duration { return time.Duration(rapid.IntRange(0, 40).Draw(t, name)) * day }
		rules := catalog.Arrears{Grace: days("grace"), Suspended: days("suspended"), Frozen: days("frozen"), Closing: days("closing")}
		lasts := map[Stage]time.Duration{StageGrace: rules.Grace, StageSuspended: rules.Suspended, StageFrozen: rules.Frozen, StageClosing: rules.Closing}
		now := on(t, "2026-01-01")
		a := Arrears{Stage: StageActive, Since: now}
		for range 60 {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "days")) * day / 2)
			x := standing{broke: rapid.IntRange(0, 9).Draw(t, "broke") > 0, low: rapid.Bool().Draw(t, "low")}
			x.active = !a.Stage.stopped() || rapid.IntRange(0, 9).Draw(t, "topped up") == 0
			next := a.next(x, rules, now)
			switch {
			case a.Stage == StageQuarantine:
				if next != a {
					t.Fatalf("quarantine became %s", next.Stage)
				}
			case !x.broke && rank(next.Stage) > rank(StageLow):
				t.Fatalf("%s with credit", next.Stage)
			case x.broke && rank(next.Stage) > max(rank(a.Stage)+1, rank(StageGrace)):
				t.Fatalf("%s became %s at once", a.Stage, next.Stage)
			case x.broke && rank(next.Stage) > rank(a.Stage) && now.Sub(a.Since) < lasts[a.Stage]:
				t.Fatalf("%s became %s after %s", a.Stage, next.Stage, now.Sub(a.Since))
			}
			a = next
		}
	})
}
