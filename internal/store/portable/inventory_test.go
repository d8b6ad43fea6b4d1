package portable_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
)

// Numbers come in once, with their events, on both databases; the table of
// grades is replaced whole, and what is for sale is found.
func TestStockOfNumbers(t *testing.T) { on(t, testStockOfNumbers) }

func testStockOfNumbers(t *testing.T, w *world) {
	n := int64(1 << 50)
	s := inventory.New(w.store, func() int64 { n++; return n }, nil)
	list := []inventory.Item{{Digits: "4008261122"}, {Digits: "4008261133", Serving: number.Unicom}, {Digits: "4008261122"}}
	for i, want := range []inventory.Taken{{Added: 2}, {Added: 2}, {Known: []string{"4008261122", "4008261133"}}} {
		got, err := s.Add(t.Context(), list, "import", i == 0)
		slices.Sort(got.Known)
		if err != nil || got.Added != want.Added || !slices.Equal(got.Known, want.Known) {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
	events, err := s.History(t.Context(), "4008261133")
	if err != nil || len(events) != 1 || events[0].State != number.Available || events[0].Was != "" || events[0].Why != "import" {
		t.Errorf("history %+v, %v", events, err)
	}
	if g, err := s.Grades(t.Context()); err != nil || len(g) != len(number.DefaultGrades()) {
		t.Errorf("%d grades before there is a table, %v", len(g), err)
	}
	for _, g := range []number.Grades{
		{{Code: "x", Name: "一", Form: "1"}, {Code: "y", Name: "二", Form: "2"}},
		{{Code: "y", Name: "对", English: "pairs", Form: "AABB", Fee: 5 * money.Yuan, Minimum: money.Yuan}},
	} {
		if err := s.SetGrades(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Grades(t.Context()); err != nil || !slices.Equal(got, g) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if err := s.SetGrades(t.Context(), number.Grades{{Code: "X", Name: "x", Form: "1"}}); err == nil {
		t.Error("a wrong table was taken")
	}
	index, err := s.Index(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := index.Search(number.Query{Grade: "y", Forms: []number.Form{"33"}})
	if err != nil || found.Total != 1 || found.Entries[0].Digits != "4008261133" || found.Entries[0].Grade.Fee != 5*money.Yuan {
		t.Errorf("%+v, %v", found, err)
	}
}

// What became of numbers since an instant, and where one stands, on both
// databases.
func TestChangesOfNumbers(t *testing.T) { on(t, testChangesOfNumbers) }

func testChangesOfNumbers(t *testing.T, w *world) {
	n, at := int64(1<<51), time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	s := inventory.New(w.store, func() int64 { n++; return n }, func() time.Time { return at })
	for _, digits := range []string{"4008261122", "4008261133"} {
		at = at.Add(time.Hour)
		if _, err := s.Add(t.Context(), []inventory.Item{{Digits: digits}}, "import", false); err != nil {
			t.Fatal(err)
		}
	}
	for since, want := range map[time.Duration]map[string]bool{
		-time.Hour:       {"4008261122": true, "4008261133": true},
		0:                {"4008261133": true},
		time.Microsecond: {},
	} {
		got, ok, err := s.Changed(t.Context(), at.Add(since))
		if err != nil || !ok || !maps.Equal(got, want) {
			t.Errorf("since %v: %v, %v; want %v", since, got, err, want)
		}
	}
	if list, more, err := w.store.Changed(t.Context(), at.Add(-time.Hour), 1); err != nil || !more || len(list) > 0 {
		t.Errorf("two of one at most: %v, %v, %v", list, more, err)
	}
	st, err := s.Standing(t.Context(), "4008261122")
	if err != nil || st.State != number.Available || st.Issuing != number.Telecom || st.Owner != "" || !st.Since.Equal(at.Add(-time.Hour)) {
		t.Errorf("%+v, %v", st, err)
	}
	if _, err := s.Standing(t.Context(), "4008261199"); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("a number that there is not: %v", err)
	}
	w.apply(t, example(t))
	rented := w.load(t)
	for digits, line := range rented.Lines {
		st, err := s.Standing(t.Context(), digits)
		if err != nil || st.Owner != line.CustomerName || !st.State.Owned() {
			t.Errorf("%s: %+v, %v; want the owner %s", digits, st, err, line.CustomerName)
		}
		changed, _, err := s.Changed(t.Context(), time.Time{}.AddDate(1969, 0, 0))
		if sale, there := changed[digits]; err != nil || !there || sale {
			t.Errorf("%s is not among what changed: %v", digits, err)
		}
	}
	plans, err := w.store.Plans(t.Context())
	all, aerr := w.store.Offers(t.Context(), "", "")
	if err != nil || aerr != nil || len(rented.Lines) == 0 || len(plans.Plans) == 0 || len(plans.Plans) != len(all.Plans) || len(plans.Tariffs) != len(all.Tariffs) || len(plans.Rentals) != 0 {
		t.Errorf("%d plans of %d, %v, %v", len(plans.Plans), len(all.Plans), err, aerr)
	}
}

// Numbers are found by what is known of their digits and by their state, page by
// page, with who has them.
func TestListNumbers(t *testing.T) { on(t, testListNumbers) }

func testListNumbers(t *testing.T, w *world) {
	n := int64(1 << 51)
	s := inventory.New(w.store, func() int64 { n++; return n }, nil)
	var items []inventory.Item
	for i := range 30 {
		items = append(items, inventory.Item{Digits: fmt.Sprintf("40082611%02d", i)})
	}
	if _, err := s.Add(t.Context(), items, "generate", false); err != nil {
		t.Fatal(err)
	}
	w.apply(t, example(t))
	for _, c := range []struct {
		typed string
		f     inventory.Filter
		first string
		found int
		more  bool
	}{
		{"400-826-11", inventory.Filter{}, "4008261100", 30, false},
		{"400-826-11", inventory.Filter{Limit: 10}, "4008261100", 10, true},
		{"400-826-11", inventory.Filter{Limit: 10, Skip: 20}, "4008261120", 10, false},
		{"1_7", inventory.Filter{State: number.Available}, "4008261107", 3, false},
		{"?7", inventory.Filter{State: number.Available}, "4008261107", 3, false},
		{"4001234567", inventory.Filter{State: number.Active}, "4001234567", 1, false},
		{"4001234567", inventory.Filter{State: number.Available}, "", 0, false},
	} {
		mask, ok := inventory.Mask(c.typed)
		if !ok {
			t.Fatal(c.typed)
		}
		c.f.Mask = mask
		list, more, err := s.List(t.Context(), c.f)
		if err != nil || len(list) != c.found || more != c.more || len(list) > 0 && list[0].Digits != c.first {
			t.Errorf("%s: %d, more %v, %v; want %+v", c.typed, len(list), more, err, c)
		}
		for _, st := range list {
			if owned := st.Owner != ""; owned != st.State.Owned() {
				t.Errorf("%+v", st)
			}
		}
	}
	for _, typed := range []string{"40x", "40012345678", "%"} {
		if _, ok := inventory.Mask(typed); ok {
			t.Errorf("%q is a mask", typed)
		}
	}
	for _, f := range []inventory.Filter{{State: "gone"}, {Mask: "%"}} {
		if _, _, err := s.List(t.Context(), f); fault.KindOf(err) != fault.KindInvalid {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
