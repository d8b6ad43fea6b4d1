package pricelist

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/site"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// planning is the page for a new version of a plan.
type planning struct {
	actor   identity.Actor
	plan    catalog.Plan
	day     string
	typed   map[string]string // by field
	problem *forms.Problem
	preview *site.Planned
}

// fields are the prices that a kind of plan has, by the keys of their words.
func (p planning) fields() []string {
	if p.plan.Kind == catalog.Annual {
		return []string{"fee", "numberfee", "package", "seconds", "minimum"}
	}
	return []string{"fee", "numberfee"}
}

// pricesOf are the prices of a plan as a form has them.
func pricesOf(p catalog.Plan) map[string]string {
	return map[string]string{
		"fee": p.Fee.String(), "numberfee": p.NumberFee.String(), "package": p.Package.String(),
		"seconds": strconv.FormatInt(p.Seconds, 10), "minimum": p.Minimum.String(),
	}
}

func (d Deps) plan(r *http.Request, a identity.Actor) (p planning, err error) {
	state, err := d.Catalogue.State(r.Context(), site.Names{})
	if err != nil {
		return p, err
	}
	code := chi.URLParam(r, "plan")
	plan, ok := state.Plans[code]
	if !ok {
		return p, fault.New(fault.PlanUnknown, "plan", code)
	}
	return planning{actor: a, plan: plan}, nil
}

// form begins with the first day that can be, and its prices as they are.
func (d Deps) form(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	p, err := d.plan(r, a)
	if err != nil {
		return err
	}
	tomorrow := calendar.Midnight(time.Now()).AddDate(0, 0, 1)
	p.day, p.typed = calendar.Day(tomorrow), pricesOf(p.plan.At(tomorrow))
	return page.Render(w, r, http.StatusOK, planPage(p))
}

func (d Deps) add(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	p, err := d.plan(r, a)
	if err != nil {
		return err
	}
	p.day, p.typed = strings.TrimSpace(r.PostForm.Get("day")), map[string]string{}
	for _, f := range p.fields() {
		p.typed[f] = strings.TrimSpace(r.PostForm.Get(f))
	}
	dry := r.PostForm.Get("do") != "publish"
	v, err := p.version()
	var out site.Planned
	if err == nil {
		out, err = d.Prices.Add(r.Context(), p.plan.Code, v, a.Person.Name+" "+a.Person.Login, dry)
	}
	if bad, ok := forms.Said(r.Context(), err); ok {
		p.problem = bad
		return page.Render(w, r, http.StatusUnprocessableEntity, planPage(p))
	}
	if err != nil {
		return err
	}
	if dry {
		p.preview = &out
		return page.Render(w, r, http.StatusOK, planPage(p))
	}
	if err := d.Traces.Note(r.Context(), a, "plan_version_added", p.plan.Code, account.Address(r), p.day); err != nil {
		return err
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
	return nil
}

// version reads what was typed.
func (p planning) version() (v catalog.PlanVersion, err error) {
	if v.From, err = calendar.ParseDay(p.day); err != nil {
		return v, fault.Wrap(err, fault.PlanVersionDay, "day", p.day)
	}
	for field, into := range map[string]*money.Amount{"fee": &v.Fee, "numberfee": &v.NumberFee, "package": &v.Package, "minimum": &v.Minimum} {
		if typed, ok := p.typed[field]; ok {
			if *into, err = money.Parse(typed); err != nil {
				return v, fault.Wrap(err, fault.MoneyInvalid, "value", typed, "reason", err.Error())
			}
		}
	}
	const most = 10 * 366 * 24 * 3600
	if typed, ok := p.typed["seconds"]; ok {
		if v.Seconds, err = strconv.ParseInt(typed, 10, 64); err != nil || v.Seconds < 0 || v.Seconds > most {
			return v, fault.New(fault.ValueRange, "value", typed, "min", 0, "max", most)
		}
	}
	return v, nil
}

func (d Deps) withdraw(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	code, day := chi.URLParam(r, "plan"), r.PostForm.Get("day")
	from, err := calendar.ParseDay(day)
	if err != nil {
		err = fault.Wrap(err, fault.PlanVersionDay, "day", day)
	} else {
		err = d.Prices.Withdraw(r.Context(), code, from)
	}
	if bad, ok := forms.Said(r.Context(), err); ok {
		return d.listed(w, r, http.StatusUnprocessableEntity, list{actor: a, problem: bad})
	}
	if err != nil {
		return err
	}
	if err := d.Traces.Note(r.Context(), a, "plan_version_withdrawn", code, account.Address(r), day); err != nil {
		return err
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
	return nil
}

// change is a price before and after, in words.
type change struct{ key, before, after string }

// changes are what the previewed version makes of each price, and of what a plain
// number costs in all.
func (p planning) changes(ctx context.Context) (list []change) {
	row := func(x catalog.Plan) map[string]string {
		return map[string]string{
			"fee": yuan(x.Fee), "numberfee": yuan(x.NumberFee), "package": yuan(x.Package), "seconds": span(ctx, x.Seconds), "minimum": yuan(x.Minimum),
			"firstyear": yuan(costs(x, 1, p.preview.From)), "threeyears": yuan(costs(x, 3, p.preview.From)),
		}
	}
	before, after := row(p.preview.Before), row(p.preview.After)
	for _, key := range append(p.fields(), "firstyear", "threeyears") {
		list = append(list, change{key, before[key], after[key]})
	}
	return list
}

// costs are what a plain number costs in all under the plan, without a call.
func costs(p catalog.Plan, years int, from time.Time) money.Amount {
	return catalog.QuoteOf(p, catalog.Sale{}, catalog.Floor{}).Over(years, from).Total()
}
