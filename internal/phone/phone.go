package phone

import "strings"

// Class is what kind of line a number is.
type Class string

// The classes.
const (
	Mobile    Class = "mobile"    // 手机
	Virtual   Class = "virtual"   // 虚拟运营商手机
	Fixed     Class = "fixed"     // 固话, with area code
	Service   Class = "service"   // 400 or 800
	Short     Class = "short"     // 短号码, 95xxx, 1xxxx
	Privacy   Class = "privacy"   // 隐私号, 15 digits 700…
	Foreign   Class = "foreign"   // 境外, with country code
	Anonymous Class = "anonymous" // the caller withheld it
	Unknown   Class = "unknown"   // none of these; routed all the same
)

// Number is a telephone number in its normal form.
type Number struct {
	// Digits is the national form: 13800138000, 01088886666, 4001234567,
	// 95588. A foreign number is + and its country code: +85212345678. It is
	// empty for Anonymous, and what was left after cleaning for Unknown.
	Digits string
	Class  Class
}

// maxDigits is the longest input worth reading; E.164 has 15, SMS ports 20.
const maxDigits = 32

// Normalise reads a caller's number in any of the ways that carriers send it:
// 86…, +86…, 0086…, 0 before a mobile, an access prefix such as 17951, spaces
// and dashes, a sip: or tel: scheme, a host part or parameters.
func Normalise(cli string) Number {
	s, ok := clean(cli)
	if withheld[strings.ToLower(s)] || (ok && s != "" && strings.Trim(s, "0") == "") {
		return Number{Class: Anonymous}
	}
	if !ok {
		return Number{Digits: s, Class: Unknown}
	}
	return read(s)
}

// read classifies s, digits with or without a + in front.
func read(s string) Number {
	if rest, ok := strings.CutPrefix(s, "+"); ok {
		return international(rest)
	}
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		return international(rest)
	}
	if n, ok := national(s); ok {
		return n
	}
	if rest, ok := strings.CutPrefix(s, "86"); ok {
		if n, ok := domestic(rest); ok {
			return n
		}
	}
	for _, access := range accessPrefixes {
		if rest, ok := strings.CutPrefix(s, access); ok && len(rest) >= 7 {
			if n := read(rest); n.Class != Unknown {
				return n
			}
		}
	}
	return Number{Digits: s, Class: Unknown}
}

// international reads what stood behind + or 00.
func international(s string) Number {
	if rest, ok := strings.CutPrefix(s, "86"); ok {
		if n, ok := domestic(rest); ok {
			return n
		}
		return Number{Digits: "+" + s, Class: Unknown}
	}
	// E.164: a country code does not start with 0, at most 15 digits in all.
	if len(s) < 7 || len(s) > 15 || s[0] == '0' {
		return Number{Digits: "+" + s, Class: Unknown}
	}
	return Number{Digits: "+" + s, Class: Foreign}
}

// domestic reads what stood behind the country code 86, where the trunk 0 of
// a fixed line is left out.
func domestic(s string) (Number, bool) {
	if n, ok := national(s); ok {
		return n, true
	}
	if !strings.HasPrefix(s, "0") {
		return national("0" + s)
	}
	return Number{}, false
}

// national reads a number as dialled inside mainland China.
func national(s string) (Number, bool) {
	if mobile, ok := strings.CutPrefix(s, "0"); ok && strings.HasPrefix(mobile, "1") {
		if c := classOf(mobile); c == Mobile || c == Virtual {
			return Number{Digits: mobile, Class: c}, true
		}
	}
	if c := classOf(s); c != Unknown {
		return Number{Digits: s, Class: c}, true
	}
	// A short code behind an area code, as 021-95588 or 0755-110.
	if area := areaLength(s); area > 0 && classOf(s[area:]) == Short {
		return Number{Digits: s, Class: Short}, true
	}
	return Number{}, false
}

func classOf(s string) Class {
	class, longest := Unknown, 0
	for _, r := range rules {
		if len(r.prefix) <= longest || len(s) < r.min || len(s) > r.max || !strings.HasPrefix(s, r.prefix) {
			continue
		}
		if r.class == Fixed && !localStart(s) {
			continue
		}
		class, longest = r.class, len(r.prefix)
	}
	return class
}

// localStart reports whether the local part behind the area code starts as a
// subscriber's line does.
func localStart(s string) bool {
	area := areaLength(s)
	return area > 0 && s[area] >= '2' && s[area] <= '8'
}

// areaLength is the length of the area code in front of s with its 0, or 0.
func areaLength(s string) int {
	switch {
	case len(s) < 7 || s[0] != '0' || s[1] == '0':
		return 0
	case s[1] <= '2': // 010, 02x
		return 3
	}
	return 4
}

// clean takes scheme, host, parameters and separators off. ok is false when
// something other than digits, with or without a leading +, is left.
func clean(text string) (s string, ok bool) {
	s = strings.TrimSpace(text)
	for _, scheme := range []string{"sips:", "sip:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	if at := strings.IndexAny(s, "@;"); at >= 0 {
		s = s[:at]
	}
	ok = true
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r == '+' && b.Len() == 0:
			b.WriteByte('+')
		case strings.ContainsRune(" -.()/\u00a0\u3000－（）", r):
		default:
			ok = false
		}
		if b.Len() > maxDigits {
			ok = false
			break
		}
	}
	if !ok {
		return shorten(s), false
	}
	if s = b.String(); s == "+" {
		return "", true
	}
	return s, true
}

// shorten keeps what a record has room for of a text that is no number.
func shorten(s string) string {
	const limit = 64
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// Mask hides the middle of a number for display: 137****2286, 010****6666.
// Short codes and service numbers are public and stay as they are.
func Mask(digits string) string {
	const keepFront, keepBack = 3, 4
	n := len(digits)
	switch {
	case n < keepFront+keepBack:
		return digits
	case n == 10 && classOf(digits) == Service, classOf(digits) == Short:
		return digits
	}
	front := keepFront
	if digits[0] == '+' {
		front++
	}
	hidden := n - front - keepBack
	if hidden < 1 {
		return digits[:front] + "****"
	}
	return digits[:front] + strings.Repeat("*", max(hidden, 4)) + digits[n-keepBack:]
}

// MaskContact is a phone as Mask shows it, or an e-mail address with its first
// character and its domain only.
func MaskContact(to string) string {
	local, domain, ok := strings.Cut(to, "@")
	if !ok {
		return Mask(to)
	}
	return local[:min(1, len(local))] + "***@" + domain
}
