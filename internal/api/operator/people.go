package operator

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/identity"
)

// People writes down who did what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
	Traces(ctx context.Context, a identity.Actor, f identity.TraceFilter) ([]identity.Trace, error)
	Staff(ctx context.Context, by identity.Actor) ([]identity.Person, error)
}

// Colleague is somebody who works for the operator.
type Colleague struct {
	ID      string `json:"id" example:"per_0ARZ3NDEKTSV4"`
	Name    string `json:"name"`
	Login   string `json:"login" doc:"E-mail address or mobile."`
	Role    string `json:"role" doc:"sales, reviewer, desk, cashier or admin."`
	Blocked bool   `json:"blocked" doc:"Whether the person is kept from signing in."`
}

// reader is a key as it reads what an administrator may: its scope was checked.
func reader(ctx context.Context) identity.Actor {
	return identity.Actor{Person: identity.Person{Name: who(rest.AskerOf(ctx))}, Role: identity.Admin}
}

func (o *operations) peopleOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: get, Path: "/staff", ID: "listStaff", Tag: "people", Scope: apikey.TracesRead, Summary: "Who works for the operator",
		About: "Staff are invited, blocked and dismissed by people, in the office.",
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body rest.Page[Colleague] }, error) {
		list, err := o.People.Staff(ctx, reader(ctx))
		if err != nil {
			return nil, err
		}
		out := &struct{ Body rest.Page[Colleague] }{rest.Page[Colleague]{Items: []Colleague{}}}
		for _, p := range list {
			out.Body.Items = append(out.Body.Items, Colleague{p.ID.String(), p.Name, p.Login, string(p.Staff), p.Disabled})
		}
		return out, nil
	})
	rest.Add(f, rest.Op{
		Method: get, Path: "/traces", ID: "listTraces", Tag: "people", Scope: apikey.TracesRead, Summary: "Who did what and looked at what, the newest first",
	}, func(ctx context.Context, in *shape.Looking) (*struct{ Body rest.Page[shape.Trace] }, error) {
		list, err := o.People.Traces(ctx, reader(ctx), identity.TraceFilter{Action: in.Action, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		return shape.TracesOf(list), nil
	})
}
