package number

import (
	"iter"
	"slices"
)

// With is x after numbers changed, each with whether it is for sale now; those
// that x has not come in. x itself stays as it is, for searches that read it;
// when nothing differs, With returns x.
func (x *Index) With(numbers iter.Seq2[string, bool]) *Index {
	var flipped []int    // places of those that x has
	var coming []offered // that it has not
	seen := map[[own]byte]int{}
	for digits, free := range numbers {
		if !Valid(digits) {
			continue
		}
		c := x.cell(digits)
		i, there := slices.BinarySearchFunc(x.cells, c, x.order)
		switch at, again := seen[c.own]; {
		case there && x.free.has(i) != free:
			flipped = append(flipped, i)
		case there:
		case again:
			coming[at].free = free
		default:
			seen[c.own] = len(coming)
			coming = append(coming, offered{c, free})
		}
	}
	if len(flipped)+len(coming) == 0 {
		return x
	}
	next := *x
	next.free = slices.Clone(x.free)
	for _, i := range flipped {
		next.free[i>>6] ^= 1 << (i & 63)
	}
	if len(coming) > 0 {
		slices.SortFunc(coming, func(a, b offered) int { return x.order(a.cell, b.cell) })
		next.fill(next.merged(coming))
	}
	return &next
}

// merged is what x has and what comes, in order.
func (x *Index) merged(coming []offered) []offered {
	list := make([]offered, 0, len(x.cells)+len(coming))
	for i, c := range x.cells {
		for len(coming) > 0 && x.order(coming[0].cell, c) < 0 {
			list = append(list, coming[0])
			coming = coming[1:]
		}
		list = append(list, offered{c, x.free.has(i)})
	}
	return append(list, coming...)
}

// Graded is an Index of the same numbers under another table of grades, or other
// grades of their own.
func (x *Index) Graded(grades Grades, byWord Own) *Index {
	return NewIndexOwn(grades, byWord, x.all())
}

// Own are the numbers that have a grade of their own. It must not be changed.
func (x *Index) Own() Own { return x.own }

// GradeOf is the grade that a number has, or would have.
func (x *Index) GradeOf(digits string) Rule { return x.grades.OfOwn(digits, x.own) }

// Grades is the table that the numbers are graded by. It must not be changed.
func (x *Index) Grades() Grades { return x.grades }

func (x *Index) all() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for i := range x.cells {
			e := x.entry(i)
			if !yield(e.Digits, e.Free) {
				return
			}
		}
	}
}
