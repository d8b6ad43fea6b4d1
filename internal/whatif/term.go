package whatif

import (
	"math/big"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/money"
)

// addMonths is the same day n months later, or that month's last day when it
// is shorter.
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.In(calendar.Shanghai).Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, calendar.Shanghai).Day()
	return time.Date(y, m+time.Month(n), min(d, last), 0, 0, 0, 0, calendar.Shanghai)
}

// daysIn counts the days between two midnights.
func daysIn(from, to time.Time) int64 { return int64(to.Sub(from) / (24 * time.Hour)) }

// part is amount × n / of, rounded down.
func part(amount money.Amount, n, of int64) money.Amount {
	if n == of {
		return amount
	}
	product := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(n))
	return money.Amount(product.Quo(product, big.NewInt(of)).Int64()) // n < of: it fits
}

// term is a stretch of a plan's term that lies in the period.
type term struct {
	from, to time.Time // to: the end of the stretch
	days, of int64     // of the term's days
}

// terms cuts a period into terms of so many months from its first day on; the
// last one may be cut short. A plan without a term has one that is the period.
func terms(from, to time.Time, months int) []term {
	if months == 0 {
		n := daysIn(from, to)
		return []term{{from, to, n, n}}
	}
	var out []term
	for i := 0; ; i++ {
		begin, end := addMonths(from, i*months), addMonths(from, (i+1)*months)
		if !begin.Before(to) {
			return out
		}
		t := term{from: begin, to: end, days: daysIn(begin, end), of: daysIn(begin, end)}
		if end.After(to) {
			t.to, t.days = to, daysIn(begin, to)
		}
		out = append(out, t)
	}
}

// months lists the calendar months that lie in a period whole, by their first
// days.
func months(from, to time.Time) []time.Time {
	y, m, d := from.In(calendar.Shanghai).Date()
	if d > 1 {
		m++
	}
	var out []time.Time
	for first := time.Date(y, m, 1, 0, 0, 0, 0, calendar.Shanghai); ; first = first.AddDate(0, 1, 0) {
		if first.AddDate(0, 1, 0).After(to) {
			return out
		}
		out = append(out, first)
	}
}

// years lists the whole years from the period's first day on.
func years(from, to time.Time) []time.Time {
	var out []time.Time
	for i := 0; !addMonths(from, 12*(i+1)).After(to); i++ {
		out = append(out, addMonths(from, 12*i))
	}
	return out
}
