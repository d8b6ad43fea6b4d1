package realname

import (
	"time"

	"sibai/internal/calendar"
	"sibai/internal/fault"
)

var idWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const idSigns = "10X98765432"

// CheckID checks a resident's number (公民身份号码, GB 11643-1999) on a day: its
// form, that the day of birth exists and is past, and its last sign. Area codes
// that were withdrawn stay legal, so areas are not looked up. "" says that it
// is right.
func CheckID(number string, on time.Time) fault.Code {
	if len(number) != 18 {
		return fault.IDNumberFormat
	}
	sum := 0
	for i, weight := range idWeights {
		if number[i] < '0' || number[i] > '9' {
			return fault.IDNumberFormat
		}
		sum += int(number[i]-'0') * weight
	}
	if last := number[17]; last != 'X' && (last < '0' || last > '9') {
		return fault.IDNumberFormat
	}
	// Nobody in business today was born before 1900.
	born, err := time.ParseInLocation("20060102", number[6:14], calendar.Shanghai)
	if err != nil || born.Year() < 1900 || born.After(on) {
		return fault.IDNumberBirth
	}
	if number[17] != idSigns[sum%11] {
		return fault.IDNumberCheck
	}
	return ""
}

// Mask shows the first four and the last four signs of a number of a person;
// of a short one only the last.
func Mask(number string) string {
	r := []rune(number)
	if len(r) == 0 {
		return ""
	}
	from, to := 4, len(r)-4
	if len(r) < 12 {
		from, to = 0, len(r)-1
	}
	for i := from; i < to; i++ {
		r[i] = '*'
	}
	return string(r)
}

// MaskName shows the first sign of a person's name.
func MaskName(name string) string {
	r := []rune(name)
	for i := 1; i < len(r); i++ {
		r[i] = '*'
	}
	return string(r)
}
