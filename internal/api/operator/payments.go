package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/payment"
)

// Payment is a payment with whose it is.
type Payment struct {
	shape.Payment
	Customer  string     `json:"customer" doc:"Code of the customer."`
	Received  rest.Money `json:"received" doc:"What came."`
	Reference string     `json:"reference,omitempty" doc:"The provider's own number of what came."`
}

func paymentOf(p payment.Payment) Payment {
	return Payment{shape.PaymentOf(p), p.Code, rest.MoneyOf(p.Received), p.Reference}
}

func (o *operations) paymentOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/payments", ID: "listPayments", Tag: "payments", Scope: apikey.OfficeRead, Summary: "Payments, the newest first"},
		func(ctx context.Context, in *struct {
			rest.Paging
			Customer string `query:"customer" maxLength:"64" doc:"Only those of a customer, by its code."`
			State    string `query:"state" maxLength:"20" doc:"Only those in a state."`
		}) (*rest.Paged[Payment], error) {
			f := payment.Filter{Customer: in.Customer, State: payment.State(in.State), Limit: in.Limit + 1}
			if err := f.State.Check(); err != nil {
				return nil, err
			}
			if err := in.From(&f.Before); err != nil {
				return nil, err
			}
			list, err := o.Book.Payments(ctx, f)
			if err != nil {
				return nil, err
			}
			return rest.PageOf(in.Paging, list, paymentOf, func(last payment.Payment) any { return last.ID }), nil
		})
	rest.Add(f, rest.Op{Method: get, Path: "/payments/{payment}", ID: "getPayment", Tag: "payments", Scope: apikey.OfficeRead, Summary: "A payment"},
		func(ctx context.Context, in *PaymentPath) (*struct{ Body Payment }, error) {
			id, err := payment.ParseID(in.ID)
			if err != nil {
				return nil, err
			}
			p, ok, err := o.Book.Payment(ctx, id)
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, fault.New(fault.PaymentNotFound, "payment", id)
			}
			return &struct{ Body Payment }{paymentOf(p)}, nil
		})
}
