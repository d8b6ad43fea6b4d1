package customer

import (
	"context"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/routing"
	"sibai/internal/target"
)

// Book reads what customers have.
type Book interface {
	Find(ctx context.Context, code string) (c catalog.Customer, ok bool, err error)
	Standing(ctx context.Context, c catalog.Customer) (*billing.Customer, error)
	Orders(ctx context.Context, f order.Filter) ([]order.Order, error)
	Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error)
	Notices(ctx context.Context, f billing.NoticeFilter) ([]billing.Notice, error)
	Calls(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error)
	Call(ctx context.Context, id cdr.ID) (rec cdr.Record, ok bool, err error)
}

// Targets changes the phones of numbers; target.Service implements it.
type Targets interface {
	Show(ctx context.Context, a identity.Actor, digits string) (target.Sheet, error)
	Add(ctx context.Context, act target.Act, in target.NewPhone) error
	Move(ctx context.Context, act target.Act, l target.List, digits string, up bool) error
	Remove(ctx context.Context, act target.Act, l target.List, digits string, sure bool) error
	Ring(ctx context.Context, act target.Act, r target.Ringing) error
	Restore(ctx context.Context, act target.Act, version int) error
	SendCode(ctx context.Context, act target.Act, digits, lang string) error
	Prove(ctx context.Context, act target.Act, digits, code string) error
}

// Rented is a number of the customer.
type Rented struct {
	Number string    `json:"number" doc:"Ten digits."`
	State  string    `json:"state" doc:"active, suspended, frozen, …"`
	Plan   string    `json:"plan" doc:"Code of its plan."`
	Since  time.Time `json:"since,omitzero" doc:"When it opened."`
}

// Sheet is a number with its phones.
type Sheet struct {
	Number       string       `json:"number" doc:"Ten digits."`
	State        string       `json:"state" doc:"active, suspended, frozen, …"`
	Version      int          `json:"version" doc:"Of its settings; the ETag is the same. 0: none yet."`
	Distribution string       `json:"distribution,omitempty" enum:"sequential,simultaneous" doc:"How the main phones ring."`
	RingSeconds  rest.Seconds `json:"ring_seconds" doc:"How long each rings; 0: the usual time."`
	Main         []Phone      `json:"main" doc:"Phones that ring for every call, in their order."`
	OnBusy       []Phone      `json:"on_busy" doc:"When the main ones are busy."`
	OnNoAnswer   []Phone      `json:"on_no_answer" doc:"When none of them answers."`
}

// Phone is a phone on a list of a number.
type Phone struct {
	Phone string `json:"phone" doc:"Digits, national form." example:"13800138000"`
	Rings bool   `json:"rings" doc:"Whether it may ring: it is approved."`
	State string `json:"state" enum:"pending,approved,refused" doc:"Of its proof."`
}

// SheetOutput is the answer about a number.
type SheetOutput struct {
	ETag string `header:"ETag" doc:"The version, to be sent as If-Match with a change."`
	Body Sheet
}

func sheetOf(s target.Sheet) *SheetOutput {
	list := func(l target.List) []Phone {
		out := []Phone{}
		for _, t := range s.Of(l) {
			p := Phone{Phone: t.Phone, Rings: s.Rings(t.Phone), State: string(catalog.Pending)}
			if known, ok := s.Phone(t.Phone); ok {
				p.State = string(known.Review)
			}
			out = append(out, p)
		}
		return out
	}
	return &SheetOutput{rest.Tag(s.Profile.Version), Sheet{
		Number: s.Digits, State: string(s.State), Version: s.Profile.Version, Distribution: string(s.Profile.Distribution),
		RingSeconds: rest.Seconds(s.Profile.RingTimeout), Main: list(target.Main), OnBusy: list(target.OnBusy), OnNoAnswer: list(target.OnNoAnswer),
	}}
}

// NumberPath names one of the customer's numbers.
type NumberPath struct {
	Number string `path:"number" maxLength:"20" doc:"The 400 number." example:"4008261122"`
}

func (o *operations) numberOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/numbers", ID: "listNumbers", Tag: "numbers", Scope: apikey.NumbersRead, Summary: "The customer's numbers"}, o.numbers)
	rest.Add(f, rest.Op{Method: get, Path: "/numbers/{number}", ID: "getNumber", Tag: "numbers", Scope: apikey.NumbersRead, Summary: "A number with the phones that it rings"}, o.number)
}

func (o *operations) numbers(ctx context.Context, _ *struct{}) (*struct {
	Body struct {
		Items []Rented `json:"items" doc:"All of them."`
	}
}, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	c, err := o.Book.Standing(ctx, a.customer)
	if err != nil {
		return nil, err
	}
	out := &struct {
		Body struct {
			Items []Rented `json:"items" doc:"All of them."`
		}
	}{}
	out.Body.Items = []Rented{}
	for _, r := range c.Rentals {
		out.Body.Items = append(out.Body.Items, Rented{r.Digits, string(r.State), r.Plan.Code, r.Subscription.StartedAt.UTC()})
	}
	return out, nil
}

func (o *operations) number(ctx context.Context, in *NumberPath) (*SheetOutput, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	return o.sheet(ctx, a, in.Number)
}

func (o *operations) sheet(ctx context.Context, a asking, typed string) (*SheetOutput, error) {
	digits, err := number.FromTrunk(typed)
	if err != nil {
		return nil, fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	s, err := o.Targets.Show(ctx, a.actor, digits)
	if err != nil {
		return nil, err
	}
	return sheetOf(s), nil
}

// Change is a change of the phones of a number.
type Change struct {
	NumberPath
	Match string `header:"If-Match" doc:"The ETag of what the change was decided on. When somebody else changed it meanwhile, nothing is written: 409 targets_changed."`
}

// change does a change and answers with what became of it.
func (o *operations) change(ctx context.Context, in Change, do func(a asking, act target.Act) error) (*SheetOutput, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	digits, err := number.FromTrunk(in.Number)
	if err != nil {
		return nil, fault.Wrap(err, fault.NumberInvalid, "value", in.Number)
	}
	version, err := rest.Version(in.Match)
	if err != nil {
		return nil, err
	}
	if err := do(a, target.Act{By: a.actor, Number: digits, Version: version, Address: a.Address}); err != nil {
		return nil, err
	}
	return o.sheet(ctx, a, digits)
}

func (o *operations) phoneOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		return rest.Op{Method: method, Path: "/numbers/{number}" + path, ID: id, Tag: "numbers", Scope: apikey.TargetsWrite, Summary: summary, About: about}
	}
	rest.Add(f, op(post, "/phones", "addPhone", "Add a phone to a number",
		"It rings from the next call on when it is approved already, else once it is: a mobile by a one-time code, others with documents."),
		func(ctx context.Context, in *struct {
			Change
			Body struct {
				Phone string `json:"phone" doc:"As people write it."`
				Owner string `json:"owner" enum:"enterprise,legal,handler,staff" doc:"In whose name it is registered with its carrier."`
				List  string `json:"list,omitempty" enum:"main,on_busy,on_no_answer" doc:"Default: main."`
			}
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error {
				return o.Targets.Add(ctx, act, target.NewPhone{Phone: in.Body.Phone, Owner: target.Owner(in.Body.Owner), List: target.List(in.Body.List)})
			})
		})
	rest.Add(f, op(del, "/phones/{list}/{phone}", "removePhone", "Take a phone off a list",
		"The last one that rings only with sure."),
		func(ctx context.Context, in *struct {
			Change
			onList
			Sure bool `query:"sure" doc:"Also when no phone is left that rings."`
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error {
				return o.Targets.Remove(ctx, act, target.List(in.List), in.Phone, in.Sure)
			})
		})
	rest.Add(f, op(post, "/phones/{list}/{phone}/move", "movePhone", "Move a phone one place up or down its list", ""),
		func(ctx context.Context, in *struct {
			Change
			onList
			Body struct {
				Up bool `json:"up" doc:"Towards the first; else towards the last."`
			}
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error {
				return o.Targets.Move(ctx, act, target.List(in.List), in.Phone, in.Body.Up)
			})
		})
	rest.Add(f, op(put, "/ringing", "setRinging", "Say how the phones of a number ring", ""),
		func(ctx context.Context, in *struct {
			Change
			Body struct {
				Distribution string       `json:"distribution" enum:"sequential,simultaneous" doc:"One after the other, or all at once."`
				RingSeconds  rest.Seconds `json:"ring_seconds,omitempty" doc:"How long each rings, whole seconds; 0: the usual time."`
			}
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error {
				return o.Targets.Ring(ctx, act, target.Ringing{Distribution: routing.Distribution(in.Body.Distribution), For: time.Duration(in.Body.RingSeconds)})
			})
		})
	rest.Add(f, op(post, "/versions/{version}/restore", "restoreVersion", "Publish an earlier version of a number's settings anew", ""),
		func(ctx context.Context, in *struct {
			Change
			Version int `path:"version" minimum:"1" doc:"One of its last versions."`
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error { return o.Targets.Restore(ctx, act, in.Version) })
		})
	rest.Add(f, op(post, "/proofs/{phone}/code", "sendPhoneCode", "Send a one-time code to a mobile that is to ring", ""),
		func(ctx context.Context, in *struct {
			Change
			PhonePath
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(a asking, act target.Act) error { return o.Targets.SendCode(ctx, act, in.Phone, string(a.Lang)) })
		})
	rest.Add(f, op(post, "/proofs/{phone}", "provePhone", "Prove a mobile by the code that was sent to it", "It rings from the next call on."),
		func(ctx context.Context, in *struct {
			Change
			PhonePath
			Body struct {
				Code string `json:"code" doc:"The one-time code."`
			}
		}) (*SheetOutput, error) {
			return o.change(ctx, in.Change, func(_ asking, act target.Act) error { return o.Targets.Prove(ctx, act, in.Phone, in.Body.Code) })
		})
}

// PhonePath names a phone.
type PhonePath struct {
	Phone string `path:"phone" maxLength:"20" doc:"Digits, national form."`
}

type onList struct {
	PhonePath
	List string `path:"list" enum:"main,on_busy,on_no_answer" doc:"The list."`
}
