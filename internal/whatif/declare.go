package whatif

import (
	"context"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/tariff"
)

// Declaration is a volume of calls that nobody made yet.
type Declaration struct {
	Calls   int64 // answered in a month; or
	Minutes int64 // talked in a month
	Mean    time.Duration
	At      string // time of day that the calls start at, such as 10:00
	Years   int64
	Plans   []string // codes; none: all plans
	Now     time.Time
}

// Declare advises for a declared volume: calls of Lengths of the mean, all at
// one time of a Tuesday that is no holiday, under the tariff versions that are
// in force now.
func Declare(ctx context.Context, from Catalog, d Declaration) (Advice, error) {
	if d.Minutes > 0 {
		mean := max(1, int64(d.Mean/time.Second))
		if d.Minutes < 0 || d.Minutes > MaxCalls*mean/60 {
			return Advice{}, fault.New(fault.ValueRange, "value", d.Minutes, "min", 0, "max", MaxCalls*mean/120)
		}
		d.Calls = (d.Minutes*60 + mean/2) / mean // the nearest whole number
	}
	if err := d.check(); err != nil {
		return Advice{}, err
	}
	offers, err := from.Offers(ctx, "", "")
	if err != nil {
		return Advice{}, err
	}
	plans, err := offers.plans(d.Plans)
	if err != nil {
		return Advice{}, err
	}
	list, _, err := offers.Of(d, pricedAt(plans, d.Now), "")
	if err != nil {
		return Advice{}, err
	}
	if len(list) == 0 {
		return Advice{}, fault.New(fault.ReferenceMissing, "what", "plan", "value", "in force", "known", "")
	}
	return d.Advise(list)
}

// Advise compares offers of a declared volume, at least one.
func (d Declaration) Advise(offers []Offer) (Advice, error) {
	a, err := Advise(offers, d.Calls, d.Years, true)
	for _, long := range Lengths(d.Mean) {
		a.Lengths = append(a.Lengths, int64(long/time.Second))
	}
	return a, err
}

func (d Declaration) check() error {
	mean := int64(d.Mean / time.Second)
	switch {
	case d.Calls < 0 || d.Minutes < 0:
		return fault.New(fault.ValueRange, "value", min(d.Calls, d.Minutes), "min", 0, "max", MaxCalls/2)
	case mean < 1 || mean > 7200:
		return fault.New(fault.ValueRange, "value", mean, "min", 1, "max", 7200)
	case d.Years < 1 || d.Years > maxYears:
		return fault.New(fault.ValueRange, "value", d.Years, "min", 1, "max", maxYears)
	}
	return nil
}

// start says when the calls start under a tariff.
func (d Declaration) start() (func(*tariff.Version) time.Time, error) {
	offset, err := time.Parse("15:04", d.At)
	if err != nil {
		return nil, fault.New(fault.ValueNotAllowed, "value", d.At, "allowed", "HH:MM such as 10:00")
	}
	return func(v *tariff.Version) time.Time {
		return tuesday(v, d.Now).Add(time.Duration(offset.Hour())*time.Hour + time.Duration(offset.Minute())*time.Minute)
	}, nil
}

// tuesday is the midnight of the next Tuesday that is no holiday.
func tuesday(v *tariff.Version, now time.Time) time.Time {
	t := calendar.Midnight(now)
	for {
		t = t.AddDate(0, 0, 1)
		holiday := false
		for _, h := range v.Holidays {
			holiday = holiday || h == tariff.DateOf(t)
		}
		if t.Weekday() == time.Tuesday && !holiday {
			return t
		}
	}
}
