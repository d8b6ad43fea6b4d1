package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// Transfers is what customers claim to have transferred; claim.Service implements it.
type Transfers interface {
	Read(ctx context.Context, id claim.ID) (claim.Claim, error)
	List(ctx context.Context, f claim.Filter) ([]claim.Claim, error)
	Approve(ctx context.Context, id claim.ID, f claim.Finding) (claim.Claim, error)
	Reject(ctx context.Context, id claim.ID, reason claim.Reason, note, who string) (claim.Claim, error)
}

// Transfer is a transfer with whose it is and who decided.
type Transfer struct {
	shape.Transfer
	Customer   string     `json:"customer" doc:"Code of the customer."`
	Proposed   rest.Money `json:"proposed" doc:"What somebody found on the statement, while a second person must approve it; 0 else."`
	Reference  string     `json:"reference,omitempty" doc:"The bank's number of the line, found or proposed."`
	ProposedBy string     `json:"proposed_by,omitempty"`
	DecidedBy  string     `json:"decided_by,omitempty"`
}

func transferOf(c claim.Claim) Transfer {
	out := Transfer{Transfer: shape.TransferOf(c), Customer: c.Code, Proposed: rest.MoneyOf(0), Reference: c.Reference, ProposedBy: c.ProposedBy, DecidedBy: c.DecidedBy}
	if c.State == claim.Filed {
		out.Proposed = rest.MoneyOf(c.Received)
	}
	return out
}

// TransferPath names a transfer.
type TransferPath struct {
	ID string `path:"transfer" maxLength:"40" doc:"The transfer's id." example:"clm_0ARZ3NDEKTSV4"`
}

// TransferOutput is the answer about a transfer.
type TransferOutput struct{ Body Transfer }

func (o *operations) transferOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		scope := apikey.BankBook
		if method == get {
			scope = apikey.OfficeRead
		}
		return rest.Op{Method: method, Path: "/transfers" + path, ID: id, Tag: "payments", Scope: scope, Summary: summary, About: about}
	}
	rest.Add(f, op(get, "", "listTransfers", "Bank transfers that customers claim, the newest first", ""), func(ctx context.Context, in *struct {
		rest.Paging
		Customer string `query:"customer" maxLength:"64" doc:"Only those of a customer, by its code."`
		State    string `query:"state" maxLength:"20" doc:"Only those in a state: filed, approved, rejected."`
	}) (*rest.Paged[Transfer], error) {
		f := claim.Filter{Customer: in.Customer, State: claim.State(in.State), Limit: in.Limit + 1}
		if err := in.From(&f.Before); err != nil {
			return nil, err
		}
		list, err := o.Transfers.List(ctx, f)
		if err != nil {
			return nil, err
		}
		return rest.PageOf(in.Paging, list, transferOf, func(last claim.Claim) any { return last.ID }), nil
	})
	rest.Add(f, op(get, "/{transfer}", "getTransfer", "A bank transfer", ""), func(ctx context.Context, in *TransferPath) (*TransferOutput, error) {
		id, err := claim.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := o.Transfers.Read(ctx, id)
		if err != nil {
			return nil, err
		}
		return &TransferOutput{transferOf(c)}, nil
	})
	rest.Add(f, op(post, "/{transfer}/book", "bookTransfer", "Book what came",
		"Each line of the statement is booked once, by its reference. A sum from which two must approve is only proposed: a person approves it in the office, and a program is never the second one."),
		func(ctx context.Context, in *struct {
			TransferPath
			Body struct {
				Received  string `json:"received" doc:"What came, in yuan." example:"980.00"`
				Reference string `json:"reference" doc:"The bank's own number of the line." example:"20261123-0087"`
			}
		}) (*TransferOutput, error) {
			received, err := money.Parse(in.Body.Received)
			if err != nil {
				return nil, fault.Wrap(err, fault.MoneyInvalid, "value", in.Body.Received)
			}
			return o.decided(ctx, in.ID, "claim_approved", func(id claim.ID) (claim.Claim, error) {
				return o.Transfers.Approve(ctx, id, claim.Finding{Received: received, Reference: in.Body.Reference, Who: who(rest.AskerOf(ctx)), Program: true})
			})
		})
	rest.Add(f, op(post, "/{transfer}/reject", "rejectTransfer", "Say why nothing is booked", ""), func(ctx context.Context, in *struct {
		TransferPath
		Body struct {
			Reason string `json:"reason" doc:"not_found, payer, duplicate or unclear."`
			Note   string `json:"note,omitempty" doc:"For the customer, at most 500 characters."`
		}
	}) (*TransferOutput, error) {
		return o.decided(ctx, in.ID, "claim_rejected", func(id claim.ID) (claim.Claim, error) {
			return o.Transfers.Reject(ctx, id, claim.Reason(in.Body.Reason), in.Body.Note, who(rest.AskerOf(ctx)))
		})
	})
}

func (o *operations) decided(ctx context.Context, name, action string, do func(claim.ID) (claim.Claim, error)) (*TransferOutput, error) {
	id, err := claim.ParseID(name)
	if err != nil {
		return nil, err
	}
	c, err := do(id)
	if err != nil {
		return nil, err
	}
	if err := o.note(ctx, action, id.String(), c.Received.Format()+" "+c.Reference); err != nil {
		return nil, err
	}
	return &TransferOutput{transferOf(c)}, nil
}
