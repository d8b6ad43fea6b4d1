package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/realname"
)

// Names is who rents each number; realname.Service implements it.
type Names interface {
	List(ctx context.Context, f realname.Filter) ([]realname.Application, error)
	Show(ctx context.Context, id realname.ID, whole bool, who string) (realname.Case, error)
	Look(ctx context.Context, id realname.DocumentID, preview bool, who string) (realname.Document, []byte, error)
	Decide(ctx context.Context, id realname.ID, d realname.Decision) (realname.Application, error)
}

// Application is an application with whose it is.
type Application struct {
	shape.Application
	Customer string `json:"customer" doc:"Code of the customer."`
}

// mostApplications is how many applications a list has at most.
const mostApplications = 1000

func (o *operations) nameOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: get, Path: "/applications", ID: "listApplications", Tag: "documents", Scope: apikey.OfficeRead,
		Summary: "Real-name applications, those with the nearest deadline first",
	}, func(ctx context.Context, in *struct {
		Customer string `query:"customer" maxLength:"64" doc:"Only those of a customer, by its code."`
		Number   string `query:"number" maxLength:"20" doc:"Only those of a number."`
		State    string `query:"state" maxLength:"20" doc:"Only those in a state."`
	}) (*struct{ Body rest.Page[Application] }, error) {
		list, err := o.Names.List(ctx, realname.Filter{Customer: in.Customer, Number: in.Number, State: realname.State(in.State), Limit: mostApplications})
		if err != nil {
			return nil, err
		}
		out := &struct{ Body rest.Page[Application] }{rest.Page[Application]{Items: []Application{}}}
		for _, a := range list {
			out.Body.Items = append(out.Body.Items, Application{shape.ApplicationOf(a), a.Code})
		}
		return out, nil
	})
	rest.Add(f, rest.Op{
		Method: get, Path: "/applications/{application}", ID: "getApplication", Tag: "documents", Scope: apikey.OfficeRead,
		Summary: "An application with what the checks say", About: "Persons are masked.",
	}, func(ctx context.Context, in *struct {
		ID string `path:"application" maxLength:"40" doc:"The application's id." example:"rn_0ARZ3NDEKTSV4"`
	}) (*struct{ Body shape.Case }, error) {
		id, err := realname.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		a := rest.AskerOf(ctx)
		c, err := o.Names.Show(ctx, id, false, who(a))
		if err != nil {
			return nil, err
		}
		return &struct{ Body shape.Case }{shape.CaseOf(c, a.Lang)}, nil
	})
}
