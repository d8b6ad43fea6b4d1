package site

import (
	"strings"
	"testing"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// Versions by hand and those of the file stand side by side: neither removes the other,
// and of one day they may not say two things.
func TestVersionsByHand(t *testing.T) {
	t.Parallel()
	with := func(versions string) *Site {
		return parsed(t, strings.Replace(small, "max_concurrent: 3}", "max_concurrent: 3, fee: 500, versions: ["+versions+"]}", 1))
	}
	m := newMemory()
	if _, err := applier(m).Apply(t.Context(), with("{effective: 2026-10-01, fee: 700}")); err != nil {
		t.Fatal(err)
	}
	now := june
	prices := NewPrices(m, func() time.Time { return now })
	stored := func(want string) {
		t.Helper()
		var list []string
		for _, v := range m.state.Plans["q"].Versions {
			list = append(list, v.From.In(calendar.Shanghai).Format("01-02=")+v.Fee.String()+" "+v.By)
		}
		if got := strings.Join(list, ", "); got != want {
			t.Errorf("stored\n%s, want\n%s", got, want)
		}
	}
	add := func(plan, day string, fee money.Amount, dry bool) (Planned, fault.Code) {
		t.Helper()
		at, err := calendar.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		out, err := prices.Add(t.Context(), plan, catalog.PlanVersion{From: at, Fee: fee}, "he", dry)
		return out, fault.CodeOf(err)
	}
	out, code := add("q", "2026-08-01", 650*money.Yuan, true)
	if code != "" || out.Before.Fee != 500*money.Yuan || out.After.Fee != 650*money.Yuan || calendar.Day(out.Next) != "2026-10-01" {
		t.Errorf("previewed: %+v, %s", out, code)
	}
	stored("10-01=700.00 ")
	for _, c := range []struct {
		plan, day string
		fee       money.Amount
		code      fault.Code
	}{
		{"q", "2026-08-01", 650 * money.Yuan, ""},
		{"q", "2026-08-01", 660 * money.Yuan, fault.PlanVersionTaken},
		{"q", "2026-10-01", 660 * money.Yuan, fault.PlanVersionTaken},
		{"q", "2026-06-01", 660 * money.Yuan, fault.PlanVersionDay}, // today
		{"q", "2046-06-01", 660 * money.Yuan, fault.PlanVersionDay},
		{"q", "2026-09-01", 650 * money.Yuan, fault.PlanVersionSame},
		{"q", "2026-09-01", money.Yuan / 1000, fault.MoneyNotFen},
		{"q", "2026-09-01", -money.Yuan, fault.MoneyRange},
		{"none", "2026-09-01", money.Yuan, fault.PlanUnknown},
		{"q", "2026-12-01", 800 * money.Yuan, ""},
	} {
		if _, code := add(c.plan, c.day, c.fee, false); code != c.code {
			t.Errorf("%+v: %q", c, code)
		}
	}
	const all = "08-01=650.00 he, 10-01=700.00 , 12-01=800.00 he"
	stored(all)
	for _, step := range []struct {
		versions string
		code     fault.Code
		stored   string
	}{
		{"{effective: 2026-10-01, fee: 700}", "", all},
		{"{effective: 2026-08-01, fee: 651}", fault.PlanVersionByHand, all},
		{"{effective: 2026-08-01, fee: 650}, {effective: 2026-11-01, fee: 750}", "", "08-01=650.00 he, 11-01=750.00 , 12-01=800.00 he"},
		{"", "", "08-01=650.00 he, 12-01=800.00 he"},
		{"{effective: 2026-10-01, fee: 700}", "", all},
	} {
		if _, err := applier(m).Apply(t.Context(), with(step.versions)); fault.CodeOf(err) != step.code {
			t.Errorf("%s: %v, want %q", step.versions, err, step.code)
		}
		stored(step.stored)
	}
	if changes, err := applier(m).Apply(t.Context(), with("{effective: 2026-10-01, fee: 700}")); err != nil || Changed(changes) {
		t.Errorf("the same again: %v\n%s", err, lines(changes))
	}
	now = time.Date(2026, 8, 1, 0, 0, 0, 0, calendar.Shanghai)
	for day, want := range map[string]fault.Code{"2026-08-01": fault.PlanVersionKept, "2026-10-01": fault.PlanVersionKept, "2026-11-01": fault.PlanVersionKept, "2026-12-01": ""} {
		at, err := calendar.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		if err := prices.Withdraw(t.Context(), "q", at); fault.CodeOf(err) != want {
			t.Errorf("withdraw %s: %v, want %q", day, err, want)
		}
	}
	stored("08-01=650.00 he, 10-01=700.00 ")
}
