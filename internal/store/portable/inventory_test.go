package portable_test

import (
	"slices"
	"testing"

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
