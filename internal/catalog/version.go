package catalog

import (
	"time"

	"sibai/internal/money"
)

// PlanVersion is what a plan costs for who orders it from an instant on. What was
// ordered before keeps its prices, in later terms too.
type PlanVersion struct {
	From      time.Time
	Fee       money.Amount
	NumberFee money.Amount
	Package   money.Amount
	Seconds   int64
	Minimum   money.Amount
	// By is who planned it by hand, at Planned; empty and zero for one of a site file.
	By      string    `json:",omitempty"`
	Planned time.Time `json:",omitzero"`
}

// At is the plan as it is sold at an instant: the newest version that is in force
// then; before the first one the plan itself.
func (p Plan) At(at time.Time) Plan {
	for _, v := range p.Versions {
		if v.From.After(at) {
			break
		}
		p.Fee, p.NumberFee, p.Package, p.Seconds, p.Minimum = v.Fee, v.NumberFee, v.Package, v.Seconds, v.Minimum
	}
	switch {
	case p.Minimum == 0:
		p.MinimumPeriod = ""
	case p.MinimumPeriod == "":
		p.MinimumPeriod = Monthly
	}
	p.Versions = nil
	return p
}

// PricedAt is the instant whose prices a subscription has: of its order, or else of
// its beginning.
func (s Subscription) PricedAt() time.Time {
	if s.Sale.At.IsZero() {
		return s.StartedAt
	}
	return s.Sale.At
}
