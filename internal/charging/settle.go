package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// metered reports whether a call's meter ever started: somebody answered, or
// time was measured.
func metered(r *cdr.Record) bool {
	return !r.AnsweredAt.IsZero() || !r.PlatformAnsweredAt.IsZero() || r.Billable > 0
}

// cutSlack is how far a call that is cut at the end of its grant may outlast it
// before that is worth a line in the log.
const cutSlack = time.Second

func (o *SettleOp) decide(d *decision) error {
	rec := o.Request.Record
	bill := &o.Request.Bill
	key := CallKey{bill.Shard, rec.Call}
	if c := d.closed[key]; c != nil {
		o.Record = c.Record
		return nil
	}
	h := d.holds[key]
	if h == nil {
		if rec.Call == 0 || metered(&rec) {
			return fault.New(fault.HoldNotFound, "call", rec.Call)
		}
		rec.Account, rec.Subscription, rec.TariffID = int64(bill.Account), int64(bill.Subscription), int64(bill.Tariff.ID)
		o.Record = d.keep(key, rec)
		return nil
	}
	if err := sameBill(h, bill); err != nil {
		return err
	}
	o.Capped = rec.Billable > h.granted()+cutSlack
	var err error
	o.Record, err = d.settle(h, &bill.Tariff, rec, o.Txn)
	return err
}

// keep closes a call that cost nothing and has no hold.
func (d *decision) keep(key CallKey, rec cdr.Record) cdr.Record {
	rec.Charge, rec.Lines = 0, nil
	c := &Closed{Key: key, Record: rec}
	d.close(c)
	return c.Record
}

// settle gives a hold back, charges what the call cost, never more than was
// reserved, and closes the call.
func (d *decision) settle(h *Hold, t *tariff.Version, rec cdr.Record, txn ledger.ID) (cdr.Record, error) {
	a, err := d.account(AccountKey{h.Key.Shard, h.Account})
	if err != nil {
		return rec, err
	}
	at := instant(rec.EndedAt)
	rec.Account, rec.Subscription, rec.TariffID = int64(h.Account), int64(h.Subscription), int64(h.Tariff)
	rec.Charge, rec.Lines = 0, nil
	var payments []payment
	if metered(&rec) {
		rec.Billable = min(rec.Billable, h.granted())
		items, err := t.Itemise(rec.Billable)
		if err != nil {
			return rec, fault.Wrap(err, fault.AmountOverflow)
		}
		for _, item := range items {
			rec.Charge += item.Amount // Itemise has proven that the sum is in range
		}
		if payments, err = d.pay(a, h, rec.Charge, at); err != nil {
			return rec, err
		}
		rec.Lines = chargeLines(t, items, payments)
	}
	if rec.Charge > 0 {
		booking, err := callTransaction(h.Key, txn, at, payments)
		if err != nil {
			return rec, err
		}
		d.writes.Transactions = append(d.writes.Transactions, booking)
	}
	d.release(a, h)
	for _, p := range payments {
		p.bucket.Balance -= p.amount
		d.touchBucket(p.bucket)
	}
	d.use(a, h.Subscription, -1)
	d.removeHold(h)
	c := &Closed{Key: h.Key, Record: rec, Reserved: h.reserved(), Grants: h.Grants}
	if rec.Charge > 0 {
		c.Txn = txn
	}
	d.close(c)
	return c.Record, nil
}

// callTransaction books payments of a call: each bucket's entry, and the sum
// to the operator's revenue.
func callTransaction(key CallKey, txn ledger.ID, at time.Time, payments []payment) (Booking, error) {
	t := ledger.Transaction{
		ID: txn, Key: key.ID.String(), At: at, Kind: ledger.KindCall,
		Entries: make([]ledger.Entry, 0, len(payments)+1),
	}
	var sum money.Amount
	for _, p := range payments {
		t.Entries = append(t.Entries, ledger.Entry{
			Account: ledger.BucketOf(int64(p.bucket.Account.ID), p.bucket.ID), Unit: ledger.CNY, Amount: -int64(p.amount),
		})
		sum += p.amount
	}
	t.Entries = append(t.Entries, ledger.Entry{Account: ledger.BookOf(ledger.RevenueCalls), Unit: ledger.CNY, Amount: int64(sum)})
	if err := t.Validate(); err != nil {
		return Booking{}, fault.Wrap(err, fault.Internal)
	}
	return Booking{Shard: key.Shard, Transaction: t}, nil
}
