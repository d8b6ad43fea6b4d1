package demo

import (
	"fmt"
	"strings"

	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/money"
	"sibai/internal/siptest"
)

// Call is one call of the demo as a machine reads it.
type Call struct {
	Type          string  `json:"type"` // call
	ID            string  `json:"id"`
	Scenario      string  `json:"scenario"`
	Number        string  `json:"number"`
	Caller        string  `json:"caller"`
	Cause         string  `json:"cause"`
	Status        int     `json:"status"`
	Answered      bool    `json:"answered"`
	BillableS     float64 `json:"billable_s"`
	ChargeMicro   int64   `json:"charge_micro"`
	ExpectedMicro int64   `json:"expected_micro"`
	Why           string  `json:"why"`
	Wrong         string  `json:"wrong,omitempty"` // how it differs from what must be
}

// Summary is the end of the demo as a machine reads it.
type Summary struct {
	Type           string `json:"type"` // summary
	Calls          int    `json:"calls"`
	Answered       int    `json:"answered"`
	ChargedMicro   int64  `json:"charged_micro"`
	ExpectedMicro  int64  `json:"expected_micro"`
	AuditOK        bool   `json:"audit_ok"`
	OverspendMicro int64  `json:"overspend_micro"`
	Wrong          int    `json:"wrong"` // calls and groups that differ from what must be
	// What is wrong beside single calls, which say it themselves.
	What []string `json:"what,omitempty"`
}

// OK reports whether everything was as it must be.
func (s Summary) OK() bool {
	return s.AuditOK && s.OverspendMicro == 0 && s.Wrong == 0 && s.ChargedMicro == s.ExpectedMicro
}

// judge compares one call with its scenario.
func judge(s scenario, out siptest.Outcome, rec cdr.Record, lang explain.Lang) Call {
	expected, cause := s.expected, s.cause
	if s.calls > 1 && out.Answered {
		cause = cdr.Answered
	} else if s.calls > 1 {
		expected = 0
	}
	c := Call{
		Type: "call", ID: rec.Call.String(), Scenario: s.name.en, Number: s.number, Caller: rec.Caller, Cause: string(rec.Cause),
		Status: out.Status, Answered: out.Answered, BillableS: rec.Billable.Seconds(),
		ChargeMicro: int64(rec.Charge), ExpectedMicro: int64(expected), Why: strings.Join(explain.Why(rec, lang), " "),
	}
	var wrong []string
	differs := func(what string, got, want any) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %v, must be %v", what, got, want))
		}
	}
	differs("charge", rec.Charge.Format(), expected.Format())
	differs("cause", rec.Cause, cause)
	differs("status that the caller got", out.Status, rec.Status)
	differs("answered for the caller", out.Answered, !rec.AnsweredAt.IsZero())
	var lines money.Amount
	for _, l := range rec.Lines {
		lines += l.Amount
	}
	differs("sum of the lines", lines.Format(), rec.Charge.Format())
	if out.Answered && out.Audio.Sent > 0 && out.Audio.Heard == 0 {
		wrong = append(wrong, "the caller heard nothing of the phone")
	}
	c.Wrong = strings.Join(wrong, "; ")
	return c
}
