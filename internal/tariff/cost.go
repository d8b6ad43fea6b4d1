package tariff

import (
	"time"

	"sibai/internal/money"
)

// Cost returns what billable time of a meter that started costs. d of zero or
// less costs the connection and the first increment. The error is
// money.ErrOverflow.
func (v Version) Cost(d time.Duration) (money.Amount, error) {
	next, err := v.Next.Price.Mul(v.nexts(d))
	if err != nil {
		return 0, err
	}
	return money.Sum(v.Connection, v.First.Price, next)
}

// nexts counts the started increments after the first.
func (v Version) nexts(d time.Duration) int64 {
	rest := d - v.First.Length
	if d <= v.First.Length {
		return 0
	}
	n := int64(rest / v.Next.Length)
	if rest%v.Next.Length != 0 {
		n++
	}
	return n
}

// RoundUp returns the end of the increment that d falls into: the time that
// is paid for once d has passed. It is never less than the first increment,
// and Unlimited where the end lies beyond it.
func (v Version) RoundUp(d time.Duration) time.Duration {
	return v.after(v.nexts(d))
}

// after is the time covered by the first and n next increments.
func (v Version) after(n int64) time.Duration {
	if n > int64((Unlimited-v.First.Length)/v.Next.Length) {
		return Unlimited
	}
	return v.First.Length + time.Duration(n)*v.Next.Length
}

// Unlimited is what Affordable says when no amount of time uses the money up:
// a hundred years, so that sums with it stay in range.
const Unlimited = 100 * 365 * 24 * time.Hour

// Affordable returns the longest time that m pays for, always at the end of
// an increment: Cost(Affordable(m)) ≤ m, and one tick more costs more than m.
// ok is false when m does not pay for the connection and the first increment.
// With a free next increment the answer is Unlimited.
func (v Version) Affordable(m money.Amount) (d time.Duration, ok bool) {
	start, err := v.Connection.Add(v.First.Price)
	if err != nil || start > m {
		return 0, false
	}
	if v.Next.Price == 0 {
		return Unlimited, true
	}
	return v.after(int64((m - start) / v.Next.Price)), true
}
