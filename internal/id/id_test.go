package id_test

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/id"
)

func generator(t *testing.T, node int, now func() time.Time) *id.Generator {
	t.Helper()
	g, err := id.NewGenerator(node, now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestIDsAreOrderedAndUnique(t *testing.T) {
	t.Parallel()
	g := generator(t, 7, nil)
	const each = 20_000 // more than a millisecond's sequence
	lists := make([][]int64, 4)
	var wg sync.WaitGroup
	for i := range lists {
		wg.Go(func() {
			for range each {
				lists[i] = append(lists[i], g.Next())
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, list := range lists {
		if !slices.IsSorted(list) {
			t.Error("a later id is smaller")
		}
		for _, v := range list {
			if v <= 0 || seen[v] {
				t.Fatalf("id %d came twice or is not positive", v)
			}
			seen[v] = true
		}
	}
}

func TestClockSetBackOrStandingStill(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	g := generator(t, 1, func() time.Time { return now })
	last := int64(0)
	for i := range 10_000 {
		if i == 5_000 {
			now = now.Add(-time.Hour)
		}
		v := g.Next()
		if v <= last {
			t.Fatalf("id %d after %d", v, last)
		}
		last = v
	}
}

func TestNodesNeverMeet(t *testing.T) {
	t.Parallel()
	at := func() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }
	a, b := generator(t, 1, at), generator(t, 2, at)
	if a.Next() == b.Next() {
		t.Error("two nodes made the same id")
	}
	for _, node := range []int{-1, id.MaxNode + 1} {
		if _, err := id.NewGenerator(node, nil); err == nil {
			t.Errorf("node %d was accepted", node)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2031, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	if got := id.Time(generator(t, 3, func() time.Time { return at }).Next()); !got.Equal(at) {
		t.Errorf("made at %v, says %v", at, got)
	}
}

func TestTextRoundTripAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(0, math.MaxInt64).Draw(t, "a"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "b")
		x, y := id.Format("num", a), id.Format("num", b)
		if got, err := id.Parse("num", x); err != nil || got != a {
			t.Fatalf("Parse(%s) = %d, %v; want %d", x, got, err, a)
		}
		if (a < b) != (x < y) {
			t.Fatalf("%d < %d, but %s and %s sort otherwise", a, b, x, y)
		}
		if _, err := id.Parse("cus", x); !errors.Is(err, id.ErrFormat) {
			t.Fatalf("an id of another thing was taken: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"num_0AM8YER540400", "num_ZZZZZZZZZZZZZ", "num_7ZZZZZZZZZZZZ", "num_", "", "num_0AM8YER54040I"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := id.Parse("num", s)
		if err != nil {
			return
		}
		if back, err := id.Parse("num", id.Format("num", v)); v < 0 || err != nil || back != v {
			t.Errorf("%q read as %d, which reads back as %d, %v", s, v, back, err)
		}
	})
}

// A process that starts after the clock was set back makes none of the ids that
// the one before it made.
func TestSkipTo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	g := generator(t, 7, func() time.Time { return now })
	var before int64
	for range 5000 {
		before = g.Next()
	}
	now = now.Add(-time.Hour)
	g = generator(t, 7, func() time.Time { return now })
	g.SkipTo(id.Time(before))
	g.SkipTo(now) // never back
	if after := g.Next(); after <= before {
		t.Errorf("%d after %d", after, before)
	}
	now = now.Add(2 * time.Hour)
	if got := id.Time(g.Next()); !got.Equal(now) {
		t.Errorf("once the clock has caught up, ids are of %s, want %s", got, now)
	}
}
