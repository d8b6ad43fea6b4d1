package cdr

import "time"

// Metered reports whether the call's meter ever started: somebody answered, or
// time was measured. A call that is not metered costs nothing.
func (r *Record) Metered() bool {
	return !r.AnsweredAt.IsZero() || !r.PlatformAnsweredAt.IsZero() || r.Billable > 0
}

// MeterStartedAt is when the meter of a call that is Metered started: when
// Sibai itself answered, else when a phone did, else Billable before the end.
func (r *Record) MeterStartedAt() time.Time {
	switch {
	case !r.PlatformAnsweredAt.IsZero(): // only set where the meter starts there
		return r.PlatformAnsweredAt
	case !r.AnsweredAt.IsZero():
		return r.AnsweredAt
	}
	return r.EndedAt.Add(-r.Billable)
}
