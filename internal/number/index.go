package number

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"sibai/internal/money"
)

// Index finds numbers among millions in memory. It is built once and then only
// read. A number takes 21 bytes: what it is, and a bit in each of 104 sets, by
// which a search leaves out 64 numbers at a time.
type Index struct {
	grades Grades
	own    Own
	owns   map[[own]byte]uint8 // the same, by places in grades; priced: see prices
	prices map[[own]byte]Rule  // of those that have a price of their own
	forms  []matcher           // of the grades
	cells  []cell              // by fee, then by digits
	looks  *looks
	free   set // those that are for sale
}

type cell struct {
	own   [own]byte
	grade uint8 // place in grades; len(grades) is plain, priced one of prices
}

// priced stands for a place in grades: more than maxRules.
const priced = 255

// Entry is a number as an Index knows it.
type Entry struct {
	Digits string // ten
	Grade  Rule
	Free   bool // for sale
}

// NewIndex makes an index of numbers, each with whether it is for sale. Text that
// is no number is left out.
func NewIndex(grades Grades, numbers iter.Seq2[string, bool]) *Index {
	return NewIndexOwn(grades, nil, numbers)
}

// NewIndexOwn is NewIndex where some numbers have a grade of their own.
func NewIndexOwn(grades Grades, byWord Own, numbers iter.Seq2[string, bool]) *Index {
	x := &Index{grades: grades, own: byWord, owns: map[[own]byte]uint8{}, prices: map[[own]byte]Rule{}}
	for digits, word := range byWord {
		if !Valid(digits) {
			continue
		}
		key := [own]byte([]byte(digits[length-own:]))
		i := slices.IndexFunc(grades, func(r Rule) bool { return r.Code == word.Grade })
		switch {
		case word.Priced:
			x.owns[key], x.prices[key] = priced, grades.OfOwn(digits, byWord)
		case word.Grade == Plain.Code:
			x.owns[key] = uint8(len(grades)) //nolint:gosec // at most maxRules
		case i >= 0:
			x.owns[key] = uint8(i) //nolint:gosec // at most maxRules
		}
	}
	for _, r := range grades {
		m, err := r.Form.compile()
		if err != nil {
			m = matcher{cells: []byte("x")} // no digit is: Validate had refused it
		}
		x.forms = append(x.forms, m)
	}
	var list []offered
	for digits, free := range numbers {
		if Valid(digits) {
			list = append(list, offered{x.cell(digits), free})
		}
	}
	slices.SortFunc(list, func(a, b offered) int { return x.order(a.cell, b.cell) })
	x.fill(list)
	return x
}

// offered is a number with whether it is for sale.
type offered struct {
	cell
	free bool
}

// fill puts numbers, in order, into an index.
func (x *Index) fill(list []offered) {
	x.cells, x.free = make([]cell, len(list)), newSet(len(list))
	for i, o := range list {
		x.cells[i] = o.cell
		if o.free {
			x.free.add(i)
		}
	}
	x.looks = looksOf(x.cells)
}

func (x *Index) cell(digits string) cell {
	c := cell{grade: uint8(len(x.grades))} //nolint:gosec // at most maxRules
	copy(c.own[:], digits[length-own:])
	if i, ok := x.owns[c.own]; ok {
		c.grade = i
		return c
	}
	for i := range x.forms {
		if x.forms[i].match(c.own) {
			c.grade = uint8(i) //nolint:gosec // at most maxRules
			break
		}
	}
	return c
}

func (x *Index) order(a, b cell) int {
	return cmp.Or(cmp.Compare(x.fee(&a), x.fee(&b)), cmp.Compare(string(a.own[:]), string(b.own[:])))
}

// Len is how many numbers are in the index.
func (x *Index) Len() int { return len(x.cells) }

func (x *Index) rule(c *cell) Rule {
	switch {
	case int(c.grade) < len(x.grades):
		return x.grades[c.grade]
	case c.grade == priced:
		return x.prices[c.own]
	}
	return Plain
}

// fee is that of rule, without the rest of it: millions are sorted by it.
func (x *Index) fee(c *cell) money.Amount {
	switch {
	case int(c.grade) < len(x.grades):
		return x.grades[c.grade].Fee
	case c.grade == priced:
		return x.prices[c.own].Fee
	}
	return Plain.Fee
}

// Query is what somebody looks for. Empty fields do not filter.
type Query struct {
	Forms   []Form   // all of them
	Any     []Form   // one of them at least
	Mask    string   // ten places, digits or _, such as 400____168
	Carrier Carrier  // that issued the number, by Segments
	Segment Segments // nil: DefaultSegments
	Grade   string   // code of a rule, or Plain's
	MaxFee  money.Amount
	Near    string // ten digits: the numbers most like it come first
	All     bool   // those that are not for sale, too
	Skip    int
	Limit   int // 0 takes 20, the most is 1,000
}

// ErrQuery is returned for a Query that makes no sense.
var ErrQuery = errors.New("not a search")

// Found is one page of a search.
type Found struct {
	Entries []Entry
	Total   int // how many there are on all pages
}

// Search lists the numbers that a query is for: the cheapest first, or with Near
// the most alike first.
func (x *Index) Search(q Query) (Found, error) {
	s, err := x.search(q)
	if err != nil {
		return Found{}, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 20
	}
	limit = min(limit, 1000)
	hits := x.hits(s)
	found := Found{Total: hits.count()}
	places := hits.from(max(q.Skip, 0))
	if s.near != nil {
		places = x.nearest(hits, s.near, max(q.Skip, 0))
	}
	for i := range places {
		if len(found.Entries) == limit {
			break
		}
		found.Entries = append(found.Entries, x.entry(i))
	}
	return found, nil
}

func (x *Index) entry(i int) Entry {
	c := &x.cells[i]
	return Entry{Digits: "400" + string(c.own[:]), Grade: x.rule(c), Free: x.free.has(i)}
}

func compiled(forms []Form) ([]matcher, error) {
	var list []matcher
	for _, f := range forms {
		m, err := f.compile()
		if err != nil {
			return nil, fmt.Errorf("%q: %w", f, err)
		}
		list = append(list, m)
	}
	return list, nil
}

// search is a Query that was read.
type search struct {
	forms    []matcher
	any      []matcher
	mask     *matcher
	segments *[10]bool // by the first digit of its own
	grade    int       // -1: any
	code     string    // of it
	maxFee   money.Amount
	near     *[own]byte
	all      bool
}

func (x *Index) search(q Query) (*search, error) {
	s := &search{grade: -1, maxFee: q.MaxFee, all: q.All}
	var err error
	if s.forms, err = compiled(q.Forms); err != nil {
		return nil, err
	}
	if s.any, err = compiled(q.Any); err != nil {
		return nil, err
	}
	if q.Mask != "" {
		if len(q.Mask) != length || strings.Trim(q.Mask, "0123456789_") != "" {
			return nil, fmt.Errorf("the mask %q has not ten digits or _", q.Mask)
		}
		for i, c := range "400" {
			if q.Mask[i] != '_' && rune(q.Mask[i]) != c {
				return nil, fmt.Errorf("the mask %q begins with other digits than 400", q.Mask)
			}
		}
		s.mask = &matcher{cells: []byte(q.Mask[length-own:])}
	}
	if q.Grade != "" {
		s.code = q.Grade
		s.grade = slices.IndexFunc(x.grades, func(r Rule) bool { return r.Code == q.Grade })
		if s.grade < 0 && q.Grade != Plain.Code {
			return nil, fmt.Errorf("there is no grade %q", q.Grade)
		}
		if s.grade < 0 {
			s.grade = len(x.grades)
		}
	}
	if q.Near != "" {
		if !Valid(q.Near) {
			return nil, fmt.Errorf("%q is no 400 number", q.Near)
		}
		s.near = new([own]byte)
		copy(s.near[:], q.Near[length-own:])
	}
	if q.Carrier != "" {
		if !q.Carrier.Valid() {
			return nil, fmt.Errorf("there is no carrier %q", q.Carrier)
		}
		segments := q.Segment
		if segments == nil {
			segments = DefaultSegments()
		}
		s.segments = new([10]bool)
		for prefix, carrier := range segments {
			s.segments[prefix[3]-'0'] = carrier == q.Carrier
		}
	}
	return s, nil
}

// hits are the numbers that a search is for.
func (x *Index) hits(s *search) set {
	hits := slices.Clone(x.free)
	if s.all {
		for i := range hits {
			hits[i] = ^uint64(0)
		}
		hits.cut(len(x.cells))
	}
	if s.maxFee > 0 { // they lie by fee
		n, _ := slices.BinarySearchFunc(x.cells, s.maxFee, func(c cell, most money.Amount) int {
			if x.fee(&c) <= most {
				return -1
			}
			return 1
		})
		hits.cut(n)
	}
	if s.segments != nil {
		for digit, in := range s.segments {
			if !in {
				hits.andNot(x.looks.digit[0][digit])
			}
		}
	}
	if s.mask != nil {
		x.looks.keep(hits, s.mask, x.cells)
	}
	for i := range s.forms {
		x.looks.keep(hits, &s.forms[i], x.cells)
	}
	if len(s.any) > 0 {
		sum := newSet(len(x.cells))
		for i := range s.any {
			one := slices.Clone(hits)
			x.looks.keep(one, &s.any[i], x.cells)
			sum.or(one)
		}
		hits = sum
	}
	if s.grade >= 0 {
		for i := range hits.from(0) {
			if c := &x.cells[i]; int(c.grade) != s.grade && (c.grade != priced || x.prices[c.own].Code != s.code) {
				hits.drop(i)
			}
		}
	}
	if s.near != nil {
		same := slices.Clone(hits)
		x.looks.keep(same, &matcher{cells: s.near[:]}, x.cells)
		hits.andNot(same)
	}
	return hits
}

// nearest lists hits, the most like a number first: those with equal digits in
// their places, digits at the end more than those before. The cheapest come
// first of those that are equally like it.
func (x *Index) nearest(hits set, to *[own]byte, skip int) iter.Seq[int] {
	return func(yield func(int) bool) {
		rest := slices.Clone(hits)
		for _, places := range likeness {
			group := newSet(len(x.cells))
			for _, equal := range places {
				one := slices.Clone(rest)
				for i := range own {
					if equal>>i&1 == 1 {
						one.and(x.looks.digit[i][to[i]-'0'])
					}
				}
				group.or(one)
			}
			rest.andNot(group)
			n := group.count()
			if skip >= n {
				skip -= n
				continue
			}
			for i := range group.from(skip) {
				if !yield(i) {
					return
				}
			}
			skip = 0
		}
	}
}

// likeness has the sets of places in which two numbers may be equal, a bit for
// each place, together where they count the same, the most alike first.
var likeness = func() (groups [][]uint8) {
	by := map[int][]uint8{}
	for equal := range 1 << own {
		sum := 0
		for i := range own {
			if equal>>i&1 == 1 {
				sum += i + 3
			}
		}
		by[sum] = append(by[sum], uint8(equal))
	}
	for _, sum := range slices.Backward(slices.Sorted(maps.Keys(by))) {
		groups = append(groups, by[sum])
	}
	return groups
}()
