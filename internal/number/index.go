package number

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"sibai/internal/money"
)

// Index finds numbers among millions in memory: a number takes 9 bytes, and a
// search looks at each. It is built once and then only read.
type Index struct {
	grades Grades
	forms  []matcher // of the grades
	cells  []cell    // by fee, then by digits
}

type cell struct {
	own   [own]byte
	grade uint8 // place in grades; len(grades) is plain
	free  bool
}

// Entry is a number as an Index knows it.
type Entry struct {
	Digits string // ten
	Grade  Rule
	Free   bool // for sale
}

// NewIndex makes an index of numbers, each with whether it is for sale. Text that
// is no number is left out.
func NewIndex(grades Grades, numbers iter.Seq2[string, bool]) *Index {
	x := &Index{grades: grades}
	for _, r := range grades {
		m, err := r.Form.compile()
		if err != nil {
			m = matcher{cells: []byte("x")} // no digit is: Validate had refused it
		}
		x.forms = append(x.forms, m)
	}
	for digits, free := range numbers {
		if !Valid(digits) {
			continue
		}
		x.cells = append(x.cells, x.cell(digits, free))
	}
	slices.SortFunc(x.cells, x.order)
	return x
}

func (x *Index) cell(digits string, free bool) cell {
	c := cell{grade: uint8(len(x.grades)), free: free} //nolint:gosec // at most maxRules
	copy(c.own[:], digits[length-own:])
	for i := range x.forms {
		if x.forms[i].match(c.own) {
			c.grade = uint8(i) //nolint:gosec // at most maxRules
			break
		}
	}
	return c
}

func (x *Index) order(a, b cell) int {
	return cmp.Or(cmp.Compare(x.rule(a.grade).Fee, x.rule(b.grade).Fee), cmp.Compare(string(a.own[:]), string(b.own[:])))
}

// Len is how many numbers are in the index.
func (x *Index) Len() int { return len(x.cells) }

func (x *Index) rule(i uint8) Rule {
	if int(i) < len(x.grades) {
		return x.grades[i]
	}
	return Plain
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
	var found Found
	var near []int // places of the most alike so far, by likeness
	for i := range x.cells {
		c := &x.cells[i]
		if !s.match(x, c) {
			continue
		}
		found.Total++
		switch {
		case q.Near != "":
			near = s.closest(x, near, i, q.Skip+limit)
		case found.Total > q.Skip && len(found.Entries) < limit:
			found.Entries = append(found.Entries, x.entry(c))
		}
	}
	for _, i := range near[min(q.Skip, len(near)):] {
		found.Entries = append(found.Entries, x.entry(&x.cells[i]))
	}
	return found, nil
}

func (x *Index) entry(c *cell) Entry {
	return Entry{Digits: "400" + string(c.own[:]), Grade: x.rule(c.grade), Free: c.free}
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

func (s *search) match(x *Index, c *cell) bool {
	if !c.free && !s.all || s.grade >= 0 && int(c.grade) != s.grade {
		return false
	}
	if s.segments != nil && !s.segments[c.own[0]-'0'] {
		return false
	}
	if s.maxFee > 0 && x.rule(c.grade).Fee > s.maxFee {
		return false
	}
	if s.mask != nil && !s.mask.at(c.own, 0) {
		return false
	}
	for i := range s.forms {
		if !s.forms[i].match(c.own) {
			return false
		}
	}
	if len(s.any) > 0 && !slices.ContainsFunc(s.any, func(m matcher) bool { return m.match(c.own) }) {
		return false
	}
	return s.near == nil || c.own != *s.near
}

// likeness of two numbers: equal digits in their places, those at the end more
// than those before.
func likeness(a, b *[own]byte) int {
	sum := 0
	for i := range own {
		if a[i] == b[i] {
			sum += i + 3
		}
	}
	return sum
}

// closest adds the number at a place to the most alike, of which it keeps most.
func (s *search) closest(x *Index, best []int, i, most int) []int {
	of := func(i int) int { return likeness(&x.cells[i].own, s.near) }
	mine := of(i)
	if len(best) == most && of(best[most-1]) >= mine {
		return best
	}
	at, _ := slices.BinarySearchFunc(best, mine, func(j, mine int) int {
		if of(j) >= mine { // the one that was found first stays first
			return -1
		}
		return 1
	})
	best = slices.Insert(best, at, i)
	return best[:min(len(best), most)]
}
