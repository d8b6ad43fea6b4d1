package operator

import (
	"context"
	"unicode/utf8"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/order"
)

// Orders decides on orders; order.Service implements it.
type Orders interface {
	Read(ctx context.Context, id order.ID) (order.Order, error)
	Events(ctx context.Context, id order.ID) ([]order.Event, error)
	HandIn(ctx context.Context, id order.ID, who string) (order.Order, error)
	Vet(ctx context.Context, id order.ID, who string) (order.Order, error)
	AskAgain(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	Refuse(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	Cancel(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	OpenNumbers(ctx context.Context, id order.ID, who string) (order.Order, error)
}

// Order is an order with whose it is.
type Order struct {
	shape.Order
	Customer string `json:"customer" doc:"Code of the customer."`
}

func orderOf(o order.Order) Order { return Order{shape.OrderOf(o), o.Code} }

// OrderOutput is the answer about an order.
type OrderOutput struct{ Body Order }

// OrderPath names an order.
type OrderPath struct {
	ID string `path:"order" maxLength:"40" doc:"The order's id." example:"ord_0ARZ3NDEKTSV4"`
}

// maxWhy bounds a reason, in characters.
const maxWhy = 500

// Reason is why something is decided.
type Reason struct {
	OrderPath
	Body struct {
		Why string `json:"why,omitempty" doc:"In words; the customer reads them."`
	}
}

func (o *operations) orderOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/orders", ID: "listOrders", Tag: "orders", Scope: apikey.OfficeRead, Summary: "Orders, the newest first"}, o.orders)
	rest.Add(f, rest.Op{Method: get, Path: "/orders/{order}", ID: "getOrder", Tag: "orders", Scope: apikey.OfficeRead, Summary: "An order with what became of it"},
		func(ctx context.Context, in *OrderPath) (*OrderOutput, error) {
			id, err := order.ParseID(in.ID)
			if err != nil {
				return nil, err
			}
			now, err := o.Orders.Read(ctx, id)
			if err != nil {
				return nil, err
			}
			return o.told(ctx, now)
		})
	for _, d := range []struct {
		path, id, summary, about, action string
		do                               func(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	}{
		{"hand-in", "handInOrder", "Say that the documents of an order are handed in", "Doing it again changes nothing.", "order_handin",
			func(ctx context.Context, id order.ID, who, _ string) (order.Order, error) {
				return o.Orders.HandIn(ctx, id, who)
			}},
		{"vet", "vetOrder", "Pass the operator's review", "The carrier's comes next.", "order_vet",
			func(ctx context.Context, id order.ID, who, _ string) (order.Order, error) {
				return o.Orders.Vet(ctx, id, who)
			}},
		{"ask-again", "askOrderAgain", "Say what of the documents is to be mended", "The time for documents begins anew.", "order_askagain",
			func(ctx context.Context, id order.ID, who, why string) (order.Order, error) {
				return o.Orders.AskAgain(ctx, id, who, why)
			}},
		{"refuse", "refuseOrder", "End an order whose documents cannot be mended", "The numbers are for sale again, and all of the money goes back.", "order_refuse",
			func(ctx context.Context, id order.ID, who, why string) (order.Order, error) {
				return o.Orders.Refuse(ctx, id, who, why)
			}},
		{"cancel", "cancelOrder", "End an order that is not paid", "", "order_cancel",
			func(ctx context.Context, id order.ID, who, why string) (order.Order, error) {
				return o.Orders.Cancel(ctx, id, who, why)
			}},
		{"open", "openOrder", "Open the numbers of an order that passed both reviews", "They take calls from now on.", "order_open",
			func(ctx context.Context, id order.ID, who, _ string) (order.Order, error) {
				return o.Orders.OpenNumbers(ctx, id, who)
			}},
	} {
		rest.Add(f, rest.Op{Method: post, Path: "/orders/{order}/" + d.path, ID: d.id, Tag: "orders", Scope: apikey.OrdersDecide, Summary: d.summary, About: d.about},
			func(ctx context.Context, in *Reason) (*OrderOutput, error) {
				id, err := order.ParseID(in.ID)
				if err != nil {
					return nil, err
				}
				if n := utf8.RuneCountInString(in.Body.Why); n > maxWhy {
					return nil, fault.New(fault.ValueTooLong, "limit", maxWhy)
				}
				now, err := d.do(ctx, id, who(rest.AskerOf(ctx)), in.Body.Why)
				if err != nil {
					return nil, err
				}
				if err := o.note(ctx, d.action, id.String(), in.Body.Why); err != nil {
					return nil, err
				}
				return o.told(ctx, now)
			})
	}
}

func (o *operations) told(ctx context.Context, now order.Order) (*OrderOutput, error) {
	events, err := o.Orders.Events(ctx, now.ID)
	if err != nil {
		return nil, err
	}
	out := orderOf(now)
	out.Events = shape.EventsOf(events, rest.AskerOf(ctx).Lang)
	return &OrderOutput{out}, nil
}

func (o *operations) orders(ctx context.Context, in *struct {
	rest.Paging
	Customer string `query:"customer" maxLength:"64" doc:"Only those of a customer, by its code."`
	State    string `query:"state" maxLength:"20" doc:"Only those in a state."`
}) (*rest.Paged[Order], error) {
	f := order.Filter{Customer: in.Customer, State: order.State(in.State), Limit: in.Limit + 1}
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
	return rest.PageOf(in.Paging, list, orderOf, func(last order.Order) any { return last.ID }), nil
}
