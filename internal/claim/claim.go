package claim

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/vault"
)

// ID names a claim.
type ID int64

// String shows the id as clm_….
func (i ID) String() string { return id.Format("clm", int64(i)) }

// ParseID reads what String wrote. Faults: claim_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("clm", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.ClaimNotFound, "claim", s)
	}
	return ID(v), nil
}

// slip is what the vault knows the slip by.
func (i ID) slip() string { return strings.ToLower(i.String()) }

// SlipName is what the vault knows the slip of a claim by.
func (c *Claim) SlipName() string { return c.ID.slip() }

// State is where a claim is. The values are stored and published.
type State string

// The states of a claim; doc.go draws how they follow each other.
const (
	Filed    State = "filed"
	Approved State = "approved"
	Rejected State = "rejected"
)

// States lists all states.
func States() []State { return []State{Filed, Approved, Rejected} }

// Check refuses what is no state; "" stands for all.
func (s State) Check() error {
	if s == "" || slices.Contains(States(), s) {
		return nil
	}
	return fault.New(fault.ValueNotAllowed, "value", s, "allowed", "filed, approved, rejected")
}

// Reason is why a claim is rejected. The values are stored and published.
type Reason string

// The reasons, in the order in which they are offered.
const (
	NotFound  Reason = "not_found" // no such line on the statement
	Payer     Reason = "payer"     // it came from another than the enterprise
	Duplicate Reason = "duplicate" // claimed, or topped up, already
	Unclear   Reason = "unclear"   // the slip cannot be read
)

// Reasons are all reasons.
func Reasons() []Reason { return []Reason{NotFound, Payer, Duplicate, Unclear} }

// Claim is what a customer says of a transfer, and what became of it.
type Claim struct {
	ID       ID
	Shard    int // of its customer
	Customer catalog.CustomerID
	Code     string // of the customer; never changes
	Order    string // the order that it is for, ord_…; empty: the balance
	At       time.Time

	Payer  string // name of the account that it came from
	Amount money.Amount
	Day    string // of the transfer, 2026-11-23

	SlipType   vault.Type // empty: no slip
	SlipHeader string     // of the vault
	SlipSize   int        // bytes

	State State
	// What staff found on the statement, and who: the first one proposes where two
	// are needed.
	Received   money.Amount
	Reference  string // the bank's number of the line
	ProposedBy string
	DecidedBy  string
	DecidedAt  time.Time // zero before
	Reason     Reason    // of a rejection
	Note       string    // for the customer
	Txn        ledger.ID // that booked it; 0 before
}

// Booked reports whether the customer has the money.
func (c *Claim) Booked() bool { return c.Txn != 0 }

// Statement is what a customer says of a transfer.
type Statement struct {
	Customer string // its code
	Order    string // may be empty
	Payer    string
	Amount   string // as typed, in yuan
	Day      string
	Slip     []byte // a picture or a PDF; empty: none
	SlipName string // of the file, for what is wrong with it
}

const (
	maxName = 100 // characters
	maxNote = 500
	// oldest is how long ago a transfer may be that is claimed.
	oldest = 90 * 24 * time.Hour
)

// check brings a statement into its form. Faults: input_invalid with every field
// that is to be mended: payer, amount, day.
func (s *Statement) check(at time.Time) (money.Amount, error) {
	var bad fault.Invalid
	s.Payer = strings.Join(strings.Fields(s.Payer), " ")
	switch {
	case s.Payer == "":
		bad.Add("payer", 0, fault.ValueEmpty, "example", "杭州示例茶业有限公司")
	case utf8.RuneCountInString(s.Payer) > maxName:
		bad.Add("payer", 0, fault.ValueTooLong, "limit", maxName)
	}
	amount, err := money.Parse(strings.TrimSpace(s.Amount))
	switch {
	case err != nil:
		bad.Add("amount", 0, fault.MoneyInvalid, "value", s.Amount)
	case amount < money.Fen || amount > catalog.MaxAmount:
		bad.Add("amount", 0, fault.MoneyRange, "value", amount, "min", money.Fen, "max", catalog.MaxAmount)
	case amount%money.Fen != 0:
		bad.Add("amount", 0, fault.MoneyNotFen, "value", amount)
	}
	day, err := calendar.ParseDay(s.Day)
	switch {
	case err != nil:
		bad.Add("day", 0, fault.DayInvalid, "value", s.Day)
	case s.Day > calendar.Day(at) || at.Sub(day) > oldest:
		bad.Add("day", 0, fault.ClaimDay, "day", s.Day)
	}
	return amount, bad.Err()
}

// Filter says which claims are wanted. Empty fields do not filter.
type Filter struct {
	Customer string // its code
	State    State
	Before   ID   // only those that came before it; 0: all
	Unbooked bool // only approved ones that are not booked yet
	Limit    int  // 0 takes 100, the most is 10,000
}

// Page is the number of claims wanted.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}
