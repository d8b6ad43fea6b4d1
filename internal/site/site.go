package site

import (
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

// Site is a description that keeps every rule that can be checked without the
// store. Ids, shards and versions are not set in it: they come from the store.
type Site struct {
	Operator  string          // name; empty when the file does not say
	Segments  number.Segments // beyond or instead of the defaults
	Trunks    []catalog.Trunk
	Tariffs   []Tariff
	Plans     []catalog.Plan
	Customers []Customer
}

// Tariff is a tariff with its versions in order of Effective.
type Tariff struct {
	Code     string
	Versions []tariff.Version // without ID and Version
}

// Customer is a customer with everything that is its own.
type Customer struct {
	catalog.Customer
	TopUps  []TopUp
	Targets []catalog.Target
	Numbers []Number
}

// TopUp is money that came in; Channel and Reference name it for ever.
type TopUp struct {
	Channel   string
	Reference string
	Bucket    charging.BucketKind
	Amount    money.Amount
	ExpiresAt time.Time // zero: never
}

// Number is a number that the customer rents.
type Number struct {
	Digits   string
	Plan     string
	State    number.State
	Grouping number.Grouping
	// MaxConcurrent is what was bought instead of the plan's; nil takes the
	// plan's.
	MaxConcurrent *int
	Profile       routing.Profile // without Version
}
