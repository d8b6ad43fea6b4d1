package billing

import (
	"time"

	"sibai/internal/money"
)

// ItemKind is what a run did, or would do.
type ItemKind string

// The kinds of item. Those that lie ahead stand in a preview only.
const (
	FeeOnce      ItemKind = "fee_once"      // the right to a number, a buyout
	TermBegins   ItemKind = "term_begins"   // a first term
	TermRenewed  ItemKind = "term_renewed"  // a later one
	FeeEarned    ItemKind = "fee_earned"    // days of a term, into revenue
	MinimumTaken ItemKind = "minimum"       // a true-up
	Expired      ItemKind = "expired"       // what a package left
	RolledOver   ItemKind = "rolled_over"   // the same, into the next term's
	LowBalance   ItemKind = "low_balance"   // the customer's threshold was crossed
	StageChanged ItemKind = "stage_changed" // of arrears
	NumberLost   ItemKind = "number_lost"   // after closing
	NumberRested ItemKind = "number_rested" // available again

	// Of real-name verification (package realname).
	DocumentsAsked   ItemKind = "documents_asked"   // documents are to be handed in again, until a day
	DocumentsExpire  ItemKind = "documents_expire"  // they run out on a day
	DocumentsExpired ItemKind = "documents_expired" // they did, and the number is frozen
	NumberFrozen     ItemKind = "number_frozen"     // by a rule, for good

	WebhookOff ItemKind = "webhook_off" // an address took nothing for days (package webhook)

	// Of orders of numbers (package order).
	OrderSigned    ItemKind = "order_signed"
	OrderEnding    ItemKind = "order_ending"    // the numbers wait not much longer
	OrderExpired   ItemKind = "order_expired"   // nobody paid in time
	OrderPaid      ItemKind = "order_paid"      // documents are asked for
	OrderDocuments ItemKind = "order_documents" // they are still missing
	OrderAsked     ItemKind = "order_asked"     // they are asked for again, for a reason
	OrderOpened    ItemKind = "order_opened"
	OrderLapsed    ItemKind = "order_lapsed"  // no documents came in time
	OrderRefused   ItemKind = "order_refused" // for a reason
	OrderRefunded  ItemKind = "order_refunded"

	TermEnds ItemKind = "term_ends" // in some days, and the next one is taken

	// For the operator's staff.
	ReviewLate   ItemKind = "review_late"   // a real-name review is beyond its deadline
	PaymentOff   ItemKind = "payment_off"   // money came that is not what was asked for
	BillDiffers  ItemKind = "bill_differs"  // a provider's bill and the books (package reconcile)
	ChannelFails ItemKind = "channel_fails" // messages are not taken over

	MinimumAhead ItemKind = "minimum_ahead" // what the running period would be charged as of now
	RenewalAhead ItemKind = "renewal_ahead"
	ExpiryAhead  ItemKind = "expiry_ahead"
)

// Item is one thing that a run did, or would do.
type Item struct {
	Kind     ItemKind
	Customer string       `json:",omitempty"` // its code
	Number   string       `json:",omitempty"` // ten digits
	Amount   money.Amount `json:",omitempty"` // in micro-yuan
	Seconds  int64        `json:",omitempty"` // of included time, in its place
	// From and Until are days: those of the term or period, the first and the
	// last. Of a package Until is its last day.
	From  string `json:",omitempty"`
	Until string `json:",omitempty"`
	// Short is set when the account cannot pay: it is due, and tried again.
	Short bool `json:",omitempty"`
	// Minimum and Consumption are the figures that Amount is the difference of.
	Minimum     money.Amount `json:",omitempty"`
	Consumption money.Amount `json:",omitempty"`
	// Balance and Threshold are those of LowBalance.
	Balance   money.Amount `json:",omitempty"`
	Threshold money.Amount `json:",omitempty"`
	Was       Stage        `json:",omitempty"` // of StageChanged
	Stage     Stage        `json:",omitempty"`
	Host      string       `json:",omitempty"` // of the address, of WebhookOff
	Subject   string       `json:",omitempty"` // id of what a notice is about: an application, a payment
	Count     int          `json:",omitempty"` // of messages, of ChannelFails; of differences
	More      int          `json:",omitempty"` // numbers of an order besides Number
	Why       string       `json:",omitempty"` // what is to be mended, as it was said; in Chinese where it was chosen
	WhyEN     string       `json:",omitempty"` // the same in English, where it was chosen
}

// Report is what a run did, or a preview found.
type Report struct {
	At      time.Time
	Preview bool
	Items   []Item
	// Failed are customers that could not be billed, with the reason; the next
	// run tries again.
	Failed []Failure `json:",omitempty"`
}

// Failure is a customer whose bills could not be done.
type Failure struct{ Customer, Error string }
