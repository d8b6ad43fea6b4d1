package live

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/cdr"
)

func TestIncrements(t *testing.T) {
	t.Parallel()
	line := func(rule string, seconds int64) cdr.Line { return cdr.Line{Rule: rule, Seconds: seconds} }
	s := time.Second
	for _, c := range []struct {
		name     string
		lines    []cdr.Line
		billable time.Duration
		want     []time.Duration
	}{
		{"one minute to the second", []cdr.Line{line("first", 60)}, 60 * s, []time.Duration{60 * s}},
		{"a started second opens the next", []cdr.Line{line("first", 60), line("next", 60)}, 60*s + 1, []time.Duration{60 * s, 60 * s}},
		{"60/6", []cdr.Line{line("first", 60), line("next", 6)}, 70 * s, []time.Duration{60 * s, 6 * s, 6 * s}},
		{"two lines of one increment", []cdr.Line{line("first", 60), line("first", 60)}, 30 * s, []time.Duration{60 * s}},
		{"only next", []cdr.Line{line("next", 60)}, 90 * s, []time.Duration{60 * s, 60 * s}},
		{"connection fee only", []cdr.Line{line("connection", 0)}, 10 * s, []time.Duration{10 * s}},
		{"too many to draw", []cdr.Line{line("first", 1), line("next", 1)}, time.Hour, []time.Duration{time.Hour}},
	} {
		if diff := cmp.Diff(c.want, increments(c.lines, c.billable)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestDrawOnlyWhatWasAnswered(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_000_000, 0)
	for name, c := range map[string]Call{
		"running":    {State: Talking, StartedAt: at, AnsweredAt: at},
		"unanswered": {State: Ended, StartedAt: at, EndedAt: at.Add(time.Second)},
		"no length":  {State: Ended, StartedAt: at, AnsweredAt: at, EndedAt: at},
	} {
		if _, ok := draw(c); ok {
			t.Errorf("%s: drawn", name)
		}
	}
}
