package stock

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/number"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Inventory is what the pages need; inventory.Service implements it.
type Inventory interface {
	List(ctx context.Context, f inventory.Filter) (list []inventory.Standing, more bool, err error)
	Standing(ctx context.Context, digits string) (inventory.Standing, error)
	History(ctx context.Context, digits string) ([]inventory.Event, error)
	Grades(ctx context.Context) (number.Grades, error)
	Own(ctx context.Context) (number.Own, error)
	Overrides(ctx context.Context, digits string) ([]inventory.Override, error)
	SetGrade(ctx context.Context, o inventory.Override) error
	Move(ctx context.Context, step inventory.Step) error
	Add(ctx context.Context, list []inventory.Item, why string, dry bool) (inventory.Taken, error)
}

// Traces keeps what staff did; identity.Service implements it.
type Traces interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Path is where the pages are.
const Path = "/office/numbers"

type handlers struct {
	inventory Inventory
	traces    Traces
}

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, stock Inventory, traces Traces) {
	h := handlers{stock, traces}
	r.Get(Path, gate.Need(pages, identity.SeeOffice, h.list))
	r.Get(Path+"/in", gate.Need(pages, identity.ManageNumbers, h.form))
	r.Post(Path+"/in", gate.Need(pages, identity.ManageNumbers, h.take))
	r.Get(Path+"/{number}", gate.Need(pages, identity.SeeOffice, h.show))
	r.Post(Path+"/{number}/grade", gate.Need(pages, identity.ManageNumbers, h.grade))
	r.Post(Path+"/{number}/state", gate.Need(pages, identity.ManageNumbers, h.move))
}

const onPage = 50

// listed is a page of a search.
type listed struct {
	actor   identity.Actor
	typed   string
	state   number.State
	page    int
	list    []inventory.Standing
	more    bool
	problem *forms.Problem
}

// to is the address of another page of the search.
func (l listed) to(page int) string {
	return Path + "?" + url.Values{"q": {l.typed}, "state": {string(l.state)}, "page": {strconv.Itoa(page)}}.Encode()
}

// maxPage bounds how far somebody turns: whoever looks for a number searches it.
const maxPage = 1000

func (h handlers) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	v := r.URL.Query()
	l := listed{actor: a, typed: strings.TrimSpace(v.Get("q")), state: number.State(v.Get("state"))}
	l.page, _ = strconv.Atoi(v.Get("page"))
	l.page = min(max(l.page, 1), maxPage)
	mask, ok := inventory.Mask(l.typed)
	if !ok {
		l.problem = forms.Say(r.Context(), fault.New(fault.NumberInvalid, "value", l.typed))
		return page.Render(w, r, http.StatusUnprocessableEntity, listPage(l))
	}
	var err error
	l.list, l.more, err = h.inventory.List(r.Context(), inventory.Filter{Mask: mask, State: l.state, Skip: (l.page - 1) * onPage, Limit: onPage})
	if bad, said := forms.Said(r.Context(), err); said {
		l.problem, l.state = bad, ""
		return page.Render(w, r, http.StatusUnprocessableEntity, listPage(l))
	}
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(l))
}

// shown is one number.
type shown struct {
	actor    identity.Actor
	standing inventory.Standing
	grade    number.Rule
	grades   number.Grades
	own      ownForm
	typed    *ownForm // what could not be kept
	said     []inventory.Override
	events   []inventory.Event
	why      string
	problem  *forms.Problem
	step     stepForm
}

// ownForm is what is said of the number alone.
type ownForm struct {
	grade        string // empty: the table's
	fee, minimum string // empty: the grade's
}

// stepForm is what was typed to change the state.
type stepForm struct {
	to      number.State
	why     string
	problem *forms.Problem
}

func (h handlers) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.number(w, r, a, http.StatusOK, shown{})
}

// grade gives a number a grade of its own.
func (h handlers) grade(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	typed := chi.URLParam(r, "number")
	digits, err := number.Parse(typed)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	form := ownForm{r.PostForm.Get("grade"), r.PostForm.Get("fee"), r.PostForm.Get("minimum")}
	o := inventory.Override{Digits: digits, Why: r.PostForm.Get("why"), Who: a.Person.Name + " " + a.Person.Login}
	if o.Word, err = inventory.WordOf(form.grade, form.fee, form.minimum); err == nil {
		err = h.inventory.SetGrade(r.Context(), o)
	}
	if err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		return h.number(w, r, a, http.StatusUnprocessableEntity, shown{problem: bad, why: o.Why, typed: &form})
	}
	if err := h.traces.Note(r.Context(), a, "number_graded", number.Format(digits, ""), account.Address(r), strings.TrimSpace(o.Grade+" "+form.fee+" "+form.minimum+" "+o.Why)); err != nil {
		return err
	}
	http.Redirect(w, r, Path+"/"+digits, http.StatusSeeOther)
	return nil
}

// move gives a number another state by hand.
func (h handlers) move(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	typed := chi.URLParam(r, "number")
	digits, err := number.Parse(typed)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	step := inventory.Step{Digits: digits, To: number.State(r.PostForm.Get("to")), Why: r.PostForm.Get("why"), Who: a.Person.Name + " " + a.Person.Login}
	if err := h.inventory.Move(r.Context(), step); err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		return h.number(w, r, a, http.StatusUnprocessableEntity, shown{step: stepForm{step.To, step.Why, bad}})
	}
	if err := h.traces.Note(r.Context(), a, "number_moved", number.Format(digits, ""), account.Address(r), string(step.To)+" "+step.Why); err != nil {
		return err
	}
	http.Redirect(w, r, Path+"/"+digits, http.StatusSeeOther)
	return nil
}

func (h handlers) number(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, s shown) error {
	typed := chi.URLParam(r, "number")
	digits, err := number.Parse(typed)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	s.actor = a
	if s.standing, err = h.inventory.Standing(r.Context(), digits); err != nil {
		return err
	}
	grades, err := h.inventory.Grades(r.Context())
	if err != nil {
		return err
	}
	own, err := h.inventory.Own(r.Context())
	if err != nil {
		return err
	}
	s.grade, s.grades, s.own = grades.OfOwn(digits, own), grades, ownForm{grade: own[digits].Grade}
	if word := own[digits]; word.Priced {
		s.own.fee, s.own.minimum = word.Fee.String(), word.Minimum.String()
	}
	if s.typed != nil {
		s.own = *s.typed
	}
	if s.said, err = h.inventory.Overrides(r.Context(), digits); err != nil {
		return err
	}
	if s.events, err = h.inventory.History(r.Context(), digits); err != nil && fault.CodeOf(err) != fault.NumberNotStocked {
		return err // a number that a site file brought may have none
	}
	return page.Render(w, r, status, numberPage(s))
}
