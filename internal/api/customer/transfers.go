package customer

import (
	"context"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/calendar"
	"sibai/internal/claim"
	"sibai/internal/fault"
)

// Transfers takes what customers say of their bank transfers; claim.Service
// implements it.
type Transfers interface {
	File(ctx context.Context, in claim.Statement) (claim.Claim, error)
	Read(ctx context.Context, id claim.ID) (claim.Claim, error)
	List(ctx context.Context, f claim.Filter) ([]claim.Claim, error)
}

// Claimed is what a customer says of a transfer.
type Claimed struct {
	Order  string `json:"order,omitempty" maxLength:"40" doc:"The order that it is for, whose numbers are kept meanwhile; missing: the balance."`
	Payer  string `json:"payer" doc:"Name of the account that it came from."`
	Amount string `json:"amount" doc:"Yuan." example:"980.00"`
	Day    string `json:"day,omitempty" doc:"Of the transfer, within the last 90 days; missing: today." example:"2026-11-23"`
	File   string `json:"file,omitempty" doc:"The slip's file name, for messages about it."`
	Slip   []byte `json:"slip,omitempty" doc:"The bank's slip: JPEG, PNG or PDF of at most 5 MiB, in base 64."`
}

// TransferOutput is the answer about a transfer.
type TransferOutput struct{ Body shape.Transfer }

func (o *operations) transferOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/transfers", ID: "listTransfers", Tag: "money", Scope: apikey.MoneyRead, Summary: "Bank transfers that were claimed, the newest first"},
		func(ctx context.Context, in *struct {
			rest.Paging
			State string `query:"state" maxLength:"20" doc:"Only those in a state."`
		}) (*rest.Paged[shape.Transfer], error) {
			a, err := o.who(ctx)
			if err != nil {
				return nil, err
			}
			f := claim.Filter{Customer: a.customer.Code, State: claim.State(in.State), Limit: in.Limit + 1}
			if err := in.From(&f.Before); err != nil {
				return nil, err
			}
			list, err := o.Transfers.List(ctx, f)
			if err != nil {
				return nil, err
			}
			return rest.PageOf(in.Paging, list, shape.TransferOf, func(last claim.Claim) any { return last.ID }), nil
		})
	rest.Add(f, rest.Op{Method: get, Path: "/transfers/{transfer}", ID: "getTransfer", Tag: "money", Scope: apikey.MoneyRead, Summary: "A bank transfer"},
		func(ctx context.Context, in *struct {
			ID string `path:"transfer" maxLength:"40" doc:"The transfer's id." example:"clm_0ARZ3NDEKTSV4"`
		}) (*TransferOutput, error) {
			a, err := o.who(ctx)
			if err != nil {
				return nil, err
			}
			id, err := claim.ParseID(in.ID)
			if err != nil {
				return nil, err
			}
			c, err := o.Transfers.Read(ctx, id)
			if err == nil && c.Customer != a.customer.ID {
				err = fault.New(fault.ClaimNotFound, "claim", id)
			}
			if err != nil {
				return nil, err
			}
			return &TransferOutput{shape.TransferOf(c)}, nil
		})
	rest.Add(f, rest.Op{
		Method: post, Path: "/transfers", ID: "claimTransfer", Tag: "money", Scope: apikey.MoneyWrite, Status: 201, MaxBody: maxUpload,
		Summary: "Say that money was transferred to the operator's bank account", About: "The operator compares it with the bank's statement and books what came, or says why not. At most five wait at a time.",
	}, func(ctx context.Context, in *struct{ Body Claimed }) (*TransferOutput, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		b := in.Body
		if b.Order != "" {
			if _, _, err := o.mine(ctx, b.Order); err != nil {
				return nil, err
			}
		}
		if b.Day == "" {
			b.Day = calendar.Day(time.Now())
		}
		c, err := o.Transfers.File(ctx, claim.Statement{Customer: a.customer.Code, Order: b.Order, Payer: b.Payer, Amount: b.Amount, Day: b.Day, Slip: b.Slip, SlipName: b.File})
		if err != nil {
			return nil, err
		}
		if err := o.note(ctx, a, "transfer_claimed", c.ID.String(), c.Amount.Format()); err != nil {
			return nil, err
		}
		return &TransferOutput{shape.TransferOf(c)}, nil
	})
}
