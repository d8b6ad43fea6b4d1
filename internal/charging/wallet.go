package charging

import (
	"math"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// wallet is what a call may be paid from: the buckets in their order, each
// with what it has for this call, and what the month's cap leaves.
type wallet struct {
	purses []purse
	cap    money.Amount // in money; math.MaxInt64 without a cap
	own    money.Amount // the part of cap that the call's hold has already
}

// purse is a bucket with its room for one call: the call's own part, and what
// is free besides.
type purse struct {
	bucket *Bucket
	part   money.Amount
	free   money.Amount
}

func (p *purse) room() money.Amount { return addCapped(p.part, p.free) }

// wallet finds what may pay for a call at an instant, beginning with what its
// hold h has; h is nil before there is one.
func (d *decision) wallet(a *Account, bill *Bill, h *Hold, at time.Time) wallet {
	w := wallet{purses: make([]purse, 0, len(a.buckets)), cap: math.MaxInt64}
	for _, b := range d.rules.drawOrder(a) {
		p := purse{bucket: b, free: b.free(at)}
		if h != nil {
			p.part = h.part(b.ID)
		}
		if b.Kind == Extension && (b.Extension == 0 || b.Extension != bill.Extension) {
			if p.free = 0; p.part == 0 {
				continue
			}
		}
		w.purses = append(w.purses, p)
		if b.Unit == ledger.CNY {
			w.own += p.part
		}
	}
	if bill.CapAmount > 0 {
		month := at
		if h != nil {
			month = h.OpenedAt
		}
		var used Month
		if u := a.usage(bill.Subscription); u != nil {
			used = u.in(month)
		}
		w.cap = addCapped(max(0, bill.CapAmount-used.Spent-used.Held), w.own)
	}
	return w
}

// shared is the wallet of a call that takes one of n equal shares of what is
// free and of what the cap leaves.
func (w wallet) shared(n int64) wallet {
	cny, sec := w.freeIn(ledger.CNY)/money.Amount(n), w.freeIn(ledger.SEC)/money.Amount(n)
	out := wallet{purses: make([]purse, len(w.purses)), cap: w.cap, own: w.own}
	if w.cap != math.MaxInt64 {
		out.cap = w.own + max(0, w.cap-w.own)/money.Amount(n)
	}
	for i, p := range w.purses {
		left := &cny
		if p.bucket.Unit == ledger.SEC {
			left = &sec
		}
		p.free = min(p.free, *left)
		*left -= p.free
		out.purses[i] = p
	}
	return out
}

// mixed reports whether both money and included time may pay.
func (w wallet) mixed() bool {
	var cny, sec bool
	for i := range w.purses {
		if w.purses[i].bucket.Unit == ledger.SEC {
			sec = true
		} else {
			cny = true
		}
	}
	return cny && sec
}

func (w wallet) freeIn(u ledger.Unit) money.Amount {
	var sum money.Amount
	for _, p := range w.purses {
		if p.bucket.Unit == u {
			sum = addCapped(sum, p.free)
		}
	}
	return sum
}

// overdrawn is the wallet with the bill's overdraft on the account's cash. An
// account that never had cash has none.
func (w wallet) overdrawn(bill *Bill) wallet {
	if bill.Overdraft == 0 {
		return w
	}
	out := w
	out.purses = make([]purse, len(w.purses))
	copy(out.purses, w.purses)
	for i := len(out.purses) - 1; i >= 0; i-- {
		if p := &out.purses[i]; p.bucket.Kind == Cash {
			p.free = max(p.free, addCapped(p.bucket.Balance-p.bucket.Held, bill.Overdraft))
			break
		}
	}
	return out
}

// reserved is the wallet of what the hold has and nothing besides.
func (w wallet) reserved() wallet {
	out := wallet{purses: make([]purse, len(w.purses)), cap: math.MaxInt64, own: w.own}
	for i, p := range w.purses {
		p.free = 0
		out.purses[i] = p
	}
	return out
}

// spending is how a wallet pays for a call: increment by increment, each by
// the first bucket that has anything left, and with it those of its unit. An
// increment that included time cannot cover whole is paid in money, and the
// other way round.
//
// A wallet of nothing but the amounts that a spending used pays for the same
// increments in the same way: that is why a settlement never lacks what was
// reserved.
type spending struct {
	ok      bool           // the first increment is paid
	covered time.Duration  // the end of the last increment that is
	used    []money.Amount // of each purse
	money   money.Amount   // the used that is money
	seconds money.Amount   // the used that is included time
	capped  bool           // it ended at the cap: the buckets had more

	wallet wallet
	lines  *splitter // nil when no lines are wanted
}

// spend pays for a call up to the increment that ends at want or after it, or
// as long as there is something to pay with.
func (w wallet) spend(m tariff.Meter, want time.Duration) spending {
	s := spending{wallet: w, used: make([]money.Amount, len(w.purses))}
	s.run(m, want)
	return s
}

// itemised is spend with the lines of a CDR.
func (w wallet) itemised(t *tariff.Version, m tariff.Meter, want time.Duration) spending {
	s := spending{wallet: w, used: make([]money.Amount, len(w.purses)), lines: &splitter{tariff: t, last: -1}}
	s.run(m, want)
	return s
}

func (s *spending) run(m tariff.Meter, want time.Duration) {
	walk := m.Walk()
	for {
		r, more := walk.Next()
		if !more || (r.Rule == tariff.Next && s.covered >= want) {
			return
		}
		n := r.Count
		if r.Rule == tariff.Next {
			n = min(n, int64((want-s.covered-1)/r.Length)+1)
		}
		if r.Price == 0 {
			s.lines.free(r, n, s.wallet.purses)
			s.covered += time.Duration(n) * r.Length
			n = 0
		}
		for n > 0 {
			k := s.pay(r, n)
			if k == 0 {
				return
			}
			n -= k
			s.covered += time.Duration(k) * r.Length
		}
		s.ok = s.ok || r.Rule == tariff.First
	}
}

// pay pays for up to n increments of a run and says for how many.
func (s *spending) pay(r tariff.Run, n int64) int64 {
	unit := ledger.CNY
	for i := range s.wallet.purses {
		if s.left(i) > 0 {
			unit = s.wallet.purses[i].bucket.Unit
			break
		}
	}
	if r.Rule == tariff.Connection { // it is no time
		return s.payIn(ledger.CNY, r, n)
	}
	if k := s.payIn(unit, r, n); k > 0 {
		return k
	}
	if unit == ledger.SEC {
		return s.payIn(ledger.CNY, r, n)
	}
	return s.payIn(ledger.SEC, r, n)
}

func (s *spending) left(i int) money.Amount { return s.wallet.purses[i].room() - s.used[i] }

func (s *spending) payIn(unit ledger.Unit, r tariff.Run, n int64) int64 {
	cost := r.Price
	if unit == ledger.SEC {
		cost = money.Amount(r.Length / time.Second)
	}
	first, total := -1, money.Amount(0)
	for i := range s.wallet.purses {
		if left := s.left(i); s.wallet.purses[i].bucket.Unit == unit && left > 0 {
			if first < 0 {
				first = i
			}
			total = addCapped(total, left)
			if total >= cost {
				break
			}
		}
	}
	if first < 0 || total < cost {
		return 0
	}
	if unit == ledger.CNY {
		if n = min(n, int64((s.wallet.cap-s.money)/cost)); n <= 0 {
			s.capped = true
			return 0
		}
	}
	if k := min(n, int64(s.left(first)/cost)); k > 0 {
		s.take(unit, first, cost*money.Amount(k))
		s.lines.whole(r, unit, first, s.wallet.purses[first].bucket, k)
		return k
	}
	counted := int64(1)
	for i, due := first, cost; due > 0; i++ {
		part := min(due, s.left(i))
		if s.wallet.purses[i].bucket.Unit != unit || part <= 0 {
			continue
		}
		s.take(unit, i, part)
		s.lines.share(r, unit, s.wallet.purses[i].bucket, counted, part)
		due -= part
		counted = 0
	}
	return 1
}

func (s *spending) take(unit ledger.Unit, i int, amount money.Amount) {
	s.used[i] += amount
	if unit == ledger.SEC {
		s.seconds += amount
	} else {
		s.money += amount
	}
}

// parts is what a hold must keep for the spending.
func (s *spending) parts() []Part {
	n := 0
	for _, used := range s.used {
		if used > 0 {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	parts := make([]Part, 0, n)
	for i, used := range s.used {
		if used > 0 {
			parts = append(parts, Part{Bucket: s.wallet.purses[i].bucket.ID, Amount: used})
		}
	}
	return parts
}

// splitter writes the lines of a spending. A nil one writes none.
type splitter struct {
	tariff *tariff.Version
	lines  []cdr.Line
	last   int // the purse of the last line while it may grow, else -1
}

func (s *splitter) line(r tariff.Run, bucket string) cdr.Line {
	return cdr.Line{
		Bucket: bucket, Tariff: s.tariff.Code, Version: s.tariff.Version, Rule: string(r.Rule),
		Class: r.Class, Band: r.Band, Seconds: int64(r.Length / time.Second), Price: r.Price,
	}
}

// grow adds increments to the last line where they are of its kind.
func (s *splitter) grow(l cdr.Line, purse int, n int64) {
	if k := len(s.lines) - 1; k >= 0 && s.last == purse && purse >= 0 {
		was := s.lines[k]
		was.Increments, was.Amount, was.Used = 0, 0, 0
		if was == l {
			l = s.lines[k]
			s.lines = s.lines[:k]
		}
	}
	l.Increments += n
	if l.Unit == "" {
		l.Amount += l.Price * money.Amount(n)
	} else {
		l.Used += l.Seconds * n
	}
	s.lines = append(s.lines, l)
	s.last = purse
}

func (s *splitter) whole(r tariff.Run, unit ledger.Unit, purse int, b *Bucket, n int64) {
	if s == nil {
		return
	}
	l := s.line(r, string(b.Kind))
	if unit == ledger.SEC {
		l.Unit, l.Price = string(ledger.SEC), 0
	}
	s.grow(l, purse, n)
}

// free writes increments that cost nothing, on the bucket that paid last, cash
// when none did.
func (s *splitter) free(r tariff.Run, n int64, purses []purse) {
	if s == nil {
		return
	}
	bucket, purse := string(Cash), len(purses)
	if k := len(s.lines) - 1; k >= 0 {
		bucket = s.lines[k].Bucket
		if s.last >= 0 {
			purse = s.last
		}
	}
	s.grow(s.line(r, bucket), purse, n)
}

// share writes one bucket's part of an increment; the first of the parts
// counts it.
func (s *splitter) share(r tariff.Run, unit ledger.Unit, b *Bucket, counted int64, part money.Amount) {
	if s == nil {
		return
	}
	l := s.line(r, string(b.Kind))
	l.Shared, l.Increments = true, counted
	if unit == ledger.SEC {
		l.Unit, l.Price, l.Used = string(ledger.SEC), 0, int64(part)
	} else {
		l.Amount = part
	}
	s.lines = append(s.lines, l)
	s.last = -1
}
