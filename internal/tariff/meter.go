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

// Dearest is a meter that never costs less than any that starts up to within
// later, for calls of up to length: the highest price and the shortest
// increment of the bands that could apply. Credit is reserved by it before it
// is known when somebody answers.
func (m Meter) Dearest(within, length time.Duration) Meter {
	rate, _, until := m.at(0)
	if until > within+length {
		return m
	}
	top := *rate
	for d := until; d <= within+length; {
		rate, _, until = m.at(d)
		top.Connection = max(top.Connection, rate.Connection)
		top.First = dearer(top.First, rate.First)
		top.Next = dearer(top.Next, rate.Next)
		d = until
	}
	return Meter{rate: top, class: m.class, start: m.start}
}

func dearer(a, b Increment) Increment {
	return Increment{Length: min(a.Length, b.Length), Price: max(a.Price, b.Price)}
}
