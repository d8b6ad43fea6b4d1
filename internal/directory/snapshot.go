package directory

import (
	"time"

	"sibai/internal/call"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

// Snapshot is everything the directory knows, as of one revision. It is never
// changed once handed over.
type Snapshot struct {
	Revision int64
	Lines    map[string]Line // by the number's ten digits
	Trunks   []catalog.Trunk
	Tariffs  []tariff.Version // all versions of all tariffs
}

// Line is one number and everything a call to it needs.
type Line struct {
	ID            number.ID
	Number        string // ten digits
	State         number.State
	Customer      catalog.CustomerID
	CustomerName  string
	CustomerState catalog.CustomerState
	PlanKind      catalog.PlanKind
	// Bill is complete but for its Tariff, which depends on the instant.
	Bill   charging.Bill
	Tariff string // code of the plan's tariff
	// Profile is the published one, Routable.
	Profile routing.Profile
}

// Routable returns p with what its phones are now: only approved targets may
// ring, also when one was approved at the time of publishing, and a phone is
// reached over the trunk that its target names today.
func Routable(p routing.Profile, find func(phone string) (catalog.Target, bool)) routing.Profile {
	keep := func(targets []routing.Target) []routing.Target {
		var out []routing.Target
		for _, t := range targets {
			if now, ok := find(t.Phone); ok && now.Review == catalog.Approved {
				t.Trunk = now.Trunk
				out = append(out, t)
			}
		}
		return out
	}
	p.Targets, p.OnBusy, p.OnNoAnswer = keep(p.Targets), keep(p.OnBusy), keep(p.OnNoAnswer)
	return p
}

// effective is the state a caller meets: a customer that is not served stops
// its open numbers, and the stricter reason is the one told.
func (l Line) effective() number.State {
	switch {
	case l.State != number.Active && l.State != number.Suspended:
		return l.State
	case l.CustomerState == catalog.CustomerFrozen:
		return number.Frozen
	case l.CustomerState == catalog.CustomerSuspended:
		return number.Suspended
	}
	return l.State
}

// at is the line as a call needs it that comes in at an instant. Without a
// tariff in force there is no price yet, so the number is not open yet.
func (l Line) at(versions []tariff.Version, instant time.Time) call.Line {
	bill := l.Bill
	state := l.effective()
	var ok bool
	if bill.Tariff, ok = tariff.InForce(versions, instant); !ok && state == number.Active {
		state = number.Sold
	}
	return call.Line{
		Number:       l.Number,
		State:        state,
		Customer:     int64(l.Customer),
		CustomerName: l.CustomerName,
		Bill:         bill,
		Profile:      l.Profile,
	}
}
