package inventory

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/number"
)

// Step is what somebody of the operator makes of a single number by hand.
type Step struct {
	Digits string
	To     number.State
	Why    string // the reason, for people
	Who    string
}

// byHand are the steps of a life that a person may take. Others belong to an order
// (locked, sold, open) or to the freezes of package realname, which take four eyes.
var byHand = map[number.State][]number.State{
	number.Active:     {number.Suspended, number.Closing},
	number.Suspended:  {number.Active, number.Closing},
	number.Frozen:     {number.Active, number.Closing},
	number.Closing:    {number.Active, number.Quarantine},
	number.Quarantine: {number.Available},
}

// Steps are the states that a person may give a number by hand in one step.
func Steps(from number.State) []number.State { return slices.Clone(byHand[from]) }

// Held is a number as a step finds it.
type Held struct {
	State   number.State
	Ruled   bool          // a freeze by a rule stands
	Resting time.Duration // how long a number rests that is given up
}

// Moved is what a step writes. Seq of the event is the store's.
type Moved struct {
	Event Event
	Until time.Time // the end of a quarantine that begins; else zero
}

// Move makes a step. Whoever a number is taken from by one into quarantine rents it no
// more: its settings and its subscription go, its account and its bills stay. Faults:
// number_not_stocked, reason_missing, value_too_long, number_state_step, number_of_order,
// number_ruled.
func (s *Service) Move(ctx context.Context, step Step) error {
	step.Why = strings.TrimSpace(step.Why)
	switch {
	case !step.To.Valid():
		return fault.New(fault.ValueNotAllowed, "value", string(step.To), "allowed", joined(number.States()))
	case step.Why == "":
		return fault.New(fault.ReasonMissing)
	case utf8.RuneCountInString(step.Why) > maxWhy:
		return fault.New(fault.ValueTooLong, "limit", maxWhy)
	}
	return s.store.Move(ctx, step.Digits, func(h Held) (Moved, error) { return step.from(h, s.now().UTC().Truncate(time.Microsecond)) })
}

// from decides on a step.
func (x Step) from(h Held, at time.Time) (Moved, error) {
	shown := number.Format(x.Digits, "")
	allowed := byHand[h.State]
	switch {
	case h.State == number.Locked || h.State == number.Sold:
		return Moved{}, fault.New(fault.NumberOfOrder, "number", shown)
	case x.To == number.Frozen && h.State.CanBecome(x.To), x.To == number.Active && h.Ruled:
		return Moved{}, fault.New(fault.NumberRuled, "number", shown)
	case !slices.Contains(allowed, x.To):
		return Moved{}, fault.New(fault.NumberStateStep, "number", shown, "from", string(h.State), "to", string(x.To), "allowed", joined(allowed))
	}
	m := Moved{Event: Event{Digits: x.Digits, At: at, Was: h.State, State: x.To, Why: x.Why, Who: x.Who}}
	if x.To == number.Quarantine {
		m.Until = at.Add(h.Resting)
	}
	return m, nil
}

func joined(list []number.State) string {
	if len(list) == 0 {
		return "–"
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}
