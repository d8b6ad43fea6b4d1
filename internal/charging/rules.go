package charging

import "time"

// Rules are the operator's settings that decide about money. They are the
// same on every node.
type Rules struct {
	// CashBeforeBonus takes cash before bonus; the default takes bonus first.
	CashBeforeBonus bool
	// MinGrant is the time that a call is granted at its start when its Bill
	// does not say; 0 takes 60 s.
	MinGrant time.Duration
	// MaxStep is the longest time that one Extend adds; 0 takes 10 min.
	MaxStep time.Duration
	// Lead is how long before the granted time ends more is asked for; 0
	// takes 10 s. A short grant has a lead of a third of it.
	Lead time.Duration
}

const (
	defaultMinGrant = time.Minute
	defaultMaxStep  = 10 * time.Minute
	defaultLead     = 10 * time.Second
)

func (r Rules) withDefaults() Rules {
	if r.MinGrant <= 0 {
		r.MinGrant = defaultMinGrant
	}
	if r.MaxStep <= 0 {
		r.MaxStep = defaultMaxStep
	}
	if r.Lead <= 0 {
		r.Lead = defaultLead
	}
	return r
}

// minGrant is the time a call of this bill is granted at its start.
func (r Rules) minGrant(b *Bill) time.Duration {
	if b.MinGrant > 0 {
		return b.MinGrant
	}
	return r.MinGrant
}
