package number_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sibai/internal/money"
	"sibai/internal/number"
)

// An index that followed changes is the one that is made of what came of them,
// and the one before stays as it was.
func TestIndexFollows(t *testing.T) {
	t.Parallel()
	grades := number.Grades{
		{Code: "pairs", Name: "pairs", Form: "AABB", Fee: 100 * money.Yuan},
		{Code: "no4", Name: "no4", Form: "!4", Fee: 10 * money.Yuan},
	}
	other := number.Grades{{Code: "eight", Name: "eight", Form: "8", Fee: money.Yuan}}
	find := func(x *number.Index) number.Found {
		found, err := x.Search(number.Query{All: true, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.MapOf(rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("400%07d", rapid.IntRange(1100, 1500).Draw(t, "own"))
		}), rapid.Bool())
		stock := some.Draw(t, "stock")
		x := number.NewIndex(grades, maps.All(stock))
		first := find(x)
		changes := some.Draw(t, "changes")
		y := x.With(maps.All(changes))
		if diff := cmp.Diff(first, find(x)); diff != "" {
			t.Fatal("the index before changed: " + diff)
		}
		differs := false
		for digits, free := range changes {
			was, there := stock[digits]
			differs = differs || !there || was != free
		}
		if (y == x) == differs {
			t.Fatalf("a new index %v, changes %v", y != x, differs)
		}
		maps.Copy(stock, changes)
		if diff := cmp.Diff(find(number.NewIndex(grades, maps.All(stock))), find(y)); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(find(number.NewIndex(other, maps.All(stock))), find(y.Graded(other))); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A change that is told twice, and text that is no number.
func TestIndexFollowsOddities(t *testing.T) {
	t.Parallel()
	x := number.NewIndex(nil, func(func(string, bool) bool) {}).With(func(yield func(string, bool) bool) {
		_ = yield("4001234567", true) && yield("x", true) && yield("4001234567", false)
	})
	found, err := x.Search(number.Query{All: true})
	if err != nil || x.Len() != 1 || found.Entries[0].Free || len(x.Grades()) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
