package billing

import (
	"context"
	"errors"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// TopUp books money that came in for the customer with a code; t needs no
// shard, account and time. Idempotent by channel and reference. A customer in
// arrears is served again from its commit on.
func (s *Service) TopUp(ctx context.Context, customer string, t charging.TopUp) (charging.Credit, error) {
	c, err := s.customer(ctx, customer)
	if err != nil {
		return charging.Credit{}, err
	}
	t.Shard, t.Account, t.At = c.Shard, charging.AccountID(c.Account), s.now()
	return s.bank.TopUp(ctx, t)
}

// Refund books money that goes back to the customer with a code: from its free
// cash, never from bonus or packages. Idempotent by channel and reference.
func (s *Service) Refund(ctx context.Context, customer string, amount money.Amount, channel, reference string) (charging.Posted, error) {
	c, err := s.customer(ctx, customer)
	if err != nil {
		return charging.Posted{}, err
	}
	book, err := ledger.RefundsOf(channel)
	if err != nil {
		return charging.Posted{}, fault.Wrap(errors.Unwrap(err), fault.ValueNotAllowed, "value", "channel "+channel, "allowed", "lower case letters, digits, - and _")
	}
	if amount <= 0 || amount > catalog.MaxAmount {
		return charging.Posted{}, fault.New(fault.MoneyRange, "value", amount, "min", money.Micro, "max", catalog.MaxAmount)
	}
	key := channel + "/" + reference
	if reference == "" || len(key) > 128 {
		return charging.Posted{}, fault.New(fault.ValueNotAllowed, "value", "reference "+reference, "allowed", "1 to 64 bytes")
	}
	posted, err := s.bank.Post(ctx, charging.Posting{
		Shard: c.Shard, Account: charging.AccountID(c.Account), Kind: ledger.KindRefund, Key: key, At: s.now(),
		Take: amount, CashOnly: true, Books: []charging.BookEntry{{Book: book, Amount: amount}},
	})
	switch {
	case err != nil:
		return posted, err
	case posted.Short:
		return posted, fault.New(fault.RefundTooMuch, "customer", customer, "amount", amount)
	case posted.Again && posted.Amount != amount:
		return posted, fault.New(fault.TopUpReferenceReused, "channel", channel, "reference", reference)
	}
	return posted, nil
}

// Reverse undoes a top-up or a refund that was booked by mistake, by a
// transaction of the opposite that names it. It can be undone once, as long as
// what it gave is there. The payment's reference stays used.
func (s *Service) Reverse(ctx context.Context, txn ledger.ID) (charging.Posted, error) {
	t, known, err := s.store.Transaction(ctx, txn)
	if err != nil {
		return charging.Posted{}, err
	}
	shard, ok, err := s.store.TransactionShard(ctx, txn)
	if err != nil {
		return charging.Posted{}, err
	}
	if !known || !ok || t.Kind != ledger.KindTopUp && t.Kind != ledger.KindRefund {
		return charging.Posted{}, fault.New(fault.NotReversible, "txn", txn)
	}
	p := charging.Posting{Shard: shard, Kind: ledger.KindReversal, Key: txn.String(), At: s.now(), Reverse: &t}
	for _, e := range t.Entries {
		if e.Account.Book == "" {
			p.Account = charging.AccountID(e.Account.Customer)
		}
	}
	posted, err := s.bank.Post(ctx, p)
	if err == nil && posted.Short {
		err = fault.New(fault.ReversalTooMuch, "txn", txn)
	}
	return posted, err
}

// Renew takes the fee of a number's next term now. The term begins where the
// running one ends, so that renewing early loses nothing; what it gives can be
// used at once.
func (s *Service) Renew(ctx context.Context, digits string) (Item, error) {
	owner, ok, err := s.store.Owner(ctx, digits)
	if err != nil {
		return Item{}, err
	}
	if !ok {
		return Item{}, fault.New(fault.NotRented, "number", digits)
	}
	at := s.now()
	book, err := s.store.Book(ctx, owner.Shard, at)
	if err != nil {
		return Item{}, err
	}
	for _, c := range book.Customers {
		for _, r := range c.Rentals {
			if r.Digits == digits {
				return s.renew(ctx, &job{svc: s, c: c, at: at}, r)
			}
		}
	}
	return Item{}, fault.New(fault.NotRented, "number", digits)
}

func (s *Service) renew(ctx context.Context, j *job, r *Rental) (Item, error) {
	next := j.c.lastTerm(r)
	months, fee := r.Subscription.Sale.TermUnder(r.Plan)
	if !r.live() || months == 0 || next == nil || next.Seq == 1 && !next.paid() {
		return Item{}, fault.New(fault.NoTermToRenew, "number", r.Digits)
	}
	if last := next; last.paid() { // else one that could not be paid early before
		next = &Term{
			Shard: j.c.Shard, Subscription: last.Subscription, Seq: last.Seq + 1, Customer: j.c.ID, Account: j.c.AccountID(),
			Number: r.Digits, CreditBucket: s.newID(), SecondsBucket: s.newID(), DueAt: last.End, Start: last.End,
		}
	}
	next.Plan, next.Fee, next.Credit, next.Seconds = r.Plan.Code, fee, r.Plan.Package, r.Plan.Seconds
	next.End = monthsAfter(next.Start, months, j.c.anchor(r, next.Start))
	// Written before it is paid, as all that is due; until its day nobody owes it.
	if err := s.store.Save(ctx, Writes{Terms: []*Term{next}}); err != nil {
		return Item{}, err
	}
	if err := j.takeFee(ctx, r, next); err != nil {
		return Item{}, err
	}
	item := j.items[len(j.items)-1]
	if item.Short {
		return item, fault.New(fault.CreditTooLow, "number", r.Digits, "amount", next.Fee, "from", calendar.Day(next.Start))
	}
	return item, s.store.Save(ctx, Writes{Terms: []*Term{next}})
}

func (s *Service) customer(ctx context.Context, code string) (catalog.Customer, error) {
	c, ok, err := s.store.Find(ctx, code)
	if err == nil && !ok {
		err = fault.New(fault.CustomerNotFound, "customer", code)
	}
	return c, err
}
