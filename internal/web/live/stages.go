package live

import (
	"context"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/web/text"
)

// stage is one point of a call's line: when, what, and a word more.
type stage struct {
	when, what, more string
	missed           bool // rung in vain, or ended unanswered
	meter            bool // the call began to cost here
}

// stages tells the call from its arrival to its end, or to now.
func stages(ctx context.Context, c Call, now time.Time) []stage {
	first := stage{when: text.Clock(c.StartedAt), what: text.T(ctx, "call.came")}
	if c.Trunk != "" {
		first.more = text.T(ctx, "call.trunk", "Trunk", c.Trunk)
	}
	out := []stage{first}
	if !c.PlatformAnsweredAt.IsZero() {
		out = append(out, stage{
			when: since(c, c.PlatformAnsweredAt), what: text.T(ctx, "call.platform"), meter: true,
		})
	}
	for i, leg := range c.Legs {
		out = append(out, ring(ctx, c, leg, i+1, now))
	}
	if c.State == Ended {
		out = append(out, end(ctx, c))
	}
	return out
}

func ring(ctx context.Context, c Call, leg cdr.Leg, n int, now time.Time) stage {
	s := stage{
		when: since(c, leg.InvitedAt) + " · " + text.Span(ctx, ringing(leg, now)),
		what: text.T(ctx, "call.ringingnow", "N", n),
		more: called(ctx, leg.Target),
	}
	if leg.Outcome != "" {
		s.what = text.T(ctx, "call.rang", "N", n, "Outcome", text.T(ctx, "outcome."+leg.Outcome))
		s.missed = leg.Outcome != "answered"
	}
	s.meter = leg.AnsweredAt.Equal(c.AnsweredAt) && !c.AnsweredAt.IsZero() && c.PlatformAnsweredAt.IsZero()
	return s
}

func end(ctx context.Context, c Call) stage {
	s := stage{when: text.Clock(c.EndedAt), what: text.T(ctx, "call.end"), more: text.T(ctx, "cause."+string(c.Cause)), missed: c.AnsweredAt.IsZero()}
	if !c.AnsweredAt.IsZero() {
		s.when += " · " + text.T(ctx, "call.talkspan", "Span", text.Stopwatch(c.Talk))
	}
	return s
}

// ringing is how long a phone was rung.
func ringing(leg cdr.Leg, now time.Time) time.Duration {
	until := now
	switch {
	case !leg.AnsweredAt.IsZero():
		until = leg.AnsweredAt
	case !leg.EndedAt.IsZero():
		until = leg.EndedAt
	}
	return max(until.Sub(leg.InvitedAt), 0)
}

// since is an instant as time from the call's arrival: +0:14.
func since(c Call, t time.Time) string { return "+" + text.Stopwatch(t.Sub(c.StartedAt)) }
