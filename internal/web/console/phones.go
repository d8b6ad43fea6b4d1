package console

import (
	"context"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
	"sibai/internal/target"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

func stateLook(s number.State) ui.Look {
	switch s {
	case number.Active:
		return ui.Well
	case number.Sold, number.Locked:
		return ui.Check
	}
	return ui.Hole
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// review is where a phone stands; empty when the customer has no such phone any
// more.
func review(s target.Sheet, digits string) string {
	p, _ := s.Phone(digits)
	return string(p.Review)
}

// waits reports whether a phone can still be proven.
func waits(p target.Phone) bool { return p.Review == catalog.Pending }

// codeOut reports whether a code was sent that still holds.
func codeOut(p target.Proof) bool { return time.Now().Before(p.Until) && p.TriesLeft() > 0 }

// shownPhone is a phone as the reader may see it: whole for who may change it.
func shownPhone(v numberView, digits string) string {
	if v.change {
		return digits
	}
	return phone.Mask(digits)
}

// ringWords says which phones ring together, and for how long.
func ringWords(ctx context.Context, v numberView, ring routing.Ring) string {
	phones := make([]string, len(ring.Targets))
	for i, t := range ring.Targets {
		phones[i] = shownPhone(v, t.Phone)
	}
	key := "phones.rings"
	if ring.Forward {
		key = "phones.ringson"
	}
	return text.T(ctx, key, "Phones", strings.Join(phones, text.T(ctx, "phones.and")), "Seconds", int(ring.Longest().Seconds()))
}

// by is who published a version.
func by(ctx context.Context, v target.Version) string {
	if v.Who == "" {
		return text.T(ctx, "phones.operator")
	}
	return v.Who
}

func versionWords(ctx context.Context, v numberView, old target.Version) string {
	list := func(targets []routing.Target) string {
		phones := make([]string, len(targets))
		for i, t := range targets {
			phones[i] = shownPhone(v, t.Phone)
		}
		return strings.Join(phones, text.T(ctx, "phones.then."+string(old.Distribution)))
	}
	out := list(old.Targets)
	if len(old.OnBusy) > 0 {
		out += text.T(ctx, "phones.thenbusy", "Phones", list(old.OnBusy))
	}
	if len(old.OnNoAnswer) > 0 {
		out += text.T(ctx, "phones.thenno", "Phones", list(old.OnNoAnswer))
	}
	return out
}

func featureName(ctx context.Context, f catalog.SoldFeature) string {
	if text.Chinese(ctx) {
		return f.Name
	}
	return f.English
}

// featurePrice is what a function was ordered at.
func featurePrice(ctx context.Context, f catalog.SoldFeature) string {
	switch {
	case f.Once > 0 && f.Year > 0:
		return text.T(ctx, "phones.onceandyear", "Once", f.Once.Format(), "Year", f.Year.Format())
	case f.Once > 0:
		return text.T(ctx, "phones.once", "Once", f.Once.Format())
	case f.Year > 0:
		return text.T(ctx, "phones.year", "Year", f.Year.Format())
	}
	return text.T(ctx, "phones.free")
}
