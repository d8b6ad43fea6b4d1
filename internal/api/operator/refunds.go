package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// Receipts gives payments back and books what differs; payment.Service implements it.
type Receipts interface {
	Refund(ctx context.Context, id payment.ID, amount money.Amount, key, why string) (payment.Refund, error)
	Take(ctx context.Context, id payment.ID, why string) (payment.Payment, error)
}

// Refund is a part of a payment that goes back.
type Refund struct {
	ID     string     `json:"id" example:"rfd_0ARZ3NDEKTSV4"`
	State  string     `json:"state" doc:"asked or taken: it is under way, and the node goes on by itself; done."`
	Amount rest.Money `json:"amount"`
	Waits  string     `json:"waits,omitempty" doc:"Why the provider gave no answer yet: its own words, or provider_unreachable."`
}

// PaymentPath names a payment.
type PaymentPath struct {
	ID string `path:"payment" maxLength:"40" doc:"The payment's id." example:"pay_0ARZ3NDEKTSV4"`
}

func (o *operations) refundOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: post, Path: "/payments/{payment}/refunds", ID: "refundPayment", Tag: "payments", Scope: apikey.PaymentsRefund,
		Summary: "Give a part of a payment back, or all",
		About:   "It goes back the way it came, from the free cash of the customer. The same reference only repeats it, and says what became of it.",
	}, func(ctx context.Context, in *struct {
		PaymentPath
		Body struct {
			Amount    string `json:"amount" doc:"Yuan." example:"50.00"`
			Reference string `json:"reference" doc:"Your own name of the refund, once a payment: 1 to 64 bytes."`
			Why       string `json:"why" doc:"Kept with the refund."`
		}
	}) (*struct{ Body Refund }, error) {
		id, err := payment.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		if in.Body.Why == "" {
			return nil, fault.New(fault.ReasonMissing)
		}
		amount, err := money.Parse(in.Body.Amount)
		if err != nil {
			return nil, fault.Wrap(err, fault.MoneyInvalid, "value", in.Body.Amount)
		}
		back, err := o.Receipts.Refund(ctx, id, amount, in.Body.Reference, who(rest.AskerOf(ctx))+": "+in.Body.Why)
		if back.ID != 0 { // it has begun, whatever became of it
			if err := o.note(ctx, "payment_refunded", id.String(), back.ID.String()+" "+back.Amount.Format()+" "+in.Body.Why); err != nil {
				return nil, err
			}
		}
		if err != nil {
			return nil, err
		}
		return &struct{ Body Refund }{Refund{back.ID.String(), string(back.State), rest.MoneyOf(back.Amount), back.Waits}}, nil
	})
	rest.Add(f, rest.Op{
		Method: post, Path: "/payments/{payment}/take", ID: "takePayment", Tag: "payments", Scope: apikey.PaymentsRefund,
		Summary: "Book what came though another sum was asked for", About: "Doing it again changes nothing.",
	}, func(ctx context.Context, in *PaymentPath) (*struct{ Body Payment }, error) {
		id, err := payment.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		p, err := o.Receipts.Take(ctx, id, who(rest.AskerOf(ctx)))
		if err != nil {
			return nil, err
		}
		if err := o.note(ctx, "payment_taken", id.String(), p.Received.Format()); err != nil {
			return nil, err
		}
		return &struct{ Body Payment }{paymentOf(p)}, nil
	})
}
