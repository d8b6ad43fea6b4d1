package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Amount{
		"0":                     0,
		"12":                    12_000_000,
		"0.1":                   100_000,
		"0.108":                 108_000,
		"¥1,234.50":             1_234_500_000,
		"-3.50":                 -3_500_000,
		"0.000001":              1,
		"9223372036854.775807":  math.MaxInt64,
		"-9223372036854.775808": math.MinInt64,
	} {
		got, err := money.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"":                     money.ErrSyntax,
		".5":                   money.ErrSyntax,
		"5.":                   money.ErrSyntax,
		"1e3":                  money.ErrSyntax,
		"+1":                   money.ErrSyntax,
		"--1":                  money.ErrSyntax,
		"12,34":                money.ErrSyntax,
		"0.0000001":            money.ErrSyntax,
		"1.-5":                 money.ErrSyntax,
		"9223372036854.775808": money.ErrOverflow,
	} {
		if got, err := money.Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %d, %v; want %v", text, got, err, want)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount       money.Amount
		text, people string
	}{
		{0, "0.00", "¥0.00"},
		{108_000, "0.108", "¥0.108"},
		{-3_500_000, "-3.50", "-¥3.50"},
		{1_234_500_000, "1234.50", "¥1,234.50"},
		{1, "0.000001", "¥0.000001"},
		{math.MinInt64, "-9223372036854.775808", "-¥9,223,372,036,854.775808"},
	} {
		if got := c.amount.String(); got != c.text {
			t.Errorf("String(%d) = %s, want %s", int64(c.amount), got, c.text)
		}
		if got := c.amount.Format(); got != c.people {
			t.Errorf("Format(%d) = %s, want %s", int64(c.amount), got, c.people)
		}
	}
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64().Draw(t, "amount"))
		for _, text := range []string{a.String(), a.Format()} {
			if got, err := money.Parse(text); err != nil || got != a {
				t.Fatalf("Parse(%q) = %d, %v; want %d", text, got, err, a)
			}
		}
	})
}

// Arithmetic equals that of unbounded integers, or says ErrOverflow.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		check := func(op string, got money.Amount, err error, want *big.Int) {
			if want.IsInt64() {
				if err != nil || int64(got) != want.Int64() {
					t.Fatalf("%d %s %d = %d, %v; want %s", a, op, b, got, err, want)
				}
			} else if !errors.Is(err, money.ErrOverflow) {
				t.Fatalf("%d %s %d = %d, %v; want overflow", a, op, b, got, err)
			}
		}
		got, err := money.Amount(a).Add(money.Amount(b))
		check("+", got, err, new(big.Int).Add(x, y))
		got, err = money.Amount(a).Sub(money.Amount(b))
		check("-", got, err, new(big.Int).Sub(x, y))
		got, err = money.Amount(a).Mul(b)
		check("*", got, err, new(big.Int).Mul(x, y))
	})
}
