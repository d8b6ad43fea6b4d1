package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is a sum of money in micro-yuan (1 yuan = 1,000,000). It may be
// negative: a debit, an overdraft. The range is ±9.2 trillion yuan. In JSON it
// is the whole number of micro-yuan, under a name that ends in _micro.
type Amount int64

// Units in micro-yuan.
const (
	Micro Amount = 1
	Fen   Amount = 10_000
	Yuan  Amount = 1_000_000
)

const decimals = 6

var (
	// ErrOverflow is returned when a result does not fit an Amount.
	ErrOverflow = errors.New("amount out of range")
	// ErrSyntax is returned by Parse for text that is not an amount.
	ErrSyntax = errors.New("not an amount in yuan")
)

// Add returns a + b, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	s := a + b
	if (b > 0 && s < a) || (b < 0 && s > a) {
		return 0, ErrOverflow
	}
	return s, nil
}

// Sub returns a − b, or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	s := a - b
	if (b > 0 && s > a) || (b < 0 && s < a) {
		return 0, ErrOverflow
	}
	return s, nil
}

// Mul returns a × n, or ErrOverflow.
func (a Amount) Mul(n int64) (Amount, error) {
	if a == 0 || n == 0 {
		return 0, nil
	}
	hi, lo := bits.Mul64(magnitude(int64(a)), magnitude(n))
	negative := (a < 0) != (n < 0)
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	if hi != 0 || lo > limit {
		return 0, ErrOverflow
	}
	if negative {
		return Amount(-lo), nil
	}
	return Amount(lo), nil
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// Sum adds up amounts, or returns ErrOverflow.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Parse reads yuan as a person writes them: "12", "0.108", "-3.50",
// "1,234.50", with or without a leading ¥. At most six decimals.
func Parse(text string) (Amount, error) {
	s := strings.TrimSpace(text)
	s, negative := strings.CutPrefix(s, "-")
	s = strings.TrimPrefix(s, "¥")
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || (point && frac == "") {
		return 0, syntax(text, "write yuan such as 12, 0.10 or 1,234.50")
	}
	if len(frac) > decimals {
		return 0, syntax(text, "the smallest unit is a micro-yuan, six decimals")
	}
	whole, err := ungroup(whole)
	if err != nil {
		return 0, syntax(text, "a comma stands before every three digits only")
	}
	digits := whole + frac + strings.Repeat("0", decimals-len(frac))
	if strings.Trim(digits, "0123456789") != "" {
		return 0, syntax(text, "write yuan such as 12, 0.10 or 1,234.50")
	}
	if negative {
		digits = "-" + digits
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, ErrOverflow)
	}
	return Amount(v), nil
}

func ungroup(whole string) (string, error) {
	if !strings.Contains(whole, ",") {
		return whole, nil
	}
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if (i == 0 && (g == "" || len(g) > 3)) || (i > 0 && len(g) != 3) {
			return "", ErrSyntax
		}
	}
	return strings.Join(groups, ""), nil
}

func syntax(text, remedy string) error {
	return fmt.Errorf("%q: %w: %s", text, ErrSyntax, remedy)
}

// String shows the amount in yuan with as many decimals as it needs and never
// fewer than two: 12.00, 0.108, -3.50.
func (a Amount) String() string {
	sign, whole, frac := a.parts()
	return sign + whole + "." + frac
}

// Format shows the amount for people: ¥1,234.50, -¥3.50, ¥0.108.
func (a Amount) Format() string {
	sign, whole, frac := a.parts()
	var b strings.Builder
	b.WriteString(sign + "¥")
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	b.WriteString("." + frac)
	return b.String()
}

func (a Amount) parts() (sign, whole, frac string) {
	if a < 0 {
		sign = "-"
	}
	v := magnitude(int64(a))
	whole = strconv.FormatUint(v/uint64(Yuan), 10)
	frac = fmt.Sprintf("%06d", v%uint64(Yuan))
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return sign, whole, frac
}
