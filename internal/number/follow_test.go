package number_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
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
		if diff := gocmp.Diff(first, find(x)); diff != "" {
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
		if diff := gocmp.Diff(find(number.NewIndex(grades, maps.All(stock))), find(y)); diff != "" {
			t.Fatal(diff)
		}
		if diff := gocmp.Diff(find(number.NewIndex(other, maps.All(stock))), find(y.Graded(other, nil))); diff != "" {
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

// A search finds what looking at each number finds, in the same order.
func TestSearchFindsAll(t *testing.T) {
	t.Parallel()
	grades := number.Grades{
		{Code: "pairs", Name: "pairs", Form: "AABB", Fee: 100 * money.Yuan},
		{Code: "run", Name: "run", Form: "*abc*", Fee: 100 * money.Yuan},
		{Code: "no4", Name: "no4", Form: "!4", Fee: 10 * money.Yuan},
	}
	forms := []number.Form{
		"8", "18", "*81*", "AAB", "*AAA*", "ABAB", "ABBA", "AABBCC", "abc", "cba", "*ab*", "*ba*", "a", "b", "bc", "a_c", "A_A", "1AA", "*A1A*",
		"ab1", "aab", "!4", "!0258", "_", "______8", "ABCDEFG", "*abcdefg*", "gfedcba", "AaA",
	}
	segments := number.DefaultSegments()
	rapid.Check(t, func(t *rapid.T) {
		stock := rapid.MapOf(rapid.Custom(func(t *rapid.T) string {
			b := []byte("400")
			for range 7 {
				b = append(b, rapid.SampledFrom([]byte("0123458")).Draw(t, "digit"))
			}
			return string(b)
		}), rapid.Bool()).Draw(t, "stock")
		some := rapid.SliceOfN(rapid.SampledFrom(forms), 0, 2)
		q := number.Query{
			Forms: some.Draw(t, "forms"), Any: some.Draw(t, "any"), All: rapid.Bool().Draw(t, "all"), Limit: 1000,
			Mask:    rapid.SampledFrom([]string{"", "", "400_8__1__", "40_____8__"}).Draw(t, "mask"),
			Carrier: rapid.SampledFrom([]number.Carrier{"", "", number.Unicom, number.Telecom}).Draw(t, "carrier"),
			Grade:   rapid.SampledFrom([]string{"", "", "pairs", "no4", "plain"}).Draw(t, "grade"),
			MaxFee:  rapid.SampledFrom([]money.Amount{0, 0, money.Yuan, 10 * money.Yuan, 99 * money.Yuan}).Draw(t, "fee"),
			Near:    rapid.SampledFrom([]string{"", "4000123458", "4001111111"}).Draw(t, "near"),
		}
		var want []number.Entry
		for digits, free := range stock {
			if wanted(q, grades.Of(digits), digits, free, segments) {
				want = append(want, number.Entry{Digits: digits, Grade: grades.Of(digits), Free: free})
			}
		}
		slices.SortFunc(want, func(a, b number.Entry) int {
			return cmp.Or(alike(q, b.Digits)-alike(q, a.Digits), cmp.Compare(a.Grade.Fee, b.Grade.Fee), cmp.Compare(a.Digits, b.Digits))
		})
		x := number.NewIndex(grades, maps.All(stock))
		got, err := x.Search(q)
		if err != nil || got.Total != len(want) || !slices.Equal(got.Entries, want) {
			t.Fatalf("%+v: %d of %+v, %v\nwant %+v", q, got.Total, got.Entries, err, want)
		}
		q.Skip, q.Limit = rapid.IntRange(0, 5).Draw(t, "skip"), 3
		page, err := x.Search(q)
		rest := want[min(q.Skip, len(want)):]
		if err != nil || page.Total != len(want) || !slices.Equal(page.Entries, rest[:min(3, len(rest))]) {
			t.Fatalf("page: %+v, %v", page, err)
		}
	})
}

func wanted(q number.Query, grade number.Rule, digits string, free bool, segments number.Segments) bool {
	issuer, _ := segments.Issuer(digits)
	has := func(f number.Form) bool { return f.Match(digits) }
	for i, c := range q.Mask {
		if c != '_' && byte(c) != digits[i] {
			return false
		}
	}
	return (free || q.All) && (q.Carrier == "" || issuer == q.Carrier) && (q.Grade == "" || grade.Code == q.Grade) &&
		(q.MaxFee == 0 || grade.Fee <= q.MaxFee) && digits != q.Near &&
		!slices.ContainsFunc(q.Forms, func(f number.Form) bool { return !has(f) }) && (len(q.Any) == 0 || slices.ContainsFunc(q.Any, has))
}

// alike counts the digits that are equal to those of Near in their places, from
// 3 for the first after 400 up to 9 for the last.
func alike(q number.Query, digits string) (sum int) {
	for i := 3; i < len(q.Near); i++ {
		if q.Near[i] == digits[i] {
			sum += i
		}
	}
	return sum
}
