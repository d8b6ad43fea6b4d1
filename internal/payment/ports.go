package payment

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Provider is a company that takes payments, or a stand-in for one. An adapter
// implements it; its methods are safe for concurrent use.
type Provider interface {
	// Name is in the settings, in addresses and, as the channel, in the books:
	// lower case letters, digits, - and _.
	Name() string
	// Read checks the signature of a notification and reads it. Faults:
	// notification_forged, notification_invalid.
	Read(header http.Header, body []byte) (Notice, error)
	// Answer is what the provider wants to hear of a notification that was
	// dealt with, or not for a reason: then it sends it again.
	Answer(err error) Answer
	// Refund asks for a refund, or for what became of it when it was asked
	// before: the refund's id is its key. An error leaves that open.
	Refund(ctx context.Context, p Payment, r Refund) (RefundAnswer, error)
}

// Coder is a Provider whose payers scan a code with its app.
type Coder interface {
	// Code is the text of the code by which a payment is made while it can be.
	// Asking again gives one for the same payment. Faults: provider_refused,
	// provider_unreachable.
	Code(ctx context.Context, p Payment) (string, error)
}

// Pager is a Provider with a page of its own, where payers go to pay.
type Pager interface {
	// Page is the address of the page of a payment, which leads to back afterwards;
	// empty when the merchant has no such page.
	Page(p Payment, back string) (string, error)
}

// ErrNothing is what a Provider's Read says of a genuine notification that changes
// nothing: the provider hears that it was dealt with.
var ErrNothing = errors.New("nothing to act on")

// Closer is a Provider whose orders end before their time, and that says what came
// for a payment, in case its notification never arrived.
type Closer interface {
	// Close ends the provider's order of a payment, so that nobody can pay it any more,
	// unless money came for it: then came is true and n says what. Doing it again
	// changes nothing. ErrUnmade says that there is no order yet and that one can come
	// of a code that was shown; any other error leaves everything open. Faults:
	// provider_refused, provider_unreachable.
	Close(ctx context.Context, p Payment) (n Notice, came bool, err error)
}

// ErrUnmade is what a Closer says of an order that nobody made yet: it cannot be
// closed, and until the payment's time is over somebody may make it.
var ErrUnmade = errors.New("there is no order yet")

// Answer is an HTTP answer to a notification.
type Answer struct {
	Status      int
	ContentType string
	Body        string
}

// RefundAnswer is what a provider says of a refund.
type RefundAnswer struct {
	State     RefundState // taken while it works on it, done, or failed when it refused
	Reference string      // the provider's own number
	Why       string      // of a refusal, in the provider's words
}

// Store keeps payments. An adapter implements it.
type Store interface {
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	// AddPayment keeps a new payment with its first event.
	AddPayment(ctx context.Context, p Payment, e Event) error
	// Payment reads a payment; ok is false when there is none.
	Payment(ctx context.Context, id ID) (p Payment, ok bool, err error)
	// ChangePayment lets f decide on the payment, with nobody else changing it
	// meanwhile, and writes what f says in one durable transaction; nothing when
	// it says nothing or an error. The fault payment_not_found says that there
	// is none.
	ChangePayment(ctx context.Context, id ID, f func(*File) (Writes, error)) error
	// PaymentEvents lists the events of a payment, the oldest first.
	PaymentEvents(ctx context.Context, id ID) ([]Event, error)
	// Payments lists payments, the newest first.
	Payments(ctx context.Context, f Filter) ([]Payment, error)
	// DuePayments and DueRefunds list up to limit of those that the job should
	// look at, the longest due first.
	DuePayments(ctx context.Context, at time.Time, limit int) ([]ID, error)
	DueRefunds(ctx context.Context, at time.Time, limit int) ([]Refund, error)
}

// File is everything about one payment.
type File struct {
	Payment Payment
	Events  []Event // the oldest first
	Refunds []Refund
}

// Writes are what becomes of a payment: the payment as it is now, new events,
// and refunds that are new or changed. Nothing is written without an event or
// a refund.
type Writes struct {
	Payment Payment
	Events  []Event
	Refunds []Refund
	Notices []billing.Notice // for the operator's staff
}

// Bank moves the money of customers; billing.Service implements it. Each
// movement is booked once for its channel and reference.
type Bank interface {
	TopUp(ctx context.Context, customer string, t charging.TopUp) (charging.Credit, error)
	Refund(ctx context.Context, customer string, amount money.Amount, channel, reference string) (charging.Posted, error)
	Reverse(ctx context.Context, txn ledger.ID) (charging.Posted, error)
}
