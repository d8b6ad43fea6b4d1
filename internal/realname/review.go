package realname

import (
	"context"
	"slices"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/number"
)

// Verdict is what a review comes to.
type Verdict string

// The verdicts.
const (
	Pass   Verdict = "pass"
	Ask    Verdict = "ask"    // once more, for reasons
	Reject Verdict = "reject" // for good, for reasons
)

// Decision is a review's.
type Decision struct {
	Stage     State // VendorReview or CarrierReview: the one that is decided
	Verdict   Verdict
	Reasons   []Reason // of Ask and Reject
	Note      string   // for the customer, beside the reasons
	Reference string   // of the carrier
	Who       string
}

// decided is the event that a decision makes of a stage.
var decided = map[State]map[Verdict]What{
	VendorReview:  {Pass: WasPassed, Ask: WasAsked, Reject: WasRejected},
	CarrierReview: {Pass: WasApproved, Ask: WasAsked, Reject: WasRejected},
}

const maxNote = 500

func (d *Decision) check() (What, error) {
	what, ok := decided[d.Stage][d.Verdict]
	switch {
	case decided[d.Stage] == nil:
		return "", fault.New(fault.ValueNotAllowed, "value", d.Stage, "allowed", joined([]State{VendorReview, CarrierReview}))
	case !ok:
		return "", fault.New(fault.ValueNotAllowed, "value", d.Verdict, "allowed", joined([]Verdict{Pass, Ask, Reject}))
	case len([]rune(d.Note)) > maxNote:
		return "", fault.New(fault.ValueTooLong, "limit", maxNote)
	case d.Verdict == Pass:
		d.Reasons = nil
		return what, nil
	}
	return what, checkReasons(d.Reasons)
}

// Decide writes what a review came to. The vendor's sends it on to the carrier;
// the carrier's opens the targets, ends the former application of the number and
// lifts a freeze for documents that ran out. What the checks refuse cannot be
// passed. Faults: realname_state when the application is not in the stage,
// realname_reasons, input_invalid.
func (s *Service) Decide(ctx context.Context, id ID, d Decision) (Application, error) {
	what, err := d.check()
	if err != nil {
		return Application{}, err
	}
	e := Event{What: what, Who: d.Who, Reasons: d.Reasons, Note: cleanName(d.Note)}
	return s.one(ctx, id, e, func(f *File, w *Writes) error {
		if f.Application.State != d.Stage {
			return fault.New(fault.RealnameState, "application", id, "state", f.Application.State)
		}
		a := &w.Application
		if d.Reference != "" {
			a.Reference = cleanName(d.Reference)
		}
		switch what {
		case WasPassed:
			a.SentAt = time.Time{}
			s.until(a, s.rules.Carrier)
		case WasAsked:
			s.until(a, s.rules.Answer)
			w.Notices = []billing.Notice{s.notice(a, billing.Item{Kind: billing.DocumentsAsked, Until: calendar.Day(a.Deadline), Why: d.why(true), WhyEN: d.why(false)})}
		case WasRejected:
			a.Deadline, a.DueAt = time.Time{}, time.Time{}
		case WasApproved:
			return s.approve(f, w)
		}
		if what != WasPassed {
			return nil
		}
		_, found, err := s.check(f)
		if err == nil {
			err = stops(found)
		}
		return err
	})
}

// why is what is to be mended in words, in Chinese with zh, else in English.
func (d *Decision) why(zh bool) string {
	comma, next := ", ", "; "
	if zh {
		comma, next = "，", "；"
	}
	var words []string
	for _, r := range d.Reasons {
		text, remedy := r.Text(zh)
		words = append(words, text+comma+remedy)
	}
	if note := cleanName(d.Note); note != "" {
		words = append(words, note)
	}
	return strings.Join(words, next)
}

// approve is what the carrier's yes brings about.
func (s *Service) approve(f *File, w *Writes) error {
	form, found, err := s.check(f)
	if err != nil {
		return err
	}
	if err := stops(found); err != nil {
		return err // ran out while the carrier looked
	}
	papers, err := s.papers(f)
	if err != nil {
		return err
	}
	a := &w.Application
	a.Deadline, a.ValidUntil = time.Time{}, validUntil(form, papers)
	a.DueAt, _ = remindAt(a.ValidUntil, s.clock())
	for _, t := range form.Targets {
		w.Approve = append(w.Approve, t.Phone)
	}
	for _, old := range f.Former {
		old.DueAt = time.Time{}
		e, err := s.write(&old, Event{What: WasSuperseded, Note: a.ID.String()})
		if err != nil {
			return err
		}
		w.Former, w.FormerEvent = append(w.Former, old), append(w.FormerEvent, e)
	}
	if last := f.Number.Last; last.Standing() && last.Cause == DocumentsExpired {
		w.Freeze, w.State, w.Why = s.lifted(f.Number, a.ID.String()), openAgain(f.Number), why
	}
	return nil
}

// validUntil is the first last day of anything; "" when nothing ends.
func validUntil(f Form, papers []Paper) string {
	days := []string{f.Enterprise.ValidUntil, f.Legal.ValidUntil}
	if f.Handler != nil {
		days = append(days, f.Handler.ValidUntil)
	}
	for _, p := range papers {
		days = append(days, p.Stated.ValidUntil)
	}
	days = slices.DeleteFunc(days, func(d string) bool { return d == "" })
	if len(days) == 0 {
		return ""
	}
	return slices.Min(days)
}

// notice tells the customer something about its number.
func (s *Service) notice(a *Application, item billing.Item) billing.Notice {
	item.Customer, item.Number = a.Code, a.Number
	return billing.Notice{Shard: a.Shard, ID: s.newID(), Customer: a.Customer, At: s.clock(), Item: item, Short: s.newID()}
}

// why is what number events say of real-name verification.
const why = "realname"

// openAgain is the state of a number that is frozen no more.
func openAgain(r Rented) number.State {
	if r.Was != "" && number.Frozen.CanBecome(r.Was) {
		return r.Was
	}
	return number.Active
}

// lifted ends the freeze of a number.
func (s *Service) lifted(r Rented, who string) *Freeze {
	f := *r.Last
	f.LiftedBy, f.LiftedAt = who, s.clock()
	return &f
}
