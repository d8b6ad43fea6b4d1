package charging

import (
	"time"

	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// first pays for the beginning of a call that is about to ring: exact is its
// meter if it were answered at once. The meter starts when somebody answers,
// which may be in another band, so what is reserved is enough for every start
// up to LongestRing from now. The meter returned is the one to look further
// ahead with.
func (w wallet) first(exact tariff.Meter, least time.Duration) (spending, tariff.Meter) {
	for length := least; ; {
		r := exact.Within(LongestRing, length)
		var s spending
		if r.Even() || !w.mixed() && w.freeIn(ledger.SEC) == 0 {
			// With increments of one length, or money alone, no start needs
			// more of anything than the dearest prices do.
			s = w.spend(r.Dearest, least)
		} else {
			s = w.either(&r, least)
		}
		if s.covered <= length {
			return s, r.Dearest
		}
		length = s.covered // increments that start later have a say too
	}
}

// either reserves where the length of increments is not known either, with
// included time that long increments take more of: time is granted that money
// alone or included time alone would pay for, whatever the increments turn
// out to be, and both are held, so that the buckets can pay in their order.
func (w wallet) either(r *tariff.Range, least time.Duration) spending {
	s := w.only(ledger.CNY).spend(r.Dearest, least)
	s.wallet = w
	seconds := time.Duration(w.freeIn(ledger.SEC)) * time.Second
	granted := s.covered
	if s.money >= r.Connection() && seconds >= max(r.First, r.Next) {
		granted = max(granted, min(least, seconds-r.Next+time.Second))
	}
	if granted == 0 {
		return s
	}
	s.ok, s.covered = true, granted
	// The last increment starts a second before granted ends or earlier.
	most := money.Amount(max(r.First, granted-time.Second+r.Next) / time.Second)
	for i := range w.purses {
		if w.purses[i].bucket.Unit != ledger.SEC {
			continue
		}
		part := min(most, w.purses[i].free)
		s.take(ledger.SEC, i, part)
		most -= part
	}
	return s
}

// only is the wallet with nothing free in the other unit.
func (w wallet) only(u ledger.Unit) wallet {
	out := w
	out.purses = make([]purse, len(w.purses))
	for i, p := range w.purses {
		if p.bucket.Unit != u {
			p.free = 0
		}
		out.purses[i] = p
	}
	return out
}
