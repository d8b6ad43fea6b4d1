package charging

import (
	"time"

	"sibai/internal/fault"
	"sibai/internal/tariff"
)

func (o *ExtendOp) decide(d *decision) error {
	o.Answer = Answer{}
	if err := d.adopt(o.Promise, o.LeaseUntil); err != nil {
		return err
	}
	req := &o.Request
	bill := &req.Bill
	key := CallKey{bill.Shard, req.Call}
	if again, ok := d.answered(key, req.Sequence); ok && req.Sequence > 0 {
		o.Answer = again
		return nil
	}
	h := d.holds[key]
	if h == nil {
		return fault.New(fault.HoldNotFound, "call", req.Call)
	}
	if req.Sequence != len(h.Grants) {
		return fault.New(fault.SequenceOutOfOrder, "call", req.Call, "sequence", req.Sequence, "next", len(h.Grants))
	}
	if err := sameBill(h, bill); err != nil {
		return err
	}
	a, err := d.account(AccountKey{bill.Shard, bill.Account})
	if err != nil {
		return err
	}
	at := instant(req.At)
	had := h.granted()
	started := req.MeterStartedAt
	if started.IsZero() {
		started = at.Add(-max(0, req.Elapsed))
	}
	h.prove(req.Elapsed, started, o.LeaseUntil)
	meter := bill.Tariff.Meter(bill.Class, h.MeterStartedAt)
	w := d.wallet(a, bill, h, at)
	s := d.extension(w, meter, bill, had, a.open())
	g := d.grant(had, max(had, s.covered), w.overdrawn(bill).spend(meter, max(had, s.covered)+1))
	if g.Granted == had {
		g.ExtendAt = h.Grants[len(h.Grants)-1].ExtendAt
		// While there is time, ask again half way to the end: a top-up may
		// come, or another call give back.
		if left := had - req.Elapsed; left >= 4*time.Second && req.Elapsed >= 0 {
			g.ExtendAt = (req.Elapsed + left/2).Truncate(time.Millisecond)
		}
	}
	d.touchHold(h)
	if s.covered > had {
		d.hold(a, h, &s, bill)
	}
	h.Grants = append(h.Grants[:len(h.Grants):len(h.Grants)], g)
	o.Answer = g.answer()
	return nil
}

// extension finds the time up to which a hold is raised, and what pays for it.
// The step is as long as the call was granted so far, at least the smallest
// grant and at most the longest step, so that a long call asks seldom. It
// never takes more than an equal share of what is available, one share being
// left for a call that may come; as the account runs out the share, and with
// it the step, shrinks to one increment. One increment is given as long as it
// can be paid. What the account has is used up before the overdraft is.
func (d *decision) extension(w wallet, meter tariff.Meter, bill *Bill, had time.Duration, open int64) spending {
	least := d.rules.minGrant(bill)
	step := min(max(least, had), max(least, d.rules.MaxStep))
	s := w.raise(meter, had, step, open+1)
	if s.covered <= had && bill.Overdraft > 0 {
		s = w.overdrawn(bill).raise(meter, had, step, open+1)
	}
	return s
}

// raise pays for up to step more than had, out of one of n equal shares. The
// share says for how long; which buckets pay is their order as for one call
// alone, or a share of included time too small for an increment would leave
// it unused and take money.
func (w wallet) raise(meter tariff.Meter, had, step time.Duration, n int64) spending {
	s := w.shared(n).spend(meter, had+step)
	if s.covered > had && w.mixed() {
		s = w.spend(meter, s.covered)
	}
	if s.covered <= had {
		s = w.spend(meter, had+1)
	}
	return s
}

func sameBill(h *Hold, b *Bill) error {
	if h.Account != b.Account || h.Subscription != b.Subscription {
		return broken("%s was reserved on %s, %s and comes back with %s, %s", h.Key.ID, h.Account, h.Subscription, b.Account, b.Subscription)
	}
	if h.Tariff != b.Tariff.ID {
		return fault.New(fault.TariffMismatch, "call", h.Key.ID, "reserved", h.Tariff, "settled", b.Tariff.ID)
	}
	return nil
}
