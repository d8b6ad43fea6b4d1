package billing

import (
	"time"

	"sibai/internal/catalog"
)

// Stage is where a customer stands who may run out of credit. The values are
// stored.
type Stage string

// The stages. Calls are refused from suspended on.
const (
	StageActive     Stage = "active"
	StageLow        Stage = "low"        // at or below the customer's threshold
	StageGrace      Stage = "grace"      // out of credit, or owing a fee
	StageSuspended  Stage = "suspended"  // 欠费停机
	StageFrozen     Stage = "frozen"     // 欠费冻结
	StageClosing    Stage = "closing"    // 待销: the last time in which a payment keeps the numbers
	StageQuarantine Stage = "quarantine" // 已销: the numbers were given up
)

// stopped reports whether the account was suspended on the way to a stage.
func (s Stage) stopped() bool {
	return s == StageSuspended || s == StageFrozen || s == StageClosing
}

// Arrears is a customer's stage and since when.
type Arrears struct {
	Stage Stage
	Since time.Time
	// Low is set once the customer was told that the balance is low, until it
	// is above the threshold again.
	Low bool
}

// standing is what decides about a customer's stage.
type standing struct {
	broke  bool // out of credit, or owing
	low    bool
	active bool // the account takes calls: a top-up came since it was suspended
}

// next is the stage after s at an instant. A customer goes at most one stage
// down at a time, so that a run after a long stop takes nobody by surprise.
func (s Arrears) next(x standing, rules catalog.Arrears, at time.Time) Arrears {
	to := func(stage Stage) Arrears {
		if stage == s.Stage {
			return s
		}
		return Arrears{Stage: stage, Since: at, Low: s.Low}
	}
	after := func(length time.Duration, stage Stage) Arrears {
		if at.Before(s.Since.Add(length)) {
			return s
		}
		return to(stage)
	}
	switch {
	case s.Stage == StageQuarantine:
		return s
	case !x.broke && x.low:
		return to(StageLow)
	case !x.broke:
		return to(StageActive)
	case s.Stage.stopped() && x.active:
		return to(StageGrace)
	}
	switch s.Stage {
	case StageGrace:
		return after(rules.Grace, StageSuspended)
	case StageSuspended:
		return after(rules.Suspended, StageFrozen)
	case StageFrozen:
		return after(rules.Frozen, StageClosing)
	case StageClosing:
		return after(rules.Closing, StageQuarantine)
	}
	return to(StageGrace)
}
