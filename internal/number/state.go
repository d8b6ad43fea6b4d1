package number

import "slices"

// State is where a number stands in its life.
type State string

// The states.
const (
	Available  State = "available"  // 可选: in the inventory, for sale
	Locked     State = "locked"     // 锁定: chosen, not paid yet
	Sold       State = "sold"       // 已售: paid, documents and reviews under way
	Active     State = "active"     // 正常: open, calls are connected
	Suspended  State = "suspended"  // 欠费停机: in arrears; a top-up opens it at once
	Frozen     State = "frozen"     // 冻结: stopped by a rule, opened only by an appeal
	Closing    State = "closing"    // 待销: being given back, can still be kept
	Quarantine State = "quarantine" // 冷却期: rests before it is sold again
)

// States are all states, in the order of a life.
func States() []State {
	return []State{Available, Locked, Sold, Active, Suspended, Frozen, Closing, Quarantine}
}

// Valid reports whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// Owned reports whether a number in this state belongs to a customer.
func (s State) Owned() bool { return s != Available && s != Locked && s != Quarantine && s.Valid() }

var next = map[State][]State{
	Available:  {Locked},
	Locked:     {Available, Sold},
	Sold:       {Active, Frozen, Closing, Available}, // available: documents never came, refunded
	Active:     {Suspended, Frozen, Closing},
	Suspended:  {Active, Frozen, Closing},
	Frozen:     {Active, Suspended, Closing},
	Closing:    {Active, Quarantine}, // active: its owner kept it after all
	Quarantine: {Available},
}

// Next are the states that s may become in one step.
func (s State) Next() []State { return slices.Clone(next[s]) }

// CanBecome reports whether a number may go from s to the state to in one
// step. Staying is no step.
func (s State) CanBecome(to State) bool { return slices.Contains(next[s], to) }
