package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sibai/internal/billing"
	"sibai/internal/fault"
)

// JobName is the name that nodes share the job by.
const JobName = "payments"

const (
	// most is how many payments one turn looks at.
	most = 500
	// claimFor is how long a turn may take before another node tries it too;
	// two at once do nothing twice.
	claimFor = 5 * time.Minute
)

// Turn does what is due, if no other node does: payments whose time is over
// expire, the providers' orders of those that were closed end, money that came and could not be booked is, and refunds go on. done
// is how many it dealt with. One that fails does not keep the others waiting.
func (s *Service) Turn(ctx context.Context, jobs billing.Jobs, node int) (done int, err error) {
	at := s.clock()
	payments, err := s.store.DuePayments(ctx, at, most)
	if err != nil {
		return 0, err
	}
	refunds, err := s.store.DueRefunds(ctx, at, most)
	if err != nil || len(payments)+len(refunds) == 0 {
		return 0, err
	}
	if claimed, err := jobs.Claim(ctx, JobName, node, at, at.Add(claimFor)); err != nil || !claimed {
		return 0, err
	}
	var failures []error
	away := map[string]error{}
	for _, id := range payments {
		if err := s.due(ctx, id, at, away); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id, err))
		}
	}
	for _, r := range refunds {
		if err := s.goOn(ctx, r); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", r.ID, err))
		}
	}
	run := billing.JobRun{
		Name: JobName, Node: node, StartedAt: at, FinishedAt: s.clock(), Items: len(payments) + len(refunds), Failed: len(failures),
	}
	err = errors.Join(failures...)
	if err != nil {
		run.Error = err.Error()
	}
	return run.Items - run.Failed, errors.Join(err, jobs.Finish(ctx, run, run.FinishedAt))
}

// due looks at a payment. away are the providers that gave no answer in this
// turn: none is waited for twice.
func (s *Service) due(ctx context.Context, id ID, at time.Time, away map[string]error) error {
	p, err := s.Read(ctx, id)
	switch {
	case err != nil:
		return err
	case p.State != Closed && (p.State != Created || p.StateAt(at) != Expired):
		return s.book(ctx, p)
	case away[p.Provider] != nil:
		return away[p.Provider]
	}
	n, came, err := s.shut(ctx, p)
	if fault.CodeOf(err) == fault.ProviderUnreachable {
		away[p.Provider] = err
	}
	switch {
	case err == nil && came:
		return s.hear(ctx, p.Provider, n)
	case p.State == Closed:
		return s.wasShut(ctx, id, at, err)
	case err != nil && !errors.Is(err, ErrUnmade):
		return err
	}
	return s.expire(ctx, id, at)
}

// shut ends the order that a provider has of a payment, unless money came for it.
// A provider that is off has none that could be ended from here.
func (s *Service) shut(ctx context.Context, p Payment) (Notice, bool, error) {
	over, ok := s.named(p.Provider).(Closer)
	if !ok {
		return Notice{}, false, nil
	}
	n, came, err := over.Close(ctx, p)
	if err == nil && came && n.Payment != p.ID {
		err = fault.New(fault.NotificationInvalid, "reason", "asked for "+p.ID.String()+", it tells of "+n.Payment.String())
	}
	return n, came, err
}

// giveUp is how long after a payment's time it is tried to end the provider's order
// of one that was closed: by then the provider has ended it by itself.
const giveUp = 24 * time.Hour

// wasShut notes that the provider's order of a closed payment ended, or why it did
// not; what is worth another try is left due. An order that nobody made yet is
// looked at once more when it can be made no longer.
func (s *Service) wasShut(ctx context.Context, id ID, at time.Time, failure error) error {
	e, dueAt, left := Event{Kind: WasShut}, time.Time{}, error(nil)
	err := s.store.ChangePayment(ctx, id, func(f *File) (Writes, error) {
		p := f.Payment
		over := !at.Before(p.ExpiresAt)
		switch {
		case p.State != Closed || p.DueAt.IsZero():
			return Writes{}, nil
		case s.named(p.Provider) == nil:
			e.Kind, e.Why = WasLeft, string(fault.ProviderOff)
		case errors.Is(failure, ErrUnmade) && !over:
			e.Kind, e.Why, dueAt = WasLeft, whyUnmade, p.ExpiresAt
		case failure == nil || errors.Is(failure, ErrUnmade):
		case at.Before(p.ExpiresAt.Add(giveUp)):
			left = failure
			return Writes{}, nil
		default:
			e.Kind, e.Why = WasLeft, cut(failure.Error())
		}
		p.DueAt = dueAt
		return s.write(&p, e)
	})
	return errors.Join(err, left)
}

// expire ends a payment that nobody made in time; one that was paid or closed
// meanwhile is left alone.
func (s *Service) expire(ctx context.Context, id ID, at time.Time) error {
	return s.store.ChangePayment(ctx, id, func(f *File) (Writes, error) {
		p := f.Payment
		if p.State != Created || p.StateAt(at) != Expired {
			return Writes{}, nil
		}
		p.DueAt = time.Time{}
		return s.write(&p, Event{Kind: WasExpired})
	})
}

// goOn takes a refund further. That it failed is an answer, not a failure of
// the job: it stands in the refund and its event.
func (s *Service) goOn(ctx context.Context, r Refund) error {
	p, err := s.Read(ctx, r.Payment)
	if err != nil {
		return err
	}
	r, err = s.carry(ctx, p, r)
	if r.State == Failed {
		return nil
	}
	return err
}
