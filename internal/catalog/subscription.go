package catalog

import (
	"time"

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
	StartedAt     time.Time
}
