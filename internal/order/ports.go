package order

import (
	"context"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/payment"
	"sibai/internal/routing"
)

// Store keeps orders. An adapter implements it.
type Store interface {
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	// Wares reads what is sold, and what is stored of some numbers.
	Wares(ctx context.Context, digits []string) (Wares, error)
	// Place keeps a new order with its first event, its customer when that is
	// new, and locks its numbers, in one durable transaction. When one is not
	// available any more, nothing is written and taken lists those.
	Place(ctx context.Context, o Order, e Event, customer *catalog.Customer) (taken []string, err error)
	// Order reads an order; ok is false when there is none.
	Order(ctx context.Context, id ID) (o Order, ok bool, err error)
	// ChangeOrder lets f decide on the order, with nobody else changing it
	// meanwhile, and writes what f says in one durable transaction; nothing when
	// it says no event or an error. The fault order_not_found says that there is
	// none.
	ChangeOrder(ctx context.Context, id ID, f func(Order) (Writes, error)) error
	// Postpone lets the job look at an order at an instant and not before.
	Postpone(ctx context.Context, id ID, at time.Time) error
	// OrderEvents lists the events of an order, the oldest first.
	OrderEvents(ctx context.Context, id ID) ([]Event, error)
	// Orders lists orders, the newest first.
	Orders(ctx context.Context, f Filter) ([]Order, error)
	// Waiting counts the orders of a customer, and those of a handler's phone,
	// that wait for signature or payment at an instant.
	Waiting(ctx context.Context, c catalog.Customer, phone string, at time.Time) (int, error)
	// DueOrders lists up to limit of those that the job should look at, the
	// longest due first.
	DueOrders(ctx context.Context, at time.Time, limit int) ([]ID, error)
	// Contract reads the contract of an order as it was shown, or signed; ok is
	// false when there is none.
	Contract(ctx context.Context, o Order, signed bool) (d Document, ok bool, err error)
	// Transaction reads a transaction with its entries; ok is false when there is
	// none.
	Transaction(ctx context.Context, id ledger.ID) (t ledger.Transaction, ok bool, err error)
	// Cart lists the numbers of a cart that is still kept at an instant.
	Cart(ctx context.Context, name string, at time.Time) ([]string, error)
	// ChangeCart lets f change a cart, with nobody else changing it meanwhile, and
	// keeps what f returns until an instant; an empty one is not kept. What is over
	// at an instant goes with it.
	ChangeCart(ctx context.Context, name string, at, until time.Time, f func([]string) ([]string, error)) error
	// ContractOf finds the order of a signed contract by its hash.
	ContractOf(ctx context.Context, hash [32]byte) (o Order, ok bool, err error)
}

// Wares are what is sold, and numbers.
type Wares struct {
	Operator  string // its name
	Plans     []catalog.Plan
	Priced    map[string]time.Time // by tariff: when its first version takes effect
	Grades    number.Grades
	Own       number.Own // grades of some numbers by an operator's word
	Floors    catalog.Floors
	Discounts catalog.Discounts
	Features  catalog.Features
	Numbers   map[string]Stock
}

// Stock is a number as it is stored.
type Stock struct {
	ID    number.ID
	State number.State
}

// Writes are what becomes of an order: the order as it is now and its new
// event, and what becomes of its numbers with it. Nothing is written without
// an event.
type Writes struct {
	Order Order
	Event *Event
	// Numbers is the state that its numbers get; "": they keep theirs. Sold gives
	// them to the customer, available takes them back.
	Numbers number.State
	// Subscriptions are of numbers that are sold, and once more, begun, of those
	// that open.
	Subscriptions []catalog.Subscription
	Targets       []catalog.Target // of numbers that open
	Profiles      []Profile
	Documents     []Document
	Notices       []billing.Notice // what the customer is told
	// Contact is set where the customer is written to at the handler's addresses from
	// now on, unless it has others already.
	Contact bool
}

// Profile is the first published profile of a number that opens.
type Profile struct {
	Number  number.ID
	Profile routing.Profile
}

// Bank moves the money; charging.Service implements it.
type Bank interface {
	Post(ctx context.Context, p charging.Posting) (charging.Posted, error)
	Balances(ctx context.Context, shard int, account charging.AccountID) (*charging.AccountView, error)
}

// Printer makes contracts on paper. An adapter implements it.
type Printer interface {
	// Contract prints a contract as PDF; with a signature when it has one. The
	// same contract gives the same bytes.
	Contract(c Contract) ([]byte, error)
}

// Contract is what a contract says.
type Contract struct {
	Operator string
	Order    Order
	At       time.Time // of the offer
}

// Sender brings one-time codes to handlers. An adapter implements it.
type Sender interface {
	// Reach says where a code would go, to the handler's phone or e-mail address;
	// ok is false when no channel reaches either.
	Reach(h Handler) (to string, ok bool)
	// SendCode sends the code of an order to OneTime.To, or says why not; for is
	// how long it holds.
	SendCode(ctx context.Context, o Order, code string, holds time.Duration) error
}

// Payments asks for money; payment.Service implements it.
type Payments interface {
	Ask(ctx context.Context, customer string, amount money.Amount, provider string, payable time.Duration) (payment.Asked, error)
	Refund(ctx context.Context, id payment.ID, amount money.Amount, key, why string) (payment.Refund, error)
	Read(ctx context.Context, id payment.ID) (payment.Payment, error)
	Close(ctx context.Context, id payment.ID) (payment.Payment, error)
}

// Biller takes what is due of a customer; billing.Service implements it.
type Biller interface {
	RunFor(ctx context.Context, code string) (billing.Report, error)
}
