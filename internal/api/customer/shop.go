package customer

import (
	"context"
	"errors"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
)

// Shelf finds numbers; shelf.Shelf implements it.
type Shelf interface {
	Search(q number.Query) (number.Found, error)
}

// ForSale is a number that can be ordered.
type ForSale struct {
	Number  string     `json:"number" doc:"Ten digits." example:"4008261122"`
	Grade   string     `json:"grade" doc:"Code of its grade." example:"aabb"`
	Fee     rest.Money `json:"fee" doc:"For the right to the number, once, beside what the plan costs."`
	Minimum rest.Money `json:"minimum" doc:"Monthly minimum consumption, where it is more than the plan's."`
}

// Offer is a number with what it costs under each plan.
type Offer struct {
	Number string       `json:"number" doc:"Ten digits."`
	State  string       `json:"state" doc:"available when it can be ordered."`
	Grade  string       `json:"grade" doc:"Code of its grade."`
	Plans  []shape.Cost `json:"plans" doc:"The plans that are sold now, the cheapest first year first."`
}

// Features are codes of features.
type Features struct {
	Features []string `query:"features" maxItems:"20" doc:"Codes of what is sold with the number, with commas between."`
}

func (o *operations) shopOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/shop/numbers", ID: "searchNumbers", Tag: "shop", Scope: apikey.ShopRead, Summary: "Search numbers that are for sale"}, o.search)
	rest.Add(f, rest.Op{
		Method: get, Path: "/shop/numbers/{number}", ID: "quoteNumber", Tag: "shop", Scope: apikey.ShopRead,
		Summary: "What a number costs", About: "Under each plan that is sold now, as an order would have it.",
	}, o.quote)
}

// Search asks for numbers.
type Search struct {
	rest.Paging
	Digits  string `query:"digits" maxLength:"20" doc:"A part of the number as people search it: its beginning when it begins with 400, else its end; _ is any digit." example:"____168"`
	Grade   string `query:"grade" maxLength:"40" doc:"Code of a grade."`
	Carrier string `query:"carrier" enum:"unicom,telecom,mobile" doc:"Who issued the number."`
	Near    string `query:"near" maxLength:"20" doc:"A number; those that are most like it come first."`
}

func (o *operations) search(_ context.Context, in *Search) (*rest.Paged[ForSale], error) {
	q := number.Query{Grade: in.Grade, Carrier: number.Carrier(in.Carrier), Limit: in.Limit + 1}
	if err := in.From(&q.Skip); err != nil {
		return nil, err
	}
	if in.Digits != "" {
		mask, ok := inventory.Mask(in.Digits)
		if !ok {
			return nil, fault.New(fault.ValueNotAllowed, "value", in.Digits, "allowed", "400____168, 168")
		}
		q.Mask = mask
	}
	if in.Near != "" {
		near, err := number.FromTrunk(in.Near)
		if err != nil {
			return nil, fault.Wrap(err, fault.NumberInvalid, "value", in.Near)
		}
		q.Near = near
	}
	found, err := o.Shelf.Search(q)
	if errors.Is(err, number.ErrQuery) {
		return nil, fault.Wrap(err, fault.CursorInvalid, "cursor", in.Cursor)
	}
	if err != nil {
		return nil, err
	}
	return rest.PageOf(in.Paging, found.Entries, func(e number.Entry) ForSale {
		return ForSale{Number: e.Digits, Grade: e.Grade.Code, Fee: rest.MoneyOf(e.Grade.Fee), Minimum: rest.MoneyOf(e.Grade.Minimum)}
	}, func(number.Entry) any { return q.Skip + in.Limit }), nil
}

func (o *operations) quote(ctx context.Context, in *struct {
	Features
	Number string `path:"number" maxLength:"20" doc:"The 400 number."`
}) (*struct{ Body Offer }, error) {
	digits, err := number.FromTrunk(in.Number)
	if err != nil {
		return nil, fault.Wrap(err, fault.NumberInvalid, "value", in.Number)
	}
	menu, err := o.Orders.Offers(ctx, []string{digits}, in.Features.Features)
	if err != nil {
		return nil, err
	}
	if len(menu.Wrong) > 0 {
		return nil, invalid(menu.Wrong)
	}
	offer := menu.Offers[0]
	out := Offer{Number: offer.Digits, State: string(offer.State), Grade: offer.Grade.Code, Plans: []shape.Cost{}}
	for _, i := range offer.Items {
		out.Plans = append(out.Plans, shape.CostOf(i))
	}
	return &struct{ Body Offer }{out}, nil
}
