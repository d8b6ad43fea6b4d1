// Package bills is the pages of staff for what payment providers say in their bills and
// the books do not, or the other way round.
package bills

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/reconcile"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Bills is what the pages need; reconcile.Service implements it.
type Bills interface {
	Providers() []string
	Results(ctx context.Context) ([]reconcile.Result, error)
	Result(ctx context.Context, provider, day string) (reconcile.Result, error)
	Compare(ctx context.Context, provider, day string, bill []byte) (reconcile.Result, error)
	Settle(ctx context.Context, provider, day string, seq int, why, who string) (reconcile.Result, error)
}

// People writes down who did what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Path is where the pages begin.
const Path = "/office/bills"

// maxFile bounds a bill, in bytes.
const maxFile = 64 << 20

type handlers struct {
	bills  Bills
	people People
}

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, bills Bills, people People) {
	h := handlers{bills, people}
	r.Get(Path, gate.Need(pages, identity.SeeBooks, h.list))
	r.Post(Path, gate.Need(pages, identity.MoveMoney, h.compare))
	r.Get(Path+"/{provider}/{day}", gate.Need(pages, identity.SeeBooks, h.show))
	r.Post(Path+"/{provider}/{day}/{seq}", gate.Need(pages, identity.MoveMoney, h.settle))
}

// sheet is what the pages show.
type sheet struct {
	actor     identity.Actor
	providers []string
	provider  string
	day       string
	list      []reconcile.Result
	one       reconcile.Result
	seq       int // whose reason is wrong
	typed     string
	problem   *forms.Problem
}

func path(r reconcile.Result) string { return Path + "/" + r.Provider + "/" + r.Day }

func (h handlers) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, http.StatusOK, sheet{actor: a, day: calendar.Day(time.Now().AddDate(0, 0, -1))})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) (err error) {
	s.providers = h.bills.Providers()
	if s.list, err = h.bills.Results(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, status, listPage(s))
}

func (h handlers) compare(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxFile+forms.Max)
	s := sheet{actor: a}
	bill, err := upload(r)
	s.provider, s.day = r.FormValue("provider"), r.FormValue("day")
	var result reconcile.Result
	if err == nil {
		result, err = h.bills.Compare(r.Context(), s.provider, s.day, bill)
	}
	if bad, ok := forms.Said(r.Context(), err); ok {
		s.problem = bad
		return h.render(w, r, http.StatusUnprocessableEntity, s)
	}
	if err != nil {
		return err
	}
	if err := h.people.Note(r.Context(), a, "bill_compared", s.provider+" "+s.day, account.Address(r), strconv.Itoa(result.Open())); err != nil {
		return err
	}
	http.Redirect(w, r, path(result), http.StatusSeeOther)
	return nil
}

func upload(r *http.Request) ([]byte, error) {
	file, _, err := r.FormFile("bill")
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.FileSize, "name", "bill", "size", "?", "limit", maxFile)
	case err != nil:
		return nil, fault.Wrap(err, fault.FieldMissing, "field", "bill", "example", "2026-11-24.csv")
	}
	defer file.Close()
	return io.ReadAll(file)
}

func (h handlers) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	one, err := h.bills.Result(r.Context(), chi.URLParam(r, "provider"), chi.URLParam(r, "day"))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, onePage(sheet{actor: a, one: one}))
}

func (h handlers) settle(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	provider, day := chi.URLParam(r, "provider"), chi.URLParam(r, "day")
	seq, err := strconv.Atoi(chi.URLParam(r, "seq"))
	if err != nil {
		return fault.Wrap(err, fault.DifferenceNotFound, "day", day, "seq", chi.URLParam(r, "seq"))
	}
	typed := r.PostForm.Get("why")
	done, err := h.bills.Settle(r.Context(), provider, day, seq, typed, a.Person.Name+" "+a.Person.Login)
	if bad, ok := forms.Said(r.Context(), err); ok {
		one, err := h.bills.Result(r.Context(), provider, day)
		if err != nil {
			return err
		}
		return page.Render(w, r, http.StatusUnprocessableEntity, onePage(sheet{actor: a, one: one, seq: seq, typed: typed, problem: bad}))
	}
	if err != nil {
		return err
	}
	if err := h.people.Note(r.Context(), a, "bill_settled", provider+" "+day+" "+strconv.Itoa(seq), account.Address(r), typed); err != nil {
		return err
	}
	http.Redirect(w, r, path(done), http.StatusSeeOther)
	return nil
}
