package ledger

import (
	"errors"
	"fmt"
	"math"
	"time"

	"sibai/internal/id"
)

// ID names a transaction.
type ID int64

// String shows the id as txn_….
func (i ID) String() string { return id.Format("txn", int64(i)) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("txn", s)
	return ID(v), err
}

// Unit is what an entry counts. The values are stored.
type Unit string

// The units.
const (
	CNY Unit = "CNY" // micro-yuan
	SEC Unit = "SEC" // seconds of included call time
)

// Kind says what a transaction was made for. The values are stored.
type Kind string

// The kinds of transaction.
const (
	KindCall     Kind = "call"     // the settlement of a call
	KindTopUp    Kind = "topup"    // money that came in
	KindReversal Kind = "reversal" // mends the transaction that it names
	KindPlan     Kind = "plan"     // a plan's fee and what it gives
	KindEarned   Kind = "earned"   // a day's part of a term's fee
	KindNumber   Kind = "number"   // the right to use a number
	KindOrder    Kind = "order"    // the first fees of a number that is ordered
	KindLapse    Kind = "lapse"    // what is kept of an order that came to nothing
	KindMinimum  Kind = "minimum"  // a true-up to the minimum consumption
	KindExpiry   Kind = "expiry"   // call credit that expired
	KindRefund   Kind = "refund"   // money that went back
)

// Entry is one movement on one account: positive adds to it, negative takes
// from it.
type Entry struct {
	Account Account
	Unit    Unit
	Amount  int64 // micro-yuan or seconds, by Unit; never zero
}

// Transaction is entries that happen together or not at all.
type Transaction struct {
	ID       ID
	Key      string // idempotency key: what it was made from, such as call_…
	At       time.Time
	Kind     Kind
	Reverses ID // the transaction that this one mends; 0 for none
	Entries  []Entry
}

// ErrInvalid is wrapped by every error of Validate and Reverse.
var ErrInvalid = errors.New("invalid ledger transaction")

// Validate checks that the transaction can be booked: named, dated, two
// entries or more, none of them zero, each on a real account, and the sum of
// each unit zero.
func (t Transaction) Validate() error {
	switch {
	case t.ID == 0:
		return fmt.Errorf("%w: it has no id", ErrInvalid)
	case t.Key == "":
		return fmt.Errorf("%w %s: it has no idempotency key", ErrInvalid, t.ID)
	case t.Kind == "":
		return fmt.Errorf("%w %s: it has no kind", ErrInvalid, t.ID)
	case t.At.IsZero():
		return fmt.Errorf("%w %s: it has no time", ErrInvalid, t.ID)
	case len(t.Entries) < 2:
		return fmt.Errorf("%w %s: %d entries, at least two are needed", ErrInvalid, t.ID, len(t.Entries))
	case (t.Kind == KindReversal) != (t.Reverses != 0):
		return fmt.Errorf("%w %s: a reversal, and nothing else, names the transaction it mends", ErrInvalid, t.ID)
	}
	var cny, sec int64
	for i, e := range t.Entries {
		sum := &cny
		switch e.Unit {
		case CNY:
		case SEC:
			sum = &sec
		default:
			return fmt.Errorf("%w %s: entry %d has the unknown unit %q", ErrInvalid, t.ID, i, e.Unit)
		}
		if e.Amount == 0 || e.Amount == math.MinInt64 {
			return fmt.Errorf("%w %s: entry %d moves %d", ErrInvalid, t.ID, i, e.Amount)
		}
		if !e.Account.valid() {
			return fmt.Errorf("%w %s: entry %d stands on neither a bucket nor a book", ErrInvalid, t.ID, i)
		}
		s := *sum + e.Amount
		if (e.Amount > 0 && s < *sum) || (e.Amount < 0 && s > *sum) {
			return fmt.Errorf("%w %s: the %s entries leave the range", ErrInvalid, t.ID, e.Unit)
		}
		*sum = s
	}
	if cny != 0 || sec != 0 {
		return fmt.Errorf("%w %s: entries sum to %d CNY and %d SEC, not to zero", ErrInvalid, t.ID, cny, sec)
	}
	return nil
}

// Reverse makes the transaction that undoes t: the same entries with the
// other sign. Its key is derived from t's, so that t is undone only once.
func (t Transaction) Reverse(by ID, at time.Time) (Transaction, error) {
	if t.Kind == KindReversal {
		return Transaction{}, fmt.Errorf("%w %s: it is a reversal itself: book the movement anew instead", ErrInvalid, t.ID)
	}
	back := Transaction{
		ID: by, Key: "reversal/" + t.Key, At: at, Kind: KindReversal, Reverses: t.ID,
		Entries: make([]Entry, len(t.Entries)),
	}
	for i, e := range t.Entries {
		e.Amount = -e.Amount
		back.Entries[i] = e
	}
	return back, back.Validate()
}
