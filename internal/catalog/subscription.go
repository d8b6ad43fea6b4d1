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
}
