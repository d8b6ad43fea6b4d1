package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/payment"
)

// recheck is how soon the job looks at an order again whose money is on its way.
const recheck = time.Minute

// AskPayment makes a payment for what the order costs and the account does not
// have, over a provider, "" being the first one. A payment that was asked for
// before and that nobody made ends. The link of its page is what it
// returns; the payment can be made as long as the numbers are locked. When the
// account has enough, the fees are taken instead and asked is nil. Faults:
// order_state, and those of payment.Ask.
func (s *Service) AskPayment(ctx context.Context, id ID, provider string) (asked *payment.Asked, o Order, err error) {
	if o, err = s.Read(ctx, id); err != nil {
		return nil, o, err
	}
	at := s.clock()
	if o.StateAt(at) != Signed {
		return nil, o, fault.New(fault.OrderState, "order", id, "state", o.StateAt(at))
	}
	free, err := s.free(ctx, &o)
	if err != nil {
		return nil, o, err
	}
	missing := o.Sum() - free
	if missing <= 0 {
		o, err = s.Settle(ctx, id)
		return nil, o, err
	}
	if err := s.unask(ctx, o.Payment); err != nil {
		return nil, o, err
	}
	made, err := s.Payments.Ask(ctx, o.Code, ceilFen(missing), provider, o.LockedUntil.Sub(at))
	if err != nil {
		return nil, o, err
	}
	before := o.Payment
	var replaced payment.ID
	o, err = s.change(ctx, id, func(o *Order) (Writes, error) {
		replaced = o.Payment
		o.Payment, o.DueAt = made.Payment.ID, s.soon(o)
		return s.write(*o, WasAsked, ByCustomer, made.Payment.ID.String())
	})
	switch {
	case err != nil: // the order ended meanwhile: nobody shall pay for it
		return nil, o, errors.Join(err, s.unask(ctx, made.Payment.ID))
	case replaced != before: // somebody asked at the same moment
		err = s.unask(ctx, replaced)
	}
	return &made, o, err
}

// unask ends a payment that was asked for an order, 0 being none, so that who pays over
// two providers does not pay twice. It comes before what takes its place: a process
// that dies between leaves an order for which nothing is asked, and that can be
// asked for again. One whose money came, or whose time is over, is left as it is.
func (s *Service) unask(ctx context.Context, asked payment.ID) error {
	if asked == 0 {
		return nil
	}
	_, err := s.Payments.Close(ctx, asked)
	if fault.CodeOf(err) == fault.PaymentState {
		return nil
	}
	return err
}

// Hold keeps the numbers of an order locked for longer, since its customer says
// that it paid by bank, which takes time: up to hold after the lock would end, once.
// claim is what the customer filed. Faults: order_state.
func (s *Service) Hold(ctx context.Context, id ID, claim string, hold time.Duration) (Order, error) {
	return s.change(ctx, id, func(o *Order) (Writes, error) {
		if at := s.clock(); o.StateAt(at) != Signed {
			return Writes{}, fault.New(fault.OrderState, "order", id, "state", o.StateAt(at))
		}
		if until := o.CreatedAt.Add(s.terms.Lock + hold); until.After(o.LockedUntil) {
			o.LockedUntil = until
		}
		o.DueAt = s.soon(o)
		return s.write(*o, WasClaimed, ByCustomer, claim)
	})
}

func ceilFen(a money.Amount) money.Amount { return (a + money.Fen - 1) / money.Fen * money.Fen }

// free is the cash that the account of an order has for it.
func (s *Service) free(ctx context.Context, o *Order) (sum money.Amount, err error) {
	view, err := s.Bank.Balances(ctx, o.Shard, charging.AccountID(o.Account))
	if err != nil {
		return 0, fmt.Errorf("read the balance of %s: %w", o.Code, err)
	}
	if view == nil {
		return 0, nil
	}
	for _, b := range view.Buckets {
		if b.Kind == charging.Cash && b.Unit == ledger.CNY {
			sum += b.Balance - b.Held
		}
	}
	return sum, nil
}

// Settle takes the fees of a signed order when the account has what it asks for,
// also in the moments between the end of its lock and the job that ends it: the
// numbers still wait. Doing it again changes nothing; an order in another state is
// left alone.
func (s *Service) Settle(ctx context.Context, id ID) (o Order, err error) {
	if o, err = s.Read(ctx, id); err != nil {
		return o, err
	}
	if o.State == Signed {
		free, err := s.free(ctx, &o)
		if err != nil || free < o.Sum() {
			return o, err
		}
		// Written before it is taken: from here on no timer ends the order.
		o, err = s.change(ctx, id, func(o *Order) (Writes, error) {
			if o.State != Signed {
				return Writes{}, nil
			}
			o.DueAt = s.clock().Add(recheck)
			return s.write(*o, WasTaking, ByJob, "")
		})
		if err != nil {
			return o, err
		}
	}
	if o.State != Paying {
		return o, nil
	}
	return s.take(ctx, o)
}

// take books the fees and gives the numbers to the customer.
func (s *Service) take(ctx context.Context, o Order) (Order, error) {
	var posted charging.Posted
	if fees := o.Fees(); fees > 0 {
		var err error
		posted, err = s.Bank.Post(ctx, charging.Posting{
			Shard: o.Shard, Account: charging.AccountID(o.Account), Kind: ledger.KindOrder, Key: o.ID.String(), At: s.clock(),
			Take: fees, CashOnly: true, Books: []charging.BookEntry{{Book: ledger.DeferredOrders, Amount: fees}},
		})
		if err != nil {
			return o, fmt.Errorf("take the fees of %s: %w", o.ID, err)
		}
	}
	return s.change(ctx, o.ID, func(o *Order) (Writes, error) {
		at := s.clock()
		switch {
		case o.State != Paying:
			return Writes{}, nil
		case posted.Short: // a call or a fee was quicker: the lock runs on
			o.DueAt = s.soon(o)
			return s.write(*o, WasShort, ByJob, "")
		}
		o.Txn, o.DocumentsBy = posted.Txn, at.Add(s.terms.Documents)
		o.DueAt = documentsReminder(o, at)
		w, err := s.write(*o, WasPaid, ByJob, "")
		w.Numbers = number.Sold
		for _, i := range o.Items {
			w.Subscriptions = append(w.Subscriptions, catalog.Subscription{
				ID: s.NewID(), Shard: o.Shard, Customer: o.Customer, Number: i.Number, Plan: i.Plan.ID, StartedAt: at, Sale: i.Sale,
			})
		}
		return w, err
	})
}
