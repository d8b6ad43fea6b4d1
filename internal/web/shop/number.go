package shop

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/web/page"
)

// shown is the page of a number.
type shown struct {
	Entry    number.Entry
	Standing inventory.Standing
	Rule     int // place of its grade in the table, from 1; 0: none
	Prices   []shelf.Price
	Similar  []card
	Plan     *catalog.Plan
	Contact  string
	Until    time.Time // a locked number is released by then, if nobody pays
}

// likeIt is how many similar numbers are shown.
const likeIt = 6

func (h handlers) number(w http.ResponseWriter, r *http.Request) error {
	typed := chi.URLParam(r, "number")
	digits, err := number.Parse(typed)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	if digits != typed {
		http.Redirect(w, r, "/numbers/"+digits, http.StatusMovedPermanently)
		return nil
	}
	standing, err := h.Shelf.Standing(r.Context(), digits)
	if err != nil {
		return err
	}
	grades := h.Shelf.Grades()
	until := standing.Since.Add(h.Lock)
	s := shown{
		Entry:    number.Entry{Digits: digits, Grade: grades.Of(digits), Free: standing.State == number.Available},
		Standing: standing, Plan: h.offer(r.URL.Query().Get("plan")), Contact: h.Contact, Until: until,
	}
	s.Rule = 1 + slices.Index(grades, s.Entry.Grade)
	for _, p := range h.Shelf.Plans() {
		s.Prices = append(s.Prices, h.Shelf.PriceOf(p, digits, s.Entry.Grade))
	}
	if s.Similar, err = h.similar(digits, s.Plan, likeIt); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, numberPage(s))
}

// compared is the page that compares numbers.
type compared struct {
	Cards []card
	Gone  []string // that are not for sale any more
	Plans []catalog.Plan
	Plan  *catalog.Plan
	List  []string
}

func (h handlers) compare(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query()
	s := compared{List: picked(v["n"]), Plans: h.Shelf.Plans(), Plan: h.offer(v.Get("plan"))}
	for _, digits := range s.List {
		standing, err := h.Shelf.Standing(r.Context(), digits)
		if err != nil && fault.KindOf(err) != fault.KindNotFound {
			return err
		}
		if err != nil || standing.State != number.Available {
			s.Gone = append(s.Gone, digits)
			continue
		}
		s.Cards = append(s.Cards, h.card(number.Entry{Digits: digits, Grade: h.Shelf.GradeOf(digits), Free: true}, s.Plan))
	}
	return page.Render(w, r, http.StatusOK, comparePage(s))
}

// checked is the page that says whether a number is genuine.
type checked struct {
	Typed    string
	Digits   string // empty: nothing was asked, or no number
	Wrong    bool   // what was typed is no 400 number
	Unknown  bool   // it is none of this operator's
	Standing inventory.Standing
}

func (h handlers) verify(w http.ResponseWriter, r *http.Request) error {
	s := checked{Typed: read(map[string][]string{"q": {r.URL.Query().Get("number")}}).Text}
	if s.Typed == "" {
		return page.Render(w, r, http.StatusOK, verifyPage(s))
	}
	digits, err := number.Parse(s.Typed)
	if err != nil {
		s.Wrong = true
		return page.Render(w, r, http.StatusUnprocessableEntity, verifyPage(s))
	}
	s.Digits = digits
	s.Standing, err = h.Shelf.Standing(r.Context(), digits)
	if s.Unknown = fault.KindOf(err) == fault.KindNotFound; err != nil && !s.Unknown {
		return err
	}
	return page.Render(w, r, http.StatusOK, verifyPage(s))
}
