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
	Run
	Amount money.Amount
}

// Itemise returns the lines that Cost(d) is made of; they sum to it exactly.
// A connection that is free and increments that were not started make no
// line; free increments make one of amount zero, so that a flat plan shows
// what it was asked for. Each time that the band changes a new line begins.
func (m Meter) Itemise(d time.Duration) ([]Line, error) {
	if _, err := m.Cost(d); err != nil {
		return nil, err
	}
	lines := make([]Line, 0, 3)
	for r := range m.until(d) {
		if n := len(lines); n > 0 && lines[n-1].joins(r) {
			r.Count += lines[n-1].Count
			lines = lines[:n-1]
		}
		lines = append(lines, Line{Run: r, Amount: r.Price * money.Amount(r.Count)})
	}
	return lines, nil
}

// joins reports whether two runs in a row are of the same prices: bands may
// change without changing anything for a call.
func (l Line) joins(r Run) bool {
	return l.Rule == r.Rule && l.Band == r.Band && l.Length == r.Length && l.Price == r.Price
}
