package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/payment"
)

// JobName is the name that nodes share the job by.
const JobName = "orders"

const (
	// most is how many orders one turn looks at.
	most = 500
	// claimFor is how long a turn may take before another node tries it too;
	// two at once do nothing twice.
	claimFor = 5 * time.Minute
)

// Turn does what is due, if no other node does: locks end, orders without
// documents lapse, and money that waits to be taken or to go back moves. done is
// how many it dealt with. One that fails does not keep the others waiting.
func (s *Service) Turn(ctx context.Context, jobs billing.Jobs, node int) (done int, err error) {
	at := s.clock()
	list, err := s.Store.DueOrders(ctx, at, most)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	if claimed, err := jobs.Claim(ctx, JobName, node, at, at.Add(claimFor)); err != nil || !claimed {
		return 0, err
	}
	var failures []error
	for _, id := range list {
		if err := s.due(ctx, id); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id, err))
		}
	}
	run := billing.JobRun{Name: JobName, Node: node, StartedAt: at, FinishedAt: s.clock(), Items: len(list), Failed: len(failures)}
	err = errors.Join(failures...)
	if err != nil {
		run.Error = err.Error()
	}
	return run.Items - run.Failed, errors.Join(err, jobs.Finish(ctx, run, run.FinishedAt))
}

// due does what is due of one order.
func (s *Service) due(ctx context.Context, id ID) error {
	o, err := s.Settle(ctx, id) // money that came meanwhile comes before any timer
	if err != nil {
		return err
	}
	at := s.clock()
	if remind, _ := s.reminder(&o, at); remind {
		return s.remind(ctx, id)
	}
	switch {
	case o.StateAt(at) == Expired && o.State != Expired:
		_, err = s.end(ctx, id, WasExpired, number.Available, func(o *Order) bool { return o.StateAt(at) == Expired && o.State != Expired })
	case o.State == Paid && !at.Before(o.DocumentsBy):
		if o, err = s.end(ctx, id, WasLapsed, number.Available, func(o *Order) bool { return o.State == Paid && !at.Before(o.DocumentsBy) }); err == nil {
			_, err = s.giveBack(ctx, o)
		}
	case o.State == Lapsed || o.State == Refused:
		_, err = s.giveBack(ctx, o)
	case o.State == Signed:
		_, err = s.later(ctx, o)
	}
	return err
}

// remind tells the customer of what ends soon. A node that was down for a while
// reminds once.
func (s *Service) remind(ctx context.Context, id ID) error {
	_, err := s.change(ctx, id, func(o *Order) (Writes, error) {
		at := s.clock()
		due, next := s.reminder(o, at)
		if !due {
			return Writes{}, nil
		}
		if o.State == Signed { // its money may be on its way
			next = s.soon(o)
		}
		o.RemindedAt, o.DueAt = at, next
		return s.write(*o, WasReminded, ByJob, "")
	})
	return err
}

// end ends an order for which so still holds.
func (s *Service) end(ctx context.Context, id ID, kind Kind, state number.State, so func(*Order) bool) (Order, error) {
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		if !so(o) {
			return Writes{}, nil
		}
		o.DueAt = time.Time{}
		if kind == WasLapsed {
			o.DueAt = s.clock()
		}
		w, err := s.write(*o, kind, ByJob, "")
		w.Numbers = state
		return w, err
	})
}

// later looks again at an order whose payment is under way.
func (s *Service) later(ctx context.Context, o Order) (Order, error) {
	return o, s.Store.Postpone(ctx, o.ID, s.soon(&o))
}

// soon is when the job looks at an order again that waits for money.
func (s *Service) soon(o *Order) time.Time {
	if at := s.clock().Add(recheck); at.Before(o.LockedUntil) {
		return at
	}
	return o.LockedUntil
}

// SettleFor takes the fees of the orders of a customer that wait for money, after
// its account got some.
func (s *Service) SettleFor(ctx context.Context, customer string) error {
	list, err := s.Store.Orders(ctx, Filter{Customer: customer, State: Signed})
	if err != nil {
		return err
	}
	for i := range list {
		if _, err := s.Settle(ctx, list[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// giveBack moves the fees of an order that came to nothing back onto the
// account, less what is kept of one that lapsed, and the payment that was made
// for it back to its payer.
func (s *Service) giveBack(ctx context.Context, o Order) (Order, error) {
	if o.State != Lapsed && o.State != Refused {
		return o, nil
	}
	var err error
	if !o.Returned {
		if o, err = s.returned(ctx, o); err != nil {
			return o, err
		}
	}
	var refunded money.Amount
	if o.Payment != 0 {
		if refunded, err = s.refund(ctx, o); err != nil {
			return o, err
		}
	}
	return s.change(ctx, o.ID, func(o *Order) (Writes, error) {
		if o.DueAt.IsZero() {
			return Writes{}, nil
		}
		o.DueAt = time.Time{}
		return s.write(*o, WasRefunded, ByJob, refunded.String())
	})
}

// returned books the fees back.
func (s *Service) returned(ctx context.Context, o Order) (Order, error) {
	account := charging.AccountID(o.Account)
	if o.Txn != 0 {
		taken, ok, err := s.Store.Transaction(ctx, o.Txn)
		if err != nil {
			return o, err
		}
		if !ok {
			return o, fmt.Errorf("%s has no transaction %s", o.ID, o.Txn)
		}
		if _, err := s.Bank.Post(ctx, charging.Posting{
			Shard: o.Shard, Account: account, Kind: ledger.KindReversal, Key: o.Txn.String(), At: s.clock(), Reverse: &taken,
		}); err != nil {
			return o, fmt.Errorf("give the fees of %s back: %w", o.ID, err)
		}
	}
	if fee := s.kept(&o); fee > 0 {
		if _, err := s.Bank.Post(ctx, charging.Posting{
			Shard: o.Shard, Account: account, Kind: ledger.KindLapse, Key: o.ID.String(), At: s.clock(),
			Take: fee, CashOnly: true, Books: []charging.BookEntry{{Book: ledger.RevenueOrders, Amount: fee}},
		}); err != nil {
			return o, fmt.Errorf("keep the fee of %s: %w", o.ID, err)
		}
	}
	return s.change(ctx, o.ID, func(o *Order) (Writes, error) {
		if o.Returned {
			return Writes{}, nil
		}
		o.Returned = true
		return s.write(*o, WasReturned, ByJob, "")
	})
}

// kept is what the operator keeps of an order that lapsed; never more than it
// took.
func (s *Service) kept(o *Order) money.Amount {
	if o.State != Lapsed {
		return 0
	}
	return min(s.terms.LapseFee, o.Fees())
}

// refund sends the order's payment back, less what is kept of it and what the
// customer used meanwhile. What cannot go back stays on the account, and is said.
func (s *Service) refund(ctx context.Context, o Order) (money.Amount, error) {
	free, err := s.free(ctx, &o)
	if err != nil {
		return 0, err
	}
	p, err := s.Payments.Read(ctx, o.Payment)
	if err != nil {
		return 0, err
	}
	key := o.ID.String()
	if p.Refunded+p.Refunding > 0 { // begun before a crash; the payment's own job ends it
		return p.Refunded + p.Refunding, nil
	}
	amount := min(p.Refundable(), o.Sum()-s.kept(&o), free) / money.Fen * money.Fen
	if amount <= 0 {
		return 0, nil
	}
	_, err = s.Payments.Refund(ctx, o.Payment, amount, key, key)
	switch fault.CodeOf(err) {
	case fault.RefundRefused, fault.RefundUnpaid:
		s.Log.Warn("the payment of an order could not go back: the money stays on the account", "order", key, "payment", o.Payment.String(), "error", err)
		return 0, nil
	}
	return amount, err
}

var _ Payments = (*payment.Service)(nil)
