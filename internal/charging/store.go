package charging

import (
	"context"
	"errors"
	"iter"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Store keeps the rows of money. Implementations pass storetest.Run.
type Store interface {
	// Commit loads the rows that KeysOf names, lets Decide do the operations
	// and makes the writes durable, all in one transaction that no other one
	// can disturb. Results in ops count only when it returns nil. An error
	// that wraps ErrRejected says that the rows were refused and nothing was
	// written; after any other it is not known whether the batch was written,
	// and the same batch may be sent again.
	Commit(ctx context.Context, rules Rules, ops []Op) error

	// Lost lists up to limit holds whose lease ended before now, and those of
	// node when node is not negative, oldest lease first, with Bill and Draft.
	Lost(ctx context.Context, now time.Time, node, limit int) ([]*Hold, error)

	// Held reads the open holds of calls, in no order, with Bill and Draft.
	// Calls that hold nothing are left out.
	Held(ctx context.Context, calls []CallKey) ([]*Hold, error)

	// Ended reads the records of calls that ended, in no order. Others are left
	// out.
	Ended(ctx context.Context, calls []CallKey) ([]cdr.Record, error)

	// Account reads one account with its buckets; nil when there is none.
	Account(ctx context.Context, key AccountKey) (*AccountView, error)

	// CDR finds a call that ended, in whatever shard; ok is false when there
	// is none.
	CDR(ctx context.Context, call cdr.ID) (rec cdr.Record, ok bool, err error)

	// CDRs lists calls that ended, the latest start first unless the filter says
	// otherwise.
	CDRs(ctx context.Context, filter CDRFilter) ([]cdr.Record, error)

	// Inspect reads everything as it was at one instant.
	Inspect(ctx context.Context, read func(Inspection) error) error
}

// Find reads the open hold of a call whose shard is not known; nil when there is
// none.
func Find(ctx context.Context, store Store, call cdr.ID) (*Hold, error) {
	keys := make([]CallKey, Shards)
	for i := range keys {
		keys[i] = CallKey{Shard: i, ID: call}
	}
	held, err := store.Held(ctx, keys)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return held[0], nil
}

// Parallel is implemented by a Store that commits batches of different shards
// at once. Two batches of one shard are best not committed at once: they would
// wait for one another's rows.
type Parallel interface {
	// Writers is how many batches it commits at once, at least 1.
	Writers() int
}

// Texter is implemented by a Store that keeps parts of rows as text. They are
// made by who sends an operation, at the same time as those of others, so that
// the one writer need not.
type Texter interface {
	// HoldTexts are those of a hold's Bill and Draft. An error says that they
	// cannot be stored; the writer will meet it again, and tell.
	HoldTexts(bill *Bill, draft *cdr.Record) (*Texts, error)
	// CDRTexts are those of a CDR's Legs and Steps.
	CDRTexts(rec *cdr.Record) (*Texts, error)
}

// Texts are the two texts of a row.
type Texts [2]string

// ErrRejected is wrapped by a Commit whose rows broke a constraint.
var ErrRejected = errors.New("the store rejected the rows")

// AccountView is an account as it was at one instant.
type AccountView struct {
	Key      AccountKey
	State    AccountState
	OpenedAt time.Time
	Buckets  []Bucket // in the order of their ids
}

// Available is the money that any call could reserve at an instant: what the
// sub-wallets of extensions have is not in it.
func (v *AccountView) Available(at time.Time) money.Amount { return v.free(ledger.CNY, at) }

// Included is the call time that any call could reserve at an instant, in
// whole seconds.
func (v *AccountView) Included(at time.Time) time.Duration {
	return time.Duration(v.free(ledger.SEC, at)) * time.Second
}

func (v *AccountView) free(unit ledger.Unit, at time.Time) money.Amount {
	var sum money.Amount
	for i := range v.Buckets {
		if b := &v.Buckets[i]; b.Unit == unit && b.Kind != Extension {
			sum = addCapped(sum, b.free(at))
		}
	}
	return sum
}

// Tally is what the calls since an instant add up to.
type Tally struct {
	Calls, Answered int
	Charged         money.Amount
}

// CDRFilter says which CDRs are wanted. Empty fields do not filter.
type CDRFilter struct {
	Customer      int64
	Number        string
	Caller        string
	Cause         cdr.Cause
	Since, Before time.Time // of the call's start: Since ≤ start < Before
	// OldestFirst turns the order round: the earliest start first.
	OldestFirst bool
	// After continues a list: the last record of the page before.
	After *cdr.Record
	Limit int // 0 takes 100, the most is 10,000
}

// MaxCDRs is the most records that one list has.
const MaxCDRs = 10_000

// Page is the number of records wanted.
func (f CDRFilter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, MaxCDRs)
}

// Inspection streams the rows of one snapshot. Every sequence ends after its
// first error. A sequence must be read to its end or left before the next one
// begins.
type Inspection interface {
	Buckets() iter.Seq2[Bucket, error]
	Usages() iter.Seq2[Usage, error]
	// Holds come without Bill and Draft.
	Holds() iter.Seq2[Hold, error]
	// Entries come ordered by shard and transaction. A transaction without
	// entries comes once with the zero Entry.
	Entries() iter.Seq2[BookedEntry, error]
	// Closed are the money sides of all CDRs.
	Closed() iter.Seq2[ClosedSum, error]
	// Orphans are the transactions of calls that are not the one that the
	// call's CDR names, or that have no CDR.
	Orphans() iter.Seq2[Orphan, error]
	// Unmatched are the payments and postings whose receipt and transaction do
	// not belong together one to one.
	Unmatched() iter.Seq2[Unmatched, error]
}

// BookedEntry is an entry with its transaction.
type BookedEntry struct {
	Shard int
	Txn   ledger.ID
	Entry ledger.Entry
}

// ClosedSum is the money side of a CDR.
type ClosedSum struct {
	Call     CallKey
	Charge   money.Amount
	Reserved money.Amount
	Seconds  int64 // of included time that were reserved
	Lines    []cdr.Line
	Txn      ledger.ID    // its transaction; 0 for none
	Settled  money.Amount // what the transaction took from buckets
	Included int64        // seconds that it took from buckets
}

// Orphan is a transaction without the CDR it should have.
type Orphan struct {
	Call CallKey
	Txn  ledger.ID
}

// Unmatched is a receipt without its transaction, a transaction that is no
// call's without its receipt, or one that has two.
type Unmatched struct {
	Shard int // of the account
	Txn   ledger.ID
	Key   string // what was paid or posted
	Why   string
}

// Why a payment or posting is Unmatched.
const (
	NoTransaction = "its receipt names a transaction that is not there"
	NoReceipt     = "its transaction has no receipt: it could be booked again"
	TwoReceipts   = "its transaction has more than one receipt"
)
