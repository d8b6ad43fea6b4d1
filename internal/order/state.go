package order

import (
	"slices"
	"strings"

	"sibai/internal/fault"
)

// State is where an order is. The values are stored and published.
type State string

// The states of an order; doc.go draws how they follow each other.
const (
	Locked    State = "locked"    // the numbers wait for the signature and the money
	Signed    State = "signed"    // they wait for the money
	Paying    State = "paying"    // the fees are being taken
	Paid      State = "paid"      // documents are asked for
	Reviewing State = "reviewing" // they are looked at by the operator (初审)
	Vetted    State = "vetted"    // and by the carrier (终审)
	Open      State = "open"      // the numbers take calls
	Expired   State = "expired"   // nobody paid in time
	Cancelled State = "cancelled"
	Lapsed    State = "lapsed"  // no documents came in time
	Refused   State = "refused" // the documents were refused for good
)

// States lists all states.
func States() []State {
	return []State{Locked, Signed, Paying, Paid, Reviewing, Vetted, Open, Expired, Cancelled, Lapsed, Refused}
}

// Over reports whether nothing more becomes of the order.
func (s State) Over() bool {
	return s == Open || s == Expired || s == Cancelled || s == Lapsed || s == Refused
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
	WasPlaced    Kind = "placed"
	WasClaimed   Kind = "transfer_claimed" // the customer says that it paid by bank
	WasCoded     Kind = "code_sent"        // the one-time code for the signature
	WasGuessed   Kind = "code_wrong"
	WasSigned    Kind = "signed"
	WasAsked     Kind = "payment_asked"
	WasTaking    Kind = "taking" // enough money is there
	WasShort     Kind = "short"  // somebody else was quicker with the money
	WasPaid      Kind = "paid"
	WasTargeted  Kind = "targets" // the phones to ring were said anew
	WasHandedIn  Kind = "handed_in"
	WasAskedMore Kind = "asked_again" // for documents
	WasVetted    Kind = "vetted"      // the operator's review is passed
	WasOpened    Kind = "opened"
	WasExpired   Kind = "expired"
	WasCancelled Kind = "cancelled"
	WasLapsed    Kind = "lapsed"
	WasRefused   Kind = "refused"
	WasReturned  Kind = "returned" // the money is back on the account
	WasRefunded  Kind = "refunded" // and on its way to the payer
	WasReminded  Kind = "reminded" // the customer, of what ends soon
)

// stays is the state after an event that changes none.
const stays State = ""

// moves says which event an order in a state can meet, and which state it is in
// afterwards. What is not here cannot happen.
var moves = map[State]map[Kind]State{
	"":        {WasPlaced: Locked},
	Locked:    {WasCoded: stays, WasGuessed: stays, WasTargeted: stays, WasReminded: stays, WasSigned: Signed, WasExpired: Expired, WasCancelled: Cancelled},
	Signed:    {WasAsked: stays, WasClaimed: stays, WasTargeted: stays, WasReminded: stays, WasTaking: Paying, WasExpired: Expired, WasCancelled: Cancelled},
	Paying:    {WasPaid: Paid, WasShort: Signed},
	Paid:      {WasTargeted: stays, WasReminded: stays, WasHandedIn: Reviewing, WasLapsed: Lapsed, WasRefused: Refused},
	Reviewing: {WasTargeted: stays, WasAskedMore: Paid, WasVetted: Vetted, WasRefused: Refused},
	Vetted:    {WasAskedMore: Paid, WasOpened: Open, WasRefused: Refused},
	Lapsed:    {WasReturned: stays, WasRefunded: stays},
	Refused:   {WasReturned: stays, WasRefunded: stays},
}

// next is the state after an event; ok is false when it cannot happen.
func (s State) next(k Kind) (State, bool) {
	to, ok := moves[s][k]
	if ok && to == stays {
		to = s
	}
	return to, ok
}
