package tariff

import (
	"time"

	"sibai/internal/money"
)

// Meter rates one call: a version's prices for the call's class, from the
// instant that its meter started.
type Meter struct {
	rate     Rate
	class    string
	bands    []Band
	holidays []Date
	start    time.Time
}

// Meter returns what rates a call of a class whose meter starts at an instant.
// A class that the version does not name has the version's own prices.
func (v *Version) Meter(class string, start time.Time) Meter {
	m := Meter{rate: Rate{v.Connection, v.First, v.Next}, bands: v.Bands, holidays: v.Holidays, start: start}
	if class == "" {
		return m
	}
	for i := range v.Classes {
		if c := &v.Classes[i]; c.Name == class {
			m.rate, m.class, m.bands = c.Rate, class, c.Bands
		}
	}
	return m
}

// For returns the version with what rates calls of one class, and without the
// other classes.
func (v *Version) For(class string) Version {
	out := *v
	out.Classes = nil
	for i := range v.Classes {
		if v.Classes[i].Name == class {
			out.Classes = v.Classes[i : i+1 : i+1]
		}
	}
	return out
}

// at finds the prices in force some time after the start, and how long after
// the start they may change.
func (m *Meter) at(d time.Duration) (rate *Rate, band string, until time.Duration) {
	if len(m.bands) == 0 {
		return &m.rate, "", Unlimited
	}
	date, t := local(m.start.Add(d))
	rate = &m.rate
	for i := range m.bands {
		if b := &m.bands[i]; b.holds(date, t, m.holidays) {
			rate, band = &b.Rate, b.Name
			break
		}
	}
	edge := day
	for i := range m.bands {
		for _, e := range [2]time.Duration{m.bands[i].From, m.bands[i].To} {
			if e > t {
				edge = min(edge, e)
			}
		}
	}
	return rate, band, d + edge - t
}

// Run is a stretch of increments alike: same rule, same band, same price.
type Run struct {
	Rule   Rule
	Class  string
	Band   string
	Count  int64         // of increments; 1 for the connection
	Length time.Duration // of one increment; 0 for the connection
	Price  money.Amount  // of one increment
}

// Walk lists the runs of a call in order: the connection, where it is not
// free, the first increment, then the next ones up to Unlimited.
type Walk struct {
	meter   Meter
	covered time.Duration
	step    int
}

// Walk begins at the start of the call.
func (m Meter) Walk() Walk { return Walk{meter: m} }

// Next returns the run that follows; ok is false at the end of time.
func (w *Walk) Next() (r Run, ok bool) {
	if w.covered >= Unlimited {
		return Run{}, false
	}
	rate, band, until := w.meter.at(w.covered)
	r = Run{Class: w.meter.class, Band: band, Count: 1}
	switch {
	case w.step == 0 && rate.Connection != 0:
		w.step = 1
		r.Rule, r.Price = Connection, rate.Connection
	case w.step < 2:
		w.step = 2
		r.Rule, r.Price, r.Length = First, rate.First.Price, rate.First.Length
	default:
		r.Rule, r.Price, r.Length = Next, rate.Next.Price, rate.Next.Length
		r.Count = started(until-w.covered, r.Length)
	}
	w.covered += time.Duration(r.Count) * r.Length
	return r, true
}

// started counts the increments that begin within d.
func started(d, length time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64((d-1)/length) + 1
}

// Range is what is known of a call's prices while it is not known when its
// meter will start.
type Range struct {
	// Dearest has the highest prices and the shortest increments that could
	// apply: it never costs less than the meter that will be.
	Dearest Meter
	// First and Next are the longest increments that could apply.
	First, Next time.Duration
}

// Even reports whether only prices may differ, not the increments' lengths.
func (r *Range) Even() bool {
	return r.Dearest.rate.First.Length == r.First && r.Dearest.rate.Next.Length == r.Next
}

// Connection is the highest connection fee that could apply.
func (r *Range) Connection() money.Amount { return r.Dearest.rate.Connection }

// Within bounds the prices of meters that start from m's start up to within
// later, for the increments that start in the first length of the call.
func (m Meter) Within(within, length time.Duration) Range {
	rate, _, until := m.at(0)
	r := Range{First: rate.First.Length, Next: rate.Next.Length}
	top := *rate
	for d := until; d <= within+length; d = until {
		rate, _, until = m.at(d)
		if d <= within { // a meter may start here
			top.Connection = max(top.Connection, rate.Connection)
			top.First = dearer(top.First, rate.First)
			r.First = max(r.First, rate.First.Length)
		}
		top.Next = dearer(top.Next, rate.Next)
		r.Next = max(r.Next, rate.Next.Length)
	}
	r.Dearest = Meter{rate: top, class: m.class, start: m.start}
	return r
}

func dearer(a, b Increment) Increment {
	return Increment{Length: min(a.Length, b.Length), Price: max(a.Price, b.Price)}
}
