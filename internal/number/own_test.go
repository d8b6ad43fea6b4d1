package number_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/money"
	"sibai/internal/number"
)

// Whatever numbers have a grade by an operator's word, an index built at once, one
// that grew, and the table itself grade alike, and a search by grade finds them.
func TestOwnGrades(t *testing.T) {
	t.Parallel()
	grades := number.DefaultGrades()
	codes := []string{number.Plain.Code, "", "gone", grades[0].Code, grades[len(grades)-1].Code}
	rapid.Check(t, func(r *rapid.T) {
		digits := rapid.StringMatching(`4008[0-3]{6}`)
		word := rapid.Custom(func(r *rapid.T) number.Word {
			w := number.Word{Grade: rapid.SampledFrom(codes).Draw(r, "grade"), Priced: rapid.Bool().Draw(r, "priced")}
			if w.Priced {
				w.Fee, w.Minimum = money.Amount(rapid.Int64Range(0, 3).Draw(r, "fee")), money.Amount(rapid.Int64Range(0, 9).Draw(r, "minimum"))
			}
			return w
		})
		own := number.Own(rapid.MapOf(digits, word).Draw(r, "own"))
		stock := map[string]bool{}
		for d := range own {
			stock[d] = true
		}
		for _, d := range rapid.SliceOf(digits).Draw(r, "others") {
			stock[d] = true
		}
		grown := number.NewIndexOwn(grades, own, maps.All(map[string]bool{})).With(maps.All(stock))
		for name, x := range map[string]*number.Index{
			"built": number.NewIndexOwn(grades, own, maps.All(stock)), "grown": grown, "graded": number.NewIndex(nil, maps.All(stock)).Graded(grades, own),
		} {
			for d := range stock {
				want := grades.OfOwn(d, own)
				found, err := x.Search(number.Query{Mask: d, Grade: want.Code, All: true})
				if err != nil || found.Total != 1 || found.Entries[0].Grade != want || x.GradeOf(d) != want {
					r.Fatalf("%s: %s is %+v, %v; want %s", name, d, found, err, want.Code)
				}
			}
		}
		cheap, err := number.NewIndexOwn(grades, own, maps.All(stock)).Search(number.Query{MaxFee: 2, All: true, Limit: 1000})
		if err != nil {
			r.Fatal(err)
		}
		for i, e := range cheap.Entries {
			if e.Grade.Fee > 2 || i > 0 && e.Grade.Fee < cheap.Entries[i-1].Grade.Fee {
				r.Fatalf("among the cheap, in their order: %+v", cheap.Entries)
			}
			delete(stock, e.Digits)
		}
		for d := range stock {
			if grades.OfOwn(d, own).Fee <= 2 {
				r.Fatalf("%s is not among the cheap", d)
			}
		}
		for d, word := range own {
			want, ok := grades.Find(word.Grade)
			if !ok {
				want = grades.Of(d)
			}
			if word.Priced {
				want.Fee, want.Minimum, want.Fixed = word.Fee, word.Minimum, true
			}
			if got := grades.OfOwn(d, own); got != want {
				r.Fatalf("%s by word %+v is %+v", d, word, got)
			}
		}
	})
}
