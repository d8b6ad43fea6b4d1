package operator

import (
	"context"
	"slices"
	"strings"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/order"
	"sibai/internal/payment"
)

// Book reads what customers have and did.
type Book interface {
	Customers(ctx context.Context) ([]catalog.Customer, error)
	// Standing faults customer_not_found.
	Standing(ctx context.Context, code string) (*billing.Customer, error)
	Orders(ctx context.Context, f order.Filter) ([]order.Order, error)
	Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error)
	Payment(ctx context.Context, id payment.ID) (p payment.Payment, ok bool, err error)
}

// Customer is an enterprise.
type Customer struct {
	Code  string `json:"code" doc:"Never changes."`
	Name  string `json:"name" doc:"As on the business licence."`
	State string `json:"state"`
}

// Whole is a customer with what it rents and has.
type Whole struct {
	Customer
	Arrears string        `json:"arrears" doc:"Stage of arrears: active, low, grace, suspended, frozen, closing, quarantine."`
	Balance shape.Balance `json:"balance"`
	Numbers []Rented      `json:"numbers"`
}

// Rented is a number of a customer.
type Rented struct {
	Number string    `json:"number" doc:"Ten digits."`
	State  string    `json:"state"`
	Plan   string    `json:"plan" doc:"Code of its plan."`
	Since  time.Time `json:"since,omitzero" doc:"When it opened."`
}

func customerOf(c catalog.Customer) Customer { return Customer{c.Code, c.Name, string(c.State)} }

func (o *operations) customerOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/customers", ID: "listCustomers", Tag: "customers", Scope: apikey.OfficeRead, Summary: "Customers, by their codes"}, o.customers)
	rest.Add(f, rest.Op{Method: get, Path: "/customers/{customer}", ID: "getCustomer", Tag: "customers", Scope: apikey.OfficeRead, Summary: "A customer with what it rents and has"}, o.customer)
}

func (o *operations) customers(ctx context.Context, in *rest.Paging) (*rest.Paged[Customer], error) {
	after := ""
	if err := in.From(&after); err != nil {
		return nil, err
	}
	list, err := o.Book.Customers(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b catalog.Customer) int { return strings.Compare(a.Code, b.Code) })
	list = slices.DeleteFunc(list, func(c catalog.Customer) bool { return c.Code <= after })
	return rest.PageOf(*in, list, customerOf, func(last catalog.Customer) any { return last.Code }), nil
}

func (o *operations) customer(ctx context.Context, in *struct {
	Code string `path:"customer" maxLength:"64" doc:"The customer's code."`
}) (*struct{ Body Whole }, error) {
	c, err := o.Book.Standing(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	out := Whole{Customer: customerOf(c.Customer), Arrears: string(c.Arrears.Stage), Balance: shape.BalanceOf(c.View), Numbers: []Rented{}}
	for _, r := range c.Rentals {
		out.Numbers = append(out.Numbers, Rented{r.Digits, string(r.State), r.Plan.Code, r.Subscription.StartedAt.UTC()})
	}
	return &struct{ Body Whole }{out}, nil
}
