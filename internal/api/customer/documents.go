package customer

import (
	"context"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/realname"
)

// Names is who rents each number; realname.Service implements it.
type Names interface {
	List(ctx context.Context, f realname.Filter) ([]realname.Application, error)
	Show(ctx context.Context, id realname.ID, whole bool, who string) (realname.Case, error)
	Begin(ctx context.Context, customer, digits, who string) (realname.Application, error)
	Fill(ctx context.Context, id realname.ID, form realname.Form, who string) (realname.Application, error)
	Add(ctx context.Context, id realname.ID, n realname.NewDocument, who string) (realname.Document, error)
	HandIn(ctx context.Context, id realname.ID, who string) (realname.Application, error)
}

// maxUpload bounds a request with a document: 5 MiB in base 64, and its fields.
const maxUpload = 8 << 20

// ApplicationPath names an application.
type ApplicationPath struct {
	ID string `path:"application" maxLength:"40" doc:"The application's id." example:"rn_0ARZ3NDEKTSV4"`
}

// CaseOutput is the answer about an application.
type CaseOutput struct{ Body shape.Case }

// Upload is a document that is handed in.
type Upload struct {
	Kind       string `json:"kind" doc:"business_licence, legal_front, legal_back, handler_front, handler_back, authority, application_form, pledge, industry_licence, target_bill, target_pledge."`
	Target     string `json:"target,omitempty" doc:"The phone, of target_bill and target_pledge."`
	Name       string `json:"name,omitempty" doc:"The enterprise's or person's on it."`
	Code       string `json:"code,omitempty" doc:"The code or number on it."`
	ValidUntil string `json:"valid_until,omitempty" doc:"Its last day, 2036-05-17; empty: without end."`
	File       string `json:"file,omitempty" doc:"The file's name, for messages about it."`
	Data       []byte `json:"data" doc:"JPEG, PNG or PDF of at most 5 MiB, in base 64."`
}

func (o *operations) documentOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		scope := apikey.DocumentsWrite
		if method == get {
			scope = apikey.DocumentsRead
		}
		return rest.Op{Method: method, Path: "/applications" + path, ID: id, Tag: "documents", Scope: scope, Summary: summary, About: about}
	}
	rest.Add(f, op(get, "", "listApplications", "The applications, those with the nearest deadline first", ""), o.listApplications)
	begin := op(post, "", "beginApplication", "Begin the application of a number", "A number has one at a time that is not decided.")
	begin.Status = 201
	rest.Add(f, begin, func(ctx context.Context, in *struct {
		Body struct {
			Number string `json:"number" doc:"A number of the customer."`
		}
	}) (*CaseOutput, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		begun, err := o.Names.Begin(ctx, a.customer.Code, in.Body.Number, a.actor.Person.Name)
		if err != nil {
			return nil, err
		}
		return o.shown(ctx, a, begun.ID)
	})
	rest.Add(f, op(get, "/{application}", "getApplication", "An application with what is missing", "The documents themselves are not given out again."), func(ctx context.Context, in *ApplicationPath) (*CaseOutput, error) {
		a, id, err := o.application(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return o.shown(ctx, a, id)
	})
	rest.Add(f, op(put, "/{application}/form", "fillApplication", "Declare who rents the number", "What the form leaves out is empty. What is wrong with it stands under findings."), func(ctx context.Context, in *struct {
		ApplicationPath
		Body shape.Form
	}) (*CaseOutput, error) {
		a, id, err := o.application(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if _, err := o.Names.Fill(ctx, id, in.Body.RealName(), a.actor.Person.Name); err != nil {
			return nil, err
		}
		return o.shown(ctx, a, id)
	})
	add := op(post, "/{application}/documents", "addDocument", "Hand in a document", "One of the same kind, and of the same phone, takes the place of the one before.")
	add.MaxBody, add.Status = maxUpload, 201
	rest.Add(f, add, func(ctx context.Context, in *struct {
		ApplicationPath
		Body Upload
	}) (*struct{ Body shape.Document }, error) {
		a, id, err := o.application(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		b := in.Body
		d, err := o.Names.Add(ctx, id, realname.NewDocument{
			Kind: realname.Kind(b.Kind), Target: b.Target, Name: b.File, Data: b.Data,
			Stated: realname.Stated{Name: b.Name, Code: b.Code, ValidUntil: b.ValidUntil},
		}, a.actor.Person.Name)
		if err != nil {
			return nil, err
		}
		return &struct{ Body shape.Document }{shape.DocumentOf(d)}, nil
	})
	rest.Add(f, op(post, "/{application}/hand-in", "handInApplication", "Hand the application in for review", "Refused with all that is missing as long as a finding is no warning."), func(ctx context.Context, in *ApplicationPath) (*CaseOutput, error) {
		a, id, err := o.application(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if _, err := o.Names.HandIn(ctx, id, a.actor.Person.Name); err != nil {
			return nil, err
		}
		return o.shown(ctx, a, id)
	})
}

// mostApplications is how many applications a list has at most.
const mostApplications = 1000

func (o *operations) listApplications(ctx context.Context, in *struct {
	State  string `query:"state" maxLength:"20" doc:"Only those in a state."`
	Number string `query:"number" maxLength:"20" doc:"Only those of a number."`
}) (*struct{ Body rest.Page[shape.Application] }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	list, err := o.Names.List(ctx, realname.Filter{Customer: a.customer.Code, Number: in.Number, State: realname.State(in.State), Limit: mostApplications})
	if err != nil {
		return nil, err
	}
	out := &struct{ Body rest.Page[shape.Application] }{rest.Page[shape.Application]{Items: []shape.Application{}}}
	for _, found := range list {
		out.Body.Items = append(out.Body.Items, shape.ApplicationOf(found))
	}
	return out, nil
}

// application is an application of the customer; of another's it says that there is
// none.
func (o *operations) application(ctx context.Context, text string) (a asking, id realname.ID, err error) {
	if a, err = o.who(ctx); err != nil {
		return a, 0, err
	}
	if id, err = realname.ParseID(text); err != nil {
		return a, 0, err
	}
	_, err = o.owned(ctx, a, id)
	return a, id, err
}

func (o *operations) owned(ctx context.Context, a asking, id realname.ID) (realname.Case, error) {
	c, err := o.Names.Show(ctx, id, false, a.actor.Person.Name)
	if err == nil && c.Application.Customer != a.customer.ID {
		return realname.Case{}, fault.New(fault.RealnameNotFound, "application", id)
	}
	return c, err
}

// shown is an application as it stands now.
func (o *operations) shown(ctx context.Context, a asking, id realname.ID) (*CaseOutput, error) {
	c, err := o.owned(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &CaseOutput{shape.CaseOf(c, a.Lang)}, nil
}
