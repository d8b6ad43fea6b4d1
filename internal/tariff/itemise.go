package tariff

import (
	"time"

	"sibai/internal/money"
)

// Rule says what part of a tariff a line was rated by. The values are stored.
type Rule string

// The rules, in the order they apply in.
const (
	Connection Rule = "connection"
	First      Rule = "first"
	Next       Rule = "next"
)

// Line is what one rule makes of a call: Count × Price = Amount.
type Line struct {
	Rule   Rule
	Count  int64         // started increments; 1 for the connection
	Length time.Duration // of one increment; 0 for the connection
	Price  money.Amount  // of one increment
	Amount money.Amount
}

// Itemise returns the lines that Cost(d) is made of; they sum to it exactly.
// A connection that is free and increments that were not started make no
// line; free increments make one of amount zero, so that a flat plan shows
// what it was asked for.
func (v Version) Itemise(d time.Duration) ([]Line, error) {
	if _, err := v.Cost(d); err != nil {
		return nil, err
	}
	lines := make([]Line, 0, 3)
	if v.Connection != 0 {
		lines = append(lines, Line{Rule: Connection, Count: 1, Price: v.Connection, Amount: v.Connection})
	}
	lines = append(lines, Line{Rule: First, Count: 1, Length: v.First.Length, Price: v.First.Price, Amount: v.First.Price})
	if n := v.nexts(d); n > 0 {
		amount, err := v.Next.Price.Mul(n)
		if err != nil {
			return nil, err
		}
		lines = append(lines, Line{Rule: Next, Count: n, Length: v.Next.Length, Price: v.Next.Price, Amount: amount})
	}
	return lines, nil
}
