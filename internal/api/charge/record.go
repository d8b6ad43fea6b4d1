package charge

import (
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/remote"
)

// Call is how a call stands, or its record.
type Call struct {
	Call       string       `json:"call" doc:"The switch's name for the call."`
	ID         string       `json:"id,omitempty" doc:"What the call is called here." example:"call_0ARZ3NDEKTSV4"`
	State      string       `json:"state" enum:"held,ended,kept" doc:"held: it runs and has credit; ended: it has its record; kept: it ended while the store was away and will be booked."`
	Number     string       `json:"number,omitempty" doc:"The number that was called, ten digits."`
	Caller     string       `json:"caller,omitempty" doc:"The caller, normalised; missing when withheld."`
	StartedAt  time.Time    `json:"started_at,omitzero" doc:"When the call came in."`
	AnsweredAt time.Time    `json:"answered_at,omitzero" doc:"When somebody answered; missing when nobody did."`
	EndedAt    time.Time    `json:"ended_at,omitzero" doc:"When it ended."`
	Granted    int64        `json:"granted_seconds,omitempty" doc:"While it runs: total billable time that is paid for."`
	Elapsed    rest.Seconds `json:"elapsed_seconds,omitempty" doc:"While it runs: billable time that the last extension proved."`
	LeaseUntil time.Time    `json:"lease_until,omitzero" doc:"While it runs: when it is settled unless the switch asks again."`
	Talk       rest.Seconds `json:"talk_seconds" doc:"From the answer to the end."`
	Billable   rest.Seconds `json:"billable_seconds" doc:"What of it is charged: at most what was granted."`
	Cause      string       `json:"cause,omitempty" doc:"How the call ended." example:"answered"`
	EndedBy    string       `json:"ended_by,omitempty" doc:"Who ended an answered call: caller, called, platform."`
	Recovered  bool         `json:"recovered,omitempty" doc:"The lease was over, and the call was settled without its switch."`
	Charge     rest.Money   `json:"charge" doc:"What it cost: the sum of the lines."`
	Lines      []Line       `json:"lines,omitempty" doc:"What it cost, line by line."`
	Text       *Texts       `json:"text,omitempty" doc:"Only when the call is read: its end and its decisions in words."`
}

// Line is one line of a charge.
type Line struct {
	Bucket     string     `json:"bucket" doc:"What paid: cash, bonus, package or extension." example:"cash"`
	Tariff     string     `json:"tariff" doc:"Code of the tariff."`
	Version    int        `json:"version" doc:"Version of the tariff."`
	Rule       string     `json:"rule" doc:"connection, first or next."`
	Class      string     `json:"class,omitempty" doc:"The tariff's class whose prices these are."`
	Band       string     `json:"band,omitempty" doc:"The tariff's time band whose prices these are."`
	Increments int64      `json:"increments" doc:"How many started increments."`
	Length     int64      `json:"increment_seconds" doc:"Length of one increment."`
	Price      rest.Money `json:"price" doc:"Price of one increment."`
	Amount     rest.Money `json:"amount" doc:"What the line costs: increments × price, but for a shared one."`
	Shared     bool       `json:"shared,omitempty" doc:"The increment was paid from several buckets; this is one's part."`
	Included   int64      `json:"included_seconds,omitempty" doc:"Seconds of included call time that the line took."`
	Text       *Sentence  `json:"text,omitempty" doc:"Only when the call is read: the line in words."`
}

// Sentence is a text in both languages.
type Sentence struct {
	ZH string `json:"zh" doc:"In Chinese."`
	EN string `json:"en" doc:"In English."`
}

// Texts are a call in words.
type Texts struct {
	Headline Sentence   `json:"headline" doc:"The whole call in a sentence."`
	Why      []Sentence `json:"why" doc:"What was decided about it, in order."`
}

// recordOf is the record of a call that ended, without words.
func recordOf(call string, rec *cdr.Record) *Call {
	c := &Call{
		Call: call, ID: rec.Call.String(), State: "ended", Number: rec.Number, Caller: rec.Caller,
		StartedAt: rec.StartedAt.UTC(), AnsweredAt: rec.AnsweredAt.UTC(), EndedAt: rec.EndedAt.UTC(), Talk: rest.Seconds(rec.Talk), Billable: rest.Seconds(rec.Billable),
		Cause: string(rec.Cause), EndedBy: string(rec.EndedBy), Recovered: rec.Recovered, Charge: rest.MoneyOf(rec.Charge),
		Lines: make([]Line, len(rec.Lines)),
	}
	for i, l := range rec.Lines {
		c.Lines[i] = Line{
			Bucket: l.Bucket, Tariff: l.Tariff, Version: l.Version, Rule: l.Rule, Class: l.Class, Band: l.Band,
			Increments: l.Increments, Length: l.Seconds, Price: rest.MoneyOf(l.Price), Amount: rest.MoneyOf(l.Amount), Shared: l.Shared, Included: l.Used,
		}
	}
	return c
}

// explained is a call as it stands, with its words.
func explained(name string, call *remote.Call) *Call {
	rec := &call.Record
	c := recordOf(name, rec)
	for i, l := range rec.Lines {
		c.Lines[i].Text = &Sentence{explain.Charge(l, explain.ZH), explain.Charge(l, explain.EN)}
	}
	c.Text = &Texts{Why: []Sentence{}}
	zh, en := explain.Why(*rec, explain.ZH), explain.Why(*rec, explain.EN)
	for i := range zh {
		c.Text.Why = append(c.Text.Why, Sentence{zh[i], en[i]})
	}
	if call.Ended {
		c.Text.Headline = Sentence{explain.Headline(*rec, explain.ZH), explain.Headline(*rec, explain.EN)}
		return c
	}
	h := call.Hold
	c.State, c.Granted, c.Elapsed, c.LeaseUntil = "held", int64(h.Granted()/time.Second), rest.Seconds(h.Elapsed), h.LeaseUntil
	c.AnsweredAt = h.MeterStartedAt
	c.Text.Headline = Sentence{"通话还在进行", "The call still runs"}
	return c
}
