package payment

import (
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// ID names a payment. Providers get it as the merchant's order number.
type ID int64

// String shows the id as pay_….
func (i ID) String() string { return id.Format("pay", int64(i)) }

// ParseID reads what String wrote. Faults: payment_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("pay", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.PaymentNotFound, "payment", s)
	}
	return ID(v), nil
}

// Purpose is what a payment is for.
type Purpose string

// TopUp is for the cash of the customer's account.
const TopUp Purpose = "top_up"

// Currency is the only one that is booked (ISO 4217).
const Currency = "CNY"

// Payment is a sum that a customer is asked for, and what became of it.
type Payment struct {
	ID       ID
	Shard    int // of its customer
	Customer catalog.CustomerID
	Code     string // of the customer; never changes
	Purpose  Purpose
	Provider string // its name, and the channel of its bookings
	Amount   money.Amount
	Link     [32]byte // SHA-256 of the link's key
	State    State

	CreatedAt time.Time
	ExpiresAt time.Time // until then it can be paid; staff may close it before
	PaidAt    time.Time // when the provider had the money; zero before
	// DueAt is when the job looks at it next; zero: never.
	DueAt time.Time

	Received  money.Amount // what came; 0 before
	Currency  string       // of Received
	Reference string       // the provider's own number of what came
	Txn       ledger.ID    // that booked it; 0 before
	Refunding money.Amount // of refunds that are under way
	Refunded  money.Amount
	Events    int // how many it has
}

// StateAt is the state for those who look at it: a payment whose time is over
// has expired, also before the job says so.
func (p *Payment) StateAt(at time.Time) State {
	if p.State == Created && !at.Before(p.ExpiresAt) {
		return Expired
	}
	return p.State
}

// Booked reports whether the customer has the money.
func (p *Payment) Booked() bool { return p.Txn != 0 }

// Refundable is what may still go back.
func (p *Payment) Refundable() money.Amount {
	if !p.Booked() {
		return 0
	}
	return p.Received - p.Refunding - p.Refunded
}

// Event is one thing that became of a payment. A row never changes.
type Event struct {
	Shard     int
	Payment   ID
	Seq       int // from 1
	At        time.Time
	Kind      Kind
	State     State // after it
	Amount    money.Amount
	Currency  string
	Reference string // the provider's number, or the refund's id
	Why       string // of what staff did: who and for what; of a refund that waits or failed: the code of a fault, or the provider's words
}

// Filter says which payments are wanted. Empty fields do not filter.
type Filter struct {
	Customer string // its code
	State    State
	Before   ID  // only those that came before it; 0: all
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of payments wanted.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}

// checkSum refuses what no provider can be asked for: they count in fen.
func checkSum(a money.Amount) error {
	switch {
	case a < money.Fen || a > catalog.MaxAmount:
		return fault.New(fault.MoneyRange, "value", a, "min", money.Fen, "max", catalog.MaxAmount)
	case a%money.Fen != 0:
		return fault.New(fault.MoneyNotFen, "value", a)
	}
	return nil
}
