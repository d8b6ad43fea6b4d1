package tariff

import (
	"math"
	"time"

	"sibai/internal/money"
)

// Cost returns what billable time of a meter that started costs. d of zero or
// less costs the connection and the first increment. The error is
// money.ErrOverflow.
func (m Meter) Cost(d time.Duration) (money.Amount, error) {
	var sum money.Amount
	for r := range m.until(d) {
		amount, err := r.Price.Mul(r.Count)
		if err == nil {
			sum, err = sum.Add(amount)
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// until yields the runs that are started once d has passed, the last one cut
// to the increments that are.
func (m Meter) until(d time.Duration) func(func(Run) bool) {
	return func(yield func(Run) bool) {
		w := m.Walk()
		var covered time.Duration
		for {
			r, ok := w.Next()
			if !ok || (r.Rule == Next && covered >= d) {
				return
			}
			if r.Rule == Next {
				r.Count = min(r.Count, started(d-covered, r.Length))
			}
			covered += time.Duration(r.Count) * r.Length
			if !yield(r) {
				return
			}
		}
	}
}

// RoundUp returns the end of the increment that d falls into: the time that
// is paid for once d has passed. It is never less than the first increment,
// and Unlimited where the end lies beyond it.
func (m Meter) RoundUp(d time.Duration) time.Duration {
	var covered time.Duration
	for r := range m.until(d) {
		covered += time.Duration(r.Count) * r.Length
	}
	return min(covered, Unlimited)
}

// Unlimited is what Affordable says when no amount of time uses the money up:
// a hundred years, so that sums with it stay in range.
const Unlimited = 100 * 365 * 24 * time.Hour

// Affordable returns the longest time that have pays for, always at the end of
// an increment: Cost(Affordable(have)) ≤ have, and one tick more costs more
// than have. ok is false when have does not pay for the connection and the
// first increment. With free increments to the end the answer is Unlimited.
func (m Meter) Affordable(have money.Amount) (d time.Duration, ok bool) {
	w := m.Walk()
	for {
		r, more := w.Next()
		if !more {
			return Unlimited, true
		}
		n := int64(math.MaxInt64)
		if r.Price > 0 {
			n = int64(have / r.Price)
		}
		if n >= r.Count {
			have -= r.Price * money.Amount(r.Count)
			d += time.Duration(r.Count) * r.Length
			ok = ok || r.Rule == First
			continue
		}
		if r.Rule != Next {
			return 0, false
		}
		return d + time.Duration(n)*r.Length, true
	}
}
