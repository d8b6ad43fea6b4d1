package catalog

import (
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
)

// PlanKind is how a plan is paid.
type PlanKind string

// The kinds of plan.
const (
	Annual PlanKind = "annual" // 包年: a prepaid package for a term
	Buyout PlanKind = "buyout" // 买断: no term, no package, pay per use
	Flat   PlanKind = "flat"   // 包年不限量: a fixed fee, fair use
)

// PlanKinds are all kinds of plan.
func PlanKinds() []PlanKind { return []PlanKind{Annual, Buyout, Flat} }

// Period is how often a minimum consumption is trued up.
type Period string

// The periods.
const (
	Monthly Period = "monthly"
	Yearly  Period = "yearly"
)

// Collection says who takes fees and minimum consumption.
type Collection string

// The ways of collection.
const (
	Manual    Collection = "manual"    // the operator books them
	Automatic Collection = "automatic" // they are taken from the account when due
)

const (
	// DefaultMaxConcurrent is the usual free allowance of calls at once.
	DefaultMaxConcurrent = 10
	// DefaultMinGrant is the smallest time a call is granted at its start.
	DefaultMinGrant = time.Minute
	// MaxConcurrentLimit bounds what a plan or a number may be given.
	MaxConcurrentLimit = 100_000

	maxTermMonths = 120
	maxMinGrant   = time.Hour
)

// Plan is what a customer buys with a number (套餐).
type Plan struct {
	ID            PlanID
	Code          string
	Name          string
	Kind          PlanKind
	Tariff        string       // code of the tariff that its calls are rated with
	Fee           money.Amount // for the term; of a buyout once
	TermMonths    int          // annual and flat; 0 for a buyout
	Package       money.Amount // annual: the call credit that the fee buys
	Seconds       int64        // annual: the included call time that the fee buys
	RollOver      bool         // what a package leaves goes into the next term
	Overdraft     money.Amount // how far below zero a running call may go
	Collection    Collection   // who takes the fees
	NumberFee     money.Amount // for the right to use the number, once
	Minimum       money.Amount // minimum consumption (低消) of each MinimumPeriod; 0: none
	MinimumPeriod Period       // set when Minimum is
	MaxConcurrent int          // calls at once; 0 means no limit
	MinGrant      time.Duration
	// Versions are its prices from days on, in their order: see At.
	Versions []PlanVersion `json:",omitempty"`
}

// Validate reports every problem of p.
func (p Plan) Validate(report Report) {
	checkCode(report, "code", p.Code)
	checkName(report, "name", p.Name, "what customers call the plan")
	checkAmount(report, "fee", p.Fee, 0)
	checkAmount(report, "package_amount", p.Package, 0)
	checkAmount(report, "number_fee", p.NumberFee, 0)
	checkAmount(report, "minimum", p.Minimum, 0)
	checkRange(report, "max_concurrent", p.MaxConcurrent, 0, MaxConcurrentLimit)
	if p.MinGrant < time.Second || p.MinGrant > maxMinGrant || p.MinGrant%time.Second != 0 {
		report("min_grant", fault.DurationRange, "value", short(p.MinGrant), "min", "1s", "max", short(maxMinGrant))
	}
	checkAmount(report, "overdraft", p.Overdraft, 0)
	switch p.Collection {
	case Manual, Automatic, "":
	default:
		report("collection", fault.ValueNotAllowed, "value", quote(string(p.Collection)), "allowed", "manual, automatic")
	}
	p.validateTerm(report)
	switch {
	case p.Minimum == 0 && p.MinimumPeriod == "":
	case p.MinimumPeriod != Monthly && p.MinimumPeriod != Yearly:
		report("minimum_period", fault.ValueNotAllowed, "value", quote(string(p.MinimumPeriod)), "allowed", "monthly, yearly")
	}
}

func (p Plan) validateTerm(report Report) {
	conflict := func(field string) {
		report(field, fault.PlanFieldConflict, "field", field, "kind", string(p.Kind))
	}
	switch p.Kind {
	case Annual, Flat:
		if p.TermMonths == 0 {
			report("term_months", fault.FieldMissing, "field", "term_months", "example", "12")
		} else {
			checkRange(report, "term_months", p.TermMonths, 1, maxTermMonths)
		}
		if p.Kind == Flat && p.Package != 0 {
			conflict("package_amount")
		}
		if p.Kind == Flat && p.Seconds != 0 {
			conflict("package_seconds")
		}
		if p.Kind == Flat && p.Minimum != 0 {
			conflict("minimum")
		}
	case Buyout:
		// The right of use has no term and no minimum.
		if p.TermMonths != 0 {
			conflict("term_months")
		}
		if p.Package != 0 {
			conflict("package_amount")
		}
		if p.Seconds != 0 {
			conflict("package_seconds")
		}
		if p.Minimum != 0 {
			conflict("minimum")
		}
	default:
		report("kind", fault.ValueNotAllowed, "value", quote(string(p.Kind)), "allowed", "annual, buyout, flat")
	}
}
