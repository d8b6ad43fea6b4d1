package realname

import (
	"slices"

	"sibai/internal/fault"
)

// State is where an application is. The values are stored and published.
type State string

// The states; doc.go draws how they follow each other.
const (
	Draft         State = "draft"
	VendorReview  State = "vendor_review"  // 初审
	CarrierReview State = "carrier_review" // 终审
	Asked         State = "asked"          // 退回补正
	Approved      State = "approved"
	Rejected      State = "rejected"
	Lapsed        State = "lapsed"     // nobody answered in time
	Expired       State = "expired"    // a document ran out
	Superseded    State = "superseded" // a later application was approved
)

// States lists all states.
func States() []State {
	return []State{Draft, VendorReview, CarrierReview, Asked, Approved, Rejected, Lapsed, Expired, Superseded}
}

// Open reports whether the application is not decided yet.
func (s State) Open() bool {
	return s == Draft || s == VendorReview || s == CarrierReview || s == Asked
}

// Editable reports whether the customer may change it.
func (s State) Editable() bool { return s == Draft || s == Asked }

// Check refuses what is no state; "" stands for all.
func (s State) Check() error {
	if s == "" || slices.Contains(States(), s) {
		return nil
	}
	return fault.New(fault.ValueNotAllowed, "value", s, "allowed", joined(States()))
}

// What is what an event tells. The values are stored and published.
type What string

// The kinds of event.
const (
	WasBegun      What = "begun"
	WasFilled     What = "filled" // the form was changed
	WasAdded      What = "document_added"
	WasLooked     What = "document_looked_at" // somebody saw the original
	WasPreviewed  What = "document_previewed"
	WasSeen       What = "form_looked_at" // somebody saw it unmasked
	WasLinked     What = "link_made"
	WasHandedIn   What = "handed_in"
	WasPassed     What = "vendor_passed"
	WasSent       What = "sent_to_carrier"
	WasApproved   What = "approved"
	WasAsked      What = "asked"
	WasRejected   What = "rejected"
	WasLate       What = "review_late" // the deadline of a review is over
	WasLapsed     What = "lapsed"
	WasReminded   What = "reminded" // that documents run out
	WasExpired    What = "expired"
	WasSuperseded What = "superseded"
)

// stays is the state after an event that changes none.
const stays State = ""

// moves says which events an application in a state can meet, and the state
// after. Looking is possible in every state.
var moves = map[State]map[What]State{
	Draft:         {WasLinked: stays, WasFilled: stays, WasAdded: stays, WasHandedIn: VendorReview, WasLapsed: Lapsed},
	Asked:         {WasLinked: stays, WasFilled: stays, WasAdded: stays, WasHandedIn: VendorReview, WasLapsed: Lapsed},
	VendorReview:  {WasLinked: stays, WasPassed: CarrierReview, WasAsked: Asked, WasRejected: Rejected, WasLate: stays},
	CarrierReview: {WasLinked: stays, WasSent: stays, WasApproved: Approved, WasAsked: Asked, WasRejected: Rejected, WasLate: stays},
	Approved:      {WasReminded: stays, WasExpired: Expired, WasSuperseded: Superseded},
	Expired:       {WasSuperseded: Superseded},
}

// next is the state after an event; ok is false when it cannot happen.
func (s State) next(w What) (State, bool) {
	if w == WasLooked || w == WasPreviewed || w == WasSeen {
		return s, true
	}
	to, ok := moves[s][w]
	if ok && to == stays {
		to = s
	}
	return to, ok
}
