package catalog

import (
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// Report takes one problem of a field: the field's name as published, the
// fault's code, and the pairs of its places. Validate methods call it once
// for each problem, so that all of them are told together.
type Report func(field string, code fault.Code, pairs ...any)

const (
	maxCode = 64
	maxName = 200
	// MaxAmount is the highest price, fee or top-up that is taken for meant:
	// 1,000,000,000 yuan.
	MaxAmount = 1_000_000_000 * money.Yuan
)

// ValidCode reports whether s can name a customer, plan, tariff or trunk: 1
// to 64 lower-case letters, digits, dashes, underscores, starting with a
// letter or digit.
func ValidCode(s string) bool {
	if s == "" || len(s) > maxCode || s[0] == '-' || s[0] == '_' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func checkCode(report Report, field, value string) {
	if !ValidCode(value) {
		report(field, fault.CodeInvalid, "value", quote(value))
	}
}

func checkName(report Report, field, value, example string) {
	switch {
	case strings.TrimSpace(value) == "":
		report(field, fault.ValueEmpty, "example", example)
	case utf8.RuneCountInString(value) > maxName:
		report(field, fault.ValueTooLong, "limit", maxName)
	}
}

func checkAmount(report Report, field string, a, least money.Amount) {
	if a < least || a > MaxAmount {
		report(field, fault.MoneyRange, "value", a, "min", least, "max", MaxAmount)
	}
}

func checkRange(report Report, field string, v, least, most int) {
	if v < least || v > most {
		report(field, fault.ValueRange, "value", v, "min", least, "max", most)
	}
}

// short writes whole minutes and hours without their zeros: 3m, not 3m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func quote(s string) string { return `"` + s + `"` }
