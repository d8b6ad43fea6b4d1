package routing

import "time"

// Distribution is how a number spreads calls over its targets.
type Distribution string

// The distributions.
const (
	Sequential   Distribution = "sequential"   // 顺序: one after the other, in the order given
	Simultaneous Distribution = "simultaneous" // 同振: all at once, the first answer wins
)

const (
	// DefaultRingTimeout is how long a phone rings when its owner set nothing.
	DefaultRingTimeout = 25 * time.Second
	// DefaultMaxForwards is how many busy and no-answer forwards one call may
	// take when its owner set nothing.
	DefaultMaxForwards = 3
)

// Target is a phone that may ring.
type Target struct {
	Phone string `json:"phone"` // digits
	Trunk string `json:"trunk"` // code of the trunk that reaches it
	// RingFor is how long it rings; 0 takes the profile's RingTimeout.
	RingFor time.Duration `json:"ring_for,omitempty"`
}

// Profile is the published settings of one number. A published profile never
// changes; a change is a new Version.
type Profile struct {
	Version      int           `json:"version"`
	Distribution Distribution  `json:"distribution"`
	Targets      []Target      `json:"targets"`
	OnBusy       []Target      `json:"on_busy,omitempty"`
	OnNoAnswer   []Target      `json:"on_no_answer,omitempty"`
	RingTimeout  time.Duration `json:"ring_timeout,omitempty"` // 0: DefaultRingTimeout
	MaxForwards  int           `json:"max_forwards,omitempty"` // 0: DefaultMaxForwards
}

func (p Profile) ringFor(t Target) time.Duration {
	switch {
	case t.RingFor > 0:
		return t.RingFor
	case p.RingTimeout > 0:
		return p.RingTimeout
	}
	return DefaultRingTimeout
}

func (p Profile) maxForwards() int {
	if p.MaxForwards > 0 {
		return p.MaxForwards
	}
	return DefaultMaxForwards
}
