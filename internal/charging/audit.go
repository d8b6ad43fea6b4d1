package charging

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Check is one promise and whether the store keeps it.
type Check struct {
	Name     string // such as I1, as in the package's list
	Says     string // the promise in words
	OK       bool
	Rows     int64  // looked at
	Bad      int64  // that break it
	FirstBad string // the first of them, with what was expected
}

// Total is what one ledger account of the operator, or all buckets of one
// kind, add up to.
type Total struct {
	Name   string // receipts/wechat, bucket/cash, …
	Unit   ledger.Unit
	Amount int64
}

// Report is what an audit found on one snapshot of the store.
type Report struct {
	Checks []Check
	Totals []Total // sorted by name
}

// OK reports whether every promise is kept.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
}

// Audit reads a snapshot of the whole store and checks what can be checked on
// it. It may run while calls are charged. I5, I6 and I9 are about operations,
// not rows; I9 shows as I3.
func Audit(ctx context.Context, store Store) (*Report, error) {
	a := newAuditor()
	err := store.Inspect(ctx, func(in Inspection) error {
		for _, read := range []func(Inspection) error{a.buckets, a.holds, a.usages, a.entries, a.calls, a.payments} {
			if err := read(in); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && fault.CodeOf(err) == "" {
		err = fault.Wrap(err, fault.StoreFailed, "what", "audit")
	}
	if err != nil {
		return nil, err // a store may know more: that its file is damaged
	}
	return a.report(), nil
}

type bucketKey struct {
	account AccountKey
	id      int64
}

type usageKey struct {
	account      AccountKey
	subscription SubscriptionID
}

type monthKey struct {
	usageKey
	month int
}

// auditor gathers what the checks compare. It keeps a few words for each
// bucket and open hold, nothing for each call or entry.
type auditor struct {
	balance map[bucketKey]int64 // stored, then less the entries: must end at 0
	held    map[bucketKey]int64 // stored, then less the parts: must end at 0
	inUse   map[usageKey]int    // stored, then less the holds: must end at 0
	totals  map[Total]int64     // Amount is 0 in the key
	units   map[bucketKey]ledger.Unit
	// monthHeld is what months hold, then less the parts: must end at 0.
	monthHeld map[monthKey]money.Amount
	kept      map[monthKey]bool

	posted int64 // transactions that are no call's

	i1, i2, i3, i4, i5, i7, i8, i9, lines, usage *Check
}

func newAuditor() *auditor {
	check := func(name, says string) *Check { return &Check{Name: name, Says: says, OK: true} }
	return &auditor{
		balance: map[bucketKey]int64{}, held: map[bucketKey]int64{},
		inUse: map[usageKey]int{}, totals: map[Total]int64{},
		units: map[bucketKey]ledger.Unit{}, monthHeld: map[monthKey]money.Amount{}, kept: map[monthKey]bool{},
		i1:    check("I1", "a bucket's balance is the sum of its entries"),
		i2:    check("I2", "what buckets hold is the sum of the open holds' parts"),
		i3:    check("I3", "balance less held is never below the overdraft, 0 without one"),
		i4:    check("I4", "a call is never charged more than was reserved"),
		i5:    check("I5", "every payment and posting is booked once: it has one receipt and one transaction"),
		i7:    check("I7", "entries sum to zero, per transaction and in total"),
		i8:    check("I8", "a charged CDR has one transaction of its charge, and the other way round"),
		i9:    check("I9", "no bucket paid more than was in it, a recorded overdraft aside"),
		lines: check("lines", "the lines of a CDR sum to its charge"),
		usage: check("usage", "a subscription's calls at once, and what its months hold, are its open holds"),
	}
}

func (a *auditor) report() *Report {
	for k, left := range sorted(a.balance, compareBuckets) {
		a.i1.is(left == 0, "%s: the balance differs from its entries by %d", k, left)
	}
	for k, left := range sorted(a.held, compareBuckets) {
		a.i2.is(left == 0, "%s: held differs from the open holds by %d", k, left)
	}
	for k, left := range sorted(a.inUse, compareUsages) {
		a.usage.is(left == 0, "%s: in use differs from the open holds by %d", k.subscription, left)
	}
	for k, left := range sorted(a.monthHeld, compareMonths) {
		if !a.kept[k] {
			continue // of a month so long ago that it is not counted any more
		}
		a.usage.is(left == 0, "%s in %d: held differs from the open holds by %s", k.subscription, k.month, left)
	}
	r := &Report{}
	for _, c := range []*Check{a.i1, a.i2, a.i3, a.i4, a.i5, a.i7, a.i8, a.i9, a.lines, a.usage} {
		r.Checks = append(r.Checks, *c)
	}
	for t, amount := range sorted(a.totals, compareTotals) {
		t.Amount = amount
		r.Totals = append(r.Totals, t)
	}
	return r
}

// is counts a row and notes it when it is bad.
func (c *Check) is(ok bool, format string, args ...any) {
	c.Rows++
	if ok {
		return
	}
	if c.OK {
		c.FirstBad = fmt.Sprintf(format, args...)
	}
	c.OK = false
	c.Bad++
}

func (k bucketKey) String() string {
	return ledger.BucketOf(int64(k.account.ID), k.id).String()
}

func (a *auditor) buckets(in Inspection) error {
	for b, err := range in.Buckets() {
		if err != nil {
			return err
		}
		k := bucketKey{b.Account, b.ID}
		a.balance[k] += int64(b.Balance)
		a.held[k] += int64(b.Held)
		a.totals[Total{Name: "bucket/" + string(b.Kind), Unit: b.Unit}] += int64(b.Balance)
		a.i3.is(b.Held >= 0 && b.Overdraft >= 0 && b.Balance-b.Held >= -b.Overdraft, "%s: balance %s, held %s, overdraft %s", k, b.Balance, b.Held, b.Overdraft)
		a.i9.is(b.Balance >= -b.Overdraft, "%s: balance %s, overdraft %s", k, b.Balance, b.Overdraft)
		a.units[k] = b.Unit
	}
	return nil
}

func (a *auditor) holds(in Inspection) error {
	for h, err := range in.Holds() {
		if err != nil {
			return err
		}
		account := AccountKey{h.Key.Shard, h.Account}
		month := monthKey{usageKey{account, h.Subscription}, MonthOf(h.OpenedAt)}
		for _, p := range h.Parts {
			k := bucketKey{account, p.Bucket}
			a.held[k] -= int64(p.Amount)
			if a.units[k] == ledger.CNY {
				a.monthHeld[month] -= p.Amount
			}
		}
		a.inUse[month.usageKey]--
	}
	return nil
}

func (a *auditor) usages(in Inspection) error {
	for u, err := range in.Usages() {
		if err != nil {
			return err
		}
		k := usageKey{u.Account, u.Subscription}
		a.inUse[k] += u.InUse
		for _, m := range []Month{u.Now, u.Before} {
			if m.Month != 0 {
				a.monthHeld[monthKey{k, m.Month}] += m.Held
				a.kept[monthKey{k, m.Month}] = true
				a.usage.is(m.Calls >= 0 && m.Spent >= 0, "%s in %d: %d calls for %s", u.Subscription, m.Month, m.Calls, m.Spent)
			}
		}
	}
	return nil
}

func (a *auditor) entries(in Inspection) error {
	var now BookedEntry // of the transaction being summed
	sum, count := map[ledger.Unit]int64{}, 0
	total := map[ledger.Unit]int64{}
	end := func() {
		if now.Txn == 0 {
			return
		}
		ok := count >= 2
		for unit, s := range sum {
			ok = ok && s == 0
			total[unit] += s
		}
		a.i7.is(ok, "%s: %d entries, sums %v", now.Txn, count, sum)
		a.posted++
		clear(sum)
		count = 0
	}
	for e, err := range in.Entries() {
		if err != nil {
			return err
		}
		if e.Txn != now.Txn || e.Shard != now.Shard {
			end()
			now = e
		}
		if e.Entry.Amount == 0 {
			continue
		}
		count++
		sum[e.Entry.Unit] += e.Entry.Amount
		if book := e.Entry.Account.Book; book != "" {
			a.totals[Total{Name: string(book), Unit: e.Entry.Unit}] += e.Entry.Amount
			continue
		}
		account := AccountKey{e.Shard, AccountID(e.Entry.Account.Customer)}
		a.balance[bucketKey{account, e.Entry.Account.Bucket}] -= e.Entry.Amount
	}
	end()
	for unit, s := range total {
		a.i7.is(s == 0, "all %s entries sum to %d", unit, s)
	}
	return nil
}

func (a *auditor) calls(in Inspection) error {
	for c, err := range in.Closed() {
		if err != nil {
			return err
		}
		if c.Txn != 0 {
			a.posted-- // a call's: its CDR is what it is known by
		}
		var sum money.Amount
		var seconds int64
		for _, l := range c.Lines {
			sum += l.Amount
			seconds += l.Used
		}
		a.i8.is(c.Settled == c.Charge && c.Included == seconds && (c.Txn != 0) == (c.Charge != 0 || seconds != 0),
			"%s: charged %s and %d s, transaction %s took %s and %d s", c.Call.ID, c.Charge, seconds, c.Txn, c.Settled, c.Included)
		a.i4.is(c.Charge >= 0 && c.Charge <= c.Reserved && seconds <= c.Seconds,
			"%s: charged %s of %s reserved, %d of %d s", c.Call.ID, c.Charge, c.Reserved, seconds, c.Seconds)
		a.lines.is(sum == c.Charge, "%s: charged %s, lines sum to %s", c.Call.ID, c.Charge, sum)
	}
	for o, err := range in.Orphans() {
		if err != nil {
			return err
		}
		a.i8.is(false, "%s: transaction %s is not the one of its CDR", o.Call.ID, o.Txn)
	}
	return nil
}

func (a *auditor) payments(in Inspection) error {
	for u, err := range in.Unmatched() {
		if err != nil {
			return err
		}
		a.i5.is(false, "%s, transaction %s in shard %d: %s", u.Key, u.Txn, u.Shard, u.Why)
	}
	a.i5.Rows = max(a.i5.Rows, a.posted)
	return nil
}

// sorted walks a map in an order, so that two audits of the same rows say the
// same.
func sorted[K comparable, V any](m map[K]V, by func(K, K) int) func(func(K, V) bool) {
	return func(yield func(K, V) bool) {
		for _, k := range slices.SortedFunc(maps.Keys(m), by) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
