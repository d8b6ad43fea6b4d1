package customer

import (
	"context"
	"encoding/hex"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/order"
)

// PDF is a contract.
type PDF struct {
	Type string `header:"Content-Type"`
	Hash string `header:"Sibai-Document-Hash" doc:"SHA-256 of it, hexadecimal; a signature names it."`
	Body []byte
}

func (o *operations) signOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		scope := apikey.OrdersWrite
		if method == get {
			scope = apikey.OrdersRead
		}
		return rest.Op{Method: method, Path: "/orders/{order}" + path, ID: id, Tag: "orders", Scope: scope, Summary: summary, About: about}
	}
	rest.Add(f, op(get, "/contract", "getContract", "The contract as PDF", "The signed one with signed."), func(ctx context.Context, in *struct {
		OrderPath
		Signed bool `query:"signed" doc:"The contract with its signature."`
	}) (*PDF, error) {
		_, had, err := o.mine(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		read := o.Orders.Contract
		if in.Signed {
			read = o.Orders.SignedContract
		}
		d, err := read(ctx, had)
		if err != nil {
			return nil, err
		}
		return &PDF{"application/pdf", hex.EncodeToString(d.Hash[:]), d.PDF}, nil
	})
	rest.Add(f, op(post, "/code", "sendSignCode", "Send the handler the one-time code for the signature", ""), func(ctx context.Context, in *OrderPath) (*OrderOutput, error) {
		a, had, err := o.mine(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		now, err := o.Orders.SendCode(ctx, had.ID)
		if err != nil {
			return nil, err
		}
		return o.told(ctx, a, now)
	})
	rest.Add(f, op(post, "/signature", "signOrder", "Sign the contract", "The code that the handler got is what signs; a program only brings it."), func(ctx context.Context, in *struct {
		OrderPath
		Body struct {
			Name     string `json:"name" doc:"The handler's name as in the order."`
			Code     string `json:"code" doc:"The one-time code."`
			Document string `json:"document" doc:"SHA-256 of the contract that was read, hexadecimal."`
		}
	}) (*OrderOutput, error) {
		a, had, err := o.mine(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		now, err := o.Orders.Sign(ctx, had.ID, order.Signing{Name: in.Body.Name, Code: in.Body.Code, Document: in.Body.Document, Address: a.Address})
		if err != nil {
			return nil, err
		}
		if err := o.note(ctx, a, "order_signed", had.ID.String(), ""); err != nil {
			return nil, err
		}
		return o.told(ctx, a, now)
	})
	rest.Add(f, op(post, "/payment", "payOrder", "Ask for the payment of a signed order",
		"What the account has is taken first. The answer has a payment with the link of its page when more is to be paid, else the order is paid."),
		func(ctx context.Context, in *struct {
			OrderPath
			Body struct {
				Provider string `json:"provider,omitempty" doc:"Which payment provider; default: the first one."`
			}
		}) (*struct{ Body OrderPayment }, error) {
			a, had, err := o.mine(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			asked, now, err := o.Orders.AskPayment(ctx, had.ID, in.Body.Provider)
			if err != nil {
				return nil, err
			}
			out := OrderPayment{Order: shape.OrderOf(now)}
			if asked != nil {
				out.Payment = &Asked{shape.PaymentOf(asked.Payment), o.Links.Payment(asked.Payment.ID, asked.Key)}
			}
			return &struct{ Body OrderPayment }{out}, o.note(ctx, a, "payment_asked", had.ID.String(), in.Body.Provider)
		})
}

// OrderPayment is an order and what is to be paid for it.
type OrderPayment struct {
	Order   shape.Order `json:"order"`
	Payment *Asked      `json:"payment,omitempty" doc:"Missing: the account had enough."`
}
