package site

import (
	"context"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

// Store keeps the business rows. An adapter implements it.
type Store interface {
	// State reads what is stored of the entities named, and all operator-wide
	// ones, in one consistent read.
	State(ctx context.Context, names Names) (State, error)
	// Update reads the State, lets decide say what to write, and writes it,
	// all in one durable transaction. decide is a pure function and may be
	// called again. Writes that are not empty add one to the revision. An
	// error of decide is returned as it is, and nothing is written.
	Update(ctx context.Context, names Names, decide func(State) (Writes, error)) error
}

// Bank books payments; charging.Service implements it.
type Bank interface {
	// TopUp books a payment, once for each Channel and Reference.
	TopUp(ctx context.Context, t charging.TopUp) (charging.Credit, error)
}

// Payment names a payment for ever.
type Payment struct{ Channel, Reference string }

// Names are the entities of a file, so that a store reads no others.
type Names struct {
	Customers []string // codes
	Numbers   []string // ten digits
	Payments  []Payment
}

// State is what is stored. Entities that are not stored are absent.
type State struct {
	Operator  string
	Segments  number.Segments
	Floors    catalog.Floors
	Discounts catalog.Discounts
	Features  catalog.Features
	Arrears   *catalog.Arrears // nil: nobody is suspended by a job
	Trunks    map[string]catalog.Trunk
	Tariffs   map[string][]tariff.Version // in order of Effective
	Plans     map[string]catalog.Plan
	Customers map[string]catalog.Customer
	Targets   map[catalog.CustomerID]map[string]catalog.Target // by phone
	Rentals   map[string]Rental                                // by number
	Booked    map[Payment]Booked
}

// Rental is a number of the inventory with its owner's subscription and
// published profile.
type Rental struct {
	ID       number.ID
	Digits   string
	State    number.State
	Grouping number.Grouping
	Issuing  number.Carrier // by its segment
	Serving  number.Carrier // may change
	// Owner is 0 for a number that is nobody's; OwnerCode is then empty.
	Owner        catalog.CustomerID
	OwnerCode    string
	Subscription catalog.Subscription
	Profile      routing.Profile // the newest published; Version 0 when none was
}

// Booked is a payment that was booked.
type Booked struct {
	Account charging.AccountID
	Bucket  charging.BucketKind
	Amount  money.Amount // 0 when it is call time
	Seconds int64
	// Extension is whose sub-wallet it is in; 0 for nobody's.
	Extension int64
}

// Writes are rows to insert, or to replace by id. A customer is written with
// its account, which gets the customer's state.
type Writes struct {
	At        time.Time
	Operator  *string
	Segments  number.Segments
	Floors    catalog.Floors
	Discounts catalog.Discounts
	Features  catalog.Features
	Arrears   *catalog.Arrears
	Trunks    []catalog.Trunk
	Tariffs   []tariff.Version // to insert only
	Plans     []catalog.Plan
	Customers []catalog.Customer
	Targets   []catalog.Target
	Rentals   []Rental  // number and subscription, without the profile
	Profiles  []Profile // to insert only
}

// Profile is a routing profile that is published for a number.
type Profile struct {
	Shard    int
	Number   number.ID
	Customer catalog.CustomerID
	routing.Profile
}

// Empty reports whether there is nothing to write.
func (w Writes) Empty() bool {
	return w.Operator == nil && w.Arrears == nil && len(w.Segments) == 0 && len(w.Floors) == 0 && len(w.Discounts) == 0 && len(w.Features) == 0 && len(w.Trunks) == 0 && len(w.Tariffs) == 0 && len(w.Plans) == 0 &&
		len(w.Customers) == 0 && len(w.Targets) == 0 && len(w.Rentals) == 0 && len(w.Profiles) == 0
}
