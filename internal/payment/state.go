package payment

import (
	"slices"
	"strings"

	"sibai/internal/fault"
)

// State is where a payment is. The values are stored and published.
type State string

// The states of a payment; doc.go draws how they follow each other.
const (
	Created        State = "created"
	Paid           State = "paid"    // the sum came, or staff took what came
	Differs        State = "differs" // another sum or currency came; nothing is booked
	PartlyRefunded State = "partly_refunded"
	Refunded       State = "refunded"
	Closed         State = "closed"
	Expired        State = "expired"
)

// States lists all states.
func States() []State {
	return []State{Created, Paid, Differs, PartlyRefunded, Refunded, Closed, Expired}
}

// Check refuses what is no state; "" stands for all.
func (s State) Check() error {
	if s == "" || slices.Contains(States(), s) {
		return nil
	}
	names := make([]string, len(States()))
	for i, known := range States() {
		names[i] = string(known)
	}
	return fault.New(fault.ValueNotAllowed, "value", s, "allowed", strings.Join(names, ", "))
}

// Kind is what an event tells. The values are stored and published.
type Kind string

// The kinds of event.
const (
	WasOpened     Kind = "opened"
	WasPaid       Kind = "paid"
	WasOff        Kind = "differs"        // another sum or currency came
	WasExtra      Kind = "extra"          // more came for a payment that has its money
	WasTaken      Kind = "taken"          // staff took a sum that differs
	WasBooked     Kind = "booked"         // the customer has the money
	WasClosed     Kind = "closed"         // by staff
	WasExpired    Kind = "expired"        // nobody paid in time
	WasShut       Kind = "shut"           // the provider's order ended too
	WasLeft       Kind = "left"           // it did not; it does when its time is over
	RefundAsked   Kind = "refund_asked"   // a part or all is to go back
	RefundedPart  Kind = "refunded_part"  // it went back, some is left
	RefundedWhole Kind = "refunded_whole" // it went back, nothing is left
	RefundWaits   Kind = "refund_waits"   // the provider gave no answer, or refused to give one
	RefundFailed  Kind = "refund_failed"
)

// stays is the state after an event that changes none.
const stays State = ""

// moves says which event a payment in a state can meet, and which state it is
// in afterwards. What is not here cannot happen.
var moves = map[State]map[Kind]State{
	Created: {WasPaid: Paid, WasOff: Differs, WasClosed: Closed, WasExpired: Expired},
	Closed:  {WasPaid: Paid, WasOff: Differs, WasShut: stays, WasLeft: stays},
	Expired: {WasPaid: Paid, WasOff: Differs},
	Differs: {WasTaken: Paid, WasExtra: stays},
	Paid: {
		WasBooked: stays, WasExtra: stays, RefundAsked: stays, RefundWaits: stays, RefundFailed: stays,
		RefundedPart: PartlyRefunded, RefundedWhole: Refunded,
	},
	PartlyRefunded: {
		WasExtra: stays, RefundAsked: stays, RefundWaits: stays, RefundFailed: stays,
		RefundedPart: stays, RefundedWhole: Refunded,
	},
	Refunded: {WasExtra: stays},
}

// next is the state after an event; ok is false when it cannot happen.
func (s State) next(k Kind) (State, bool) {
	to, ok := moves[s][k]
	if ok && to == stays {
		to = s
	}
	return to, ok
}

// came reports whether the money of the payment has come, right or not.
func (s State) came() bool { return s != Created && s != Closed && s != Expired }
