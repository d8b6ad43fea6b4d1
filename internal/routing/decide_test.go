package routing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/number"
	"sibai/internal/routing"
)

func phones(list ...string) (out []routing.Target) {
	for _, p := range list {
		out = append(out, routing.Target{Phone: p, Trunk: "out"})
	}
	return out
}

// way plays a whole call: what each ring ended with is given in turn; it
// returns the phones rung, rings parted by " > ", forwards marked with "f:".
func way(d *routing.Decision, outcomes ...routing.Outcome) string {
	var out []string
	last := routing.Outcome("")
	for i := 0; ; i++ {
		ring, ok := d.Next(last)
		if !ok {
			return strings.Join(out, " > ")
		}
		var step []string
		for _, t := range ring.Targets {
			step = append(step, t.Phone)
		}
		text := strings.Join(step, "+")
		if ring.Forward {
			text = "f:" + text
		}
		out = append(out, text)
		if i < len(outcomes) {
			last = outcomes[i]
		}
	}
}

func TestWhoRings(t *testing.T) {
	t.Parallel()
	const busy, silent = routing.Busy, routing.NoAnswer
	for _, c := range []struct {
		name     string
		profile  routing.Profile
		outcomes []routing.Outcome
		want     string
	}{
		{"one after the other", routing.Profile{Targets: phones("1", "2", "3")}, nil, "1 > 2 > 3"},
		{"all at once", routing.Profile{Distribution: routing.Simultaneous, Targets: phones("1", "2")}, nil, "1+2"},
		{"busy goes one way", routing.Profile{Targets: phones("1"), OnBusy: phones("7"), OnNoAnswer: phones("8")},
			[]routing.Outcome{busy}, "1 > f:7"},
		{"no answer goes the other", routing.Profile{Targets: phones("1"), OnBusy: phones("7"), OnNoAnswer: phones("8")},
			[]routing.Outcome{silent}, "1 > f:8"},
		{"the last of the distribution decides", routing.Profile{Targets: phones("1", "2"), OnBusy: phones("7"), OnNoAnswer: phones("8")},
			[]routing.Outcome{silent, busy}, "1 > 2 > f:7"},
		{"at most three forwards", routing.Profile{Targets: phones("1"), OnNoAnswer: phones("5", "6", "7", "8")},
			[]routing.Outcome{silent}, "1 > f:5 > f:6 > f:7"},
		{"forwards as the owner set", routing.Profile{Targets: phones("1"), OnNoAnswer: phones("5", "6"), MaxForwards: 1},
			[]routing.Outcome{silent}, "1 > f:5"},
		{"a phone rings once", routing.Profile{Targets: phones("1", "1"), OnNoAnswer: phones("1", "5")},
			[]routing.Outcome{silent}, "1 > f:5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := routing.Decide(c.profile, routing.Situation{State: number.Active})
			if d.Refused != "" {
				t.Fatalf("refused: %s", d.Refused)
			}
			if got := way(d, c.outcomes...); got != c.want {
				t.Errorf("rang %q, want %q", got, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	full := routing.Profile{Targets: phones("1")}
	for state, want := range map[number.State]cdr.Cause{
		number.Active:     "",
		number.Suspended:  cdr.NumberSuspended,
		number.Frozen:     cdr.NumberFrozen,
		number.Available:  cdr.NumberNotOpen,
		number.Locked:     cdr.NumberNotOpen,
		number.Sold:       cdr.NumberNotOpen,
		number.Closing:    cdr.NumberNotOpen,
		number.Quarantine: cdr.NumberNotOpen,
	} {
		d := routing.Decide(full, routing.Situation{State: state})
		if d.Refused != want {
			t.Errorf("%s: refused %q, want %q", state, d.Refused, want)
		}
		if want != "" {
			if _, ok := d.Next(""); ok {
				t.Errorf("%s: a phone rings though the call is refused", state)
			}
		}
	}
	if d := routing.Decide(routing.Profile{}, routing.Situation{State: number.Active}); d.Refused != cdr.NoTarget {
		t.Errorf("no phones: refused %q", d.Refused)
	}
}

func TestRingTimes(t *testing.T) {
	t.Parallel()
	p := routing.Profile{Distribution: routing.Simultaneous, RingTimeout: 20 * time.Second,
		Targets: []routing.Target{{Phone: "1"}, {Phone: "2", RingFor: 30 * time.Second}}}
	ring, _ := routing.Decide(p, routing.Situation{State: number.Active}).Next("")
	if ring.Targets[0].RingFor != 20*time.Second || ring.Longest() != 30*time.Second {
		t.Errorf("ring times %v", ring.Targets)
	}
	p = routing.Profile{Targets: phones("1")}
	ring, _ = routing.Decide(p, routing.Situation{State: number.Active}).Next("")
	if ring.Longest() != routing.DefaultRingTimeout {
		t.Errorf("default ring time %v", ring.Longest())
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		rang   bool
		want   routing.Outcome
	}{
		{486, true, routing.Busy}, {600, false, routing.Busy},
		{603, true, routing.Rejected}, {403, false, routing.Rejected},
		{408, true, routing.NoAnswer}, {480, true, routing.NoAnswer},
		{408, false, routing.Unreachable}, {480, false, routing.Unreachable},
		{404, false, routing.Unreachable}, {503, true, routing.Unreachable}, {302, false, routing.Unreachable},
	} {
		if got := routing.OutcomeOf(c.status, c.rang); got != c.want {
			t.Errorf("status %d rang %v: %s, want %s", c.status, c.rang, got, c.want)
		}
	}
	if got := routing.Combine([]routing.Outcome{routing.Busy, routing.Unreachable}); got != routing.Busy {
		t.Errorf("busy and unreachable: %s", got)
	}
	if got := routing.Combine([]routing.Outcome{routing.Busy, routing.NoAnswer}); got != routing.NoAnswer {
		t.Errorf("busy and no answer: %s", got)
	}
}

// Whatever the profile and whatever the phones do: a phone rings at most
// once, forwards keep their limit, and the call's way ends.
func TestEveryWayEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := func(name string) []routing.Target {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) routing.Target {
				return routing.Target{Phone: fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "phone"))}
			}), 0, 6).Draw(t, name)
		}
		p := routing.Profile{
			Distribution: rapid.SampledFrom([]routing.Distribution{routing.Sequential, routing.Simultaneous}).Draw(t, "distribution"),
			Targets:      list("targets"), OnBusy: list("busy"), OnNoAnswer: list("silent"),
			MaxForwards: rapid.IntRange(0, 4).Draw(t, "max"),
		}
		limit := p.MaxForwards
		if limit == 0 {
			limit = routing.DefaultMaxForwards
		}
		d := routing.Decide(p, routing.Situation{State: number.Active})
		seen, forwards := map[string]bool{}, 0
		for {
			ring, ok := d.Next(rapid.SampledFrom([]routing.Outcome{routing.Busy, routing.NoAnswer, routing.Unreachable}).Draw(t, "outcome"))
			if !ok {
				break
			}
			if ring.Forward {
				forwards++
			}
			for _, target := range ring.Targets {
				if seen[target.Phone] {
					t.Fatalf("%s rang twice", target.Phone)
				}
				seen[target.Phone] = true
			}
		}
		if forwards > limit {
			t.Fatalf("%d forwards, limit %d", forwards, limit)
		}
	})
}
