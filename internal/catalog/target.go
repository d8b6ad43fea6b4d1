package catalog

import (
	"time"

	"sibai/internal/fault"
	"sibai/internal/phone"
)

// Review is where a target's documents stand.
type Review string

// The reviews. Only an approved target may ring.
const (
	Approved Review = "approved"
	Pending  Review = "pending"
	Refused  Review = "refused"
)

// Reviews are all states of a review.
func Reviews() []Review { return []Review{Approved, Pending, Refused} }

const (
	maxCapacity    = 10_000
	minRingTimeout = 5 * time.Second
	maxRingTimeout = 3 * time.Minute
)

// Target is a phone of a customer that its numbers may forward to.
type Target struct {
	ID       TargetID
	Shard    int // of the customer
	Customer CustomerID
	Phone    string // digits, national form
	Trunk    string // code of the trunk that reaches it
	Capacity int    // calls at once: a mobile 1, a trunk pilot more
	Review   Review
	// RingTimeout is how long it rings, whole seconds; 0 takes the number's.
	RingTimeout time.Duration
}

// Validate reports every problem of t.
func (t Target) Validate(report Report) {
	if _, refusal := phone.ParseTarget(t.Phone); refusal != "" {
		report("phone", fault.Code(refusal), "phone", t.Phone)
	}
	checkCode(report, "trunk", t.Trunk)
	checkRange(report, "capacity", t.Capacity, 1, maxCapacity)
	CheckRingTimeout(report, "ring_timeout", t.RingTimeout)
	switch t.Review {
	case Approved, Pending, Refused:
	default:
		report("review", fault.ValueNotAllowed, "value", quote(string(t.Review)), "allowed", "approved, pending, refused")
	}
}

// CheckRingTimeout reports a ring timeout that is no whole number of seconds
// between 5 s and 3 min; 0, the default, passes.
func CheckRingTimeout(report Report, field string, d time.Duration) {
	if d != 0 && (d < minRingTimeout || d > maxRingTimeout || d%time.Second != 0) {
		report(field, fault.DurationRange, "value", short(d), "min", short(minRingTimeout), "max", short(maxRingTimeout))
	}
}
