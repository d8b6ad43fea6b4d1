package tariff

import (
	"slices"
	"time"
)

// Date is a day in Asia/Shanghai, counted from 1 January 1970.
type Date int32

// zone is how far Asia/Shanghai is ahead of UTC; China has no summer time.
const zone = 8 * time.Hour

const day = 24 * time.Hour

// DateOf is the day that an instant lies in.
func DateOf(at time.Time) Date {
	d, _ := local(at)
	return d
}

// local splits an instant into its day and the time since that day's start.
func local(at time.Time) (Date, time.Duration) {
	micros := at.UnixMicro() + zone.Microseconds()
	days := micros / day.Microseconds()
	rest := micros % day.Microseconds()
	if rest < 0 {
		days--
		rest += day.Microseconds()
	}
	return Date(days), time.Duration(rest) * time.Microsecond
}

// String writes the day as 2006-01-02.
func (d Date) String() string {
	return time.Unix(int64(d)*int64(day/time.Second), 0).UTC().Format(time.DateOnly)
}

// Days is a set of kinds of day. The empty set stands for every day.
type Days uint8

// The kinds of day. A day on the list of holidays is a Holiday and no day of
// the week.
const (
	Sunday Days = 1 << iota
	Monday
	Tuesday
	Wednesday
	Thursday
	Friday
	Saturday
	Holiday
)

// kind says what kind of day a date is.
func (d Date) kind(holidays []Date) Days {
	if _, ok := slices.BinarySearch(holidays, d); ok {
		return Holiday
	}
	return 1 << ((int64(d)%7 + 7 + int64(time.Thursday)) % 7) // day 0 was a Thursday
}

// Band has prices of its own for a part of the day (时段). It is chosen by the
// start of each increment.
type Band struct {
	Name string // such as night
	Days Days   `json:",omitempty"`
	// From and To are times since midnight in Asia/Shanghai: From ≤ t < To. A
	// band whose To is not after its From goes over midnight and belongs to
	// the day that it begins on.
	From, To time.Duration
	Rate
}

func (b *Band) on(d Date, holidays []Date) bool {
	return b.Days == 0 || b.Days&d.kind(holidays) != 0
}

// holds reports whether the band is in force at a time of a day.
func (b *Band) holds(d Date, at time.Duration, holidays []Date) bool {
	if b.From < b.To {
		return at >= b.From && at < b.To && b.on(d, holidays)
	}
	return (at >= b.From && b.on(d, holidays)) || (at < b.To && b.on(d-1, holidays))
}
