package live

import (
	"strconv"
	"time"

	"sibai/internal/cdr"
)

// bar is one stretch of a call drawn to scale, in milliseconds from its start.
type bar struct{ class, x, width string }

// chart draws an ended, answered call: above what happened, below what was
// billed, increment by increment. The last increment may reach beyond the end.
type chart struct {
	width        string // of the whole, in milliseconds
	above, below []bar
	rung         time.Duration
}

// maxIncrements is how many are drawn one by one; more (a long call billed by
// the second) become one stretch, which they would look like anyway.
const maxIncrements = 120

func draw(c Call) (chart, bool) {
	if c.State != Ended || c.AnsweredAt.IsZero() || !c.EndedAt.After(c.StartedAt) {
		return chart{}, false
	}
	var out chart
	stretch := func(class string, from, to time.Time) bar {
		return bar{class: class, x: ms(from.Sub(c.StartedAt)), width: ms(max(to.Sub(from), 0))}
	}
	out.above = append(out.above, stretch("b0", c.StartedAt, c.EndedAt))
	for _, leg := range c.Legs {
		class := "b3"
		if leg.AnsweredAt.Equal(c.AnsweredAt) {
			class = "b2"
		}
		d := ringing(leg, c.EndedAt)
		out.rung += d
		out.above = append(out.above, stretch(class, leg.InvitedAt, leg.InvitedAt.Add(d)))
	}
	out.above = append(out.above, stretch("b1", c.AnsweredAt, c.EndedAt))

	end := c.EndedAt.Sub(c.StartedAt)
	at := c.meter().Sub(c.StartedAt)
	for _, d := range increments(c.Lines, c.Billable) {
		out.below = append(out.below, bar{class: "min", x: ms(at), width: ms(d)})
		at += d
	}
	out.width = ms(max(end, at))
	return out, true
}

// increments cuts the billed time as the tariff does: the first increment,
// then the next ones, each whole. It goes by their lengths and not by the
// lines' counts, because one increment paid by two buckets stands on two lines.
func increments(lines []cdr.Line, billable time.Duration) []time.Duration {
	var first, next time.Duration
	for _, l := range lines {
		d := time.Duration(l.Seconds) * time.Second
		switch {
		case d == 0:
		case l.Rule == "first":
			first = d
		default:
			next = d
		}
	}
	if first == 0 {
		first = next
	}
	if next == 0 {
		next = first
	}
	if first == 0 || (billable-first)/next > maxIncrements {
		return []time.Duration{billable}
	}
	out := []time.Duration{first}
	for sum := first; sum < billable; sum += next {
		out = append(out, next)
	}
	return out
}

func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
