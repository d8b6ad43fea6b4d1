package customer

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/order"
	"sibai/internal/payment"
)

// Orders is the way from a chosen number to an open one; order.Service implements
// it.
type Orders interface {
	Offers(ctx context.Context, digits, features []string) (order.Menu, error)
	Place(ctx context.Context, w order.Wish) (order.Placed, error)
	Read(ctx context.Context, id order.ID) (order.Order, error)
	Events(ctx context.Context, id order.ID) ([]order.Event, error)
	Cancel(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	SendCode(ctx context.Context, id order.ID) (order.Order, error)
	Contract(ctx context.Context, o order.Order) (order.Document, error)
	SignedContract(ctx context.Context, o order.Order) (order.Document, error)
	Sign(ctx context.Context, id order.ID, in order.Signing) (order.Order, error)
	AskPayment(ctx context.Context, id order.ID, provider string) (*payment.Asked, order.Order, error)
}

// OrderOutput is the answer about an order.
type OrderOutput struct{ Body shape.Order }

// OrderPath names an order.
type OrderPath struct {
	ID string `path:"order" maxLength:"40" doc:"The order's id." example:"ord_0ARZ3NDEKTSV4"`
}

// Wish is what shall be ordered.
type Wish struct {
	Numbers []struct {
		Number   string   `json:"number" doc:"A number that is for sale."`
		Plan     string   `json:"plan" doc:"Code of the plan."`
		Targets  []string `json:"targets,omitempty" doc:"The phones that it shall ring, in their order."`
		Features []string `json:"features,omitempty" doc:"Codes of what is sold with it."`
	} `json:"numbers" doc:"Up to twenty."`
	Handler struct {
		Name  string `json:"name" doc:"As on the identity card."`
		Phone string `json:"phone" doc:"A mobile; the code for the signature goes there."`
		Email string `json:"email,omitempty" doc:"Where no short messages are set up, the code goes there."`
	} `json:"handler" doc:"Who orders for the enterprise, and signs."`
}

// Placed is a new order.
type Placed struct {
	Order shape.Order `json:"order"`
	Link  string      `json:"link" doc:"Its page, for a person to go on with. Who has it has the order; it is shown this once."`
}

func (o *operations) orderOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		scope := apikey.OrdersWrite
		if method == get {
			scope = apikey.OrdersRead
		}
		return rest.Op{Method: method, Path: "/orders" + path, ID: id, Tag: "orders", Scope: scope, Summary: summary, About: about}
	}
	placing := op(post, "", "placeOrder", "Order numbers", "The numbers are locked from then on for half an hour, in which the contract is signed and the money paid.")
	placing.Status = 201
	rest.Add(f, placing, o.place)
	rest.Add(f, op(get, "", "listOrders", "The customer's orders, the newest first", ""), o.listOrders)
	rest.Add(f, op(get, "/{order}", "getOrder", "An order with what became of it", ""), func(ctx context.Context, in *OrderPath) (*OrderOutput, error) {
		a, had, err := o.mine(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return o.told(ctx, a, had)
	})
	rest.Add(f, op(post, "/{order}/cancel", "cancelOrder", "Cancel an order that is not paid", "The numbers are for sale again at once."), func(ctx context.Context, in *OrderPath) (*OrderOutput, error) {
		a, had, err := o.mine(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		now, err := o.Orders.Cancel(ctx, had.ID, order.ByCustomer, "")
		if err != nil {
			return nil, err
		}
		if err := o.note(ctx, a, "order_cancel", had.ID.String(), ""); err != nil {
			return nil, err
		}
		return o.told(ctx, a, now)
	})
}

// mine reads an order of the customer; of another's it says that there is none.
func (o *operations) mine(ctx context.Context, text string) (a asking, had order.Order, err error) {
	if a, err = o.who(ctx); err != nil {
		return a, had, err
	}
	id, err := order.ParseID(text)
	if err != nil {
		return a, had, err
	}
	if had, err = o.Orders.Read(ctx, id); err == nil && had.Customer != a.customer.ID {
		had, err = order.Order{}, fault.New(fault.OrderNotFound, "order", id)
	}
	return a, had, err
}

// told is an order with its events.
func (o *operations) told(ctx context.Context, a asking, now order.Order) (*OrderOutput, error) {
	events, err := o.Orders.Events(ctx, now.ID)
	if err != nil {
		return nil, err
	}
	out := shape.OrderOf(now)
	out.Events = shape.EventsOf(events, a.Lang)
	return &OrderOutput{out}, nil
}

func (o *operations) place(ctx context.Context, in *struct{ Body Wish }) (*struct{ Body Placed }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	wish := order.Wish{
		Customer: a.customer.Code, Company: a.customer.Name,
		Handler: order.Handler{Name: in.Body.Handler.Name, Phone: in.Body.Handler.Phone, Email: in.Body.Handler.Email, Lang: string(a.Lang)},
	}
	for _, n := range in.Body.Numbers {
		wish.Items = append(wish.Items, order.WishItem{Number: n.Number, Plan: n.Plan, Targets: n.Targets, Features: n.Features})
	}
	placed, err := o.Orders.Place(ctx, wish)
	if err != nil {
		return nil, invalid(err)
	}
	if err := o.note(ctx, a, "order_placed", placed.Order.ID.String(), ""); err != nil {
		return nil, err
	}
	return &struct{ Body Placed }{Placed{shape.OrderOf(placed.Order), o.Links.Order(placed.Order.ID, placed.Key)}}, nil
}

func (o *operations) listOrders(ctx context.Context, in *struct {
	rest.Paging
	State string `query:"state" maxLength:"20" doc:"Only those in a state."`
}) (*rest.Paged[shape.Order], error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	f := order.Filter{Customer: a.customer.Code, State: order.State(in.State), Limit: in.Limit + 1}
	if err := f.State.Check(); err != nil {
		return nil, err
	}
	if err := in.From(&f.Before); err != nil {
		return nil, err
	}
	list, err := o.Book.Orders(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.PageOf(in.Paging, list, shape.OrderOf, func(last order.Order) any { return last.ID }), nil
}
