// Package operator is the operations for the operator's own programs: what its
// back office does, by a key of the operator.
package operator

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/identity"
)

// Base is what the paths of the operations begin with.
const Base = "/api/operator/v1"

// Deps are what the operations need.
type Deps struct {
	Book      Book
	Orders    Orders
	Stock     Stock
	People    People
	Names     Names
	Chats     Chats
	Transfers Transfers
	Catalogue Catalogue
	Prices    Prices
	Receipts  Receipts
}

type operations struct{ Deps }

// New makes the face.
func New(d Deps, p rest.Parts) *rest.Face {
	face := rest.New(rest.Document{
		Base: Base, Spec: "/api/operator/openapi", Title: "Sibai operator API", About: about, Side: apikey.Operator, Keeps: true,
		Tags: []*huma.Tag{
			{Name: "customers", Description: "Enterprises, what they rent and what they have."},
			{Name: "orders", Description: "Orders and the reviews that open them."},
			{Name: "numbers", Description: "The inventory, and the ledger of numbers (台账)."},
			{Name: "payments", Description: "What customers were asked for and paid, and their bank transfers."},
			{Name: "plans", Description: "What plans cost, now and from days to come."},
			{Name: "documents", Description: "Real-name applications and their reviews."},
			{Name: "chats", Description: "What visitors of the shop ask."},
			{Name: "people", Description: "Who works for the operator, and who did what."},
		},
	}, p)
	o := &operations{d}
	o.customerOperations(face)
	o.orderOperations(face)
	o.numberOperations(face)
	o.paymentOperations(face)
	o.nameOperations(face)
	o.chatOperations(face)
	o.transferOperations(face)
	o.peopleOperations(face)
	o.reviewOperations(face)
	o.refundOperations(face)
	o.planOperations(face)
	return face
}

const about = `What the operator's back office does, for the operator's own programs; ` + "`sibai key create --scope office:read`" + ` makes a key. What
needs two people there (bank transfers of large sums, permanent freezes), and what says who may work there, is not here.

Each POST carries an ` + "`Idempotency-Key`" + `: sent again with it, a request gets the answer that it got, and nothing is done twice.
Lists come in pages: ` + "`next`" + ` is the ` + "`cursor`" + ` of the page that follows. Errors are problem documents (RFC 9457) with a code,
and a remedy in the language of Accept-Language (zh or en). Money is whole micro-yuan beside a text in yuan.`

// who is the name by which a key acts.
func who(a rest.Asker) string { return "API " + a.Key.Client }

// note writes down that a key changed something.
func (o *operations) note(ctx context.Context, action, subject, detail string) error {
	a := rest.AskerOf(ctx)
	return o.People.Note(ctx, identity.Actor{Person: identity.Person{Name: who(a)}}, action, subject, a.Address, detail)
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	del  = http.MethodDelete
)
