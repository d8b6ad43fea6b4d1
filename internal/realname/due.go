package realname

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/id"
	"sibai/internal/number"
)

// JobName and SweepName are the names that nodes share the jobs by.
const (
	JobName   = "realname"
	SweepName = "realname_sweep"
)

const (
	most     = 500             // applications that one turn looks at
	claimFor = 5 * time.Minute // a turn may take before another node tries it too
	// orphanAge is how old a document is that nothing knows of before it is
	// removed: its application may still be being written.
	orphanAge  = 24 * time.Hour
	sweepEvery = 24 * time.Hour
)

// reminders are how many days before documents run out the customer is told.
var reminders = []int{60, 30, 7}

// remindAt is when the job looks at an approved application next: at the next
// reminder after an instant, and at the end at the moment that the last day is
// over. days is that reminder's, 0 for the end. A zero instant: never.
func remindAt(validUntil string, after time.Time) (at time.Time, days int) {
	last, err := calendar.ParseDay(validUntil)
	if err != nil {
		return time.Time{}, 0
	}
	for _, days := range reminders {
		if at := last.AddDate(0, 0, -days); at.After(after) {
			return at.UTC(), days
		}
	}
	return last.AddDate(0, 0, 1).UTC(), 0
}

// Turn does what is due, if no other node does: late reviews are told of, drafts
// that nobody went on with lapse, customers are reminded of documents that run
// out, and numbers whose documents did are frozen. done is how many it dealt
// with. One that fails does not keep the others waiting.
func (s *Service) Turn(ctx context.Context, jobs billing.Jobs, node int) (done int, err error) {
	at := s.clock()
	due, err := s.store.DueRealNames(ctx, at, most)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	if claimed, err := jobs.Claim(ctx, JobName, node, at, at.Add(claimFor)); err != nil || !claimed {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		if err := s.due(ctx, id); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id, err))
		}
	}
	run := billing.JobRun{Name: JobName, Node: node, StartedAt: at, FinishedAt: s.clock(), Items: len(due), Failed: len(failures)}
	err = errors.Join(failures...)
	if err != nil {
		run.Error = err.Error()
	}
	return run.Items - run.Failed, errors.Join(err, jobs.Finish(ctx, run, run.FinishedAt))
}

// due does what is due with one application; nothing when it is not any more.
func (s *Service) due(ctx context.Context, id ID) error {
	return s.store.ChangeRealName(ctx, id, func(f *File) (Writes, error) {
		w := Writes{Application: f.Application}
		a := &w.Application
		at := s.clock()
		if a.DueAt.IsZero() || a.DueAt.After(at) {
			return Writes{}, nil
		}
		e := Event{}
		switch a.State {
		case Draft, Asked:
			e.What, a.Deadline, a.DueAt = WasLapsed, time.Time{}, time.Time{}
		case VendorReview, CarrierReview:
			e.What, a.DueAt = WasLate, time.Time{}
			w.Notices = append(w.Notices, billing.Notice{ID: s.newID(), Short: s.newID(), At: at, Item: billing.Item{
				Kind: billing.ReviewLate, Customer: a.Code, Number: a.Number, Subject: a.ID.String(),
			}})
			s.log.Warn("a real-name review is late", "application", a.ID.String(), "customer", a.Code, "state", string(a.State))
		case Approved:
			e = s.runsOut(f, &w, at)
		default:
			return Writes{}, nil
		}
		done, err := s.write(a, e)
		w.Events = []Event{done}
		return w, err
	})
}

// runsOut reminds of documents that run out, and freezes the number when they
// did. A node that was down for a while reminds once.
func (s *Service) runsOut(f *File, w *Writes, at time.Time) Event {
	a := &w.Application
	last, err := calendar.ParseDay(a.ValidUntil)
	if err == nil && at.Before(last.AddDate(0, 0, 1)) {
		a.DueAt, _ = remindAt(a.ValidUntil, at)
		left := int(last.Sub(calendar.Midnight(at)) / (24 * time.Hour))
		w.Notices = append(w.Notices, s.notice(a, billing.Item{Kind: billing.DocumentsExpire, Until: a.ValidUntil}))
		return Event{What: WasReminded, Note: fmt.Sprint(left)}
	}
	a.DueAt = time.Time{}
	w.Notices = append(w.Notices, s.notice(a, billing.Item{Kind: billing.DocumentsExpired, Until: a.ValidUntil}))
	// One frozen by another rule stays so; when that is lifted, it is looked for
	// documents that ran out.
	if f.Number.Customer == a.Customer && f.Number.State.CanBecome(number.Frozen) {
		w.Freeze, w.State, w.Why = s.expiredFreeze(f.Number), number.Frozen, why
	}
	return Event{What: WasExpired, Note: a.ValidUntil}
}

// expiredFreeze is that of a number whose documents ran out.
func (s *Service) expiredFreeze(r Rented) *Freeze {
	at := s.clock()
	return &Freeze{
		Shard: r.Shard, Customer: r.Customer, Code: r.Code, Number: r.Number, Seq: r.nextSeq(), Cause: DocumentsExpired, ProposedAt: at, FrozenAt: at,
	}
}

// Sweep removes documents that no application knows of: what processes that
// died in the middle left behind. It runs once a day, on one node.
func (s *Service) Sweep(ctx context.Context, jobs billing.Jobs, node int) (removed int, err error) {
	at := s.clock()
	claimed, err := jobs.Claim(ctx, SweepName, node, at, at.Add(claimFor))
	if err != nil || !claimed {
		return 0, err
	}
	removed, err = s.sweep(ctx, at)
	run := billing.JobRun{Name: SweepName, Node: node, StartedAt: at, FinishedAt: s.clock(), Items: removed}
	if err != nil {
		run.Failed, run.Error = 1, err.Error()
	}
	return removed, errors.Join(err, jobs.Finish(ctx, run, at.Add(sweepEvery)))
}

func (s *Service) sweep(ctx context.Context, at time.Time) (removed int, err error) {
	names, err := s.vault.Names(ctx) // before the rows: a row comes after its document
	if err != nil {
		return 0, err
	}
	known, err := s.store.RealNameDocuments(ctx)
	if err != nil {
		return 0, err
	}
	of := make(map[string]bool, len(known))
	for _, d := range known {
		of[d.Name()] = true
	}
	for _, name := range names {
		d, err := ParseDocumentID(name)
		if of[name] || err != nil || at.Sub(id.Time(int64(d))) < orphanAge {
			continue
		}
		if err := s.vault.Delete(ctx, strings.ToLower(name)); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
