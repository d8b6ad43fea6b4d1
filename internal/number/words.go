package number

import (
	"errors"
	"strings"
	"time"
)

// keypad is what the letters A to Z stand for on a telephone (ITU-T E.161).
const keypad = "22233344455566677778889999"

// FromWord reads a word as it is dialled on a telephone's keys: TAXI is 8294.
// ok is false when a character is no letter or digit.
func FromWord(word string) (digits string, ok bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(word) {
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteByte(keypad[r-'A'])
		case r >= '0' && r <= '9':
			b.WriteByte(byte(r)) //nolint:gosec // an ASCII digit
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

// ErrDay is returned for text that is no day.
var ErrDay = errors.New("not a day")

// FromBirthday lists the ends of a number that a day can be read in, the longest
// first: of 1988-05-18 (or 19880518) they are 1988518, 880518, 0518 and 518, of
// 05-18 (or 0518) the last two.
func FromBirthday(text string) ([]Form, error) {
	text = strings.NewReplacer("-", "", "/", "", ".", "").Replace(text)
	var forms []Form
	whole := text
	if len(text) == 4 {
		whole = "2000" + text // a leap year
	}
	day, err := time.Parse("20060102", whole)
	if err != nil {
		return nil, ErrDay
	}
	short := day.Month() < time.October // the month in one digit
	if len(text) == 8 {
		if short {
			forms = append(forms, Form(day.Format("2006102")))
		}
		forms = append(forms, Form(day.Format("060102")))
	}
	forms = append(forms, Form(day.Format("0102")))
	if short {
		forms = append(forms, Form(day.Format("102")))
	}
	return forms, nil
}
