package number_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/number"
)

// Whatever numbers have a grade by an operator's word, an index built at once, one
// that grew, and the table itself grade alike, and a search by grade finds them.
func TestOwnGrades(t *testing.T) {
	t.Parallel()
	grades := number.DefaultGrades()
	codes := []string{number.Plain.Code, "gone", grades[0].Code, grades[len(grades)-1].Code}
	rapid.Check(t, func(r *rapid.T) {
		digits := rapid.StringMatching(`4008[0-3]{6}`)
		own := number.Own(rapid.MapOf(digits, rapid.SampledFrom(codes)).Draw(r, "own"))
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
				found, err := x.Search(number.Query{Mask: d, Grade: want.Code})
				if err != nil || found.Total != 1 || found.Entries[0].Grade != want || x.GradeOf(d) != want {
					r.Fatalf("%s: %s is %+v, %v; want %s", name, d, found, err, want.Code)
				}
			}
		}
		for d, code := range own {
			if want, ok := grades.Find(code); ok && grades.OfOwn(d, own) != want || !ok && grades.OfOwn(d, own) != grades.Of(d) {
				r.Fatalf("%s by word %s is %+v", d, code, grades.OfOwn(d, own))
			}
		}
	})
}
