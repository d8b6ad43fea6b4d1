package customer

import (
	"context"
	"slices"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
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
		Method: post, Path: "/members", ID: "inviteMember", Tag: "people", Scope: apikey.PeopleWrite, Status: 201, Summary: "Invite somebody to sign in for the customer",
		About: "They get a message with a link where a channel reaches them; else the answer has the link, once. Inviting a member again gives another role. Owners are made by owners, in the console.",
	}, o.invite)
	rest.Add(f, rest.Op{
		Method: del, Path: "/members/{member}", ID: "removeMember", Tag: "people", Scope: apikey.PeopleWrite, Summary: "Take a member's part in the customer",
		About: "Their sessions end at once. Owners are removed by owners, in the console.",
	}, func(ctx context.Context, in *struct {
		ID string `path:"member" maxLength:"40" doc:"The member's id." example:"per_0ARZ3NDEKTSV4"`
	}) (*Nothing, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		id, err := identity.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		if err := o.spareOwner(ctx, a, func(m identity.Membership) bool { return m.Person == id }); err != nil {
			return nil, err
		}
		return nil, o.People.Remove(ctx, a.actor, id, a.Address)
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

// Invitee is who is invited.
type Invitee struct {
	Name  string `json:"name"`
	Login string `json:"login" doc:"E-mail address or mobile."`
	Role  string `json:"role" doc:"finance, routing or viewer."`
}

// Invited is a member that was invited.
type Invited struct {
	Member Member `json:"member"`
	Sent   bool   `json:"sent" doc:"Whether a message with the link went to the login."`
	Link   string `json:"link,omitempty" doc:"Where the member sets a password; missing when it was sent, or the person has one. Shown this once."`
}

func (o *operations) invite(ctx context.Context, in *struct{ Body Invitee }) (*struct{ Body Invited }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	wish := identity.Invitation{Name: in.Body.Name, Login: in.Body.Login, Role: identity.Role(in.Body.Role), Lang: string(a.Lang)}
	login, err := identity.ParseLogin(wish.Login)
	if err != nil {
		return nil, err
	}
	if wish.Role == identity.Owner {
		return nil, notOwners()
	}
	if err := o.spareOwner(ctx, a, func(m identity.Membership) bool { return m.Login == login }); err != nil {
		return nil, err
	}
	done, err := o.People.InviteMember(ctx, a.actor, a.customer.Code, wish, a.Address)
	if err != nil {
		return nil, err
	}
	p := done.Person
	out := Invited{Member: Member{p.ID.String(), p.Name, p.Login, string(wish.Role)}, Sent: done.Sent}
	if done.Key != "" {
		out.Link = o.Links.Welcome(done.Key)
	}
	return &struct{ Body Invited }{out}, nil
}

// spareOwner refuses what a program would do to an owner: a key that leaked must not
// lock out whom it belongs to. Faults: owner_by_key.
func (o *operations) spareOwner(ctx context.Context, a asking, is func(identity.Membership) bool) error {
	list, err := o.People.Members(ctx, a.actor)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(m identity.Membership) bool { return m.Role == identity.Owner && is(m) }) {
		return notOwners()
	}
	return nil
}

func notOwners() error { return fault.New(fault.OwnerByKey) }
