package app

import (
	"log/slog"
	"time"

	"sibai/internal/call"
	"sibai/internal/cdr"
)

// observers passes what a call tells to several that want to know.
type observers []call.Observer

func (o observers) Changed(v call.View) {
	for _, each := range o {
		each.Changed(v)
	}
}

func (o observers) Ended(rec cdr.Record, customer string) {
	for _, each := range o {
		each.Ended(rec, customer)
	}
}

// callLog writes one line for each call, with every instant of it.
type callLog struct{ log *slog.Logger }

func (callLog) Changed(call.View) {}

func (l callLog) Ended(rec cdr.Record, customer string) {
	attrs := []any{
		"call", rec.Call.String(), "sip_call_id", rec.SIPCallID, "trunk", rec.Trunk,
		"number", rec.Number, "caller", rec.Caller, "customer", customer,
		"cause", string(rec.Cause), "status", rec.Status,
		"started", rec.StartedAt.UTC().Format(time.RFC3339Nano),
	}
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			attrs = append(attrs, name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	at("ringing", rec.RingingAt)
	at("platform_answered", rec.PlatformAnsweredAt)
	at("answered", rec.AnsweredAt)
	at("ended", rec.EndedAt)
	if !rec.AnsweredAt.IsZero() {
		attrs = append(attrs, "ended_by", string(rec.EndedBy), "talk", rec.Talk, "billable", rec.Billable)
	}
	for _, leg := range rec.Legs {
		attrs = append(attrs, slog.Group("leg_"+leg.Target, "outcome", leg.Outcome, "status", leg.Status, "took", leg.EndedAt.Sub(leg.InvitedAt)))
	}
	l.log.Info("call", append(attrs, "charge_micro", int64(rec.Charge), "recovered", rec.Recovered)...)
}
