package charging

import (
	"math"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Rated is how a call is paid.
type Rated struct {
	Lines    []cdr.Line
	Used     []money.Amount // of each bucket, in its unit
	Charge   money.Amount   // the part that is money, of whatever bucket
	Included int64          // seconds of included call time
}

// Rate says how a call whose meter started at start and ran for long would be
// paid from buckets, in the order given, each with what it has free: by the
// same steps as a settlement, and without changing anything. The error is
// InsufficientCredit's cause in words where the buckets do not pay for it, or
// AmountOverflow.
func Rate(v *tariff.Version, class string, start time.Time, long time.Duration, buckets []*Bucket) (Rated, error) {
	meter := v.Meter(class, instant(start))
	if _, err := meter.Cost(long); err != nil {
		return Rated{}, fault.Wrap(err, fault.AmountOverflow)
	}
	w := wallet{purses: make([]purse, len(buckets)), cap: math.MaxInt64}
	for i, b := range buckets {
		w.purses[i] = purse{bucket: b, free: max(0, b.Balance-b.Held)}
	}
	s := w.itemised(v, meter, long)
	if !s.ok || s.covered < long {
		return Rated{}, broken("the buckets pay for %s of %s", s.covered, long)
	}
	return Rated{Lines: s.lines.lines, Used: s.used, Charge: s.money, Included: int64(s.seconds)}, nil
}
