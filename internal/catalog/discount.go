package catalog

import (
	"slices"
	"time"

	"sibai/internal/money"
)

// Discount lowers, for a time, what the grade of a number costs once. Of a
// number's price nothing else changes: neither fees of terms nor calls, and no
// minimum. What an order took is kept with it, so the end of a discount changes
// nothing that was ordered before.
type Discount struct {
	Code    string
	Name    string // in Chinese
	English string
	From    time.Time
	Until   time.Time // the first instant at which it does not hold any more
	Plans   []string  // codes; none: with every plan
	Grades  []string  // codes; none: of every grade
	// Either of the two takes something, the other is 0.
	Percent int          // of the fee, 1 to 100
	Amount  money.Amount // of whole fen, never more than the fee
}

// Over reports whether d has ended at an instant.
func (d Discount) Over(at time.Time) bool { return !at.Before(d.Until) }

// Coming reports whether d has not begun at an instant.
func (d Discount) Coming(at time.Time) bool { return at.Before(d.From) }

// For reports whether d is for a plan and a grade at all.
func (d Discount) For(plan, grade string) bool {
	return (len(d.Plans) == 0 || slices.Contains(d.Plans, plan)) && (len(d.Grades) == 0 || slices.Contains(d.Grades, grade))
}

// Off is what d takes from a fee: whole fen, rounded down, and never more than
// the fee.
func (d Discount) Off(fee money.Amount) money.Amount {
	if fee <= 0 {
		return 0
	}
	if d.Amount > 0 {
		return min(d.Amount, fee)
	}
	// Hundredths first: a fee times a hundred might not fit.
	percent := money.Amount(d.Percent)
	off := fee/100*percent + fee%100*percent/100
	return off - off%money.Fen
}

// Discounts are the operator's.
type Discounts []Discount

// Off is what a number of a grade costs less when it is ordered with a plan at
// an instant, and by which discount. The one that takes most counts, of equal
// ones the first by its code; they do not add up.
func (l Discounts) Off(plan, grade string, fee money.Amount, at time.Time) (off money.Amount, by Discount) {
	for _, d := range l {
		if d.Coming(at) || d.Over(at) || !d.For(plan, grade) {
			continue
		}
		if o := d.Off(fee); o > off || o > 0 && o == off && d.Code < by.Code {
			off, by = o, d
		}
	}
	return off, by
}

// SaleOf is how a number of a grade is sold with a plan at an instant.
func (l Discounts) SaleOf(plan, grade string, fee, minimum money.Amount, at time.Time) Sale {
	off, _ := l.Off(plan, grade, fee, at)
	return Sale{Grade: grade, NumberFee: fee - off, Minimum: minimum}
}
