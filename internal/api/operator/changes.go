package operator

import (
	"context"
	"strings"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
)

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

func (o *operations) changeOperations(f *rest.Face) {
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
