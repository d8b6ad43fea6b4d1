package realname

import (
	"strings"

	"sibai/internal/fault"
)

// usccAlphabet has the 31 signs of GB 32100-2015, each worth its place: no I,
// O, S, V, Z.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// organisationAlphabet is that of GB 11714-1997.
const organisationAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

var organisationWeights = [8]int{3, 7, 9, 10, 5, 8, 4, 2}

// CheckUSCC checks a unified social credit code (统一社会信用代码). "" says that it
// is right. UsccOuter is a warning: some early codes were issued with a wrong
// last sign, while the organisation code inside (9th to 17th sign) is right.
// UsccFormat and UsccCheck refuse it.
func CheckUSCC(code string) fault.Code {
	if len(code) != 18 {
		return fault.UsccFormat
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(usccAlphabet, code[i])
		if value < 0 {
			return fault.UsccFormat
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if strings.IndexByte(usccAlphabet, code[17]) < 0 {
		return fault.UsccFormat
	}
	switch {
	case code[17] == usccAlphabet[(31-sum%31)%31]:
		return ""
	case organisationRight(code[8:17]):
		return fault.UsccOuter
	}
	return fault.UsccCheck
}

// organisationRight checks the nine signs of an organisation code.
func organisationRight(code string) bool {
	sum := 0
	for i, weight := range organisationWeights {
		sum += strings.IndexByte(organisationAlphabet, code[i]) * weight
	}
	want := 11 - sum%11
	switch want {
	case 10:
		return code[8] == 'X'
	case 11:
		return code[8] == '0'
	}
	return code[8] == byte('0'+want)
}

// cleanCode takes the spaces out of a code that somebody typed, and makes its
// letters and full-width signs plain capitals.
func cleanCode(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\u3000' || r == '\u00a0':
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s))
}
