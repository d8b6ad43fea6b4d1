package number

// Carrier is one of the carriers that issue 400 numbers.
type Carrier string

// The carriers.
const (
	Unicom  Carrier = "unicom"  // 中国联通
	Telecom Carrier = "telecom" // 中国电信
	Mobile  Carrier = "mobile"  // 中国移动
)

// Valid reports whether c is a known carrier.
func (c Carrier) Valid() bool { return c == Unicom || c == Telecom || c == Mobile }

// Segments says which carrier issued the numbers of a segment (号段, the
// first four digits).
type Segments map[string]Carrier

// DefaultSegments are the segments in general use. 4002 to 4005 are assigned
// per region and operator: a site names them.
func DefaultSegments() Segments {
	return Segments{
		"4000": Unicom, "4006": Unicom,
		"4008": Telecom, "4009": Telecom,
		"4001": Mobile, "4007": Mobile,
	}
}

// With returns the segments of s with those of other added or replaced.
func (s Segments) With(other Segments) Segments {
	out := make(Segments, len(s)+len(other))
	for k, v := range s {
		out[k] = v
	}
	for k, v := range other {
		out[k] = v
	}
	return out
}

// Issuer returns the carrier that issued a number; ok is false when its
// segment is not known.
func (s Segments) Issuer(digits string) (c Carrier, ok bool) {
	if !Valid(digits) {
		return "", false
	}
	c, ok = s[digits[:4]]
	return c, ok
}

// ValidSegment reports whether text can be a segment: 400 and one digit.
func ValidSegment(text string) bool {
	return len(text) == 4 && text[:3] == "400" && text[3] >= '0' && text[3] <= '9'
}
