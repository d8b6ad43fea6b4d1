package charging

import (
	"sibai/internal/cdr"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// chargeLines splits what a tariff made of a call over the buckets that pay,
// in their order. Each line is whole increments of one rule on one bucket; an
// increment that two buckets pay makes a Shared line for each. Free increments
// are shown on the bucket that would have paid, cash when there is none.
func chargeLines(t *tariff.Version, items []tariff.Line, payments []payment) []cdr.Line {
	s := splitter{payments: payments, lines: make([]cdr.Line, 0, len(items)+len(payments))}
	if len(payments) > 0 {
		s.left = payments[0].amount
	}
	for _, item := range items {
		line := cdr.Line{
			Tariff: t.Code, Version: t.Version, Rule: string(item.Rule),
			Seconds: int64(item.Length.Seconds()), Price: item.Price,
		}
		if item.Price == 0 {
			s.add(line, item.Count, 0)
			continue
		}
		for n := item.Count; n > 0; {
			s.skipEmpty()
			if k := min(n, int64(s.left/item.Price)); k > 0 {
				s.add(line, k, item.Price*money.Amount(k))
				n -= k
				continue
			}
			s.share(line)
			n--
		}
	}
	return s.lines
}

// splitter walks along payments that sum to what the lines will.
type splitter struct {
	payments []payment
	at       int          // the one that pays now
	left     money.Amount // of it
	lines    []cdr.Line
}

func (s *splitter) skipEmpty() {
	for s.left == 0 && s.at+1 < len(s.payments) {
		s.at++
		s.left = s.payments[s.at].amount
	}
}

func (s *splitter) add(line cdr.Line, increments int64, amount money.Amount) {
	line.Bucket = string(Cash)
	if len(s.payments) > 0 {
		line.Bucket = string(s.payments[s.at].bucket.Kind)
	}
	line.Increments, line.Amount = increments, amount
	s.lines = append(s.lines, line)
	s.left -= amount
}

// share pays one increment from as many buckets as it takes; the first of the
// lines counts it.
func (s *splitter) share(line cdr.Line) {
	line.Shared = true
	counted := int64(1)
	for due := line.Price; due > 0; counted = 0 {
		s.skipEmpty()
		part := min(due, s.left)
		s.add(line, counted, part)
		due -= part
	}
}
