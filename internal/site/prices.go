package site

import (
	"context"
	"slices"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// Prices plans versions of plans by hand. They stand beside those of the site file:
// applying a file neither changes nor removes them, and a file that says something
// else of the same day is refused.
type Prices struct {
	store Store
	now   func() time.Time
}

// NewPrices makes Prices; now nil means time.Now.
func NewPrices(store Store, now func() time.Time) *Prices {
	if now == nil {
		now = time.Now
	}
	return &Prices{store, now}
}

// Planned is what a version makes of a plan.
type Planned struct {
	Before catalog.Plan // as it is sold until the version's day
	After  catalog.Plan
	From   time.Time
	Next   time.Time // the day of a later version, which counts from then on; zero: none
}

// furthest is how far ahead a version may be planned.
const furthest = 10 * 366 * 24 * time.Hour

// Add plans a version of a plan for a future day of Asia/Shanghai, by who; with dry it
// only says what the version would make of the plan. Faults: plan_unknown,
// plan_version_day, plan_version_taken, plan_version_same, money_not_fen, and those of
// catalog.Plan.Validate.
func (p *Prices) Add(ctx context.Context, code string, v catalog.PlanVersion, who string, dry bool) (out Planned, err error) {
	at := p.now().UTC().Truncate(time.Microsecond)
	v.By, v.Planned = who, at
	if dry {
		state, err := p.store.State(ctx, Names{})
		if err != nil {
			return out, err
		}
		out, _, err = planned(state, code, v, at)
		return out, err
	}
	err = p.store.Update(ctx, Names{}, func(state State) (Writes, error) {
		var plan catalog.Plan
		if out, plan, err = planned(state, code, v, at); err != nil {
			return Writes{}, err
		}
		return Writes{At: at, Plans: []catalog.Plan{plan}}, nil
	})
	return out, err
}

func planned(state State, code string, v catalog.PlanVersion, at time.Time) (out Planned, plan catalog.Plan, err error) {
	plan, ok := state.Plans[code]
	if !ok {
		return out, plan, fault.New(fault.PlanUnknown, "plan", code)
	}
	if !v.From.Equal(calendar.Midnight(v.From)) || !v.From.After(at) || v.From.After(at.Add(furthest)) {
		return out, plan, fault.New(fault.PlanVersionDay, "day", calendar.Day(v.From))
	}
	out = Planned{Before: plan.At(v.From.Add(-time.Microsecond)), From: v.From}
	for _, x := range plan.Versions {
		switch {
		case x.From.Equal(v.From):
			return out, plan, fault.New(fault.PlanVersionTaken, "plan", code, "day", calendar.Day(v.From))
		case x.From.After(v.From) && out.Next.IsZero():
			out.Next = x.From
		}
	}
	plan.Versions = append(slices.Clone(plan.Versions), v)
	sortVersions(plan.Versions)
	out.After = plan.At(v.From)
	if versionFact(v) == versionFact(versionOf(out.Before)) {
		return out, plan, fault.New(fault.PlanVersionSame, "plan", code, "day", calendar.Day(v.From))
	}
	return out, plan, checkPrices(out.After)
}

// versionOf is the prices of a plan that was asked for an instant.
func versionOf(p catalog.Plan) catalog.PlanVersion {
	return catalog.PlanVersion{Fee: p.Fee, NumberFee: p.NumberFee, Package: p.Package, Seconds: p.Seconds, Minimum: p.Minimum}
}

// checkPrices refuses prices that a plan cannot have; of several problems the first.
func checkPrices(p catalog.Plan) error {
	var first error
	p.Validate(func(field string, code fault.Code, pairs ...any) {
		if first == nil {
			first = fault.New(code, pairs...)
		}
	})
	for _, a := range []money.Amount{p.Fee, p.NumberFee, p.Package, p.Minimum} {
		if first == nil && a%money.Fen != 0 {
			first = fault.New(fault.MoneyNotFen, "value", a)
		}
	}
	return first
}

// Withdraw takes a version back that was planned by hand and is not in force yet.
// Faults: plan_unknown, plan_version_kept.
func (p *Prices) Withdraw(ctx context.Context, code string, from time.Time) error {
	at := p.now().UTC().Truncate(time.Microsecond)
	return p.store.Update(ctx, Names{}, func(state State) (Writes, error) {
		plan, ok := state.Plans[code]
		if !ok {
			return Writes{}, fault.New(fault.PlanUnknown, "plan", code)
		}
		i := slices.IndexFunc(plan.Versions, func(v catalog.PlanVersion) bool { return v.From.Equal(from) && v.By != "" && from.After(at) })
		if i < 0 {
			return Writes{}, fault.New(fault.PlanVersionKept, "plan", code, "day", calendar.Day(from))
		}
		plan.Versions = slices.Delete(slices.Clone(plan.Versions), i, i+1)
		return Writes{At: at, Plans: []catalog.Plan{plan}}, nil
	})
}

func sortVersions(list []catalog.PlanVersion) {
	slices.SortFunc(list, func(x, y catalog.PlanVersion) int { return x.From.Compare(y.From) })
}
