package cdr

import (
	"time"

	"sibai/internal/id"
	"sibai/internal/money"
)

// ID names a call; it is also the key of its hold and of its settlement.
type ID int64

// String shows the id as call_….
func (i ID) String() string { return id.Format("call", int64(i)) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("call", s)
	return ID(v), err
}

// Cause says how a call ended. The values are stored and published: they
// never change their meaning.
type Cause string

// The causes of a call's end.
const (
	Answered        Cause = "answered"             // somebody answered and one side hung up
	CreditExhausted Cause = "credit_exhausted"     // answered, cut when the last grant was used up
	Busy            Cause = "busy"                 // every phone was busy
	NoAnswer        Cause = "no_answer"            // nobody answered in time
	Rejected        Cause = "rejected"             // the called side declined
	Unreachable     Cause = "unreachable"          // phones or trunks could not be reached
	CallerGaveUp    Cause = "caller_gave_up"       // the caller hung up before an answer
	UnknownNumber   Cause = "unknown_number"       // nobody rents the dialled number
	NumberSuspended Cause = "number_suspended"     // suspended for arrears
	NumberFrozen    Cause = "number_frozen"        // frozen by a rule
	NumberNotOpen   Cause = "number_not_open"      // not opened yet, or already given back
	NoCredit        Cause = "insufficient_credit"  // the account could not pay the first increment
	TooManyCalls    Cause = "concurrency_exceeded" // the subscription's concurrent calls are used up
	CapReached      Cause = "monthly_cap_reached"  // the owner's monthly cap is used up
	NoTarget        Cause = "no_target"            // the number has no phone that may ring
	TrunkNotAllowed Cause = "trunk_not_allowed"    // the call came from an address that is no trunk of ours
	ChargingDown    Cause = "charging_unavailable" // the store could not reserve credit in time
	NodeStopped     Cause = "node_stopped"         // the node ended the call because it was stopped
	NodeLost        Cause = "node_lost"            // the node died; the reaper ended the call
	CallerLost      Cause = "caller_lost"          // the caller never acknowledged the answer
	InternalError   Cause = "internal_error"       // a fault of ours
)

// Side is who ended an answered call.
type Side string

// The sides of a call.
const (
	Caller   Side = "caller"
	Called   Side = "called"
	Platform Side = "platform"
)

// Leg is one phone that was rung.
type Leg struct {
	Target     string    `json:"target"`          // the number that was rung, digits
	Trunk      string    `json:"trunk,omitempty"` // the trunk it was rung over
	InvitedAt  time.Time `json:"invited_at"`      //
	RingingAt  time.Time `json:"ringing_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	Status     int       `json:"status,omitempty"` // final SIP status, 0 while none came
	Outcome    string    `json:"outcome"`          // answered, busy, no_answer, rejected, unreachable, cancelled
}

// Step is one thing that was decided about a call, in the order decided. Code
// names the sentence (explain keeps the words); Args fill its places.
type Step struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Line is one line of what a call cost. The lines of a CDR sum to its Charge.
// A line that is not Shared has Increments × Price = Amount. An increment that
// one bucket could not pay alone makes a Shared line for each bucket that paid
// a part of it: the parts sum to Price, and the first of them counts it.
type Line struct {
	Bucket     string       `json:"bucket"`      // cash, bonus, package
	Tariff     string       `json:"tariff"`      // code of the tariff
	Version    int          `json:"version"`     // version of the tariff
	Rule       string       `json:"rule"`        // connection, first, next
	Increments int64        `json:"increments"`  // how many started increments (1 for connection)
	Seconds    int64        `json:"seconds"`     // length of one increment
	Price      money.Amount `json:"price_micro"` // price of one increment
	Amount     money.Amount `json:"amount_micro"`
	Shared     bool         `json:"shared,omitempty"` // Amount is this bucket's part of one increment
	Class      string       `json:"class,omitempty"`  // class of the call that has prices of its own
	Band       string       `json:"band,omitempty"`   // time band of the tariff, by the increment's start
	// Unit is SEC when included call time paid: then Used is the seconds taken
	// and Price and Amount are 0. It is empty for money.
	Unit string `json:"unit,omitempty"`
	Used int64  `json:"used_seconds,omitempty"`
}

// Record is the CDR of one call. Instants that never came are zero. All
// instants are wall time for display; durations were measured on the
// monotonic clock of the node that ran the call.
type Record struct {
	Call         ID
	Node         int    // the node that ran the call
	Trunk        string // the trunk the call came from
	Number       string // the dialled number, ten digits where it is one
	Caller       string // the caller, normalised; empty when withheld
	CallerRaw    string // the caller as it came
	SIPCallID    string // Call-ID of the caller's leg
	Customer     int64  // customer.ID; 0 when the number is nobody's
	Account      int64
	Subscription int64

	StartedAt          time.Time // INVITE came
	RingingAt          time.Time // first phone rang
	AnsweredAt         time.Time // a phone answered
	PlatformAnsweredAt time.Time // Sibai itself answered (platform-answer mode)
	EndedAt            time.Time

	Talk      time.Duration // from the phone's answer to the end
	Billable  time.Duration // from the meter's start to the end, at most what was reserved
	Charge    money.Amount
	Cause     Cause
	Status    int  // SIP status the caller got; 200 when answered
	EndedBy   Side // of an answered call
	Recovered bool // settled by the reaper after its node was lost

	TariffID int64
	Lines    []Line
	Legs     []Leg
	Steps    []Step
}
