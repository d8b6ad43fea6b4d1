package charging

import (
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
)

// LongestRing is how long after its reservation a call may be answered and is
// sure to be rated by the bands of its answer: that much is reserved ahead. A
// later one that cannot be paid so is rated as if it had been answered when it
// was reserved.
const LongestRing = 10 * time.Minute

func (o *ReserveOp) decide(d *decision) error {
	o.Answer, o.Again = Answer{}, false
	req := &o.Request
	bill := &req.Bill
	key := CallKey{bill.Shard, req.Call}
	if again, ok := d.answered(key, 0); ok {
		o.Answer, o.Again = again, true
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
	if why := refusal(a, bill, at); why != "" {
		o.Answer = Answer{Refused: why}
		return nil
	}
	least := d.rules.minGrant(bill)
	w := d.wallet(a, bill, nil, at)
	s, meter := w.first(bill.Tariff.Meter(bill.Class, at), least)
	if !s.ok {
		o.Answer = Answer{Refused: cdr.NoCredit}
		if s.capped {
			o.Answer.Refused = cdr.CapReached
		}
		return nil
	}
	g := d.grant(0, s.covered, w.overdrawn(bill).spend(meter, s.covered+1))
	h := &Hold{
		Key: key, Account: bill.Account, Subscription: bill.Subscription, Tariff: bill.Tariff.ID,
		Node: o.Node, Grants: []Grant{g},
		OpenedAt: at, LeaseUntil: instant(o.LeaseUntil), Bill: bill, Draft: &req.Draft, Texts: o.Texts,
	}
	d.addHold(h)
	u := d.use(a, bill.Subscription)
	u.InUse++
	u.month(at).Calls++
	d.hold(a, h, &s, bill)
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
func refusal(a *Account, b *Bill, at time.Time) cdr.Cause {
	switch a.State {
	case AccountActive:
	case AccountSuspended, AccountArrears:
		return cdr.NumberSuspended
	default: // frozen, or a state that this program does not know
		return cdr.NumberFrozen
	}
	u := a.usage(b.Subscription)
	switch {
	case u == nil:
	case b.MaxConcurrent > 0 && u.InUse >= b.MaxConcurrent:
		return cdr.TooManyCalls
	case b.CapCalls > 0 && u.in(at).Calls >= b.CapCalls:
		return cdr.CapReached
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
