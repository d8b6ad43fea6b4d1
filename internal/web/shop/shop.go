package shop

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/tariff"
	"sibai/internal/web/page"
)

// Shelf is what the pages show; shelf.Shelf implements it.
type Shelf interface {
	Search(q number.Query) (number.Found, error)
	Len() int
	Grades() number.Grades
	GradeOf(digits string) number.Rule
	Issuer(digits string) number.Carrier
	Standing(ctx context.Context, digits string) (inventory.Standing, error)
	Plans() []catalog.Plan
	Increment(p catalog.Plan) tariff.Increment
	PriceOf(p catalog.Plan, digits string, grade number.Rule) shelf.Price
	Advise(a shelf.Ask) (shelf.Answer, error)
	Promotions() (running, coming catalog.Discounts)
}

// Deps is what the pages need.
type Deps struct {
	Shelf   Shelf
	Contact string        // how customers reach the operator, in its words; may be empty
	Lock    time.Duration // how long an order keeps a number that is not paid
}

type handlers struct {
	Deps
}

// Routes adds the pages to r.
func Routes(r chi.Router, pages page.Pages, d Deps) {
	h := handlers{d}
	r.Get("/", pages.Handle(h.home))
	r.Get("/numbers/{number}", pages.Handle(h.number))
	r.Get("/compare", pages.Handle(h.compare))
	r.Get("/plans", pages.Handle(h.plans))
	r.Get("/verify", pages.Handle(h.verify))
}

// offer is the plan of a code among those that are sold, or that with which a
// plain number costs least in three years; nil when none is sold.
func (h handlers) offer(code string) *catalog.Plan {
	plans := h.Shelf.Plans()
	var best *catalog.Plan
	for i, p := range plans {
		if p.Code == code {
			return &plans[i]
		}
		if best == nil || h.three(p) < h.three(*best) {
			best = &plans[i]
		}
	}
	return best
}

func (h handlers) three(p catalog.Plan) int64 {
	return int64(h.Shelf.PriceOf(p, "", number.Plain).Three.Total())
}

// card is a number as it is shown among others.
type card struct {
	number.Entry
	Carrier number.Carrier
	Price   *shelf.Price // under the chosen plan; nil when none is sold
	Picked  bool         // for comparison
	Mask    string       // what was searched, whose digits are marked; empty: none
}

func (h handlers) card(e number.Entry, plan *catalog.Plan) card {
	c := card{Entry: e, Carrier: h.Shelf.Issuer(e.Digits)}
	if plan != nil {
		price := h.Shelf.PriceOf(*plan, e.Digits, e.Grade)
		c.Price = &price
	}
	return c
}

// onPage is how many numbers a page of a search shows.
const onPage = 12

// found is a page of a search.
type found struct {
	Ask     ask
	Plans   []catalog.Plan
	Plan    *catalog.Plan
	Grades  number.Grades
	Cards   []card
	Total   int
	Stock   int
	Contact string
}

func (h handlers) home(w http.ResponseWriter, r *http.Request) error {
	a := read(r.URL.Query())
	q := a.query(h.Shelf.Grades())
	q.Limit, q.Skip = onPage, (a.Page-1)*onPage
	s := found{Ask: a, Plans: h.Shelf.Plans(), Plan: h.offer(a.Plan), Grades: h.Shelf.Grades(), Stock: h.Shelf.Len(), Contact: h.Contact}
	status := http.StatusOK
	if len(s.Ask.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	} else {
		out, err := h.Shelf.Search(q)
		if err != nil {
			return err
		}
		s.Total = out.Total
		for _, e := range out.Entries {
			c := h.card(e, s.Plan)
			c.Picked, c.Mask = slices.Contains(a.Compare, e.Digits), q.Mask
			s.Cards = append(s.Cards, c)
		}
	}
	return page.Render(w, r, status, home(s))
}

// similar lists numbers for sale that are like another.
func (h handlers) similar(digits string, plan *catalog.Plan, most int) ([]card, error) {
	out, err := h.Shelf.Search(number.Query{Near: digits, Limit: most})
	if err != nil {
		return nil, err
	}
	var list []card
	for _, e := range out.Entries {
		list = append(list, h.card(e, plan))
	}
	return list, nil
}
