package number

import (
	"errors"
	"fmt"
	"strings"
)

// Form is a shape of digits, as people speak of them. It stands at the end of a
// number; between two asterisks it may stand anywhere in the seven digits after
// 400.
//
//	AABB    capital letters: the same letter is the same digit, another letter another
//	abcd    small letters: digits that follow one another, here upward; dcba downward
//	1688    digits stand for themselves
//	_       any digit
//	!4      a number without any 4
type Form string

// ErrFormText is returned for text that is no Form.
var ErrFormText = errors.New("not a form of digits")

// own is how many digits of a number are its own: those after 400.
const own = 7

// ParseForm reads a form.
func ParseForm(text string) (Form, error) {
	f := Form(text)
	if _, err := f.compile(); err != nil {
		return "", fmt.Errorf("%q: %w: %w", text, ErrFormText, err)
	}
	return f, nil
}

// Match reports whether the ten digits of a number have the form. A form that
// ParseForm refuses matches nothing.
func (f Form) Match(digits string) bool {
	m, err := f.compile()
	if err != nil || !Valid(digits) {
		return false
	}
	var d [own]byte
	copy(d[:], digits[length-own:])
	return m.match(d)
}

// matcher is a compiled form. Digits are ASCII.
type matcher struct {
	cells    []byte // '0'–'9', '_', 'A'–'G', 'a'–'g'
	anywhere bool
	without  string // digits that must not be there
}

func (f Form) compile() (matcher, error) {
	text := string(f)
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		if rest == "" || len(rest) > 9 || strings.Trim(rest, "0123456789") != "" {
			return matcher{}, errors.New("after ! come the digits that must not be there, such as !4")
		}
		return matcher{without: rest}, nil
	}
	var m matcher
	if strings.HasPrefix(text, "*") && strings.HasSuffix(text, "*") && len(text) > 2 {
		m.anywhere, text = true, text[1:len(text)-1]
	}
	if text == "" || len(text) > own {
		return m, fmt.Errorf("it has 1 to %d places", own)
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '_', c >= 'A' && c <= 'G', c >= 'a' && c <= 'g':
		default:
			return m, errors.New("its places are digits, _, A to G and a to g")
		}
	}
	m.cells = []byte(text)
	return m, nil
}

func (m *matcher) match(d [own]byte) bool {
	for i := range len(m.without) {
		for _, c := range d {
			if c == m.without[i] {
				return false
			}
		}
	}
	if len(m.cells) == 0 {
		return true
	}
	last := own - len(m.cells)
	if !m.anywhere {
		return m.at(d, last)
	}
	for at := range last + 1 {
		if m.at(d, at) {
			return true
		}
	}
	return false
}

// at matches the cells with the digits from a place on.
func (m *matcher) at(d [own]byte, from int) bool {
	var same [own]byte // the digit of A to G; 0 while it is open
	base := -1         // the digit that a stands for
	for i, c := range m.cells {
		got := d[from+i]
		switch {
		case c == '_':
		case c <= '9':
			if got != c {
				return false
			}
		case c <= 'G':
			if !fits(&same, c-'A', got) {
				return false
			}
		default:
			b := int(got) - int(c-'a')
			if base >= 0 && b != base || b < '0' {
				return false
			}
			base = b
		}
	}
	return true
}

// fits binds a letter to a digit: no digit has two letters.
func fits(same *[own]byte, letter, digit byte) bool {
	for i, bound := range same {
		if bound == 0 {
			continue
		}
		if (bound == digit) != (byte(i) == letter) { //nolint:gosec // at most 7
			return false
		}
	}
	same[letter] = digit
	return true
}

// Span says which of the ten digits of a number have the form: those from one
// place up to another. ok is false when it has not the form, or the form is of
// digits that are not there.
func (f Form) Span(digits string) (from, to int, ok bool) {
	m, err := f.compile()
	if err != nil || !Valid(digits) || len(m.cells) == 0 {
		return 0, 0, false
	}
	var d [own]byte
	copy(d[:], digits[length-own:])
	at := own - len(m.cells)
	if m.anywhere {
		for at = 0; at <= own-len(m.cells) && !m.at(d, at); at++ {
		}
	}
	if at > own-len(m.cells) || !m.at(d, at) {
		return 0, 0, false
	}
	at += length - own
	return at, at + len(m.cells), true
}
