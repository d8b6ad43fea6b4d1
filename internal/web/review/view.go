package review

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/realname"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// point is one thing that was checked, and what came of it.
type point struct {
	label, value string
	found        []realname.Finding
}

func (p point) stopped() bool {
	return slices.ContainsFunc(p.found, func(f realname.Finding) bool { return !f.Warn })
}

// points are all that was checked, in the order of the form; what a check found
// that belongs to none of them stands at the end.
func points(ctx context.Context, c *realname.Case) []point {
	left := slices.Clone(c.Findings)
	take := func(label, value string, paths ...string) point {
		p := point{label: label, value: value}
		left = slices.DeleteFunc(left, func(f realname.Finding) bool {
			mine := slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(f.Path, path) })
			if mine {
				p.found = append(p.found, f)
			}
			return mine
		})
		return p
	}
	e := c.Form.Enterprise
	list := []point{
		take(text.T(ctx, "verify.enterprise.name"), e.Name, "enterprise.name"),
		take(text.T(ctx, "verify.enterprise.uscc"), e.USCC, "enterprise.uscc"),
		take(text.T(ctx, "review.business"), text.T(ctx, "verify.industry."+industry(e.Industry))+" · "+e.Usage, "enterprise.industry", "enterprise.usage"),
		take(text.T(ctx, "verify.enterprise.until"), until(ctx, e.ValidUntil), "enterprise.valid_until"),
		take(text.T(ctx, "verify.legal"), person(ctx, c.Form.Legal), "legal."),
	}
	if h := c.Form.Handler; h != nil {
		list = append(list, take(text.T(ctx, "verify.handler"), person(ctx, *h), "handler."))
	}
	for i, t := range c.Form.Targets {
		list = append(list, take(text.T(ctx, "verify.target.title", "N", strconv.Itoa(i+1)), t.Phone+" · "+t.OwnerName+" · "+t.BilledOn, "targets["+strconv.Itoa(i)+"]."))
	}
	for i, d := range c.Documents {
		list = append(list, take(title(ctx, d), text.T(ctx, "verify.there"), "documents["+strconv.Itoa(i)+"]."))
	}
	for _, f := range left {
		list = append(list, point{label: text.T(ctx, "review.rest"), found: []realname.Finding{f}})
	}
	return list
}

// industry is one of those that have a word.
func industry(i realname.Industry) string {
	if slices.Contains(realname.Industries(), i) {
		return string(i)
	}
	return string(realname.General)
}

func person(ctx context.Context, p realname.Person) string {
	return p.Name + " · " + p.ID + " · " + until(ctx, p.ValidUntil)
}

func until(ctx context.Context, day string) string {
	if day == "" {
		return text.T(ctx, "review.forever")
	}
	return text.T(ctx, "review.until", "Day", day)
}

// title is what a document is called.
func title(ctx context.Context, d realname.Document) string {
	return strings.TrimSpace(d.Kind.Text(text.Chinese(ctx)) + " " + d.Target)
}

// counts are how many points are fine, warn and stop.
func counts(list []point) (fine, warn, stop int) {
	for _, p := range list {
		switch {
		case len(p.found) == 0:
			fine++
		case p.stopped():
			stop++
		default:
			warn++
		}
	}
	return fine, warn, stop
}

// refused reports whether the checks keep an application from being passed.
func refused(c *realname.Case) bool {
	return slices.ContainsFunc(c.Findings, func(f realname.Finding) bool { return !f.Warn })
}

// left is how long is left until a deadline, or that it is over.
func left(ctx context.Context, by, at time.Time) string {
	if by.IsZero() {
		return ""
	}
	d := by.Sub(at)
	if d <= 0 {
		return text.T(ctx, "review.late")
	}
	if d >= 48*time.Hour {
		return text.T(ctx, "review.days", "N", strconv.Itoa(int(d/(24*time.Hour))))
	}
	return text.T(ctx, "review.hours", "Left", clock(d))
}

func clock(d time.Duration) string {
	minutes := int(d / time.Minute)
	m := strconv.Itoa(minutes % 60)
	if len(m) < 2 {
		m = "0" + m
	}
	return strconv.Itoa(minutes/60) + ":" + m
}

// hasty reports whether less than an hour is left.
func hasty(by, at time.Time) bool { return !by.IsZero() && by.Sub(at) < time.Hour }

// decider reports whether the reader decides the stage that an application is in,
// and where its form goes.
func decider(d desk) (where string, may bool) {
	switch d.c.Application.State {
	case realname.VendorReview:
		return "vendor", d.actor.Role.Has(identity.ReviewOrders)
	case realname.CarrierReview:
		return "carrier", d.actor.Role.Has(identity.OpenNumbers)
	}
	return "", false
}

// beside are the applications before and after the one that is shown; empty when
// there is none.
func beside(d desk) (before, after string) {
	i := slices.IndexFunc(d.list, func(a realname.Application) bool { return a.ID == d.c.Application.ID })
	if i > 0 {
		before = path(d.list[i-1].ID)
	}
	if i >= 0 && i+1 < len(d.list) {
		after = path(d.list[i+1].ID)
	}
	return before, after
}

func path(id realname.ID) string { return Path + "/" + id.String() }

func documentPath(d realname.Document) string {
	return path(d.Application) + "/documents/" + d.ID.String()
}

func digits(n string) string { return number.Format(n, "") }

func size(bytes int) string {
	if bytes >= 1<<20 {
		return strconv.Itoa(bytes>>20) + "." + strconv.Itoa(bytes%(1<<20)*10>>20) + " MB"
	}
	return strconv.Itoa(max(1, bytes>>10)) + " kB"
}

// states are those that the queue can be of.
var states = []realname.State{
	realname.VendorReview, realname.CarrierReview, realname.Asked, realname.Draft, realname.Approved, realname.Rejected, realname.Lapsed, realname.Expired, realname.Superseded,
}

func look(f *realname.Freeze) ui.Look {
	switch {
	case f.Standing():
		return ui.Hole
	case f.LiftedAt.IsZero():
		return ui.Check
	}
	return ui.Plain
}

// standing is the key of what a freeze has come to.
func standing(f *realname.Freeze) string {
	switch {
	case f.Standing():
		return "review.frozen"
	case f.LiftedAt.IsZero():
		return "review.proposed"
	}
	return "review.lifted"
}
