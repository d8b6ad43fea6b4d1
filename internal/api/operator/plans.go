package operator

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/site"
)

// Catalogue is what is stored of a site; the store implements it.
type Catalogue interface {
	State(ctx context.Context, names site.Names) (site.State, error)
}

// Prices plans versions of plans; site.Prices implements it.
type Prices interface {
	Add(ctx context.Context, code string, v catalog.PlanVersion, who string, dry bool) (site.Planned, error)
	Withdraw(ctx context.Context, code string, from time.Time) error
}

// Plan is a plan as it is sold today.
type Plan struct {
	Code     string        `json:"code"`
	Name     string        `json:"name"`
	Kind     string        `json:"kind" doc:"annual, buyout or flat."`
	Tariff   string        `json:"tariff" doc:"Code of the tariff that calls are rated with."`
	Months   int           `json:"months,omitempty" doc:"Of a term; missing of a buyout."`
	Price    Price         `json:"price"`
	Versions []PlanVersion `json:"versions" doc:"From days that are to come, in their order."`
}

// Price is what a plan costs.
type Price struct {
	Fee       rest.Money `json:"fee" doc:"For a term; of a buyout once."`
	NumberFee rest.Money `json:"number_fee" doc:"For the right to the number, once."`
	Package   rest.Money `json:"package" doc:"Call credit that the fee buys."`
	Seconds   int64      `json:"seconds" doc:"Call time that the fee buys."`
	Minimum   rest.Money `json:"minimum" doc:"Minimum consumption of each period; 0: none."`
}

// PlanVersion is what a plan costs from a day on.
type PlanVersion struct {
	Day   string `json:"day" doc:"The first day, of Asia/Shanghai." example:"2027-01-01"`
	Price Price  `json:"price"`
	By    string `json:"by,omitempty" doc:"Who planned it by hand; missing: a site file."`
}

func priceOf(p catalog.Plan) Price {
	return Price{rest.MoneyOf(p.Fee), rest.MoneyOf(p.NumberFee), rest.MoneyOf(p.Package), p.Seconds, rest.MoneyOf(p.Minimum)}
}

func planOf(p catalog.Plan, at time.Time) Plan {
	out := Plan{Code: p.Code, Name: p.Name, Kind: string(p.Kind), Tariff: p.Tariff, Months: p.TermMonths, Price: priceOf(p.At(at)), Versions: []PlanVersion{}}
	for _, v := range p.Versions {
		if v.From.After(at) {
			out.Versions = append(out.Versions, PlanVersion{calendar.Day(v.From), priceOf(p.At(v.From)), v.By})
		}
	}
	return out
}

// VersionPath names a version of a plan.
type VersionPath struct {
	Plan string `path:"plan" maxLength:"64" doc:"Code of the plan."`
	Day  string `path:"day" maxLength:"10" doc:"Its first day." example:"2027-01-01"`
}

// Wanted are prices; what is missing stays as it is on the version's day.
type Wanted struct {
	Day       string `json:"day" doc:"The first day, of Asia/Shanghai, tomorrow or later." example:"2027-01-01"`
	Fee       string `json:"fee,omitempty" doc:"Yuan."`
	NumberFee string `json:"number_fee,omitempty" doc:"Yuan."`
	Package   string `json:"package,omitempty" doc:"Yuan; of annual plans."`
	Minimum   string `json:"minimum,omitempty" doc:"Yuan; of annual plans."`
	Seconds   *int64 `json:"seconds,omitempty" minimum:"0" doc:"Of annual plans."`
	Dry       bool   `json:"dry,omitempty" doc:"Only say what it would make of the plan."`
}

func (o *operations) planOperations(f *rest.Face) {
	rest.Add(f, rest.Op{Method: get, Path: "/plans", ID: "listPlans", Tag: "plans", Scope: apikey.OfficeRead, Summary: "Plans as they are sold today, and their versions to come"},
		func(ctx context.Context, _ *struct{}) (*struct{ Body rest.Page[Plan] }, error) {
			state, err := o.Catalogue.State(ctx, site.Names{})
			if err != nil {
				return nil, err
			}
			out, at := &struct{ Body rest.Page[Plan] }{rest.Page[Plan]{Items: []Plan{}}}, time.Now()
			for _, p := range state.Plans {
				out.Body.Items = append(out.Body.Items, planOf(p, at))
			}
			slices.SortFunc(out.Body.Items, func(a, b Plan) int { return cmp.Compare(a.Code, b.Code) })
			return out, nil
		})
	rest.Add(f, rest.Op{
		Method: post, Path: "/plans/{plan}/versions", ID: "planVersion", Tag: "plans", Scope: apikey.PricesPlan, Summary: "Plan what a plan costs from a day on",
		About: "What was ordered before keeps its prices, in later terms too.",
	}, o.version)
	rest.Add(f, rest.Op{
		Method: del, Path: "/plans/{plan}/versions/{day}", ID: "withdrawVersion", Tag: "plans", Scope: apikey.PricesPlan, Summary: "Take back a version that has not begun",
	}, func(ctx context.Context, in *VersionPath) (*struct{}, error) {
		from, err := calendar.ParseDay(in.Day)
		if err != nil {
			return nil, fault.Wrap(err, fault.PlanVersionDay, "day", in.Day)
		}
		if err := o.Prices.Withdraw(ctx, in.Plan, from); err != nil {
			return nil, err
		}
		return nil, o.note(ctx, "plan_version_withdrawn", in.Plan, in.Day)
	})
}

func (o *operations) version(ctx context.Context, in *struct {
	Plan string `path:"plan" maxLength:"64" doc:"Code of the plan."`
	Body Wanted
}) (*struct{ Body Plan }, error) {
	state, err := o.Catalogue.State(ctx, site.Names{})
	if err != nil {
		return nil, err
	}
	plan, ok := state.Plans[in.Plan]
	if !ok {
		return nil, fault.New(fault.PlanUnknown, "plan", in.Plan)
	}
	v, err := in.Body.version(plan)
	if err != nil {
		return nil, err
	}
	planned, err := o.Prices.Add(ctx, in.Plan, v, who(rest.AskerOf(ctx)), in.Body.Dry)
	if err != nil {
		return nil, err
	}
	if !in.Body.Dry {
		if err := o.note(ctx, "plan_version_added", in.Plan, in.Body.Day); err != nil {
			return nil, err
		}
	}
	out := planOf(planned.Before, time.Now())
	out.Versions = []PlanVersion{{in.Body.Day, priceOf(planned.After), who(rest.AskerOf(ctx))}}
	return &struct{ Body Plan }{out}, nil
}

// version is what is wanted of a plan. Faults: plan_version_day, money_invalid.
func (w Wanted) version(plan catalog.Plan) (v catalog.PlanVersion, err error) {
	if v.From, err = calendar.ParseDay(w.Day); err != nil {
		return v, fault.Wrap(err, fault.PlanVersionDay, "day", w.Day)
	}
	now := plan.At(v.From)
	v.Fee, v.NumberFee, v.Package, v.Seconds, v.Minimum = now.Fee, now.NumberFee, now.Package, now.Seconds, now.Minimum
	for _, f := range []struct {
		typed string
		into  *money.Amount
	}{{w.Fee, &v.Fee}, {w.NumberFee, &v.NumberFee}, {w.Package, &v.Package}, {w.Minimum, &v.Minimum}} {
		if f.typed == "" {
			continue
		}
		if *f.into, err = money.Parse(f.typed); err != nil {
			return v, fault.Wrap(err, fault.MoneyInvalid, "value", f.typed)
		}
	}
	if w.Seconds != nil {
		const most = 10 * 366 * 24 * 3600
		if *w.Seconds < 0 || *w.Seconds > most {
			return v, fault.New(fault.ValueRange, "value", *w.Seconds, "min", 0, "max", most)
		}
		v.Seconds = *w.Seconds
	}
	return v, nil
}
