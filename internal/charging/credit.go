package charging

import (
	"cmp"
	"math"
	"slices"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// available is what an account can still reserve at an instant.
func (a *Account) available(at time.Time) money.Amount {
	var sum money.Amount
	for _, b := range a.buckets {
		sum = addCapped(sum, b.free(at))
	}
	return sum
}

// addCapped adds two amounts that are not negative; beyond the range it stays
// at the end of it. It is for comparing with what is there, never for booking.
func addCapped(a, b money.Amount) money.Amount {
	if s, err := a.Add(b); err == nil {
		return s
	}
	return math.MaxInt64
}

// drawOrder is the order that the buckets of an account pay in: package, the
// soonest to expire first; then bonus and cash as the rules say; the older
// first among equals.
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
	case k == Package:
		return 0
	case (k == Cash) == r.CashBeforeBonus:
		return 1
	}
	return 2
}

func expiry(b *Bucket) int64 {
	if b.ExpiresAt.IsZero() {
		return math.MaxInt64
	}
	return b.ExpiresAt.UnixMicro()
}

// hold reserves amount on the account's free money, which is enough, and adds
// it to parts. The parts given are not changed.
func (d *decision) hold(a *Account, parts []Part, amount money.Amount, at time.Time) []Part {
	parts = slices.Clone(parts)
	for _, b := range d.rules.drawOrder(a) {
		if amount == 0 {
			break
		}
		take := min(amount, b.free(at))
		if take == 0 {
			continue
		}
		b.Held += take
		d.touchBucket(b)
		amount -= take
		i := slices.IndexFunc(parts, func(p Part) bool { return p.Bucket == b.ID })
		if i < 0 {
			parts = append(parts, Part{Bucket: b.ID, Amount: take})
		} else {
			parts[i].Amount += take
		}
	}
	return parts
}

// payment is what one bucket pays of a charge.
type payment struct {
	bucket *Bucket
	amount money.Amount
}

// pay finds who pays a cost that the hold has reserved: the buckets in their
// order, each with what it has free once the hold is given back. A bucket that
// expired during the call pays up to the hold's own part. It changes nothing.
func (d *decision) pay(a *Account, h *Hold, cost money.Amount, at time.Time) ([]payment, error) {
	var payments []payment
	for _, b := range d.rules.drawOrder(a) {
		if cost == 0 {
			break
		}
		room := h.part(b.ID)
		if !b.expired(at) {
			room = addCapped(room, b.free(at))
		}
		if take := min(cost, room); take > 0 {
			payments = append(payments, payment{b, take})
			cost -= take
		}
	}
	if cost != 0 {
		return nil, fault.New(fault.Internal) // reserved money is gone: Audit names the bucket
	}
	return payments, nil
}

// release gives the parts of a hold back to their buckets.
func (d *decision) release(a *Account, h *Hold) {
	for _, b := range a.buckets {
		if own := h.part(b.ID); own != 0 {
			b.Held -= own
			d.touchBucket(b)
		}
	}
}

// reach is the longest time, at most up to want rounded up to a whole
// increment, that total pays for, and its cost. ok is false when total does
// not pay for the first increment.
func reach(t *tariff.Version, want time.Duration, total money.Amount) (granted time.Duration, cost money.Amount, ok bool) {
	most, ok := t.Affordable(total)
	if !ok {
		return 0, 0, false
	}
	granted = min(t.RoundUp(want), most)
	cost, err := t.Cost(granted)
	return granted, cost, err == nil
}

// grant makes the answer that carries a hold from had to granted, with left
// still available after it.
func (d *decision) grant(t *tariff.Version, had, granted time.Duration, cost, left money.Amount) Grant {
	lead := min(d.rules.Lead, (granted-had)/3)
	most, _ := t.Affordable(addCapped(cost, left))
	return Grant{
		Granted:  granted,
		ExtendAt: (granted - lead).Truncate(time.Millisecond),
		Final:    most <= granted,
	}
}
