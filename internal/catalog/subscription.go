package catalog

import (
	"time"

	"sibai/internal/money"
	"sibai/internal/number"
)

// Subscription is one number rented by one customer under one plan (订购).
type Subscription struct {
	ID       int64 // charging.SubscriptionID
	Shard    int   // of the customer
	Customer CustomerID
	Number   number.ID
	Plan     PlanID
	// MaxConcurrent is what was bought beyond the plan's; nil takes the
	// plan's, 0 means no limit.
	MaxConcurrent *int
	// CapAmount and CapCalls bound what its calls of a calendar month may cost
	// and how many are answered; 0 means no cap.
	CapAmount money.Amount
	CapCalls  int
	StartedAt time.Time
	Sale      Sale
}

// Sale is how an order sold a number. It is zero for a number that the operator
// gave to its customer without one.
type Sale struct {
	Order int64     // its id; 0: none
	At    time.Time // of the order: its prices stay
	Grade string    // code of the number's grade when it was sold; empty: none
	// NumberFee is the grade's, once, beside the plan's; Minimum is its monthly
	// minimum consumption, which counts where the plan has one or may have one.
	NumberFee money.Amount
	Minimum   money.Amount
	// Once and Term are the first fees, which the order's payment is for. They
	// stand on ledger.DeferredOrders until the number opens.
	Once, Term money.Amount
	// FeaturesOnce and FeaturesYear are what the features cost that were ordered with
	// the number: once, and for each twelve months.
	FeaturesOnce, FeaturesYear money.Amount
}

// Sold reports whether an order sold the number.
func (s Sale) Sold() bool { return s.Order != 0 }

// MinimumUnder is the minimum consumption of a number under a plan, and its period:
// the higher one of the plan's and the grade's. Buyout and flat plans have none.
func (s Sale) MinimumUnder(p Plan) (money.Amount, Period) {
	switch {
	case p.Kind != Annual || s.Minimum == 0:
		return p.Minimum, p.MinimumPeriod
	case p.MinimumPeriod == Yearly:
		return max(p.Minimum, 12*s.Minimum), Yearly
	}
	return max(p.Minimum, s.Minimum), Monthly
}

// OnceUnder is what is paid once for a number under a plan: the right to use it, a
// buyout's fee, and what features cost once.
func (s Sale) OnceUnder(p Plan) money.Amount {
	once := p.NumberFee + s.NumberFee + s.FeaturesOnce
	if p.Kind == Buyout {
		once += p.Fee
	}
	return once
}
