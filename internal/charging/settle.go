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
	o.Capped = rec.Billable > h.granted()
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
		items, err := t.Itemise(min(rec.Billable, h.granted()))
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

func (o *RecordOp) decide(d *decision) error {
	rec := o.Record
	key := CallKey{o.Shard, rec.Call}
	if d.closed[key] != nil {
		return nil
	}
	if rec.Call == 0 {
		return broken("a CDR without a call id")
	}
	h := d.holds[key]
	if h == nil {
		d.keep(key, rec)
		return nil
	}
	if metered(&rec) {
		return broken("%s has a hold and talked: settle it", rec.Call)
	}
	// Nothing is rated, so the tariff is not asked.
	_, err := d.settle(h, nil, rec, 0)
	return err
}

func (o *ReapOp) decide(d *decision) error {
	if c := d.closed[o.Lost.Key]; c != nil {
		// Sent again after an unknown outcome, the call may be our own work.
		o.Reaped = o.Reaped && c.Record.Recovered
		return nil
	}
	h := d.holds[o.Lost.Key]
	if h == nil || o.Lost.Bill == nil || o.Lost.Draft == nil {
		return nil // settled meanwhile
	}
	if mine := o.OfNode && h.Node == o.Lost.Node; !mine && !h.LeaseUntil.Before(o.Now) {
		return nil // its node came back
	}
	var err error
	o.Record, err = d.settle(h, &o.Lost.Bill.Tariff, lostRecord(h, *o.Lost.Draft, o.Now), o.Txn)
	o.Reaped = err == nil
	return err
}

// lostRecord makes the CDR of a call whose node was lost: what was known when
// it was reserved, and what its proofs showed since.
func lostRecord(h *Hold, rec cdr.Record, now time.Time) cdr.Record {
	rec.Call, rec.Node = h.Key.ID, h.Node
	rec.Cause, rec.Recovered = cdr.NodeLost, true
	if h.MeterStartedAt.IsZero() {
		rec.EndedAt = instant(now)
		return rec
	}
	if rec.AnsweredAt.IsZero() && rec.PlatformAnsweredAt.IsZero() {
		rec.AnsweredAt = h.MeterStartedAt
	}
	rec.Talk, rec.Billable = h.Elapsed, h.Elapsed
	rec.EndedAt = h.MeterStartedAt.Add(h.Elapsed)
	rec.Status, rec.EndedBy = 200, cdr.Platform
	return rec
}
