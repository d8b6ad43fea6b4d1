package call

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/money"
)

// Phase is where a running call stands.
type Phase string

// The phases of a running call.
const (
	Authorising Phase = "authorising"
	RingingNow  Phase = "ringing"
	Talking     Phase = "talking"
	Ending      Phase = "ending"
)

// View is a running call as others may see it. It is a copy.
type View struct {
	Call         cdr.ID
	Phase        Phase
	Trunk        string // the trunk the call came from
	Number       string
	Caller       string // empty when withheld
	Customer     int64
	CustomerName string
	Targets      []string // the phones that ring, or the one that answered
	StartedAt    time.Time
	AnsweredAt   time.Time    // zero while nobody answered
	Held         money.Amount // what the time granted to it costs by its tariff
	Steps        []cdr.Step   // what was decided so far
	Legs         []cdr.Leg

	bill    charging.Bill
	metered bool
}

// Proof is the sign of life of a running call that holds credit; ok is false
// when it holds none.
func (v View) proof(now time.Time) (p charging.Proof, ok bool) {
	if !v.metered {
		return charging.Proof{}, false
	}
	p = charging.Proof{Call: v.Call, Bill: v.bill}
	if !v.AnsweredAt.IsZero() {
		p.MeterStartedAt = v.AnsweredAt
		p.Elapsed = now.Sub(v.AnsweredAt)
	}
	return p, true
}
