package site

import (
	"fmt"
	"time"

	"sibai/internal/calendar"
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
	Floors    catalog.Floors  // of first top-ups
	Discounts catalog.Discounts
	Features  catalog.Features
	Arrears   *catalog.Arrears // nil when the file does not say
	Trunks    []catalog.Trunk
	Tariffs   []Tariff
	Plans     []catalog.Plan
	Customers []Customer

	file   string           // where it was read from; empty when it was not
	places map[string]place // of what may contradict the store, by key
}

// place is where an entity stands in its file.
type place struct {
	path string
	line int
}

// The keys of places.
func trunkKey(code string) string                 { return "trunk " + code }
func tariffKey(code string, at time.Time) string  { return "tariff " + code + " " + calendar.Day(at) }
func planKey(code string, at time.Time) string    { return "plan " + code + " " + calendar.Day(at) }
func featureKey(code string, at time.Time) string { return "feature " + code + " " + calendar.Day(at) }
func topUpKey(channel, reference string) string   { return "top-up " + channel + " " + reference }
func numberKey(digits string) string              { return "number " + digits }

// where says where an entity stands: "site.yaml:12: customers[0].numbers[1]";
// empty when the site was not read from a file.
func (s *Site) where(key string) string {
	p, ok := s.places[key]
	if !ok || s.file == "" {
		return s.file
	}
	return fmt.Sprintf("%s:%d: %s", s.file, p.line, p.path)
}

// Tariff is a tariff with its versions in order of Effective.
type Tariff struct {
	Code     string
	Versions []tariff.Version // without ID and Version
}

// Customer is a customer with everything that is its own.
type Customer struct {
	catalog.Customer
	KeepState bool // a stored state stays: the file names none

	TopUps  []TopUp
	Targets []catalog.Target
	Numbers []Number
}

// TopUp is money, or included call time, that came in; Channel and Reference
// name it for ever.
type TopUp struct {
	Channel   string
	Reference string
	Bucket    charging.BucketKind
	Amount    money.Amount // 0 when it is call time
	Seconds   int64
	Extension int64     // of the bucket extension
	ExpiresAt time.Time // zero: never
}

// Number is a number that the customer rents.
type Number struct {
	Digits string
	Plan   string
	State  number.State
	// KeepState leaves a stored state as it is: the file names none.
	KeepState bool
	Grouping  number.Grouping
	// MaxConcurrent is what was bought instead of the plan's; nil takes the
	// plan's.
	MaxConcurrent *int
	// CapAmount and CapCalls bound a calendar month; 0 means no cap.
	CapAmount money.Amount
	CapCalls  int
	Profile   routing.Profile // without Version
}
