package number

import (
	"iter"
	"slices"
)

// With is x after numbers changed, each with whether it is for sale now; those
// that x has not come in. x itself stays as it is, for searches that read it;
// when nothing differs, With returns x.
func (x *Index) With(numbers iter.Seq2[string, bool]) *Index {
	var changed []int // places of those that x has
	var coming []cell // that it has not
	seen := map[[own]byte]int{}
	for digits, free := range numbers {
		if !Valid(digits) {
			continue
		}
		c := x.cell(digits, free)
		i, there := slices.BinarySearchFunc(x.cells, c, x.order)
		switch at, again := seen[c.own]; {
		case there && x.cells[i].free != free:
			changed = append(changed, i)
		case there:
		case again:
			coming[at].free = free
		default:
			seen[c.own] = len(coming)
			coming = append(coming, c)
		}
	}
	if len(changed)+len(coming) == 0 {
		return x
	}
	next := &Index{grades: x.grades, forms: x.forms, cells: make([]cell, 0, len(x.cells)+len(coming))}
	next.cells = append(next.cells, x.cells...)
	for _, i := range changed {
		next.cells[i].free = !x.cells[i].free
	}
	slices.SortFunc(coming, x.order)
	next.merge(coming)
	return next
}

// merge puts cells in order among those of x, from the end on, so that each is
// moved once.
func (x *Index) merge(coming []cell) {
	i, j := len(x.cells)-1, len(coming)-1
	x.cells = append(x.cells, coming...)
	for at := len(x.cells) - 1; j >= 0; at-- {
		if i >= 0 && x.order(x.cells[i], coming[j]) > 0 {
			x.cells[at] = x.cells[i]
			i--
			continue
		}
		x.cells[at] = coming[j]
		j--
	}
}

// Graded is an Index of the same numbers under another table of grades.
func (x *Index) Graded(grades Grades) *Index { return NewIndex(grades, x.all()) }

// Grades is the table that the numbers are graded by. It must not be changed.
func (x *Index) Grades() Grades { return x.grades }

func (x *Index) all() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for i := range x.cells {
			e := x.entry(&x.cells[i])
			if !yield(e.Digits, e.Free) {
				return
			}
		}
	}
}
