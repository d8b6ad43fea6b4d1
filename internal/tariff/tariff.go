package tariff

import (
	"time"

	"sibai/internal/id"
	"sibai/internal/money"
)

// ID names one version of a tariff.
type ID int64

// String shows the id as tar_….
func (i ID) String() string { return id.Format("tar", int64(i)) }

// Increment is a stretch of billable time that is charged whole once started.
type Increment struct {
	Length time.Duration // whole seconds, at least one
	Price  money.Amount  // of one increment, not negative
}

// Version is a tariff in force from a day on. It never changes once stored.
type Version struct {
	ID         ID
	Code       string // the operator's name for the tariff, the same in all its versions
	Version    int    // from 1
	Effective  time.Time
	Connection money.Amount // charged once when the meter starts
	First      Increment
	Next       Increment
}
