package customer

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/identity"
)

// Member is somebody who signs in for the customer.
type Member struct {
	ID    string `json:"id" example:"per_0ARZ3NDEKTSV4"`
	Name  string `json:"name"`
	Login string `json:"login" doc:"E-mail address or mobile."`
	Role  string `json:"role" doc:"owner, finance, routing or viewer."`
}

func (o *operations) peopleOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: get, Path: "/members", ID: "listMembers", Tag: "people", Scope: apikey.PeopleRead, Summary: "Who signs in for the customer",
		About: "Members are invited and removed by people, in the console.",
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body rest.Page[Member] }, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		list, err := o.People.Members(ctx, a.actor)
		if err != nil {
			return nil, err
		}
		out := &struct{ Body rest.Page[Member] }{rest.Page[Member]{Items: []Member{}}}
		for _, m := range list {
			out.Body.Items = append(out.Body.Items, Member{m.Person.String(), m.Name, m.Login, string(m.Role)})
		}
		return out, nil
	})
	rest.Add(f, rest.Op{
		Method: get, Path: "/traces", ID: "listTraces", Tag: "people", Scope: apikey.PeopleRead, Summary: "Who did what for the customer, the newest first",
	}, func(ctx context.Context, in *shape.Looking) (*struct{ Body rest.Page[shape.Trace] }, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		list, err := o.People.Traces(ctx, a.actor, identity.TraceFilter{Action: in.Action, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		return shape.TracesOf(list), nil
	})
}
