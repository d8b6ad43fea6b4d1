package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Op is one operation with the place for its result. Decide fills the result
// in; nobody may read it before the batch is durable, and it means nothing
// when the commit failed. A batch may be decided more than once, on rows that
// changed meanwhile: what an earlier try filled in must not show.
type Op interface {
	// Err is why this operation alone was not done; nil when it was.
	Err() error
	fail(error)
	shard() int // of the account or call that it is about
	keys(*Keys)
	decide(*decision) error
}

type outcome struct{ err error }

func (o *outcome) Err() error     { return o.err }
func (o *outcome) fail(err error) { o.err = err }

// ReserveOp asks for credit for a new call.
type ReserveOp struct {
	outcome
	Request    ReserveRequest
	Node       int
	LeaseUntil time.Time
	Texts      *Texts // of the hold's bill and draft; nil: the writer makes them
	Answer     Answer
	// Again is set when the call was reserved before, or has ended: Answer is
	// what was answered then.
	Again bool
}

// ExtendOp asks for more time for a running call.
type ExtendOp struct {
	outcome
	Request    ExtendRequest
	Promise    *Promise // kept first, where the call runs on one
	LeaseUntil time.Time
	Answer     Answer
}

// RenewOp proves that a call was alive. A call that is not held any more is
// left alone.
type RenewOp struct {
	outcome
	Proof      Proof
	LeaseUntil time.Time
}

// SettleOp ends a call that had a hold.
type SettleOp struct {
	outcome
	Request SettleRequest
	Promise *Promise  // kept first, where the call ran on one
	Txn     ledger.ID // of the transaction, should one be needed
	Texts   *Texts    // of the CDR's legs and steps; nil: the writer makes them
	// Capped is set when the call lasted longer than was granted; it is
	// charged for what was granted.
	Capped bool
	Record cdr.Record
}

// RecordOp keeps the CDR of a call that reserved nothing. A hold that was
// made all the same (the answer to its Reserve was lost) is given back.
type RecordOp struct {
	outcome
	Shard  int
	Record cdr.Record
}

// ReapOp settles the hold of a lost call at its last proof, if its lease is
// over at Now, or if it belongs to Node and OfNode is set.
type ReapOp struct {
	outcome
	Lost   *Hold // as listed, with Bill and Draft
	Now    time.Time
	OfNode bool
	Txn    ledger.ID
	Reaped bool
	Record cdr.Record
}

// OpenOp makes an account; one that exists is left as it is.
type OpenOp struct {
	outcome
	Key    AccountKey
	At     time.Time
	Opened bool // false when it existed
}

// StateOp sets the state of an account.
type StateOp struct {
	outcome
	Key   AccountKey
	State AccountState
}

// TopUpOp books money that came in. A payment that was booked before is left
// as it is.
type TopUpOp struct {
	outcome
	TopUp  TopUp
	Txn    ledger.ID // for the transaction
	Bucket int64     // for a new bucket
	Booked ledger.ID // the transaction that booked it: Txn, or an earlier one
	// Restored is set when it opened an account that was in arrears.
	Restored bool
}

// Credit is what TopUp answers.
type Credit struct {
	Txn    ledger.ID
	Amount money.Amount
	// Again is set when the payment had been booked before: Txn is the one it
	// was booked by.
	Again bool
	// Restored is set when it opened an account that was in arrears: the next
	// call gets through.
	Restored bool
}
