package customer

import (
	"context"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/number"
)

// Call is the record of a call that ended.
type Call struct {
	ID         string       `json:"id" example:"call_0ARZ3NDEKTSV4"`
	Number     string       `json:"number" doc:"The number that was called, ten digits."`
	Caller     string       `json:"caller,omitempty" doc:"Missing when withheld."`
	Target     string       `json:"target,omitempty" doc:"The phone that answered."`
	StartedAt  time.Time    `json:"started_at"`
	AnsweredAt time.Time    `json:"answered_at,omitzero" doc:"Missing when nobody did."`
	EndedAt    time.Time    `json:"ended_at"`
	Talk       rest.Seconds `json:"talk_seconds"`
	Billable   rest.Seconds `json:"billable_seconds"`
	Cause      string       `json:"cause" doc:"How it ended." example:"answered"`
	Charge     rest.Money   `json:"charge"`
	Headline   string       `json:"headline,omitempty" doc:"The whole call in a sentence, in the language asked for. Not in lists."`
	Why        []string     `json:"why,omitempty" doc:"What was decided about it, in order. Not in lists."`
	Lines      []string     `json:"lines,omitempty" doc:"What it cost, line by line. Not in lists."`
}

func callOf(r cdr.Record) Call {
	return Call{
		ID: r.Call.String(), Number: r.Number, Caller: r.Caller, Target: answered(r), StartedAt: r.StartedAt.UTC(), AnsweredAt: r.AnsweredAt.UTC(), EndedAt: r.EndedAt.UTC(),
		Talk: rest.Seconds(r.Talk), Billable: rest.Seconds(r.Billable), Cause: string(r.Cause), Charge: rest.MoneyOf(r.Charge),
	}
}

// answered is the phone that answered.
func answered(r cdr.Record) string {
	for _, l := range r.Legs {
		if !l.AnsweredAt.IsZero() {
			return l.Target
		}
	}
	return ""
}

// after is where a page of calls begins.
type after struct {
	At   time.Time `json:"at"`
	Call cdr.ID    `json:"call"`
}

func (o *operations) callOperations(f *rest.Face) {
	rest.Add(f, rest.Op{
		Method: get, Path: "/calls", ID: "listCalls", Tag: "calls", Scope: apikey.CallsRead, Summary: "Calls, the latest first",
		About: "By when they came in.",
	}, o.calls)
	rest.Add(f, rest.Op{Method: get, Path: "/calls/{call}", ID: "getCall", Tag: "calls", Scope: apikey.CallsRead, Summary: "A call and what it cost, in words"}, o.call)
}

func (o *operations) calls(ctx context.Context, in *struct {
	rest.Paging
	Number string    `query:"number" maxLength:"20" doc:"Only those to a number."`
	Caller string    `query:"caller" maxLength:"32" doc:"Only those of a caller."`
	Cause  string    `query:"cause" maxLength:"32" doc:"Only those that ended so."`
	Since  time.Time `query:"since" doc:"Only those from an instant on (RFC 3339)."`
	Before time.Time `query:"before" doc:"Only those before an instant (RFC 3339)."`
}) (*rest.Paged[Call], error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	f := charging.CDRFilter{Customer: int64(a.customer.ID), Caller: in.Caller, Cause: cdr.Cause(in.Cause), Since: in.Since, Before: in.Before, Limit: in.Limit + 1}
	if in.Number != "" {
		if f.Number, err = number.FromTrunk(in.Number); err != nil {
			return nil, fault.Wrap(err, fault.NumberInvalid, "value", in.Number)
		}
	}
	if in.Cursor != "" {
		var from after
		if err := in.From(&from); err != nil {
			return nil, err
		}
		if from.At.IsZero() {
			return nil, fault.New(fault.CursorInvalid, "cursor", in.Cursor)
		}
		f.After = &cdr.Record{Call: from.Call, StartedAt: from.At}
	}
	list, err := o.Book.Calls(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.PageOf(in.Paging, list, callOf, func(last cdr.Record) any { return after{last.StartedAt, last.Call} }), nil
}

func (o *operations) call(ctx context.Context, in *struct {
	ID string `path:"call" maxLength:"40" doc:"The call's id." example:"call_0ARZ3NDEKTSV4"`
}) (*struct{ Body Call }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	id, err := cdr.ParseID(in.ID)
	if err != nil {
		return nil, fault.Wrap(err, fault.CallNotFound, "call", in.ID)
	}
	r, ok, err := o.Book.Call(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok || r.Customer != int64(a.customer.ID) {
		return nil, fault.New(fault.CallNotFound, "call", in.ID)
	}
	out, lang := callOf(r), explain.Lang(a.Lang)
	out.Headline, out.Why, out.Lines = explain.Headline(r, lang), explain.Why(r, lang), explain.Lines(r, lang)
	return &struct{ Body Call }{out}, nil
}
