package realname

import (
	"context"
	"errors"
	"fmt"

	"sibai/internal/billing"
	"sibai/internal/fault"
)

// Carrier is how the carrier's review is asked for and answered when it is not
// done by hand. An adapter implements it.
type Carrier interface {
	// Send gives an application to the carrier. Doing it again replaces what was
	// given before.
	Send(ctx context.Context, s Submission) error
	// Answers reads what the carrier said. What cannot be read is put aside, with
	// its fault in the second list.
	Answers(ctx context.Context) ([]Batch, []error, error)
	// Done puts a batch away: every answer was dealt with, or refused for one of
	// these reasons.
	Done(ctx context.Context, b Batch, refused []error) error
}

// Batch are answers that came together.
type Batch struct {
	Source  string // where the adapter read them
	Answers []Answer
}

// Submission is what the carrier gets: everything in plain, which is written
// down as a look of the carrier at each document.
type Submission struct {
	Application Application
	Form        Form
	Papers      []Attached
}

// Attached is a document of a submission.
type Attached struct {
	Document Document
	Stated   Stated
	Data     []byte
}

// Answer is what the carrier said of an application.
type Answer struct {
	Application ID
	Verdict     Verdict
	Reasons     []Reason
	Note        string
	Reference   string // the carrier's own number
}

// carrierName is who acts when the carrier does.
const carrierName = "carrier"

// ExchangeName is the name that nodes share the exchange by.
const ExchangeName = "realname_carrier"

// Exchange sends what waits and collects what was answered, if no other node
// does; nothing without a carrier.
func (s *Service) Exchange(ctx context.Context, jobs billing.Jobs, node int, carrier Carrier) (sent, answered int, err error) {
	if carrier == nil {
		return 0, 0, nil
	}
	at := s.clock()
	if claimed, err := jobs.Claim(ctx, ExchangeName, node, at, at.Add(claimFor)); err != nil || !claimed {
		return 0, 0, err
	}
	sent, errSend := s.Send(ctx, carrier)
	answered, errCollect := s.Collect(ctx, carrier)
	err = errors.Join(errSend, errCollect)
	run := billing.JobRun{Name: ExchangeName, Node: node, StartedAt: at, FinishedAt: s.clock(), Items: sent + answered}
	if err != nil {
		run.Failed, run.Error = 1, err.Error()
	}
	return sent, answered, errors.Join(err, jobs.Finish(ctx, run, run.FinishedAt))
}

// Send gives the carrier every application that waits for it, and says how many
// it got. One that fails does not keep the others waiting. Faults:
// carrier_folder_off.
func (s *Service) Send(ctx context.Context, carrier Carrier) (sent int, err error) {
	if carrier == nil {
		return 0, fault.New(fault.CarrierFolderOff)
	}
	waiting, err := s.store.RealNamesForCarrier(ctx, most)
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range waiting {
		if err := s.send(ctx, carrier, id); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id, err))
			continue
		}
		sent++
	}
	return sent, errors.Join(failures...)
}

func (s *Service) send(ctx context.Context, carrier Carrier, id ID) error {
	f, ok, err := s.store.RealName(ctx, id)
	if err != nil || !ok || f.Application.State != CarrierReview {
		return err
	}
	sub := Submission{Application: f.Application}
	if sub.Form, err = s.form(&f.Application); err != nil {
		return err
	}
	for _, d := range f.Documents {
		if !d.GoneAt.IsZero() {
			continue
		}
		paper := Attached{Document: d}
		if paper.Stated, err = s.stated(&d); err != nil {
			return err
		}
		// Written down before the bytes are there to be given away.
		if _, err := s.one(ctx, id, Event{What: WasLooked, Who: carrierName, Document: d.ID}, nil); err != nil {
			return err
		}
		if paper.Data, err = s.vault.Get(ctx, d.ID.Name(), d.Header); err != nil {
			return err
		}
		sub.Papers = append(sub.Papers, paper)
	}
	if err := carrier.Send(ctx, sub); err != nil {
		return err
	}
	_, err = s.one(ctx, id, Event{What: WasSent, Who: carrierName}, func(_ *File, w *Writes) error {
		w.Application.SentAt = s.clock()
		return nil
	})
	return err
}

// Collect reads the carrier's answers and decides by them. An answer that was
// dealt with already is put away; one that cannot be is put aside with the
// reason, which is among the errors. Faults: carrier_folder_off.
func (s *Service) Collect(ctx context.Context, carrier Carrier) (decided int, err error) {
	if carrier == nil {
		return 0, fault.New(fault.CarrierFolderOff)
	}
	batches, failures, err := carrier.Answers(ctx)
	if err != nil {
		return 0, err
	}
	for _, b := range batches {
		n, refused, err := s.collect(ctx, b)
		decided += n
		if err == nil {
			err = carrier.Done(ctx, b, refused)
		}
		failures = append(failures, refused...)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", b.Source, err))
		}
	}
	return decided, errors.Join(failures...)
}

// collect decides by the answers of a batch. With an error the batch stays where
// it is, to be tried again.
func (s *Service) collect(ctx context.Context, b Batch) (decided int, refused []error, err error) {
	for _, a := range b.Answers {
		known, err := s.answered(ctx, a)
		if err == nil && !known {
			if _, err = s.Decide(ctx, a.Application, Decision{
				Stage: CarrierReview, Verdict: a.Verdict, Reasons: a.Reasons, Note: a.Note, Reference: a.Reference, Who: carrierName,
			}); err == nil {
				decided++
			}
		}
		switch kind := fault.KindOf(err); {
		case err == nil:
		case kind == fault.KindUnavailable || kind == fault.KindInternal:
			return decided, refused, err
		default:
			refused = append(refused, fmt.Errorf("%s: %s: %w", b.Source, a.Application, err))
		}
	}
	return decided, refused, nil
}

// answered reports whether the carrier's last word on an application was this
// one already: a process may die between deciding and putting the file away.
func (s *Service) answered(ctx context.Context, a Answer) (bool, error) {
	f, ok, err := s.store.RealName(ctx, a.Application)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, fault.New(fault.RealnameNotFound, "application", a.Application)
	}
	for i := len(f.Events) - 1; i >= 0; i-- {
		switch f.Events[i].What {
		case WasSent, WasHandedIn:
			return false, nil
		case WasApproved, WasAsked, WasRejected:
			return f.Events[i].Who == carrierName && f.Events[i].What == decided[CarrierReview][a.Verdict], nil
		}
	}
	return false, nil
}

// FileName is what a document is called in a submission.
func (d *Document) FileName() string {
	name := string(d.Kind)
	if d.Target != "" {
		name += "-" + d.Target
	}
	return name + "-" + d.ID.Name() + d.Type.Extension()
}
