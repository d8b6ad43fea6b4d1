// Package review is the desk of real-name reviews: the queue, each document beside
// what was checked, the decision with its reasons, and the numbers that a rule
// stops. It refuses to know the rules: package realname decides. Nobody sees a
// document here without its being written down.
package review

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/realname"
	"sibai/internal/vault"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Applications is what the pages need; realname.Service implements it.
type Applications interface {
	List(ctx context.Context, f realname.Filter) ([]realname.Application, error)
	Show(ctx context.Context, id realname.ID, whole bool, who string) (realname.Case, error)
	Look(ctx context.Context, id realname.DocumentID, preview bool, who string) (realname.Document, []byte, error)
	Decide(ctx context.Context, id realname.ID, d realname.Decision) (realname.Application, error)
	Freezes(ctx context.Context) ([]realname.Freeze, error)
	Freeze(ctx context.Context, digits string, cause realname.Cause, note, who string) (realname.Freeze, error)
	Lift(ctx context.Context, digits, note, who string) (realname.Freeze, error)
}

// Where the pages are.
const (
	Path       = "/office/reviews"
	FreezePath = "/office/freezes"
)

type handlers struct{ applications Applications }

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, a Applications) {
	h := handlers{a}
	r.Get(Path, gate.Need(pages, identity.SeePersonal, h.queue))
	r.Get(Path+"/{id}", gate.Need(pages, identity.SeePersonal, h.show))
	r.Post(Path+"/{id}/whole", gate.Need(pages, identity.SeePersonal, h.whole))
	r.Post(Path+"/{id}/vendor", gate.Need(pages, identity.ReviewOrders, h.decide(realname.VendorReview)))
	r.Post(Path+"/{id}/carrier", gate.Need(pages, identity.OpenNumbers, h.decide(realname.CarrierReview)))
	r.Get(Path+"/{id}/documents/{document}", gate.Need(pages, identity.SeePersonal, h.original))
	r.Get(Path+"/{id}/documents/{document}/preview", gate.Need(pages, identity.SeePersonal, h.preview))
	r.Get(FreezePath, gate.Need(pages, identity.SeePersonal, h.freezes))
	r.Post(FreezePath, gate.Need(pages, identity.ReviewOrders, h.freeze))
	r.Post(FreezePath+"/lift", gate.Need(pages, identity.ReviewOrders, h.lift))
}

// who is a person in what is written down: names are not unique, and the rule of
// four eyes compares.
func who(a identity.Actor) string { return a.Person.Name + " " + a.Person.Login }

// desk is what the page shows.
type desk struct {
	actor    identity.Actor
	state    realname.State // of the queue
	list     []realname.Application
	c        *realname.Case
	document int // index of the one that is shown
	whole    bool
	typed    realname.Decision
	problem  *forms.Problem
	at       time.Time
}

// stageOf is the queue that a role works on.
func stageOf(a identity.Actor) realname.State {
	if !a.Role.Has(identity.ReviewOrders) {
		return realname.CarrierReview
	}
	return realname.VendorReview
}

func (h handlers) queue(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	d := desk{actor: a, state: stageOf(a), at: time.Now()}
	if asked := r.URL.Query().Get("state"); asked != "" {
		d.state = realname.State(asked)
	}
	var err error
	if d.list, err = h.applications.List(r.Context(), realname.Filter{State: d.state}); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, queuePage(d))
}

func (h handlers) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, a, http.StatusOK, desk{})
}

// whole shows the form with names and numbers of persons, which is written down.
func (h handlers) whole(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, a, http.StatusOK, desk{whole: true})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, d desk) error {
	id, err := realname.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	c, err := h.applications.Show(r.Context(), id, d.whole, who(a))
	if err != nil {
		return err
	}
	d.actor, d.c, d.at, d.state = a, &c, time.Now(), c.Application.State
	if d.list, err = h.applications.List(r.Context(), realname.Filter{State: d.state}); err != nil {
		return err
	}
	shown := r.URL.Query().Get("document")
	d.document = max(0, slices.IndexFunc(c.Documents, func(x realname.Document) bool { return x.ID.String() == shown }))
	return page.Render(w, r, status, deskPage(d))
}

func (h handlers) decide(stage realname.State) func(http.ResponseWriter, *http.Request, identity.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		if err := forms.Read(w, r); err != nil {
			return err
		}
		id, err := realname.ParseID(chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		d := realname.Decision{
			Stage: stage, Verdict: realname.Verdict(r.PostForm.Get("verdict")), Note: r.PostForm.Get("note"),
			Reference: r.PostForm.Get("reference"), Who: who(a),
		}
		for _, reason := range r.PostForm["reason"] {
			d.Reasons = append(d.Reasons, realname.Reason(reason))
		}
		_, err = h.applications.Decide(r.Context(), id, d)
		if bad, ok := forms.Said(r.Context(), err); ok && fault.KindOf(err) != fault.KindNotFound {
			return h.render(w, r, a, http.StatusUnprocessableEntity, desk{typed: d, problem: bad})
		}
		if err != nil {
			return err
		}
		to := Path + "?" + url.Values{"state": {string(stage)}}.Encode()
		next, err := h.applications.List(r.Context(), realname.Filter{State: stage, Limit: 1})
		if err != nil {
			return err
		}
		if len(next) > 0 {
			to = Path + "/" + next[0].ID.String()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}

func (h handlers) original(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.look(w, r, a, false)
}

func (h handlers) preview(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.look(w, r, a, true)
}

// look sends a document. A PDF is handed out as a file: nobody looked into it.
func (h handlers) look(w http.ResponseWriter, r *http.Request, a identity.Actor, preview bool) error {
	id, err := realname.ParseDocumentID(chi.URLParam(r, "document"))
	if err != nil {
		return err
	}
	d, data, err := h.applications.Look(r.Context(), id, preview, who(a))
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", mediaTypes[d.Type])
	header.Set("Content-Length", strconv.Itoa(len(data)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if d.Type == vault.PDF {
		header.Set("Content-Disposition", `attachment; filename="`+id.String()+`.pdf"`)
	}
	_, _ = w.Write(data) // the reader went away: nothing to mend
	return nil
}

var mediaTypes = map[vault.Type]string{vault.JPEG: "image/jpeg", vault.PNG: "image/png", vault.PDF: "application/pdf"}

// stops is what the page of numbers that a rule stops shows.
type stops struct {
	actor        identity.Actor
	list         []realname.Freeze
	number, note string
	cause        realname.Cause
	problem      *forms.Problem
}

func (h handlers) freezes(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.stopped(w, r, http.StatusOK, stops{actor: a, number: r.URL.Query().Get("number")})
}

func (h handlers) stopped(w http.ResponseWriter, r *http.Request, status int, s stops) error {
	var err error
	if s.list, err = h.applications.Freezes(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, status, freezesPage(s))
}

func (h handlers) freeze(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.stop(w, r, a, func(s stops) error {
		_, err := h.applications.Freeze(r.Context(), s.number, s.cause, s.note, who(a))
		return err
	})
}

func (h handlers) lift(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.stop(w, r, a, func(s stops) error {
		_, err := h.applications.Lift(r.Context(), s.number, s.note, who(a))
		return err
	})
}

func (h handlers) stop(w http.ResponseWriter, r *http.Request, a identity.Actor, do func(stops) error) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	s := stops{actor: a, number: r.PostForm.Get("number"), cause: realname.Cause(r.PostForm.Get("cause")), note: r.PostForm.Get("note")}
	err := do(s)
	if bad, ok := forms.Said(r.Context(), err); ok {
		s.problem = bad
		return h.stopped(w, r, http.StatusUnprocessableEntity, s)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, FreezePath, http.StatusSeeOther)
	return nil
}
