package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// The rows that a store loads and applies. Instants have no finer part than
// a microsecond.

// AccountKey names an account with its shard.
type AccountKey struct {
	Shard int
	ID    AccountID
}

// CallKey names a call with its shard.
type CallKey struct {
	Shard int
	ID    cdr.ID
}

// AccountState says whether new calls may be charged to an account. The
// values are stored.
type AccountState string

// The states of an account. A running call goes on in every state.
const (
	AccountActive    AccountState = "active"
	AccountSuspended AccountState = "suspended" // in arrears
	AccountFrozen    AccountState = "frozen"    // by a rule
)

// Account is a customer's prepaid account; its money is on its buckets.
type Account struct {
	Key      AccountKey
	State    AccountState
	OpenedAt time.Time

	buckets []*Bucket
	usages  []*Usage
	mark    mark
}

// Bucket is a balance bucket (余额桶) of an account.
type Bucket struct {
	Account   AccountKey
	ID        int64 // later buckets have higher ids
	Kind      BucketKind
	Unit      ledger.Unit
	Balance   money.Amount // the sum of its ledger entries
	Held      money.Amount // the part of Balance that open holds have reserved
	ExpiresAt time.Time    // zero: never
	CreatedAt time.Time
	// Extension says whose sub-wallet an extension bucket is.
	Extension int64
	// Overdraft is how far Balance less Held may be below zero: what calls
	// were let run into, 0 again once nothing is owed.
	Overdraft money.Amount

	mark mark
}

// expired reports whether the bucket may no longer pay for new credit.
func (b *Bucket) expired(at time.Time) bool {
	return !b.ExpiresAt.IsZero() && !at.Before(b.ExpiresAt)
}

// free is what the bucket could still reserve at an instant.
func (b *Bucket) free(at time.Time) money.Amount {
	if b.expired(at) {
		return 0
	}
	return max(0, b.Balance-b.Held)
}

// Usage counts the calls of a subscription: those at once, and what its calls
// cost in the newest month that it had one and in the month that it had one
// before. A call counts in the month that it was authorised in.
type Usage struct {
	Account      AccountKey
	Subscription SubscriptionID
	InUse        int
	Now, Before  Month

	mark mark
}

// Month is what a subscription's calls of one calendar month in Asia/Shanghai
// came to.
type Month struct {
	Month int // such as 202603; 0 when there was none
	Calls int // that hold credit or were answered
	Spent money.Amount
	Held  money.Amount // by the month's open holds
}

// Part is what a hold has reserved on one bucket.
type Part struct {
	Bucket int64
	Amount money.Amount // more than zero, in the bucket's unit
}

// Grant is one answer that a hold gave: to Reserve the first, to Extend n the
// n-th after it. They are kept so that an operation sent again is answered as
// it was.
type Grant struct {
	Granted  time.Duration
	ExtendAt time.Duration
	Final    bool
	Capped   bool // Answer.CapReached
}

func (g Grant) answer() Answer {
	return Answer{Granted: g.Granted, ExtendAt: g.ExtendAt, Final: g.Final, CapReached: g.Capped}
}

// Hold is the credit reserved for a call in progress (预占). What it has
// reserved is the sum of its parts: the cost of the granted time.
type Hold struct {
	Key          CallKey
	Account      AccountID
	Subscription SubscriptionID
	Tariff       tariff.ID
	Node         int // the node that runs the call
	Parts        []Part
	Grants       []Grant
	OpenedAt     time.Time
	LeaseUntil   time.Time     // the reaper may settle it after this
	Elapsed      time.Duration // billable time that is proven
	// MeterStartedAt is zero while no proof showed a running meter.
	MeterStartedAt time.Time

	// Bill and Draft are set on a new hold and on those listed for the reaper.
	Bill  *Bill
	Draft *cdr.Record
	Texts *Texts // of a new hold: Bill and Draft, where they were made already

	mark mark
}

func (h *Hold) granted() time.Duration { return h.Grants[len(h.Grants)-1].Granted }

func (h *Hold) part(bucket int64) money.Amount {
	for _, p := range h.Parts {
		if p.Bucket == bucket {
			return p.Amount
		}
	}
	return 0
}

// Closed is a call that ended: its CDR, and what its hold had been when it
// was settled.
type Closed struct {
	Key      CallKey
	Record   cdr.Record
	Reserved money.Amount
	Seconds  int64     // of included time that were reserved
	Grants   []Grant   // none when nothing was ever reserved
	Txn      ledger.ID // the transaction that charged it; 0 when it cost nothing
	Texts    *Texts    // of a new one: legs and steps, where they were made already
}

// Receipt makes a payment count once: (channel, reference) is its key in the
// whole installation, whoever it is credited to.
type Receipt struct {
	Shard     int // of the reference, not of the account
	Channel   string
	Reference string
	Account   AccountKey
	Bucket    BucketKind
	Unit      ledger.Unit
	Amount    money.Amount // in the unit
	Extension int64        // whose sub-wallet; 0 for nobody's
	Txn       ledger.ID
	At        time.Time
}

// Booking is a ledger transaction with the shard it stands in.
type Booking struct {
	Shard int
	ledger.Transaction
}

// mark says what an applied batch must do with a row.
type mark uint8

const (
	stored  mark = iota // as loaded
	fresh               // to be inserted
	changed             // to be updated
	renewed             // of a hold: to be updated in its proof only
	gone                // to be deleted
	never               // made and removed within the batch: nothing to do
)
