package charging

import (
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

func (o *ReserveOp) decide(d *decision) error {
	req := &o.Request
	bill := &req.Bill
	key := CallKey{bill.Shard, req.Call}
	if again, ok := d.answered(key, 0); ok {
		o.Answer = again
		return nil
	}
	if err := checkReserve(req); err != nil {
		return err
	}
	a, err := d.account(AccountKey{bill.Shard, bill.Account})
	if err != nil {
		return err
	}
	at := instant(req.At)
	if why := refusal(a, bill); why != "" {
		o.Answer = Answer{Refused: why}
		return nil
	}
	available := a.available(at)
	granted, cost, ok := reach(&bill.Tariff, d.rules.minGrant(bill), available)
	if !ok {
		o.Answer = Answer{Refused: cdr.NoCredit}
		return nil
	}
	g := d.grant(&bill.Tariff, 0, granted, cost, available-cost)
	d.addHold(&Hold{
		Key: key, Account: bill.Account, Subscription: bill.Subscription, Tariff: bill.Tariff.ID,
		Node: o.Node, Parts: d.hold(a, nil, cost, at), Grants: []Grant{g},
		OpenedAt: at, LeaseUntil: instant(o.LeaseUntil), Bill: bill, Draft: &req.Draft,
	})
	d.use(a, bill.Subscription, 1)
	o.Answer = g.answer()
	return nil
}

func checkReserve(req *ReserveRequest) error {
	b := &req.Bill
	switch {
	case req.Call == 0:
		return broken("a reservation without a call id")
	case b.Shard < 0 || b.Shard >= Shards:
		return broken("shard %d of %s is not between 0 and %d", b.Shard, req.Call, Shards-1)
	case req.Draft.Customer != 0 && ShardOf(req.Draft.Customer) != b.Shard:
		return broken("%s is billed in shard %d, its customer is in %d", req.Call, b.Shard, ShardOf(req.Draft.Customer))
	}
	if err := b.Tariff.Validate(); err != nil {
		return fault.Wrap(fmt.Errorf("%s: tariff %s: %w", req.Call, b.Tariff.ID, err), fault.Internal)
	}
	return nil
}

// broken is a request that the program should never have made.
func broken(format string, args ...any) error {
	return fault.Wrap(fmt.Errorf(format, args...), fault.Internal)
}

// refusal says why no call may begin, "" when one may, credit aside.
func refusal(a *Account, b *Bill) cdr.Cause {
	switch a.State {
	case AccountSuspended:
		return cdr.NumberSuspended
	case AccountFrozen:
		return cdr.NumberFrozen
	}
	if u := a.usage(b.Subscription); b.MaxConcurrent > 0 && u != nil && u.InUse >= b.MaxConcurrent {
		return cdr.TooManyCalls
	}
	return ""
}

// answered finds what the n-th question of a call was answered before. Of a
// call that is closed a question that was never asked is refused with the
// call's cause.
func (d *decision) answered(key CallKey, n int) (Answer, bool) {
	if h := d.holds[key]; h != nil {
		if n < len(h.Grants) {
			return h.Grants[n].answer(), true
		}
		return Answer{}, false
	}
	c := d.closed[key]
	if c == nil {
		return Answer{}, false
	}
	if n < len(c.Grants) {
		return c.Grants[n].answer(), true
	}
	a := Answer{Final: true, Refused: c.Record.Cause}
	if len(c.Grants) > 0 {
		last := c.Grants[len(c.Grants)-1]
		a.Granted, a.ExtendAt = last.Granted, last.ExtendAt
	}
	return a, true
}

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

// prove notes a sign of life. Proofs may come late; they never take back.
func (h *Hold) prove(elapsed time.Duration, meter, lease time.Time) {
	h.Elapsed = max(h.Elapsed, elapsed.Truncate(time.Microsecond))
	if h.MeterStartedAt.IsZero() {
		h.MeterStartedAt = instant(meter)
	}
	if lease = instant(lease); lease.After(h.LeaseUntil) {
		h.LeaseUntil = lease
	}
}

func (o *RenewOp) decide(d *decision) error {
	h := d.holds[CallKey{o.Proof.Bill.Shard, o.Proof.Call}]
	if h == nil {
		return nil
	}
	d.touchHold(h)
	h.prove(o.Proof.Elapsed, o.Proof.MeterStartedAt, o.LeaseUntil)
	return nil
}
