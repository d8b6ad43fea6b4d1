// Package customer is the operations for a customer's own programs: what its
// console does, by a key of the customer.
package customer

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/statement"
)

// Base is what the paths of the operations begin with.
const Base = "/api/customer/v1"

// Deps are what the operations need.
type Deps struct {
	Book      Book
	Shelf     Shelf
	Orders    Orders
	Targets   Targets
	Payments  Payments
	Journal   statement.Journal
	Hooks     Hooks
	People    People
	Names     Names
	Transfers Transfers
	Links     Links
	Payable   time.Duration // how long a top-up can be paid
}

// People writes down who did what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
	Members(ctx context.Context, by identity.Actor) ([]identity.Membership, error)
	InviteMember(ctx context.Context, by identity.Actor, customer string, in identity.Invitation, address string) (identity.Invited, error)
	Remove(ctx context.Context, by identity.Actor, person identity.ID, address string) error
	Traces(ctx context.Context, a identity.Actor, f identity.TraceFilter) ([]identity.Trace, error)
}

// Links are the addresses of pages that a person goes on with.
type Links struct {
	Order   func(id order.ID, key string) string
	Payment func(id payment.ID, key string) string
	Welcome func(key string) string // for who was invited
}

// operations are the operations with what they need.
type operations struct{ Deps }

// New makes the face.
func New(d Deps, p rest.Parts) *rest.Face {
	face := rest.New(rest.Document{
		Base: Base, Spec: "/api/customer/openapi", Title: "Sibai customer API", About: about, Side: apikey.Customer, Keeps: true,
		Tags: []*huma.Tag{
			{Name: "shop", Description: "Numbers that are for sale, and what they cost."},
			{Name: "numbers", Description: "The customer's numbers and the phones that they ring."},
			{Name: "orders", Description: "From a number that is chosen to one that is open."},
			{Name: "documents", Description: "Who rents each number: what is declared and handed in (实名认证)."},
			{Name: "money", Description: "Balance, statement, payments, notices."},
			{Name: "calls", Description: "Calls that ended, and what they cost."},
			{Name: "people", Description: "Who signs in for the customer, and did what."},
			{Name: "webhooks", Description: "What the customer's programs are told by themselves."},
		},
	}, p)
	o := &operations{d}
	o.shopOperations(face)
	o.numberOperations(face)
	o.phoneOperations(face)
	o.orderOperations(face)
	o.signOperations(face)
	o.documentOperations(face)
	o.moneyOperations(face)
	o.peopleOperations(face)
	o.transferOperations(face)
	o.callOperations(face)
	o.hookOperations(face)
	return face
}

const about = `What a customer's console does, for its own programs. A key is made by the customer's owner in the console under
API, or by the operator with ` + "`sibai key create --customer CODE`" + `.

Each POST carries an ` + "`Idempotency-Key`" + `: sent again with it, a request gets the answer that it got, and nothing is done twice.
Lists come in pages: ` + "`next`" + ` is the ` + "`cursor`" + ` of the page that follows. What is changed by a person too carries an ETag, and a change
says with If-Match what it was decided on. Errors are problem documents (RFC 9457) with a code, and a remedy in the language of
Accept-Language (zh or en). Money is whole micro-yuan beside a text in yuan.`

// asking is who asks, for which customer.
type asking struct {
	rest.Asker
	customer catalog.Customer
	actor    identity.Actor
}

// who finds the customer of the key that a request came with.
func (o *operations) who(ctx context.Context) (asking, error) {
	a := rest.AskerOf(ctx)
	c, ok, err := o.Book.Find(ctx, a.Key.Customer)
	if err != nil {
		return asking{}, err
	}
	if !ok {
		return asking{}, fault.New(fault.CustomerNotFound, "customer", a.Key.Customer)
	}
	// The scope was checked; what the key may do there, its owner may.
	actor := identity.Actor{Person: identity.Person{Name: "API " + a.Key.ID.String()}, Role: identity.Owner, Customer: c}
	return asking{a, c, actor}, nil
}

// note writes down that a key changed something.
func (o *operations) note(ctx context.Context, a asking, action, subject, detail string) error {
	return o.People.Note(ctx, a.actor, action, subject, a.Address, detail)
}

// invalid says what is wrong with an order as fields of a request.
func invalid(err error) error {
	var list order.Problems
	if !errors.As(err, &list) {
		return err
	}
	var bad fault.Invalid
	for _, p := range list {
		bad.Problems = append(bad.Problems, fault.Problem{Path: p.Field, Code: p.Fault.Code, Params: p.Fault.Params})
	}
	return bad.Err()
}

// Nothing is an answer without a body.
type Nothing struct{}

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)
