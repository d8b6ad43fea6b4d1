package realname

import (
	"context"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/number"
)

// Store keeps applications. An adapter implements it.
type Store interface {
	// Find reads the customer with a code; ok is false when there is none.
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	// AddRealName keeps a new application with its first event. Faults:
	// realname_open when its number has one that is not decided,
	// realname_not_owner when the number is not the customer's.
	AddRealName(ctx context.Context, a Application, e Event) error
	// RealName reads an application whole; ok is false when there is none.
	RealName(ctx context.Context, id ID) (f File, ok bool, err error)
	// ChangeRealName lets f decide on an application, with nobody else changing it
	// meanwhile, and writes what f says in one durable transaction; nothing when
	// it says an error or no event. Faults: realname_not_found.
	ChangeRealName(ctx context.Context, id ID, f func(*File) (Writes, error)) error
	// RealNameDocument reads a document; ok is false when there is none.
	RealNameDocument(ctx context.Context, id DocumentID) (d Document, ok bool, err error)
	// RealNameDocuments lists the ids of all documents that there ever were.
	RealNameDocuments(ctx context.Context) ([]DocumentID, error)
	// RealNames lists applications, those first whose deadline is the nearest,
	// and then the newest.
	RealNames(ctx context.Context, f Filter) ([]Application, error)
	// DueRealNames lists up to limit applications that the job should look at, the longest
	// due first.
	DueRealNames(ctx context.Context, at time.Time, limit int) ([]ID, error)
	// RealNamesForCarrier lists up to limit applications that the carrier has not got yet.
	RealNamesForCarrier(ctx context.Context, limit int) ([]ID, error)
	// ChangeFreeze is ChangeRealName for freezes of a number. Faults: freeze_state when
	// nobody rents the number.
	ChangeFreeze(ctx context.Context, digits string, f func(*Rented) (NumberWrites, error)) error
	// Freezes lists those that stand or are proposed, the newest first.
	Freezes(ctx context.Context) ([]Freeze, error)
	// RewrapKeys gives every header of the vault to f and stores what f makes of it,
	// in one durable transaction.
	RewrapKeys(ctx context.Context, f func(what, header string) (again string, changed bool, err error)) (changed int, err error)
}

// File is everything about one application.
type File struct {
	Application Application
	Documents   []Document // also those that were replaced, the oldest first
	Events      []Event    // the oldest first
	Number      Rented
	Former      []Application // of the number, approved or expired
}

// Writes are what becomes of an application. Nothing is written without an
// event.
type Writes struct {
	Application Application
	Events      []Event
	Documents   []Document    // new or changed
	Former      []Application // changed, each with its event in FormerEvent
	FormerEvent []Event
	Approve     []string // phones of the customer that may ring from now on
	NumberWrites
}

// NumberWrites are what becomes of a number.
type NumberWrites struct {
	Freeze  *Freeze      // new or changed
	Next    *Freeze      // that follows it
	State   number.State // of the number from now on; empty: as it is
	Why     string       // of the state: realname
	Notices []billing.Notice
}
