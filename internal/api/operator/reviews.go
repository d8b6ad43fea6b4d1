package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/realname"
)

// Scan is a document as it was handed in.
type Scan struct {
	shape.Document
	Data []byte `json:"data" doc:"The document, in base 64."`
}

func (o *operations) reviewOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: get, Path: "/applications/{application}/documents/{document}", ID: "readDocument", Tag: "documents", Scope: apikey.DocumentsSee,
		Summary: "A document of an application", About: "Each look is written down under the key's client, as that of a person is.",
	}, func(ctx context.Context, in *struct {
		Application string `path:"application" maxLength:"40" doc:"The application's id." example:"rn_0ARZ3NDEKTSV4"`
		ID          string `path:"document" maxLength:"40" doc:"The document's id." example:"doc_0ARZ3NDEKTSV4"`
	}) (*struct{ Body Scan }, error) {
		application, err := realname.ParseID(in.Application)
		if err != nil {
			return nil, err
		}
		id, err := realname.ParseDocumentID(in.ID)
		if err != nil {
			return nil, err
		}
		by := who(rest.AskerOf(ctx))
		c, err := o.Names.Show(ctx, application, false, by)
		if err != nil {
			return nil, err
		}
		for _, d := range c.Documents {
			if d.ID == id {
				d, data, err := o.Names.Look(ctx, id, false, by)
				if err != nil {
					return nil, err
				}
				return &struct{ Body Scan }{Scan{shape.DocumentOf(d), data}}, nil
			}
		}
		return nil, fault.New(fault.RealnameDocumentNotFound, "document", id)
	})
	for _, r := range []struct {
		stage                    realname.State
		path, id, summary, about string
		scope                    apikey.Scope
	}{
		{realname.VendorReview, "vendor-review", "decideVendorReview", "Decide the operator's review of an application", "The carrier's comes next.", apikey.ReviewsVendor},
		{realname.CarrierReview, "carrier-review", "decideCarrierReview", "Decide the carrier's review of an application", "Passing it opens the number.", apikey.ReviewsCarrier},
	} {
		rest.Add(f, rest.Op{Method: post, Path: "/applications/{application}/" + r.path, ID: r.id, Tag: "documents", Scope: r.scope, Summary: r.summary, About: r.about},
			func(ctx context.Context, in *Verdict) (*struct{ Body shape.Case }, error) {
				return o.decide(ctx, r.stage, in)
			})
	}
}

// Verdict is what a review came to.
type Verdict struct {
	ID   string `path:"application" maxLength:"40" doc:"The application's id." example:"rn_0ARZ3NDEKTSV4"`
	Body struct {
		Verdict   string   `json:"verdict" doc:"pass, ask (once more, for reasons) or reject (for good, for reasons)."`
		Reasons   []string `json:"reasons,omitempty" doc:"Codes, such as seal or blurred."`
		Note      string   `json:"note,omitempty" doc:"For the customer, beside the reasons."`
		Reference string   `json:"reference,omitempty" doc:"Of the carrier."`
	}
}

func (o *operations) decide(ctx context.Context, stage realname.State, in *Verdict) (*struct{ Body shape.Case }, error) {
	id, err := realname.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	a := rest.AskerOf(ctx)
	d := realname.Decision{Stage: stage, Verdict: realname.Verdict(in.Body.Verdict), Note: in.Body.Note, Reference: in.Body.Reference, Who: who(a)}
	for _, r := range in.Body.Reasons {
		d.Reasons = append(d.Reasons, realname.Reason(r))
	}
	if _, err := o.Names.Decide(ctx, id, d); err != nil {
		return nil, err
	}
	c, err := o.Names.Show(ctx, id, false, who(a))
	if err != nil {
		return nil, err
	}
	return &struct{ Body shape.Case }{shape.CaseOf(c, a.Lang)}, nil
}
