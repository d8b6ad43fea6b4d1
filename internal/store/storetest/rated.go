package storetest

import (
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/tariff"
)

// increments names the increments of one kind in a call.
type increments struct {
	rule, class, band string
	seconds           int64
}

// Rated checks that a charged call paid for exactly the increments that its
// tariff has for its billable time from the meter's start on, each once, each
// whole in money at its price or whole in included time.
func Rated(v *tariff.Version, class string, start time.Time, rec *cdr.Record) error {
	lines, err := v.Meter(class, start).Itemise(rec.Billable)
	if err != nil {
		return err
	}
	due := map[increments]tariff.Line{}
	for _, l := range lines {
		k := increments{string(l.Rule), l.Class, l.Band, int64(l.Length / time.Second)}
		l.Count += due[k].Count
		due[k] = l
	}
	paid := map[increments]cdr.Line{}
	for _, l := range rec.Lines {
		k := increments{l.Rule, l.Class, l.Band, l.Seconds}
		sum := paid[k]
		sum.Increments += l.Increments
		sum.Amount += l.Amount
		sum.Used += l.Used
		paid[k] = sum
	}
	for k, l := range due {
		got := paid[k]
		delete(paid, k)
		if l.Price == 0 {
			if got.Increments != l.Count || got.Amount != 0 || got.Used != 0 {
				return fmt.Errorf("%+v: %d free increments are due, paid are %d with %s and %d s", k, l.Count, got.Increments, got.Amount, got.Used)
			}
			continue
		}
		whole := got.Amount%l.Price == 0
		n := int64(got.Amount / l.Price)
		if k.seconds > 0 { // a connection is no time
			whole = whole && got.Used%k.seconds == 0
			n += got.Used / k.seconds
		}
		if !whole || got.Increments != l.Count || n != l.Count {
			return fmt.Errorf("%+v: %d increments at %s are due, paid are %d with %s and %d s", k, l.Count, l.Price, got.Increments, got.Amount, got.Used)
		}
	}
	for k, l := range paid {
		return fmt.Errorf("%+v was charged %s and %d s, and is not due", k, l.Amount, l.Used)
	}
	return nil
}
