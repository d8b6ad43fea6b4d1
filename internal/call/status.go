package call

import (
	"sibai/internal/cdr"
	"sibai/internal/routing"
)

// statusOf is the SIP status a caller gets for each cause (RFC 3398 §8.2 maps
// them to the telephone network's causes; the Reason header says more).
var statusOf = map[cdr.Cause]int{
	cdr.Busy:            486,
	cdr.NoAnswer:        480,
	cdr.Rejected:        603,
	cdr.Unreachable:     480,
	cdr.CallerGaveUp:    487,
	cdr.UnknownNumber:   404,
	cdr.NumberNotOpen:   404,
	cdr.NumberSuspended: 403,
	cdr.NumberFrozen:    403,
	cdr.NoCredit:        402,
	cdr.TooManyCalls:    486,
	cdr.CapReached:      480,
	cdr.NoTarget:        480,
	cdr.TrunkNotAllowed: 403,
	cdr.ChargingDown:    503,
	cdr.NodeStopped:     503,
	cdr.InternalError:   500,
}

// Status is the SIP status that tells a caller of a cause; 500 for a cause
// that no caller is ever refused with.
func Status(c cdr.Cause) int {
	if s, ok := statusOf[c]; ok {
		return s
	}
	return 500
}

// causeOf says what a call ended with when nobody answered.
func causeOf(o routing.Outcome) cdr.Cause {
	switch o {
	case routing.Busy:
		return cdr.Busy
	case routing.NoAnswer:
		return cdr.NoAnswer
	case routing.Rejected:
		return cdr.Rejected
	}
	return cdr.Unreachable
}
