package number

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// set is a set of places in an index, a bit for each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int) { s[i>>6] |= 1 << (i & 63) }

func (s set) drop(i int) { s[i>>6] &^= 1 << (i & 63) }

func (s set) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

func (s set) and(t set) {
	for i, w := range t {
		s[i] &= w
	}
}

func (s set) andNot(t set) {
	for i, w := range t {
		s[i] &^= w
	}
}

func (s set) or(t set) {
	for i, w := range t {
		s[i] |= w
	}
}

// cut drops every place from n on.
func (s set) cut(n int) {
	if i := n >> 6; i < len(s) {
		s[i] &= 1<<(n&63) - 1
		clear(s[i+1:])
	}
}

func (s set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// from lists the places in order, without the first skip of them.
func (s set) from(skip int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s {
			if n := bits.OnesCount64(w); skip >= n {
				skip -= n
				continue
			}
			for ; w != 0; w &= w - 1 {
				if skip > 0 {
					skip--
				} else if !yield(i<<6 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// looks says of the numbers of an index which look how: 103 sets, 13 bytes a
// number. It is never changed.
type looks struct {
	n     int
	digit [own][10]set  // has the digit in the place
	up    [own - 1]set  // the digit after the place is one more
	down  [own - 1]set  // or one less
	pairs [own][own]set // of two places i < j: they have the same digit
}

func looksOf(cells []cell) *looks {
	l := &looks{n: len(cells)}
	for i := range own {
		for d := range l.digit[i] {
			l.digit[i][d] = newSet(l.n)
		}
		for j := i + 1; j < own; j++ {
			l.pairs[i][j] = newSet(l.n)
		}
		if i < own-1 {
			l.up[i], l.down[i] = newSet(l.n), newSet(l.n)
		}
	}
	for at := range cells {
		c := &cells[at].own
		for i, digit := range c {
			l.digit[i][digit-'0'].add(at)
			for j := i + 1; j < own; j++ {
				if c[j] == digit {
					l.pairs[i][j].add(at)
				}
			}
			if i < own-1 && c[i+1] == digit+1 {
				l.up[i].add(at)
			}
			if i < own-1 && c[i+1] == digit-1 {
				l.down[i].add(at)
			}
		}
	}
	return l
}

// keep drops from s the numbers that do not match.
func (l *looks) keep(s set, m *matcher, cells []cell) {
	for i := range len(m.without) {
		for place := range own {
			s.andNot(l.digit[place][m.without[i]-'0'])
		}
	}
	if len(m.cells) == 0 {
		return
	}
	last := own - len(m.cells)
	if !m.anywhere {
		l.keepAt(s, m, last, cells)
		return
	}
	sum := newSet(l.n)
	for at := range last + 1 {
		one := slices.Clone(s)
		l.keepAt(one, m, at, cells)
		sum.or(one)
	}
	copy(s, sum)
}

// keepAt is keep of a form that stands at a place.
func (l *looks) keepAt(s set, m *matcher, at int, cells []cell) {
	for i, c := range m.cells {
		if c >= '0' && c <= '9' {
			s.and(l.digit[at+i][c-'0'])
		}
	}
	for i, a := range m.cells {
		for j := i + 1; j < len(m.cells); j++ {
			b := m.cells[j]
			switch {
			case !capital(a) || !capital(b):
			case a == b:
				s.and(l.pairs[at+i][at+j])
			default:
				s.andNot(l.pairs[at+i][at+j])
			}
		}
	}
	l.keepRun(s, m, at, cells)
}

// keepRun keeps the small letters of a form: digits that follow one another.
func (l *looks) keepRun(s set, m *matcher, at int, cells []cell) {
	text := string(m.cells)
	steps := len(text) - 1
	switch {
	case !strings.ContainsAny(text, "abcdefg"):
	case steps > 0 && text == "abcdefg"[:steps+1]:
		for i := range steps {
			s.and(l.up[at+i])
		}
	case steps > 0 && text == "gfedcba"[own-1-steps:]:
		for i := range steps {
			s.and(l.down[at+i])
		}
	default: // such as a_c or bcd: looked at one by one
		for i := range s.from(0) {
			if !m.at(cells[i].own, at) {
				s.drop(i)
			}
		}
	}
}

func capital(c byte) bool { return c >= 'A' && c <= 'G' }
