package order

import (
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/payment"
)

// ID names an order.
type ID int64

// String shows the id as ord_….
func (i ID) String() string { return id.Format("ord", int64(i)) }

// ParseID reads what String wrote. Faults: order_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("ord", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.OrderNotFound, "order", s)
	}
	return ID(v), nil
}

// Order is numbers that an enterprise wants, and what became of that.
type Order struct {
	ID       ID
	Shard    int // of the customer
	Customer catalog.CustomerID
	Code     string // of the customer; never changes
	Account  int64  // charging.AccountID of the customer
	Company  string // as on the business licence
	Handler  Handler
	Link     [32]byte // SHA-256 of the link's key
	State    State
	Items    []Item

	CreatedAt   time.Time
	LockedUntil time.Time // until then it must be paid
	DocumentsBy time.Time // zero before it is paid
	// DueAt is when the job looks at it next; zero: never.
	DueAt time.Time
	// RemindedAt is when the customer was last reminded of the lock's end, or of the
	// documents; zero: never.
	RemindedAt time.Time

	OneTime   OneTimeCode
	Signature Signature
	Payment   payment.ID // that was asked for last; 0: none
	Txn       ledger.ID  // that took the fees; 0 before
	Returned  bool       // they are back on the account
	OpenedAt  time.Time
	Events    int // how many it has
}

// Handler is the person who orders for the enterprise (经办人).
type Handler struct {
	Name  string
	Phone string // a mobile, for the one-time code
	Email string // may be empty
	Lang  string // zh or en
}

// Item is one number of an order, with what it is sold for. It never changes.
type Item struct {
	Number number.ID
	Digits string
	Plan   catalog.Plan // as it was
	Sale   catalog.Sale
	// GradeName is what the grade is called, in Chinese.
	GradeName string
	Quote     catalog.Quote
	Features  []catalog.SoldFeature `json:",omitempty"`
	Targets   []string              // the phones that it shall ring, in their order
}

// Fees is what the order takes for its numbers.
func (o *Order) Fees() (sum money.Amount) {
	for _, i := range o.Items {
		sum += i.Quote.Fees()
	}
	return sum
}

// Sum is what is to be paid: the fees and the first top-ups.
func (o *Order) Sum() (sum money.Amount) {
	for _, i := range o.Items {
		sum += i.Quote.Today()
	}
	return sum
}

// StateAt is the state for those who look at it: a lock whose time is over has
// expired, also before the job says so.
func (o *Order) StateAt(at time.Time) State {
	if (o.State == Locked || o.State == Signed) && !at.Before(o.LockedUntil) {
		return Expired
	}
	return o.State
}

// OneTimeCode proves that who signs has the handler's phone, or e-mail address.
type OneTimeCode struct {
	Hash  [32]byte // of the code and the order's id
	To    string   // the handler's phone or e-mail address that it was sent to
	Until time.Time
	Sent  int // how many were sent
	// Shown is the code itself where it is shown instead of sent
	// (Terms.ShowCodes); empty else.
	Shown string `json:",omitempty"`
	Tries int    // wrong ones since the last was sent
}

// Signature is a contract that was signed.
type Signature struct {
	Name     string // as it was typed
	Proven   string // the phone, or e-mail address, that had the code
	Address  string // the network address it came from
	At       time.Time
	Document [32]byte // SHA-256 of the contract that was shown
	Signed   [32]byte // SHA-256 of the signed contract
}

// Event is one thing that became of an order. A row never changes.
type Event struct {
	Shard int
	Order ID
	Seq   int // from 1
	At    time.Time
	Kind  Kind
	State State  // after it
	Who   string // customer, job, or the name of a member of staff
	Why   string // of what was asked again or refused, in words
}

// Document is a contract as it was shown, or signed.
type Document struct {
	Shard  int
	Order  ID
	Signed bool
	Hash   [32]byte // SHA-256
	PDF    []byte
}

// Filter says which orders are wanted. Empty fields do not filter.
type Filter struct {
	Customer string // its code
	State    State
	Before   ID  // only those that came before it; 0: all
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of orders wanted.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}
