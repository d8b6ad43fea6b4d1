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
// expire, money that came and could not be booked is, and refunds go on. done
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
	case p.State != Created || p.StateAt(at) != Expired:
		return s.book(ctx, p)
	case away[p.Provider] != nil:
		return away[p.Provider]
	}
	n, came, err := s.askAfter(ctx, p)
	switch {
	case fault.CodeOf(err) == fault.ProviderUnreachable:
		away[p.Provider] = err
		return err
	case err != nil:
		return err
	case came:
		return s.hear(ctx, p.Provider, n)
	}
	return s.expire(ctx, id, at)
}

// askAfter asks the provider of a payment what came, if it can be asked; one
// that is off cannot.
func (s *Service) askAfter(ctx context.Context, p Payment) (Notice, bool, error) {
	asker, ok := s.named(p.Provider).(Asker)
	if !ok {
		return Notice{}, false, nil
	}
	n, came, err := asker.Ask(ctx, p)
	if err == nil && came && n.Payment != p.ID {
		err = fault.New(fault.NotificationInvalid, "reason", "asked for "+p.ID.String()+", it tells of "+n.Payment.String())
	}
	return n, came, err
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
