package whatif

import (
	"time"

	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Part is one part of what a plan comes to. The amounts of an Outcome's parts
// sum to its Total exactly.
type Part struct {
	Code     string       `json:"code"` // fee_days, fee_terms, calls, calls_mean, package_pays, minimum, minimum_mean, once, number
	Amount   money.Amount `json:"amount_micro"`
	Of       money.Amount `json:"of_micro,omitempty"`       // the whole fee, package or minimum
	Consumed money.Amount `json:"consumed_micro,omitempty"` // of a minimum's period
	From     string       `json:"from,omitempty"`           // first day, 2006-01-02
	Days     int64        `json:"days,omitempty"`
	OfDays   int64        `json:"of_days,omitempty"`
	Months   int          `json:"months,omitempty"`
	Line     *cdr.Line    `json:"line,omitempty"`     // of calls: increments alike, of all calls
	Number   string       `json:"number,omitempty"`   // whose total it is
	Count    int64        `json:"count,omitempty"`    // calls
	Included int64        `json:"included,omitempty"` // calls of Count that included time pays for
	Mix      *Mix         `json:"mix,omitempty"`      // of calls_mean
	Years    int64        `json:"years,omitempty"`
	Text     string       `json:"text"` // the arithmetic in words, by Say
}

// Outcome is what a plan comes to.
type Outcome struct {
	Plan     string           `json:"plan"`
	Name     string           `json:"name"`
	Kind     catalog.PlanKind `json:"kind"`
	InForce  bool             `json:"in_force,omitempty"` // it is the number's own plan
	Answered int64            `json:"answered"`

	Calls           money.Amount `json:"calls_micro"`        // what the calls cost, of whatever bucket
	FromPackage     money.Amount `json:"from_package_micro"` // the part that package credit pays
	Beyond          money.Amount `json:"beyond_micro"`       // the part that money pays
	IncludedSeconds int64        `json:"included_seconds"`   // call time taken from the package
	PackageUnit     ledger.Unit  `json:"package_unit,omitempty"`
	PackageGiven    money.Amount `json:"package_given,omitempty"` // micro-yuan or seconds, by PackageUnit
	PackageLeft     money.Amount `json:"package_left,omitempty"`  // what ends unused
	Fee             money.Amount `json:"fee_micro"`
	TrueUp          money.Amount `json:"true_up_micro"`
	Total           money.Amount `json:"total_micro"`
	// Once is paid once for taking the plan with a new number. It is not in the
	// Total of calls that were made.
	Once  money.Amount `json:"once_micro"`
	Parts []Part       `json:"parts"`
	// FirstVersionUsed is set when the plan's tariff was not in force yet for
	// some calls: its first version rated them.
	FirstVersionUsed bool `json:"first_version_used,omitempty"`
}

func (o *Outcome) add(p Part) { o.Parts = append(o.Parts, p) }

// sum adds the parts up.
func (o *Outcome) sum() error {
	o.Fee, o.TrueUp = 0, 0
	for _, p := range o.Parts {
		switch p.Code {
		case "fee_days", "fee_terms":
			o.Fee += p.Amount
		case "minimum", "minimum_mean":
			o.TrueUp += p.Amount
		}
	}
	return o.total()
}

// fees adds another outcome's fees to o's.
func (o *Outcome) fees(more Outcome) {
	o.Fee += more.Fee
	o.TrueUp += more.TrueUp
}

func (o *Outcome) total() error {
	o.Total = 0
	for _, p := range o.Parts {
		var err error
		if o.Total, err = o.Total.Add(p.Amount); err != nil {
			return fault.Wrap(err, fault.AmountOverflow)
		}
	}
	return nil
}

// seconds counts started seconds.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
