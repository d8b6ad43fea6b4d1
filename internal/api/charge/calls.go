package charge

import (
	"context"
	"net/http"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/remote"
)

// CallPath names the call.
type CallPath struct {
	Call string `path:"call" maxLength:"128" doc:"The switch's own name for the call, 1 to 128 bytes, unique for each call, such as its SIP Call-ID. Percent-encode what a path may not have." example:"a84b4c76e66710@pbx"`
}

// ReserveBody asks for credit.
type ReserveBody struct {
	Number    string       `json:"number" doc:"The 400 number that was called, as it was dialled." example:"4001234567"`
	Caller    string       `json:"caller,omitempty" doc:"The caller's number as it came; empty when withheld." example:"13712342286"`
	At        time.Time    `json:"at,omitzero" doc:"When the call came in (RFC 3339), at most five minutes off this node's clock; it chooses the tariff version. Default: now."`
	Class     string       `json:"class,omitempty" doc:"A class of the tariff's, for its prices; one that the tariff does not have gets the usual prices."`
	Extension int64        `json:"extension,omitempty" doc:"The extension whose sub-wallet pays first; 0 for none."`
	Lease     rest.Seconds `json:"lease_seconds,omitempty" doc:"How long the hold lives without a further request, 10 to 86400. Then the switch is taken for dead, and the call is settled at the last extension's elapsed time. Default: ten minutes to ring, the first grant and a minute."`
}

func (b *ReserveBody) request() remote.Reserve {
	return remote.Reserve{Number: b.Number, Caller: b.Caller, At: b.At, Class: b.Class, Extension: b.Extension, Lease: time.Duration(b.Lease)}
}

// ExtendBody asks for more time.
type ExtendBody struct {
	Sequence   int          `json:"sequence" doc:"Counts the extensions of the call, from 1. The same sequence again gets the same answer." example:"1"`
	Elapsed    rest.Seconds `json:"elapsed_seconds" doc:"Billable time so far, of a clock that is never set. It is also what the call is settled at should the switch be lost."`
	AnsweredAt time.Time    `json:"answered_at,omitzero" doc:"When somebody answered (RFC 3339); it chooses the tariff's time bands. Default: now less the elapsed time. The first one that is given counts."`
	Lease      rest.Seconds `json:"lease_seconds,omitempty" doc:"As in reserve, from now. Default: the longest step of an extension and two minutes."`
}

func (b *ExtendBody) request() remote.Extend {
	return remote.Extend{Sequence: b.Sequence, Elapsed: time.Duration(b.Elapsed), AnsweredAt: b.AnsweredAt, Lease: time.Duration(b.Lease)}
}

// SettleBody ends an answered call.
type SettleBody struct {
	Talk       rest.Seconds `json:"talk_seconds" doc:"Billable time, from the answer to the end, of a clock that is never set. More than was granted is not charged." example:"42.5"`
	AnsweredAt time.Time    `json:"answered_at,omitzero" doc:"When somebody answered (RFC 3339). Default: the end less the talk."`
	EndedAt    time.Time    `json:"ended_at,omitzero" doc:"When the call ended (RFC 3339). Default: now."`
	EndedBy    string       `json:"ended_by,omitempty" enum:"caller,called,platform" doc:"Who ended it. Default: caller."`
	Cause      string       `json:"cause,omitempty" enum:"answered,credit_exhausted,monthly_cap_reached,caller_lost" doc:"How it ended. Default: answered."`
	Target     string       `json:"target,omitempty" doc:"The phone that answered, for the record." example:"01088886666"`
}

func (b *SettleBody) request() remote.Settle {
	return remote.Settle{
		Talk: time.Duration(b.Talk), AnsweredAt: b.AnsweredAt, EndedAt: b.EndedAt,
		EndedBy: cdr.Side(b.EndedBy), Cause: cdr.Cause(b.Cause), Target: b.Target,
	}
}

// ReleaseBody ends a call that nobody answered.
type ReleaseBody struct {
	Cause   string    `json:"cause,omitempty" enum:"busy,no_answer,rejected,unreachable,caller_gave_up,no_target" doc:"Why nobody answered. Default: no_answer."`
	Status  int       `json:"status,omitempty" doc:"The SIP status that the caller got, 300 to 699. Default: the cause's." example:"486"`
	EndedAt time.Time `json:"ended_at,omitzero" doc:"When the call ended (RFC 3339). Default: now."`
	Target  string    `json:"target,omitempty" doc:"The phone that was rung, for the record."`
}

func (b *ReleaseBody) request() remote.Release {
	return remote.Release{Cause: cdr.Cause(b.Cause), Status: b.Status, EndedAt: b.EndedAt, Target: b.Target}
}

// Grant answers reserve and extend.
type Grant struct {
	Call        string `json:"call" doc:"The switch's name for the call."`
	ID          string `json:"id" doc:"What the call is called here; sibai explain takes it." example:"call_0ARZ3NDEKTSV4"`
	Granted     int64  `json:"granted_seconds" doc:"Total billable time that is paid for. End the call when it is used up and no extension got more."`
	AskAgainAt  int64  `json:"ask_again_at_seconds" doc:"Billable time at which to ask for an extension."`
	Final       bool   `json:"final" doc:"No more was to be had. Ask again at ask_again_at_seconds all the same where that lies ahead: a top-up may have come."`
	CapReached  bool   `json:"cap_reached,omitempty" doc:"With final: a monthly cap is what ends the call, not the balance."`
	Refused     string `json:"refused,omitempty" doc:"Why nothing was granted: insufficient_credit, number_suspended, number_frozen, number_not_open, concurrency_exceeded, monthly_cap_reached, unknown_number. Of an extension: the cause with which the call has ended meanwhile."`
	RefusedText string `json:"refused_text,omitempty" doc:"The same in the language asked for."`
}

func grantOf(call string, g remote.Grant, lang fault.Lang) *Grant {
	out := &Grant{
		Call: call, ID: g.ID.String(), Granted: int64(g.Granted / time.Second), AskAgainAt: int64(g.ExtendAt / time.Second),
		Final: g.Final, CapReached: g.Capped, Refused: string(g.Refused),
	}
	if g.Refused != "" {
		out.RefusedText = explain.Cause(cdr.Record{Cause: g.Refused, EndedBy: cdr.Caller}, explain.Lang(lang))
	}
	return out
}

// GrantOutput is the answer to reserve and extend.
type GrantOutput struct{ Body *Grant }

// CallOutput is the answer about a call.
type CallOutput struct {
	Status int
	Body   *Call
}

func (f *operations) callOperations(face *rest.Face) {
	rest.Add(face, rest.Op{
		Method: http.MethodPost, Path: "/calls/{call}/reserve", ID: "reserve", Tag: "calls", Scope: apikey.Charge,
		Summary: "Ask for credit before a phone rings",
		About:   "Finds the number's customer, plan and tariff, and reserves the first grant. What the call is charged under is fixed here. A refusal is a 200 answer with `refused`, and has a record. The same request again gets the same answer; another number, caller or time under the same name is a 409.",
	},
		func(ctx context.Context, in *struct {
			CallPath
			Body ReserveBody
		}) (*GrantOutput, error) {
			a := rest.AskerOf(ctx)
			g, err := f.Calls.Reserve(ctx, name(a, in.Call), in.Body.request())
			if err != nil {
				return nil, err
			}
			return &GrantOutput{grantOf(in.Call, g, a.Lang)}, nil
		})
	rest.Add(face, rest.Op{
		Method: http.MethodPost, Path: "/calls/{call}/extend", ID: "extend", Tag: "calls", Scope: apikey.Charge,
		Summary: "Ask for more time while people talk",
		About:   "To be asked at `ask_again_at_seconds`. An extension that got no answer is sent again with its own sequence. It renews the lease.",
	},
		func(ctx context.Context, in *struct {
			CallPath
			Body ExtendBody
		}) (*GrantOutput, error) {
			a := rest.AskerOf(ctx)
			g, err := f.Calls.Extend(ctx, name(a, in.Call), in.Body.request())
			if err != nil {
				return nil, err
			}
			return &GrantOutput{grantOf(in.Call, g, a.Lang)}, nil
		})
	rest.Add(face, rest.Op{
		Method: http.MethodPost, Path: "/calls/{call}/settle", ID: "settle", Tag: "calls", Scope: apikey.Charge,
		Summary: "End a call that was answered",
		About:   "Charges what the call cost, gives the rest back and keeps its record, in one commit. 202 says that the store is away: the end is durable on this node and will be booked. A call whose lease was over is answered with the record it was settled by, `recovered`.",
	},
		func(ctx context.Context, in *struct {
			CallPath
			Body SettleBody
		}) (*CallOutput, error) {
			rec, err := f.Calls.Settle(ctx, name(rest.AskerOf(ctx), in.Call), in.Body.request())
			return ended(in.Call, &rec, err)
		})
	rest.Add(face, rest.Op{
		Method: http.MethodPost, Path: "/calls/{call}/release", ID: "release", Tag: "calls", Scope: apikey.Charge,
		Summary: "End a call that nobody answered",
		About:   "Gives the credit back; the call costs nothing and has a record. The body may be left out. 202 as in settle.",
	},
		func(ctx context.Context, in *struct {
			CallPath
			Body *ReleaseBody
		}) (*CallOutput, error) {
			if in.Body == nil {
				in.Body = &ReleaseBody{}
			}
			rec, err := f.Calls.Release(ctx, name(rest.AskerOf(ctx), in.Call), in.Body.request())
			return ended(in.Call, &rec, err)
		})
	rest.Add(face, rest.Op{
		Method: http.MethodGet, Path: "/calls/{call}", ID: "call", Tag: "calls", Scope: apikey.Read,
		Summary: "How a call stands, or what it cost and why",
		About:   "A call of the key's client, while it runs and for two days at least. The amounts of `lines` sum to `charge` exactly.",
	},
		func(ctx context.Context, in *struct{ CallPath }) (*CallOutput, error) {
			c, err := f.Calls.Call(ctx, name(rest.AskerOf(ctx), in.Call))
			if err != nil {
				return nil, err
			}
			return &CallOutput{http.StatusOK, explained(in.Call, &c)}, nil
		})
}

func name(a rest.Asker, call string) remote.Name {
	return remote.Name{Client: a.Key.Client, Call: call}
}

// ended answers the end of a call.
func ended(call string, rec *cdr.Record, err error) (*CallOutput, error) {
	switch {
	case fault.CodeOf(err) == fault.SettlementKept:
		return &CallOutput{http.StatusAccepted, &Call{Call: call, State: "kept"}}, nil
	case err != nil:
		return nil, err
	}
	return &CallOutput{http.StatusOK, recordOf(call, rec)}, nil
}
