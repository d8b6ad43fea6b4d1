package routing

import (
	"strconv"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/number"
)

// Situation is what is known of a call when it comes in.
type Situation struct {
	State number.State // of the dialled number
}

// Outcome is how ringing a phone ended, as Leg.Outcome of a CDR says it.
type Outcome string

// The outcomes of ringing a phone.
const (
	Answered    Outcome = "answered"
	Busy        Outcome = "busy"
	NoAnswer    Outcome = "no_answer"
	Rejected    Outcome = "rejected"
	Unreachable Outcome = "unreachable"
	Cancelled   Outcome = "cancelled" // another phone answered first, or the caller gave up
)

// Ring is one step of a call: these phones ring together, each for its own
// time.
type Ring struct {
	Targets []Target // RingFor is always set
	Forward bool     // a busy or no-answer forward
}

// Longest is how long the step may take.
func (r Ring) Longest() time.Duration {
	var longest time.Duration
	for _, t := range r.Targets {
		longest = max(longest, t.RingFor)
	}
	return longest
}

// Decision is the way of one call. Next moves along it.
type Decision struct {
	Refused cdr.Cause // why no phone rings; empty when some may
	Steps   []cdr.Step

	profile  Profile
	rings    []Ring
	at       int
	forwards int
	onward   []Target // forwards that are left
	chosen   bool     // onward was chosen
	rung     map[string]bool
}

// Decide says what becomes of a call: a refusal with its cause, or the phones
// to ring, in the order Next gives them.
func Decide(p Profile, s Situation) *Decision {
	d := &Decision{profile: p, rung: map[string]bool{}}
	if d.Refused = Refusal(s.State); d.Refused != "" {
		d.say("state_refused", "state", string(s.State))
		return d
	}
	d.say("state_open")
	switch {
	case len(p.Targets) == 0:
		d.Refused = cdr.NoTarget
		d.say("no_target")
	case p.Distribution == Simultaneous:
		d.say("simultaneous", "count", strconv.Itoa(len(p.Targets)))
		d.rings = []Ring{{Targets: d.timed(p.Targets)}}
	default:
		d.say("sequential", "count", strconv.Itoa(len(p.Targets)))
		for _, t := range d.timed(p.Targets) {
			d.rings = append(d.rings, Ring{Targets: []Target{t}})
		}
	}
	return d
}

// Refusal says why a number in a state takes no calls, "" when it does.
func Refusal(s number.State) cdr.Cause {
	switch s {
	case number.Active:
		return ""
	case number.Suspended:
		return cdr.NumberSuspended
	case number.Frozen:
		return cdr.NumberFrozen
	}
	return cdr.NumberNotOpen
}

// Next names who rings next. last is how the ring before ended (of several
// phones, what Combine says); it is ignored the first time. ok is false when
// nobody is left.
func (d *Decision) Next(last Outcome) (ring Ring, ok bool) {
	for d.at < len(d.rings) {
		ring, d.at = d.rings[d.at], d.at+1
		if ring = d.fresh(ring); len(ring.Targets) > 0 {
			return ring, true
		}
	}
	if !d.chosen {
		d.chosen = true
		if last == Busy {
			d.onward = d.profile.OnBusy
			if len(d.onward) > 0 {
				d.say("forward_busy")
			}
		} else if d.onward = d.profile.OnNoAnswer; len(d.onward) > 0 {
			d.say("forward_no_answer")
		}
	}
	for len(d.onward) > 0 {
		if d.forwards == d.profile.maxForwards() {
			d.say("forwards_used_up", "count", strconv.Itoa(d.forwards))
			d.onward = nil
			break
		}
		ring = d.fresh(Ring{Targets: d.timed(d.onward[:1]), Forward: true})
		d.onward = d.onward[1:]
		if len(ring.Targets) > 0 {
			d.forwards++
			return ring, true
		}
	}
	return Ring{}, false
}

// fresh leaves out phones that rang in this call already: a forward back to
// one that did not answer would only make the caller wait.
func (d *Decision) fresh(r Ring) Ring {
	var left []Target
	for _, t := range r.Targets {
		if d.rung[t.Phone] {
			d.say("rang_already", "target", t.Phone)
			continue
		}
		d.rung[t.Phone] = true
		left = append(left, t)
	}
	r.Targets = left
	return r
}

func (d *Decision) timed(targets []Target) []Target {
	out := make([]Target, len(targets))
	for i, t := range targets {
		t.RingFor = d.profile.ringFor(t)
		out[i] = t
	}
	return out
}

func (d *Decision) say(code string, args ...string) {
	d.Steps = append(d.Steps, NewStep(code, args...))
}

// NewStep makes a step of a trace from a code and pairs of name and value.
func NewStep(code string, args ...string) cdr.Step {
	s := cdr.Step{Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if s.Args == nil {
			s.Args = make(map[string]string, len(args)/2)
		}
		s.Args[args[i]] = args[i+1]
	}
	return s
}

// Combine says how a ring of several phones ended as a whole, from how each
// ended. A phone that rang unanswered weighs most, for somebody may have been
// there; unreachable weighs least.
func Combine(outcomes []Outcome) Outcome {
	for _, o := range []Outcome{Answered, NoAnswer, Rejected, Busy} {
		for _, got := range outcomes {
			if got == o {
				return o
			}
		}
	}
	return Unreachable
}

// OutcomeOf says what a phone's final SIP status means (RFC 3261 §21). rang
// is whether the phone had sent 180 or 183.
func OutcomeOf(status int, rang bool) Outcome {
	switch status {
	case 486, 600:
		return Busy
	case 603, 403, 607: // Decline, Forbidden, Unwanted (RFC 8197)
		return Rejected
	case 408, 480, 487:
		if rang {
			return NoAnswer
		}
	}
	return Unreachable
}
