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

// Rate is what calls cost at one time of the week.
type Rate struct {
	Connection money.Amount // charged once when the meter starts
	First      Increment
	Next       Increment
}

// Version is a tariff in force from a day on. It never changes once stored.
// Its own prices hold for every call and time that no class and no band names.
type Version struct {
	ID         ID
	Code       string // the operator's name for the tariff, the same in all its versions
	Version    int    // from 1
	Effective  time.Time
	Connection money.Amount // charged once when the meter starts
	First      Increment
	Next       Increment

	Bands    []Band  `json:",omitempty"` // the first that fits counts
	Classes  []Class `json:",omitempty"`
	Holidays []Date  `json:",omitempty"` // sorted
}

// Class has prices of its own for one class of calls: where the caller is, or
// what kind of phone is called. A class has no part of the version's bands.
type Class struct {
	Name string // lower case letters, digits, - and _
	Rate
	Bands []Band `json:",omitempty"`
}

// InForce returns the version in force at an instant: the newest that took
// effect by then. versions are in order of Effective.
func InForce(versions []Version, at time.Time) (Version, bool) {
	for i := len(versions) - 1; i >= 0; i-- {
		if !versions[i].Effective.After(at) {
			return versions[i], true
		}
	}
	return Version{}, false
}
