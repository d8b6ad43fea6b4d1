package charging

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// cutSlack is how far a call that is cut at the end of its grant may outlast it
// before that is worth a line in the log.
const cutSlack = time.Second

func (o *SettleOp) decide(d *decision) error {
	o.Capped, o.Record = false, cdr.Record{}
	if err := d.adopt(o.Promise, o.Request.Record.EndedAt); err != nil {
		return err
	}
	rec := o.Request.Record
	bill := &o.Request.Bill
	key := CallKey{bill.Shard, rec.Call}
	if c := d.closed[key]; c != nil {
		o.Record = c.Record
		return nil
	}
	h := d.holds[key]
	if h == nil {
		if rec.Call == 0 || rec.Metered() {
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
	o.Record, err = d.settle(h, bill, rec, o.Txn, o.Texts)
	if err == nil {
		o.Promise.settled(d)
	}
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
func (d *decision) settle(h *Hold, bill *Bill, rec cdr.Record, txn ledger.ID, texts *Texts) (cdr.Record, error) {
	a, err := d.account(AccountKey{h.Key.Shard, h.Account})
	if err != nil {
		return rec, err
	}
	at := instant(rec.EndedAt)
	rec.Account, rec.Subscription, rec.TariffID = int64(h.Account), int64(h.Subscription), int64(h.Tariff)
	rec.Charge, rec.Lines = 0, nil
	talked := rec.Metered()
	var s spending
	if talked {
		// What is charged is what the CDR will say, to the microsecond.
		rec.Billable = min(rec.Billable.Truncate(time.Microsecond), h.granted())
		s = d.pay(a, h, bill, &rec, at)
		rec.Charge, rec.Lines = s.money, s.lines.lines
	}
	if s.money+s.seconds > 0 {
		booking, err := callTransaction(h.Key, txn, at, &s)
		if err != nil {
			return rec, err
		}
		d.writes.Transactions = append(d.writes.Transactions, booking)
	} else {
		txn = 0
	}
	reserved, seconds := d.release(a, h)
	for i, used := range s.used {
		if used > 0 {
			b := s.wallet.purses[i].bucket
			b.Balance -= used
			d.touchBucket(b)
		}
	}
	u := d.use(a, h.Subscription)
	u.InUse--
	month := u.month(h.OpenedAt)
	month.Held -= reserved
	month.Spent += s.money
	if !talked {
		month.Calls--
	}
	d.removeHold(h)
	c := &Closed{Key: h.Key, Record: rec, Reserved: reserved, Seconds: int64(seconds), Grants: h.Grants, Txn: txn, Texts: texts}
	d.close(c)
	return c.Record, nil
}

// pay finds how a call is paid that its hold has reserved for: the buckets in
// their order, each with what it has free once the hold is given back, as long
// as no more money and no more included time is needed than was reserved; else
// just as it was reserved. A bucket that expired during the call pays up to
// the hold's own part.
func (d *decision) pay(a *Account, h *Hold, bill *Bill, rec *cdr.Record, at time.Time) spending {
	w := d.wallet(a, bill, h, at)
	w.cap = w.own
	own := w.reserved()
	long := min(rec.Billable, h.granted())
	meter := bill.Tariff.Meter(bill.Class, meterStart(h, rec))
	s := w.itemised(&bill.Tariff, meter, long)
	var seconds money.Amount
	for _, p := range own.purses {
		if p.bucket.Unit == ledger.SEC {
			seconds += p.part
		}
	}
	if s.ok && s.covered >= long && s.seconds <= seconds {
		return s
	}
	s = own.itemised(&bill.Tariff, meter, long)
	if s.ok && s.covered >= long {
		return s
	}
	// It was answered later than LongestRing, in a dearer band.
	meter = bill.Tariff.Meter(bill.Class, h.OpenedAt)
	if asReserved := own.itemised(&bill.Tariff, meter, long); asReserved.ok && asReserved.covered > s.covered || !s.ok {
		return asReserved
	}
	return s
}

// meterStart is when a call's meter started, as the hold was first told.
func meterStart(h *Hold, rec *cdr.Record) time.Time {
	if !h.MeterStartedAt.IsZero() {
		return h.MeterStartedAt
	}
	return instant(rec.MeterStartedAt())
}

// callTransaction books what paid for a call: each bucket's entry, and the
// sums to the operator's books, money and included time apart.
func callTransaction(key CallKey, txn ledger.ID, at time.Time, s *spending) (Booking, error) {
	t := ledger.Transaction{
		ID: txn, Key: key.ID.String(), At: at, Kind: ledger.KindCall,
		Entries: make([]ledger.Entry, 0, len(s.used)+2),
	}
	for i, used := range s.used {
		if used > 0 {
			b := s.wallet.purses[i].bucket
			t.Entries = append(t.Entries, ledger.Entry{Account: ledger.BucketOf(int64(b.Account.ID), b.ID), Unit: b.Unit, Amount: -int64(used)})
		}
	}
	if s.money > 0 {
		t.Entries = append(t.Entries, ledger.Entry{Account: ledger.BookOf(ledger.RevenueCalls), Unit: ledger.CNY, Amount: int64(s.money)})
	}
	if s.seconds > 0 {
		t.Entries = append(t.Entries, ledger.Entry{Account: ledger.BookOf(ledger.IncludedUsed), Unit: ledger.SEC, Amount: int64(s.seconds)})
	}
	if err := t.Validate(); err != nil {
		return Booking{}, fault.Wrap(err, fault.Internal)
	}
	return Booking{Shard: key.Shard, Transaction: t}, nil
}
