package charging

import (
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

func (o *ExtendOp) decide(d *decision) error {
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
		return broken("%s asks for extension %d, the next one is %d", req.Call, req.Sequence, len(h.Grants))
	}
	if err := sameBill(h, bill); err != nil {
		return err
	}
	a, err := d.account(AccountKey{bill.Shard, bill.Account})
	if err != nil {
		return err
	}
	at := instant(req.At)
	had, reserved, available := h.granted(), h.reserved(), a.available(at)
	granted, cost := d.extension(&bill.Tariff, d.rules.minGrant(bill), had, reserved, available, a.open())
	g := d.grant(&bill.Tariff, had, granted, cost, available-(cost-reserved))
	if granted == had {
		g.ExtendAt = h.Grants[len(h.Grants)-1].ExtendAt
		// While there is time, ask again half way to the end: a top-up may
		// come, or another call give back.
		if left := had - req.Elapsed; left >= 4*time.Second && req.Elapsed >= 0 {
			g.ExtendAt = (req.Elapsed + left/2).Truncate(time.Millisecond)
		}
	}
	d.touchHold(h)
	if cost > reserved {
		h.Parts = d.hold(a, h.Parts, cost-reserved, at)
	}
	h.Grants = append(h.Grants[:len(h.Grants):len(h.Grants)], g)
	h.prove(req.Elapsed, at.Add(-max(0, req.Elapsed)), o.LeaseUntil)
	o.Answer = g.answer()
	return nil
}

// extension finds the time up to which a hold is raised, and its cost. The
// step is as long as the call was granted so far, at least the smallest grant
// and at most the longest step, so that a long call asks seldom. It never
// takes more than an equal share of what is available, one share being left
// for a call that may come; as the account runs out the share, and with it
// the step, shrinks to one increment. One increment is given as long as it
// can be paid.
func (d *decision) extension(t *tariff.Version, least, had time.Duration, reserved, available money.Amount, open int64) (time.Duration, money.Amount) {
	step := min(max(least, had), max(least, d.rules.MaxStep))
	share := available / money.Amount(open+1)
	granted, cost, ok := reach(t, had+step, addCapped(reserved, share))
	if ok && granted > had {
		return granted, cost
	}
	granted, cost, ok = reach(t, had+1, addCapped(reserved, available))
	if ok && granted > had {
		return granted, cost
	}
	return had, reserved
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
