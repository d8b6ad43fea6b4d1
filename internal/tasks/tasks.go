// Package tasks says what waits for the operator's staff, and for whom of them: each
// page of the office has a number beside its name. It counts, and refuses to know
// what the things are: their packages decide when one is done.
package tasks

import (
	"context"
	"time"

	"sibai/internal/identity"
)

// Kind is a sort of thing that waits.
type Kind string

// The kinds. Their names are those that the store gives.
const (
	VendorReviews  Kind = "vendor_review"  // documents that nobody looked at yet
	CarrierReviews Kind = "carrier_review" // documents that wait for the carrier's word
	Freezes        Kind = "freeze"         // stops that a second person has not confirmed
	Claims         Kind = "claim"          // bank transfers that were not found on a statement yet
	Differences    Kind = "difference"     // between a provider's bill and the books
	Chats          Kind = "chat"           // visitors without an answer, messages that were left
	Messages       Kind = "message"        // that could not be delivered
)

// Store counts what waits.
type Store interface {
	// Tasks counts each kind; a kind of which there is none may be left out.
	Tasks(ctx context.Context, at time.Time) (map[Kind]int, error)
}

// places are the pages of the office, by the keys of their names, and what waits
// there for whom.
var places = []struct {
	page  string
	kind  Kind
	needs identity.Permission
}{
	{"reviews", VendorReviews, identity.ReviewOrders},
	{"reviews", CarrierReviews, identity.OpenNumbers},
	{"freezes", Freezes, identity.ReviewOrders},
	{"claims", Claims, identity.MoveMoney},
	{"bills", Differences, identity.MoveMoney},
	{"support", Chats, identity.SeeOffice},
	{"messages", Messages, identity.MendMessages},
}

// Of is what waits for somebody of a role, by page. A page with nothing to do is not
// in it.
func Of(role identity.Role, waiting map[Kind]int) map[string]int {
	out := map[string]int{}
	for _, p := range places {
		if n := waiting[p.kind]; n > 0 && role.Has(p.needs) {
			out[p.page] += n
		}
	}
	return out
}
