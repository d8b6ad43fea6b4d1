package promo

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/number"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Path is the page's address.
const Path = "/promotions"

// Shelf is what the page shows; shelf.Shelf implements it.
type Shelf interface {
	Promotions() (running, coming catalog.Discounts)
	Plans() []catalog.Plan
	Grades() number.Grades
}

// Routes adds the page to r.
func Routes(r chi.Router, pages page.Pages, s Shelf) {
	r.Get(Path, pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
		running, coming := s.Promotions()
		plans, grades := s.Plans(), s.Grades()
		ctx := r.Context()
		return page.Render(w, r, http.StatusOK, promoPage(told(ctx, running, plans, grades), told(ctx, coming, plans, grades)))
	}))
}

// promotion is a discount in the reader's words.
type promotion struct {
	name, what    string
	from, until   string
	plans, grades []string // names; none: all
}

// told says discounts in words. One whose plans are none of those that are sold
// is for nobody, and is left out; so is one whose grades there are not.
func told(ctx context.Context, list catalog.Discounts, plans []catalog.Plan, grades number.Grades) (out []promotion) {
	for _, d := range list {
		p := promotion{name: d.Name, from: day(ctx, d.From), until: day(ctx, d.Until.Add(-1))}
		if text.From(ctx) == text.EN {
			p.name = d.English
		}
		if d.Amount > 0 {
			p.what = text.T(ctx, "promo.sum", "Amount", d.Amount.Format())
		} else {
			p.what = text.T(ctx, "promo.percent", "Percent", strconv.Itoa(d.Percent))
		}
		for _, plan := range plans {
			if len(d.Plans) > 0 && d.For(plan.Code, first(d.Grades)) {
				p.plans = append(p.plans, plan.Name)
			}
		}
		for _, g := range append(grades[:len(grades):len(grades)], number.Plain) {
			if len(d.Grades) > 0 && d.For(first(d.Plans), g.Code) {
				p.grades = append(p.grades, gradeName(ctx, g))
			}
		}
		if len(d.Plans) > 0 && len(p.plans) == 0 || len(d.Grades) > 0 && len(p.grades) == 0 {
			continue
		}
		out = append(out, p)
	}
	return out
}

// first is any of the codes; empty when there are none.
func first(codes []string) string {
	if len(codes) == 0 {
		return ""
	}
	return codes[0]
}

func gradeName(ctx context.Context, g number.Rule) string {
	if text.From(ctx) == text.EN && g.English != "" {
		return g.English
	}
	return g.Name
}

// day is a day with its year, which a promotion may run over the end of.
func day(ctx context.Context, at time.Time) string {
	return text.T(ctx, "promo.day", "Year", at.In(calendar.Shanghai).Format("2006"), "Day", text.Day(ctx, at))
}
