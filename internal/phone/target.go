package phone

// Refusal says why a phone may not be bound to a 400 number. The values are
// codes of package fault, which has the words.
type Refusal string

// The refusals.
const (
	RefusedEmpty   Refusal = "target_empty"
	RefusedUnknown Refusal = "target_unknown"
	RefusedVirtual Refusal = "target_virtual_operator"
	RefusedService Refusal = "target_service_number"
	RefusedShort   Refusal = "target_short_code"
	RefusedForeign Refusal = "target_foreign"
	RefusedPrivacy Refusal = "target_privacy"
)

// Refusals are all reasons a phone can be refused for.
func Refusals() []Refusal {
	return []Refusal{RefusedEmpty, RefusedUnknown, RefusedVirtual, RefusedService, RefusedShort, RefusedForeign, RefusedPrivacy}
}

// ParseTarget reads a phone that a 400 number is to forward to and returns
// its national form, or why it may not be bound: only mobiles of the basic
// operators and fixed lines, trunk pilots among them, are allowed.
func ParseTarget(text string) (Number, Refusal) {
	n := Normalise(text)
	switch n.Class {
	case Mobile, Fixed:
		return n, ""
	case Virtual:
		return n, RefusedVirtual
	case Service:
		return n, RefusedService
	case Short:
		return n, RefusedShort
	case Foreign:
		return n, RefusedForeign
	case Privacy:
		return n, RefusedPrivacy
	case Anonymous:
		return n, RefusedEmpty
	}
	return n, RefusedUnknown
}
