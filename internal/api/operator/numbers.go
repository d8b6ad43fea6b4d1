package operator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
)

// Stock is the inventory; inventory.Service implements it.
type Stock interface {
	List(ctx context.Context, f inventory.Filter) (list []inventory.Standing, more bool, err error)
	Standing(ctx context.Context, digits string) (inventory.Standing, error)
	History(ctx context.Context, digits string) ([]inventory.Event, error)
	Add(ctx context.Context, list []inventory.Item, why string, dry bool) (inventory.Taken, error)
	SetGrade(ctx context.Context, o inventory.Override) error
	Move(ctx context.Context, step inventory.Step) error
}

// Number is a number of the inventory.
type Number struct {
	Number  string    `json:"number" doc:"Ten digits."`
	State   string    `json:"state" doc:"available, locked, sold, active, suspended, frozen, closing, quarantine."`
	Issuing string    `json:"issuing,omitempty" doc:"The carrier that issued it."`
	Serving string    `json:"serving,omitempty" doc:"The carrier that carries it."`
	Owner   string    `json:"owner,omitempty" doc:"Name of the customer that has it."`
	Since   time.Time `json:"since,omitzero" doc:"Of its state. Not in lists."`
	History []Became  `json:"history,omitempty" doc:"The oldest first. Not in lists."`
}

// Became is a change of a number's state.
type Became struct {
	At    time.Time `json:"at"`
	Was   string    `json:"was,omitempty"`
	State string    `json:"state"`
	Why   string    `json:"why"`
}

func numberOf(s inventory.Standing) Number {
	return Number{Number: s.Digits, State: string(s.State), Issuing: string(s.Issuing), Serving: string(s.Serving), Owner: s.Owner, Since: s.Since.UTC()}
}

func (o *operations) numberOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/numbers", ID: "listNumbers", Tag: "numbers", Scope: apikey.OfficeRead, Summary: "Numbers of the inventory, in their order"}, o.numbers)
	rest.Add(f, rest.Op{Method: get, Path: "/numbers/{number}", ID: "getNumber", Tag: "numbers", Scope: apikey.OfficeRead, Summary: "A number with what became of it"}, o.number)
	rest.Add(f, rest.Op{
		Method: post, Path: "/numbers", ID: "stockNumbers", Tag: "numbers", Scope: apikey.NumbersStock,
		Summary: "Take numbers into the inventory", About: "Up to 5,000. Those that are there already stay as they are. With dry nothing is written.",
	}, o.stock)
	o.byHand(f)
}

func (o *operations) numbers(ctx context.Context, in *struct {
	rest.Paging
	Digits string `query:"digits" maxLength:"20" doc:"A part of the number: its beginning when it begins with 400, else its end; _ is any digit."`
	State  string `query:"state" maxLength:"20" doc:"Only those in a state."`
}) (*rest.Paged[Number], error) {
	f := inventory.Filter{State: number.State(in.State), Limit: min(in.Limit, rest.Most-1) + 1}
	in.Limit = f.Limit - 1
	if in.Digits != "" {
		mask, ok := inventory.Mask(in.Digits)
		if !ok {
			return nil, fault.New(fault.ValueNotAllowed, "value", in.Digits, "allowed", "400____168, 168")
		}
		f.Mask = mask
	}
	if err := in.From(&f.Skip); err != nil {
		return nil, err
	}
	list, _, err := o.Stock.List(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.PageOf(in.Paging, list, numberOf, func(inventory.Standing) any { return f.Skip + in.Limit }), nil
}

func (o *operations) number(ctx context.Context, in *NumberPath) (*NumberOutput, error) {
	digits, err := in.digits()
	if err != nil {
		return nil, err
	}
	s, err := o.Stock.Standing(ctx, digits)
	if err != nil {
		return nil, err
	}
	events, err := o.Stock.History(ctx, digits)
	if err != nil {
		return nil, err
	}
	out := numberOf(s)
	for _, e := range events {
		out.History = append(out.History, Became{e.At.UTC(), string(e.Was), string(e.State), e.Why})
	}
	return &NumberOutput{out}, nil
}

// Taken is what became of numbers that were to be taken in.
type Taken struct {
	Added int      `json:"added"`
	Known []string `json:"known" doc:"Those that were there already."`
}

func (o *operations) stock(ctx context.Context, in *struct {
	Body struct {
		Numbers []struct {
			Number  string `json:"number" doc:"Ten digits."`
			Serving string `json:"serving,omitempty" doc:"The carrier that carries it, where another than the issuer does."`
		} `json:"numbers"`
		Dry bool `json:"dry,omitempty" doc:"Only say what would become of them."`
	}
}) (*struct{ Body Taken }, error) {
	if n := len(in.Body.Numbers); n == 0 || n > inventory.MaxItems {
		return nil, fault.New(fault.ValueRange, "value", n, "min", 1, "max", inventory.MaxItems)
	}
	var bad fault.Invalid
	items := make([]inventory.Item, len(in.Body.Numbers))
	for i, n := range in.Body.Numbers {
		digits, err := number.FromTrunk(n.Number)
		if err != nil {
			bad.Add(fmt.Sprintf("numbers[%d].number", i), 0, fault.NumberInvalid, "value", n.Number)
		}
		items[i] = inventory.Item{Digits: digits, Serving: number.Carrier(n.Serving)}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	taken, err := o.Stock.Add(ctx, items, "import", in.Body.Dry)
	if err != nil {
		return nil, err
	}
	out := Taken{taken.Added, taken.Known}
	if out.Known == nil {
		out.Known = []string{}
	}
	if !in.Body.Dry {
		err = o.note(ctx, "numbers_import", items[0].Digits, fmt.Sprint(taken.Added))
	}
	return &struct{ Body Taken }{out}, err
}

// NumberPath names a number.
type NumberPath struct {
	Number string `path:"number" maxLength:"20" doc:"The 400 number." example:"4006001002"`
}

// NumberOutput is the answer about a number.
type NumberOutput struct{ Body Number }

func (p NumberPath) digits() (string, error) {
	digits, err := number.FromTrunk(p.Number)
	if err != nil {
		return "", fault.Wrap(err, fault.NumberInvalid, "value", p.Number)
	}
	return digits, nil
}

// byHand are the operations that change a number of the inventory.
func (o *operations) byHand(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: post, Path: "/numbers/{number}/state", ID: "moveNumber", Tag: "numbers", Scope: apikey.NumbersChange,
		Summary: "Give a number another state by hand", About: "One into quarantine takes it from whoever rents it: settings and subscription go, account and bills stay.",
	}, func(ctx context.Context, in *struct {
		NumberPath
		Body struct {
			State string `json:"state" doc:"The new one."`
			Why   string `json:"why" doc:"Kept with the number, at most 200 characters."`
		}
	}) (*NumberOutput, error) {
		digits, err := in.digits()
		if err != nil {
			return nil, err
		}
		by := who(rest.AskerOf(ctx))
		if err := o.Stock.Move(ctx, inventory.Step{Digits: digits, To: number.State(in.Body.State), Why: in.Body.Why, Who: by}); err != nil {
			return nil, err
		}
		return o.changed(ctx, "number_moved", digits, in.Body.State+" "+in.Body.Why)
	})
	rest.Add(f, rest.Op{
		Method: post, Path: "/numbers/{number}/grade", ID: "gradeNumber", Tag: "numbers", Scope: apikey.NumbersChange,
		Summary: "Give a number a grade or a price of its own", About: "Orders that were placed keep theirs. With nothing but a reason the table's grade counts again.",
	}, func(ctx context.Context, in *struct {
		NumberPath
		Body struct {
			Grade   string `json:"grade,omitempty" doc:"Code of a grade; missing: the table's."`
			Fee     string `json:"fee,omitempty" doc:"What the number costs, in yuan, with minimum; missing: the grade's."`
			Minimum string `json:"minimum,omitempty" doc:"Of consumption a month, in yuan."`
			Why     string `json:"why" doc:"Kept with the number, at most 200 characters."`
		}
	}) (*NumberOutput, error) {
		digits, err := in.digits()
		if err != nil {
			return nil, err
		}
		b := in.Body
		word := inventory.Override{Digits: digits, Why: b.Why, Who: who(rest.AskerOf(ctx))}
		if word.Word, err = inventory.WordOf(b.Grade, b.Fee, b.Minimum); err != nil {
			return nil, err
		}
		if err := o.Stock.SetGrade(ctx, word); err != nil {
			return nil, err
		}
		return o.changed(ctx, "number_graded", digits, strings.Join([]string{b.Grade, b.Fee, b.Minimum, b.Why}, " "))
	})
}

// changed writes down that a number was changed, and shows it.
func (o *operations) changed(ctx context.Context, action, digits, detail string) (*NumberOutput, error) {
	if err := o.note(ctx, action, number.Format(digits, ""), detail); err != nil {
		return nil, err
	}
	s, err := o.Stock.Standing(ctx, digits)
	if err != nil {
		return nil, err
	}
	return &NumberOutput{numberOf(s)}, nil
}
