package whatif

import (
	"math/big"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Mix is what one tariff makes of so many calls, all paid in money, and what
// it takes of included time when that pays for all of them.
type Mix struct {
	Calls      int64
	Cost       money.Amount // of all calls, paid in money
	Connection money.Amount // the part of Cost that only money pays
	Seconds    int64        // that included time would pay for, in whole increments
}

// add puts n calls alike into the mix.
func (m *Mix) add(v *tariff.Version, class string, start time.Time, long time.Duration, n int64) error {
	meter := v.Meter(class, start)
	lines, err := meter.Itemise(long)
	if err != nil {
		return fault.Wrap(err, fault.AmountOverflow)
	}
	for _, l := range lines {
		amount, err := l.Amount.Mul(n)
		if err == nil {
			m.Cost, err = m.Cost.Add(amount)
		}
		if err != nil {
			return fault.Wrap(err, fault.AmountOverflow)
		}
		switch {
		case l.Rule == tariff.Connection:
			m.Connection += amount
		case l.Price > 0: // what is free takes no included time
			m.Seconds += n * l.Count * int64(l.Length/time.Second)
		}
	}
	m.Calls += n
	return nil
}

// rat is a fraction of whole numbers.
func rat(n, of int64) *big.Rat { return big.NewRat(n, of) }

// The lengths of calls whose lengths are spread exponentially (the older a
// call is, the less it says about its end), in thousandths of their mean:
// twenty parts of a twentieth of the calls each, every one at the mean of its
// part. They sum to 20,000, so their mean is the declared one.
var spread = [20]int64{
	25, 78, 134, 193, 255, 322, 393, 470, 554, 645,
	745, 856, 982, 1125, 1292, 1494, 1746, 2086, 2609, 3996,
}

// Lengths are the call lengths that a declared mean stands for, a twentieth of
// the calls each, in whole seconds, started seconds counted whole, at least
// one.
func Lengths(mean time.Duration) []time.Duration {
	out := make([]time.Duration, len(spread))
	for i, thousandths := range spread {
		d := mean * time.Duration(thousandths) / 1000
		out[i] = max(time.Second, (d + time.Second - 1).Truncate(time.Second))
	}
	return out
}

// Declared is the mix of calls with a mean length that all start at one time.
func Declared(v *tariff.Version, mean time.Duration, start time.Time) (Mix, error) {
	var m Mix
	for _, long := range Lengths(mean) {
		if err := m.add(v, "", start, long, 1); err != nil {
			return Mix{}, err
		}
	}
	return m, nil
}
