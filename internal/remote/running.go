package remote

import (
	"context"
	"time"

	"sibai/internal/charging"
	"sibai/internal/fault"
)

// Extend asks for more time for a call that was answered.
type Extend struct {
	Sequence int           // 1 for the first extension of the call, 2 for the next …
	Elapsed  time.Duration // billable time so far, of the switch's monotonic clock
	// AnsweredAt is when the meter started; zero takes now less Elapsed. It
	// chooses the tariff's time bands.
	AnsweredAt time.Time
	Lease      time.Duration // MinLease to MaxLease; 0 takes the longest step of an extension and two minutes
}

// Extend asks for more time. The same sequence again gets the same answer. Of a
// call that has ended it answers Refused with the cause in its CDR. Faults:
// input_invalid, client_call_not_found, sequence_out_of_order, and the store's.
func (s *Service) Extend(ctx context.Context, name Name, r Extend) (Grant, error) {
	now := s.now()
	var bad fault.Invalid
	if r.Sequence < 1 || r.Sequence > 1_000_000 {
		bad.Add("sequence", 0, fault.ValueRange, "value", r.Sequence, "min", 1, "max", 1_000_000)
	}
	if r.Elapsed < 0 || r.Elapsed > MaxTalk {
		bad.Add("elapsed_seconds", 0, fault.ValueRange, "value", r.Elapsed.Seconds(), "min", 0, "max", MaxTalk.Seconds())
	}
	checkLease(&bad, r.Lease)
	if err := bad.Err(); err != nil {
		return Grant{}, err
	}
	if r.AnsweredAt.After(now.Add(maxApart)) {
		return Grant{}, near("answered_at", r.AnsweredAt, now)
	}
	t, err := s.find(ctx, name)
	if err != nil {
		return Grant{}, err
	}
	req := charging.ExtendRequest{
		Call: t.id, Bill: t.bill, Sequence: r.Sequence, Elapsed: r.Elapsed, At: now, MeterStartedAt: r.AnsweredAt,
	}
	a, err := await(ctx, func(done func(charging.Answer, error)) {
		s.charger.ExtendElsewhere(req, s.lease(r.Lease, max(s.step, t.bill.MinGrant)+grace), done)
	})
	switch {
	case err != nil:
		return Grant{}, err
	case a.Refused != "":
		s.calls.forget(name)
	default:
		t.expires = now.Add(s.lease(r.Lease, max(s.step, t.bill.MinGrant)+grace) + time.Hour)
		s.calls.put(name, t, now)
	}
	return grant(t.id, a), nil
}
