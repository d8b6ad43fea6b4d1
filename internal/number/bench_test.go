package number_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sibai/internal/number"
)

// A search over a million numbers, as people search; p99 is the slowest of a
// hundred searches but one.
func BenchmarkSearch(b *testing.B) {
	x := number.NewIndex(number.DefaultGrades(), func(yield func(string, bool) bool) {
		for i := range 1_000_000 {
			if !yield(fmt.Sprintf("400%07d", i*7), true) {
				return
			}
		}
	})
	for name, q := range map[string]number.Query{
		"tail":     {Forms: []number.Form{"518"}},
		"contains": {Forms: []number.Form{"*1314*"}},
		"form":     {Forms: []number.Form{"AABB", "!4"}},
		"mask":     {Mask: "400_8__1__"},
		"near":     {Near: "4008261122"},
		"carrier":  {Carrier: number.Mobile, Grade: "no4", Skip: 1000},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if found, err := x.Search(q); err != nil || found.Total == 0 {
					b.Fatal(found.Total, err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
