package number

import (
	"errors"
	"fmt"
	"strings"

	"sibai/internal/id"
)

// ID names a 400 number of the operator's inventory.
type ID int64

// String shows the id as num_….
func (i ID) String() string { return id.Format("num", int64(i)) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("num", s)
	return ID(v), err
}

const length = 10

// ErrForm is returned for text that is no 400 number.
var ErrForm = errors.New("not a 400 number")

// Parse reads a 400 number as people write it (400-123-4567, 4001 234 567,
// full-width digits) and returns its ten digits.
func Parse(text string) (string, error) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r == ' ', r == '-', r == '\u00a0', r == '\u3000', r == '－', r == '‑', r == '–':
		default:
			return "", fmt.Errorf("%q: %w: %q is no digit", text, ErrForm, r)
		}
	}
	digits := b.String()
	if !Valid(digits) {
		return "", fmt.Errorf("%q: %w: it is 400 and seven more digits", text, ErrForm)
	}
	return digits, nil
}

// FromTrunk reads a 400 number as a trunk writes it into the Request-URI: as
// Parse does, with or without the country code (+86, 0086, 86) or a trunk
// prefix 0 before it (ITU-T E.164).
func FromTrunk(user string) (string, error) {
	for _, prefix := range []string{"+86", "0086", "86", "0"} {
		if rest, ok := strings.CutPrefix(user, prefix); ok {
			if digits, err := Parse(rest); err == nil {
				return digits, nil
			}
		}
	}
	return Parse(user)
}

// Valid reports whether digits is a 400 number in its stored form,
// ^400\d{7}$.
func Valid(digits string) bool {
	return len(digits) == length && strings.HasPrefix(digits, "400") && strings.Trim(digits, "0123456789") == ""
}

// Between lists the numbers from one to another, both included; ok is false when
// they are not of one segment or the first comes after the last. Both are Valid.
func Between(first, last string) (list []string, ok bool) {
	if !Valid(first) || !Valid(last) || first > last || first[:4] != last[:4] {
		return nil, false
	}
	for d := []byte(first); ; {
		list = append(list, string(d))
		if string(d) == last {
			return list, true
		}
		i := length - 1
		for ; d[i] == '9'; i-- {
			d[i] = '0'
		}
		d[i]++
	}
}

// Grouping is how the owner of a number wants it shown.
type Grouping string

// The groupings.
const (
	Grouping334 Grouping = "3-3-4" // 400-xxx-xxxx, the default
	Grouping343 Grouping = "3-4-3" // 400-xxxx-xxx
	Grouping433 Grouping = "4-3-3" // 4000-xxx-xxx
)

// Format shows a number in a grouping; an unknown or empty grouping is 3-3-4.
// Text that is no 400 number is returned as it is.
func Format(digits string, g Grouping) string {
	if !Valid(digits) {
		return digits
	}
	first, second := 3, 6
	switch g {
	case Grouping343:
		second = 7
	case Grouping433:
		first, second = 4, 7
	}
	return digits[:first] + "-" + digits[first:second] + "-" + digits[second:]
}
