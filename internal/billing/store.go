package billing

import (
	"context"
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
)

// Store keeps what is due, who is in arrears, and what was told to whom. An
// adapter implements it.
type Store interface {
	// Book reads all customers of a shard with what concerns their bills, in
	// one consistent read. True-ups whose period ended before since and that
	// are paid may be left out.
	Book(ctx context.Context, shard int, since time.Time) (Book, error)
	// Consumption is what the calls of a subscription cost that came in from an
	// instant on and before another. It is pending while such a call runs.
	Consumption(ctx context.Context, shard int, c catalog.CustomerID, account charging.AccountID, s charging.SubscriptionID, from, before time.Time) (sum money.Amount, pending bool, err error)
	// Save writes rows, each inserted or replaced by its key, in one durable
	// transaction.
	Save(ctx context.Context, w Writes) error
	// Rested makes the numbers available whose quarantine is over, and lists
	// them; with dry it only lists them.
	Rested(ctx context.Context, at time.Time, dry bool) ([]string, error)
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	// Transaction reads a transaction with its entries, TransactionShard says
	// which shard it stands in; ok is false when there is none.
	Transaction(ctx context.Context, id ledger.ID) (t ledger.Transaction, ok bool, err error)
	TransactionShard(ctx context.Context, id ledger.ID) (shard int, ok bool, err error)
	// Owner finds the customer who rents a number.
	Owner(ctx context.Context, digits string) (c catalog.Customer, ok bool, err error)
}

// Bank moves the money; charging.Service implements it.
type Bank interface {
	Post(ctx context.Context, p charging.Posting) (charging.Posted, error)
	TopUp(ctx context.Context, t charging.TopUp) (charging.Credit, error)
	Balances(ctx context.Context, shard int, account charging.AccountID) (*charging.AccountView, error)
	SuspendForArrears(ctx context.Context, key charging.AccountKey, atMost money.Amount, owing bool) (bool, error)
	EndArrears(ctx context.Context, key charging.AccountKey) error
}

// Book is what is stored about the bills of one shard.
type Book struct {
	Customers []*Customer
	Arrears   *catalog.Arrears // nil: nobody is suspended by a job
}

// Customer is a customer with everything that bills are made of.
type Customer struct {
	catalog.Customer
	View    *charging.AccountView
	Rentals []*Rental
	Terms   []*Term // of its subscriptions, also of numbers that it gave up
	TrueUps []*TrueUp
	Arrears Arrears
}

// Rental is a number that the customer rents.
type Rental struct {
	Number       number.ID
	Digits       string
	State        number.State
	Issuing      number.Carrier
	Serving      number.Carrier
	Subscription catalog.Subscription
	Plan         catalog.Plan

	asked bool // the operator has this run take what the plan leaves to it
}

// live reports whether the number takes calls, or would with credit.
func (r *Rental) live() bool { return r.State == number.Active || r.State == number.Suspended }

// billed reports whether this run takes fees of the number from the account.
func (r *Rental) billed() bool {
	return r.live() && (r.Plan.Collection == catalog.Automatic || r.asked)
}

// prepaid reports whether an order's payment was for a fee: it waits on
// ledger.DeferredOrders and is not taken from the account again.
func (r *Rental) prepaid(seq int) bool { return r.Subscription.Sale.Sold() && seq <= 1 }

// takes reports whether this run takes the fee with this number.
func (r *Rental) takes(seq int) bool { return r.billed() || r.live() && r.prepaid(seq) }

// AccountID names the customer's prepaid account.
func (c *Customer) AccountID() charging.AccountID { return charging.AccountID(c.Account) }

func (c *Customer) accountKey() charging.AccountKey {
	return charging.AccountKey{Shard: c.Shard, ID: c.AccountID()}
}

func (c *Customer) term(r *Rental, seq int) *Term {
	i := slices.IndexFunc(c.Terms, func(t *Term) bool {
		return int64(t.Subscription) == r.Subscription.ID && t.Seq == seq
	})
	if i < 0 {
		return nil
	}
	return c.Terms[i]
}

// lastTerm is the newest term of a rental, nil before the first.
func (c *Customer) lastTerm(r *Rental) *Term {
	var last *Term
	for _, t := range c.Terms {
		if int64(t.Subscription) == r.Subscription.ID && t.Seq > 0 && (last == nil || t.Seq > last.Seq) {
			last = t
		}
	}
	return last
}

// Notice is something that the customer or the operator should know.
type Notice struct {
	Shard    int
	ID       int64
	Customer catalog.CustomerID
	At       time.Time
	Item     Item
	// Short is the id of the short message that tells it; 0: none does. It is not kept.
	Short int64 `json:"-"`
}

// CustomerKinds and StaffKinds are the kinds of item that are kept as notices, for
// customers and for the operator's staff. Those for staff are of shard and customer 0.
var (
	CustomerKinds = []ItemKind{LowBalance, StageChanged, NumberLost, DocumentsAsked, DocumentsExpire, DocumentsExpired, NumberFrozen, WebhookOff,
		OrderSigned, OrderEnding, OrderExpired, OrderPaid, OrderDocuments, OrderAsked, OrderOpened, OrderLapsed, OrderRefused, OrderRefunded, TermEnds}
	StaffKinds = []ItemKind{ReviewLate, PaymentOff, BillDiffers, ChannelFails}
)

// NoticeKinds are the kinds of item that are kept as notices.
func NoticeKinds() []ItemKind { return slices.Concat(CustomerKinds, StaffKinds) }

// NoticeFilter says which notices are wanted. Empty fields do not filter.
type NoticeFilter struct {
	Customer string // its code
	Kind     ItemKind
	Since    time.Time
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of notices wanted.
func (f NoticeFilter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}

// Writes are rows to write.
type Writes struct {
	Terms   []*Term
	TrueUps []*TrueUp
	Arrears []*Customer // their Arrears
	Notices []Notice
	Release []Release
}

// Release is a number that its customer lost, to rest until an instant.
type Release struct {
	Shard        int
	Number       number.ID
	Subscription int64
	At, Until    time.Time
}

// Empty reports whether there is nothing to write.
func (w *Writes) Empty() bool {
	return len(w.Terms)+len(w.TrueUps)+len(w.Arrears)+len(w.Notices)+len(w.Release) == 0
}
