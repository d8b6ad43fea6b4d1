package realname

import (
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/number"
	"sibai/internal/vault"
)

// ID names an application.
type ID int64

// String shows the id as rn_….
func (i ID) String() string { return id.Format("rn", int64(i)) }

// ParseID reads what String wrote. Faults: realname_not_found.
func ParseID(s string) (ID, error) {
	v, err := id.Parse("rn", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.RealnameNotFound, "application", s)
	}
	return ID(v), nil
}

// DocumentID names a document.
type DocumentID int64

// String shows the id as doc_….
func (i DocumentID) String() string { return id.Format("doc", int64(i)) }

// ParseDocumentID reads what String wrote. Faults: realname_document_not_found.
func ParseDocumentID(s string) (DocumentID, error) {
	v, err := id.Parse("doc", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.RealnameDocumentNotFound, "document", s)
	}
	return DocumentID(v), nil
}

// Name is what the vault knows the document by.
func (i DocumentID) Name() string { return strings.ToLower(i.String()) }

// Sealed is a text that only the vault can read.
type Sealed struct{ Header, Body string }

// Application is one verification of a customer for a number.
type Application struct {
	ID         ID
	Shard      int // of its customer
	Customer   catalog.CustomerID
	Code       string // of the customer; never changes
	Number     string // ten digits
	State      State
	Enterprise string // its name as declared; the rest of the form is sealed
	Form       Sealed
	CreatedAt  time.Time
	// Deadline is until when the state's next step is to be done; zero: never.
	Deadline time.Time
	// DueAt is when the job looks at it next; zero: never.
	DueAt time.Time
	// ValidUntil is the first last day among what was approved; empty: without end.
	ValidUntil string
	Reference  string    // the carrier's own number
	SentAt     time.Time // to the carrier; zero before
	Link       string    // SHA-256 of its key, hexadecimal; empty: none
	Events     int
}

// what names the sealed form.
func (a *Application) what() string { return a.ID.String() }

// Document is a file that was handed in.
type Document struct {
	ID          DocumentID
	Shard       int
	Application ID
	Kind        Kind
	Target      string // phone, of those about a target
	Type        vault.Type
	Size        int    // bytes, as kept
	Header      string // of the vault
	Stated      Sealed // what it says of itself
	AddedAt     time.Time
	GoneAt      time.Time // when it was replaced; zero while it counts
}

// Event is one thing that became of an application: also every look at it. A
// row never changes.
type Event struct {
	Shard       int
	Application ID
	Seq         int // from 1
	At          time.Time
	What        What
	State       State  // after it
	Who         string // empty: the job
	Document    DocumentID
	Reasons     []Reason
	Note        string
}

// Freeze is a number that a rule stops.
type Freeze struct {
	Shard      int
	Customer   catalog.CustomerID
	Code       string
	Number     string
	Seq        int // from 1, of the number
	Cause      Cause
	ProposedBy string
	ProposedAt time.Time
	FrozenBy   string
	FrozenAt   time.Time // zero while a second person has not confirmed
	LiftedBy   string
	LiftedAt   time.Time // zero while it stands
	Note       string
}

// Standing reports whether the number is frozen by it.
func (f *Freeze) Standing() bool {
	return f != nil && !f.FrozenAt.IsZero() && f.LiftedAt.IsZero()
}

// proposed reports whether it waits for a second person.
func (f *Freeze) proposed() bool {
	return f != nil && f.FrozenAt.IsZero() && f.LiftedAt.IsZero()
}

// Rented is the number of an application as it stands.
type Rented struct {
	Shard    int
	Customer catalog.CustomerID
	Code     string
	Number   string
	State    number.State
	Was      number.State // before it was frozen
	Last     *Freeze      // the newest; nil when there was none
	Expired  bool         // its documents ran out and no later ones were approved
}

// Filter says which applications are wanted. Empty fields do not filter.
type Filter struct {
	Customer string // its code
	Number   string
	State    State
	Limit    int // 0 takes 100, the most is 10,000
}

// Page is the number of applications wanted.
func (f Filter) Page() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}
