package charging

import (
	"math"
	"slices"
	"time"

	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Promise is what a node granted to a new call by itself while the store was
// away. The store keeps it with the first operation of the call that it takes:
// the hold is made as it was promised, whatever the account has by then. What
// the account lacks is its bucket's Overdraft, never more than Amount for this
// call.
type Promise struct {
	Request ReserveRequest `json:"request"`
	Node    int            `json:"node"`
	Bucket  int64          `json:"bucket"` // for cash, should the account have none
	Grants  []Grant        `json:"grants"` // what was answered, in order
	Amount  money.Amount   `json:"amount"` // what the last grant costs at most
	// The last proof of the call, for the case that its node dies.
	Elapsed        time.Duration `json:"elapsed"`
	MeterStartedAt time.Time     `json:"meter_started_at,omitzero"`

	owed   money.Amount // how far the account's cash is below zero once it is kept
	before money.Amount // its overdraft before that
}

func (p *Promise) granted() time.Duration { return p.Grants[len(p.Grants)-1].Granted }

// copied is a Promise that an operation may have for itself.
func (p *Promise) copied() *Promise {
	if p == nil {
		return nil
	}
	c := *p
	c.Grants = slices.Clone(p.Grants)
	return &c
}

func (p *Promise) account() AccountKey {
	return AccountKey{p.Request.Bill.Shard, p.Request.Bill.Account}
}

// AdoptOp keeps a promise: from then on its call is as every other.
type AdoptOp struct {
	outcome
	Promise    *Promise
	LeaseUntil time.Time
}

func (o *AdoptOp) decide(d *decision) error { return d.adopt(o.Promise, o.LeaseUntil) }

func (o *AdoptOp) shard() int { return o.Promise.Request.Bill.Shard }

func (o *AdoptOp) keys(k *Keys) {
	k.account(o.Promise.account())
	k.call(CallKey{o.shard(), o.Promise.Request.Call})
}

// adopt makes the hold of a promise, or raises to it the one that the store
// made when its answer came too late. Idempotent; nil promises nothing.
func (d *decision) adopt(p *Promise, lease time.Time) error {
	if p == nil {
		return nil
	}
	p.owed, p.before = 0, 0
	req := &p.Request
	bill := &req.Bill
	key := CallKey{bill.Shard, req.Call}
	h, n := d.holds[key], len(p.Grants)
	if d.closed[key] != nil {
		return nil
	}
	if err := checkReserve(req); err != nil {
		return err
	}
	if n == 0 {
		return broken("%s was promised nothing", req.Call)
	}
	a, err := d.account(p.account())
	if err != nil {
		return err
	}
	if b := a.cash(); b != nil {
		p.before = b.Overdraft
	}
	if h != nil && len(h.Grants) >= n && h.Grants[n-1].Granted >= p.granted() {
		p.owed = a.owed()
		return nil // it is kept already, or the store granted as much by itself
	}
	at := instant(req.At)
	if a.cash() == nil {
		b := &Bucket{Account: a.Key, ID: p.Bucket, Kind: Cash, Unit: ledger.CNY, CreatedAt: at, mark: fresh}
		a.buckets = append(a.buckets, b)
		d.bkts = append(d.bkts, b)
	}
	exposed := *bill
	exposed.Overdraft = addCapped(a.owed(), p.Amount)
	w := d.wallet(a, bill, h, at)
	w.cap = math.MaxInt64 // it was promised when nobody knew of the month's cap
	s, _ := w.overdrawn(&exposed).first(bill.Tariff.Meter(bill.Class, at), p.granted())
	if !s.ok || s.covered < p.granted() {
		return broken("%s was promised %s for %s, which pay for %s", req.Call, p.granted(), p.Amount, s.covered)
	}
	if h == nil {
		h = &Hold{
			Key: key, Account: bill.Account, Subscription: bill.Subscription, Tariff: bill.Tariff.ID,
			Node: p.Node, OpenedAt: at, LeaseUntil: instant(lease), Bill: bill, Draft: &req.Draft,
		}
		d.addHold(h)
		u := d.use(a, bill.Subscription)
		u.InUse++
		u.month(at).Calls++
	} else {
		d.touchHold(h)
	}
	h.Grants = slices.Clone(p.Grants)
	d.hold(a, h, &s, bill)
	cash := a.cash()
	cash.Overdraft = max(cash.Overdraft, a.owed()) // no more than it comes to
	if !p.MeterStartedAt.IsZero() {
		h.prove(p.Elapsed, p.MeterStartedAt, lease)
	}
	p.owed = a.owed()
	return nil
}

// settled notes what an account owes once a promise is kept and its call was
// settled at once: the overdraft that the hold had in between is not needed.
func (p *Promise) settled(d *decision) {
	if p == nil {
		return
	}
	a := d.accounts[p.account()]
	p.owed = a.owed()
	if b := a.cash(); b != nil && b.Overdraft > p.before {
		b.Overdraft = max(p.before, p.owed)
	}
}

// cash is the bucket that an account goes below zero on; nil when it never had
// cash.
func (a *Account) cash() *Bucket {
	for i := len(a.buckets) - 1; i >= 0; i-- {
		if b := a.buckets[i]; b.Kind == Cash && b.Unit == ledger.CNY {
			return b
		}
	}
	return nil
}

// owed is how far what the account may use is below zero.
func (a *Account) owed() money.Amount {
	if b := a.cash(); b != nil {
		return max(0, b.Held-b.Balance)
	}
	return 0
}

// promises grants time from an exposure: what a node may risk on an account.
func (r Rules) promise(bill *Bill, at time.Time, had, want time.Duration, exposure money.Amount) (g Grant, amount money.Amount, ok bool) {
	w := wallet{purses: []purse{{bucket: &Bucket{Kind: Cash, Unit: ledger.CNY}, free: max(0, exposure)}}, cap: math.MaxInt64}
	s, _ := w.first(bill.Tariff.Meter(bill.Class, instant(at)), want)
	if !s.ok || s.covered <= had {
		return g, 0, false
	}
	lead := min(r.Lead, (s.covered-had)/3)
	return Grant{Granted: s.covered, ExtendAt: (s.covered - lead).Truncate(time.Millisecond)}, s.money, true
}
