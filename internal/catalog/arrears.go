package catalog

import (
	"time"

	"sibai/internal/money"
)

// Arrears are the operator's periods for customers who are out of credit, or
// do not pay what is due. Each is how long a stage lasts.
type Arrears struct {
	// AtMost is the credit that is none: an account with as much or less is out
	// of credit. It is what no call can be begun with.
	AtMost     money.Amount
	Grace      time.Duration // before calls are refused
	Suspended  time.Duration
	Frozen     time.Duration
	Closing    time.Duration // then the numbers are given up
	Quarantine time.Duration // of a number, before it is sold again
}

const hours24 = 24 * time.Hour

// DefaultArrears are the usual periods.
func DefaultArrears() Arrears {
	return Arrears{Grace: 7 * hours24, Suspended: 30 * hours24, Frozen: 30 * hours24, Closing: 90 * hours24, Quarantine: 90 * hours24}
}
