package charging

import (
	"cmp"
	"math"
	"slices"
	"time"

	"sibai/internal/ledger"
	"sibai/internal/money"
)

// addCapped adds two amounts of which at most one is negative; beyond the
// range it stays at the end of it. It is for comparing with what is there,
// never for booking.
func addCapped(a, b money.Amount) money.Amount {
	if s, err := a.Add(b); err == nil {
		return s
	}
	return math.MaxInt64
}

// drawOrder is the order that the buckets of an account pay in: the
// extension's own; package, the soonest to expire first; then bonus and cash
// as the rules say; the older first among equals.
func (r Rules) drawOrder(a *Account) []*Bucket {
	sorted := slices.IsSortedFunc(a.buckets, r.compare)
	if sorted {
		return a.buckets
	}
	return slices.SortedStableFunc(slices.Values(a.buckets), r.compare)
}

func (r Rules) compare(x, y *Bucket) int {
	if c := cmp.Compare(r.rank(x.Kind), r.rank(y.Kind)); c != 0 {
		return c
	}
	if c := cmp.Compare(expiry(x), expiry(y)); c != 0 {
		return c
	}
	return cmp.Compare(x.ID, y.ID)
}

func (r Rules) rank(k BucketKind) int {
	switch {
	case k == Extension:
		return 0
	case k == Package:
		return 1
	case (k == Cash) == r.CashBeforeBonus:
		return 2
	}
	return 3
}

func expiry(b *Bucket) int64 {
	if b.ExpiresAt.IsZero() {
		return math.MaxInt64
	}
	return b.ExpiresAt.UnixMicro()
}

// hold makes a spending what a hold has reserved, in place of what it had.
func (d *decision) hold(a *Account, h *Hold, s *spending, bill *Bill) {
	var had money.Amount
	for i := range s.wallet.purses {
		b, was := s.wallet.purses[i].bucket, s.wallet.purses[i].part
		if b.Unit == ledger.CNY {
			had += was
		}
		if s.used[i] == was {
			continue
		}
		b.Held += s.used[i] - was
		d.touchBucket(b)
		if b.Held > b.Balance {
			b.Overdraft = max(b.Overdraft, bill.Overdraft)
		}
	}
	h.Parts = s.parts()
	if s.money != had {
		d.use(a, h.Subscription).month(h.OpenedAt).Held += s.money - had
	}
}

// release gives the parts of a hold back to their buckets, and says what they
// were in money and in included time.
func (d *decision) release(a *Account, h *Hold) (cny, sec money.Amount) {
	for _, b := range a.buckets {
		own := h.part(b.ID)
		if own == 0 {
			continue
		}
		b.Held -= own
		d.touchBucket(b)
		if b.Unit == ledger.SEC {
			sec += own
		} else {
			cny += own
		}
	}
	return cny, sec
}

// grant makes the answer that carries a hold from had to granted; beyond is
// what the account could still pay.
func (d *decision) grant(had, granted time.Duration, beyond spending) Grant {
	lead := min(d.rules.Lead, (granted-had)/3)
	final := beyond.covered <= granted
	return Grant{
		Granted:  granted,
		ExtendAt: (granted - lead).Truncate(time.Millisecond),
		Final:    final,
		Capped:   final && beyond.capped,
	}
}
