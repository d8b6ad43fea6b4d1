package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// AccountID names a customer's prepaid account.
type AccountID int64

// String shows the id as acc_….
func (i AccountID) String() string { return id.Format("acc", int64(i)) }

// SubscriptionID names what a customer rents: one number under one plan.
type SubscriptionID int64

// String shows the id as sub_….
func (i SubscriptionID) String() string { return id.Format("sub", int64(i)) }

// Shards is the number of shards that tenant rows are spread over. It is part
// of every stored key and never changes.
const Shards = 64

// Bill says whom a call is charged to and under what terms. It is fixed when
// the call is authorised and holds to its end, whatever changes meanwhile.
type Bill struct {
	Shard         int // of the customer, 0 to Shards-1
	Account       AccountID
	Subscription  SubscriptionID
	MaxConcurrent int // calls at once of the subscription; 0 means no limit
	Tariff        tariff.Version
	// MinGrant is the smallest time that a call is granted at its start
	// (default 60 s); it is granted less only down to the first increment,
	// when the account cannot pay more.
	MinGrant time.Duration
	// Class chooses the tariff's prices for this class of calls; "" and a
	// class that it does not name have the tariff's own.
	Class string `json:",omitempty"`
	// Extension is the sub-wallet (分机账户) that pays first; 0 for none.
	Extension int64 `json:",omitempty"`
	// CapAmount and CapCalls are what the subscription's calls of one calendar
	// month may cost and how many may be answered; 0 means no cap.
	CapAmount money.Amount `json:",omitempty"`
	CapCalls  int          `json:",omitempty"`
	// Overdraft is how far below zero a call that runs may take the account's
	// cash before it is cut; a new call never begins on it.
	Overdraft money.Amount `json:",omitempty"`
}

// ReserveRequest asks for credit before a phone rings. Idempotent by Call.
type ReserveRequest struct {
	Call cdr.ID
	Bill Bill
	At   time.Time
	// Draft is what is known of the call already; the reaper writes the CDR
	// from it when the node is lost.
	Draft cdr.Record
}

// ExtendRequest asks for more time. Sequence counts up from 1 for each
// extension of one call; the same sequence again gets the same answer.
type ExtendRequest struct {
	Call     cdr.ID
	Bill     Bill
	Sequence int
	Elapsed  time.Duration // billable time so far
	At       time.Time
	// MeterStartedAt is when the meter started, exactly as the CDR will say:
	// it chooses the bands. Zero takes At less Elapsed. The first one that a
	// hold is told counts.
	MeterStartedAt time.Time
}

// Answer is what Reserve and Extend say. A refusal is normal business, not an
// error.
type Answer struct {
	// Granted is the total billable time that is paid for by the hold.
	Granted time.Duration
	// ExtendAt is the billable time at which to ask again, before Granted is
	// used up.
	ExtendAt time.Duration
	// Final is set when the account could not pay for more than Granted at
	// that moment: unless an Extend at ExtendAt gets more (a top-up came, another
	// call gave back), the call is cut at Granted.
	Final bool
	// CapReached is set with Final when the money is there and a monthly cap is
	// what ends the call.
	CapReached bool
	// Promised is set when the store was away and the node granted the time by
	// itself, on the operator's risk.
	Promised bool
	// Refused says why nothing was granted; empty when something was.
	Refused cdr.Cause
}

// SettleRequest ends a call: a charge if the meter ever started, a release of
// the hold if not. Record is the finished CDR but for Charge and Lines, which
// the answer fills in. Idempotent by Call.
type SettleRequest struct {
	Bill   Bill
	Record cdr.Record
}

// Proof shows that a running call was alive: the reaper settles a lost call
// at the last proof.
type Proof struct {
	Call    cdr.ID
	Bill    Bill
	Elapsed time.Duration // billable time so far; 0 while the meter has not started
	// MeterStartedAt is when the meter started; zero while it has not.
	MeterStartedAt time.Time
}

// TopUp is money, or included call time, that came in. Idempotent by Channel
// and Reference.
type TopUp struct {
	Shard     int
	Account   AccountID
	Bucket    BucketKind
	Amount    money.Amount // more than zero, or zero with Seconds
	Seconds   int64        // of included call time, into a package or extension bucket
	Extension int64        // whose sub-wallet, with the bucket extension: more than zero
	Channel   string       // wechat, alipay, bank, gift, …
	Reference string       // the payment's own number at the channel
	At        time.Time
	ExpiresAt time.Time // of a package bucket; zero: never
}

// BucketKind is a kind of balance bucket (余额桶).
type BucketKind string

// The kinds of bucket.
const (
	Cash    BucketKind = "cash"    // 本金, refundable
	Bonus   BucketKind = "bonus"   // 赠送, not refundable
	Package BucketKind = "package" // 套餐额度, expires
	// Extension is the sub-wallet of one extension (分机账户).
	Extension BucketKind = "extension"
)
