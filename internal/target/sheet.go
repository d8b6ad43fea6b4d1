package target

import (
	"slices"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
)

// List is one of a profile's lists of phones.
type List string

// The lists.
const (
	Main       List = "main"         // rings for every call
	OnBusy     List = "on_busy"      // rings when the main ones are busy (遇忙转移)
	OnNoAnswer List = "on_no_answer" // rings when none of them answers (无应答转移)
)

// Lists are all of them.
func Lists() []List { return []List{Main, OnBusy, OnNoAnswer} }

// Owner is in whose name a phone is registered with its carrier.
type Owner string

// The owners that are allowed.
const (
	OfEnterprise Owner = "enterprise"
	OfLegal      Owner = "legal"   // the legal representative
	OfHandler    Owner = "handler" // 经办人
	OfStaff      Owner = "staff"   // an employee
)

// Owners are all of them.
func Owners() []Owner { return []Owner{OfEnterprise, OfLegal, OfHandler, OfStaff} }

// Sheet is a number of a customer with its phones.
type Sheet struct {
	Number   number.ID
	Digits   string // ten
	State    number.State
	Shard    int
	Customer catalog.CustomerID
	Profile  routing.Profile // the published one; Version 0: none yet
	Phones   []Phone         // all of the customer's, also those of its other numbers
	Versions []Version       // the newest first, at most VersionsShown
	Latest   int             // the highest version that the number ever had, of former customers too
}

// VersionsShown is how many versions a sheet has.
const VersionsShown = 8

// Phone is a phone of a customer, with what proves that it is.
type Phone struct {
	catalog.Target
	Proof Proof
}

// Proof is what is known of who has a phone. All is zero for phones that came with
// an order or a site file.
type Proof struct {
	Owner    Owner // as declared by who added it
	AddedAt  time.Time
	ProvenAt time.Time // by a code, or by documents that were approved before

	Hash  [32]byte // of the code that was sent last
	Until time.Time
	Shown string // the code itself where it is shown instead of sent; empty else
	Tries int    // wrong ones since
	Sent  int    // codes on the day of SentAt
	// SentAt is when the last code was sent.
	SentAt time.Time
}

// Version is one published profile.
type Version struct {
	routing.Profile
	At  time.Time
	Who string // who published it; empty: the operator, or an order
}

// Phone finds a phone of the customer by its digits.
func (s *Sheet) Phone(digits string) (Phone, bool) {
	i := slices.IndexFunc(s.Phones, func(p Phone) bool { return p.Phone == digits })
	if i < 0 {
		return Phone{}, false
	}
	return s.Phones[i], true
}

// Of is one of the profile's lists.
func (s *Sheet) Of(l List) []routing.Target { return *s.list(l) }

func (s *Sheet) list(l List) *[]routing.Target {
	switch l {
	case OnBusy:
		return &s.Profile.OnBusy
	case OnNoAnswer:
		return &s.Profile.OnNoAnswer
	}
	return &s.Profile.Targets
}

// Rings reports whether a phone may ring now.
func (s *Sheet) Rings(digits string) bool {
	p, ok := s.Phone(digits)
	return ok && p.Review == catalog.Approved
}

// Ringing counts the phones of the main list that may ring.
func (s *Sheet) Ringing() (n int) {
	for _, t := range s.Profile.Targets {
		if s.Rings(t.Phone) {
			n++
		}
	}
	return n
}

// words are the profile in a line, for traces: what rings, in its order.
func words(p routing.Profile) string {
	join := func(list []routing.Target) string {
		phones := make([]string, len(list))
		for i, t := range list {
			phones[i] = phone.Mask(t.Phone)
		}
		return strings.Join(phones, ", ")
	}
	out := string(p.Distribution) + ": " + join(p.Targets)
	if len(p.OnBusy) > 0 {
		out += "; busy: " + join(p.OnBusy)
	}
	if len(p.OnNoAnswer) > 0 {
		out += "; no answer: " + join(p.OnNoAnswer)
	}
	if p.RingTimeout > 0 {
		out += "; " + p.RingTimeout.String()
	}
	return out
}

// Writes are what becomes of a sheet, in one transaction. Nothing is written when
// all are empty.
type Writes struct {
	At      time.Time
	Who     string
	Profile *routing.Profile // to be published
	Phones  []Phone          // new or changed
	Traces  []identity.Trace
}

// open refuses numbers whose phones are not the customer's to change: before they
// open the order says which ring, and given back they ring none.
func (s *Sheet) open() error {
	switch s.State {
	case number.Active, number.Suspended, number.Frozen:
		return nil
	}
	return fault.New(fault.NumberNotOpenYet, "number", number.Format(s.Digits, ""))
}
