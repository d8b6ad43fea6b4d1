package live

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/phone"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// causeLook says how much attention a call's end asks for. A call that was
// lost through the business's own settings, money or machines is a hole; one
// that nobody took needs a look; what a caller did is only a fact.
func causeLook(c cdr.Cause) ui.Look {
	switch c {
	case cdr.Answered:
		return ui.Well
	case cdr.Busy, cdr.NoAnswer, cdr.Rejected, cdr.Unreachable,
		cdr.CreditExhausted, cdr.NodeStopped, cdr.CallerLost:
		return ui.Check
	case cdr.CallerGaveUp, cdr.UnknownNumber, cdr.TrunkNotAllowed:
		return ui.Plain
	}
	return ui.Hole
}

// caller is the masked caller, or that there is none.
func caller(ctx context.Context, c Call) string {
	if c.Caller == "" {
		return text.T(ctx, "call.withheld")
	}
	return phone.Mask(c.Caller)
}

// called is the masked phone of the called side; a number too short to mask is
// the customer's own extension.
func called(ctx context.Context, number string) string {
	if len(number) <= 6 {
		return text.T(ctx, "call.extension", "Phone", number)
	}
	return phone.Mask(number)
}

// who says in a few words who answered or is rung.
func who(ctx context.Context, c Call) string {
	switch {
	case c.Phone == "" && c.State == Ended:
		return text.T(ctx, "call.nowho")
	case c.Phone == "":
		return text.T(ctx, "call.ringingnone")
	case c.State == Ringing:
		return text.T(ctx, "call.ringing", "Phone", called(ctx, c.Phone))
	case c.AnsweredAt.IsZero():
		return text.T(ctx, "call.nowho")
	}
	return text.T(ctx, "call.phonewho", "Phone", called(ctx, c.Phone))
}

// headline is the answer that stands above a call's reasons.
func headline(ctx context.Context, c Call) string {
	switch {
	case c.State == Ended && !c.AnsweredAt.IsZero():
		return text.T(ctx, "call.answered", "Phone", called(ctx, c.Phone), "Span", text.Span(ctx, c.Talk))
	case c.State == Ended:
		return text.T(ctx, "call.nobody", "Cause", text.T(ctx, "cause."+string(c.Cause)))
	case c.State == Talking:
		return text.T(ctx, "call.talking", "Phone", called(ctx, c.Phone))
	}
	return who(ctx, c)
}

// whyTitle heads the reasons.
func whyTitle(ctx context.Context, c Call) string {
	switch {
	case c.State != Ended:
		return text.T(ctx, "call.whysofar")
	case c.AnsweredAt.IsZero():
		return text.T(ctx, "call.whynot")
	}
	return text.T(ctx, "call.why")
}

// moneyTitle heads what a call cost: there is a why only where there is a cost.
func moneyTitle(ctx context.Context, c Call) string {
	if len(c.Lines) == 0 {
		return text.T(ctx, "col.charge")
	}
	return text.T(ctx, "call.money")
}

// meter is when the call began to cost; zero when it never did.
func (c Call) meter() time.Time {
	if !c.PlatformAnsweredAt.IsZero() {
		return c.PlatformAnsweredAt
	}
	return c.AnsweredAt
}

// meterText says which instant that was and why.
func meterText(ctx context.Context, c Call) string {
	if !c.PlatformAnsweredAt.IsZero() {
		return text.T(ctx, "call.meterplatform", "Clock", text.Clock(c.PlatformAnsweredAt))
	}
	return text.T(ctx, "call.metertarget", "Clock", text.Clock(c.AnsweredAt))
}

// tariff names the tariff of a call's lines; empty when they have several.
func tariff(ctx context.Context, lines []cdr.Line) string {
	if len(lines) == 0 {
		return ""
	}
	for _, l := range lines {
		if l.Tariff != lines[0].Tariff || l.Version != lines[0].Version {
			return ""
		}
	}
	return text.T(ctx, "call.tariff", "Code", lines[0].Tariff, "Version", lines[0].Version)
}

// segments says what one line charges for.
func segments(ctx context.Context, l cdr.Line) string {
	if l.Seconds == 0 {
		return text.T(ctx, "call.once")
	}
	return text.T(ctx, "call.segments", "N", max(l.Increments, 1), "Seconds", l.Seconds)
}

// partial says that a line pays only a part of its increments, because a
// bucket ran out within one.
func partial(l cdr.Line) bool { return l.Shared }

// rate is answered of calls in whole percent, cut off.
func rate(t Today) string { return fmt.Sprintf("%d%%", t.Answered*100/max(t.Calls, 1)) }

// elapsed is how long a running call is in its present state, in seconds.
func elapsed(c Call, now time.Time) time.Duration {
	since := c.StartedAt
	if !c.AnsweredAt.IsZero() {
		since = c.AnsweredAt
	}
	return max(now.Sub(since), 0)
}

// billable is rounded up to a whole second: a started second opens the next
// increment, and 60.2 seconds shown as one minute would look overcharged.
func billable(ctx context.Context, c Call) string {
	return text.Span(ctx, c.Billable+time.Second-time.Nanosecond)
}

// bucket is the kind of a bucket: extension/8003 is an extension.
func bucket(name string) string {
	kind, _, _ := strings.Cut(name, "/")
	return kind
}
