package account

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// Second is what the pages of the second step need; identity.Service implements it.
type Second interface {
	PassSecond(ctx context.Context, in identity.Session, code, address string) (time.Time, error)
	BeginSecond(ctx context.Context, a identity.Actor) (identity.Secret, error)
	ConfirmSecond(ctx context.Context, a identity.Actor, code, address string) (identity.Person, []string, identity.Secret, error)
	DropSecond(ctx context.Context, a identity.Actor, code, address string) (identity.Person, error)
	NewRecovery(ctx context.Context, a identity.Actor, code, address string) ([]string, error)
	RecoveryLeft(ctx context.Context, a identity.Actor) (int, error)
}

// secondRoutes adds the second step of signing in, and the page that sets it up.
func (g *Gate) secondRoutes(r chi.Router, pages page.Pages, everyone identity.Permission) {
	r.Get(g.prefix+"/signin/second", pages.Handle(g.pass))
	r.Post(g.prefix+"/signin/second", pages.Handle(g.pass))
	r.Get(g.home+"/second", g.guard(pages, everyone, true, g.second))
	r.Post(g.home+"/second", g.guard(pages, everyone, true, g.changeSecond))
}

// step is what the pages of the second step show.
type step struct {
	gate    *Gate
	on      bool
	since   time.Time
	must    bool // the reader needs it, and has none yet
	left    int  // recovery codes
	secret  identity.Secret
	picture string   // of the secret
	codes   []string // new recovery codes
	to      string
	problem *forms.Problem
}

// fails says what is to be mended beside the form; other errors pass.
func (s *step) fails(r *http.Request, err error) error {
	p, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	s.problem = p
	return nil
}

// show is the secret as a picture, for an app to scan.
func (s *step) show(r *http.Request, secret identity.Secret, login string) (err error) {
	s.secret = secret
	s.picture, err = ui.QR(secret.URI(text.T(r.Context(), "layout.brand"), login))
	return err
}

// pass asks who showed a password or a code for the code of their app.
func (g *Gate) pass(w http.ResponseWriter, r *http.Request) error {
	s := step{gate: g, to: g.inside(r.URL.Query().Get("to"))}
	if r.Method == http.MethodPost {
		if err := forms.Read(w, r); err != nil {
			return err
		}
		s.to = g.inside(r.PostForm.Get("to"))
	}
	_, err := g.Actor(r)
	switch code := fault.CodeOf(err); {
	case err == nil || code == fault.SecondMissing:
		http.Redirect(w, r, s.to, http.StatusSeeOther)
		return nil
	case code == fault.SignedOut:
		http.Redirect(w, r, g.prefix+"/signin?"+url.Values{"to": {s.to}}.Encode(), http.StatusSeeOther)
		return nil
	case code != fault.SecondNeeded:
		return err
	case r.Method != http.MethodPost:
		return page.Render(w, r, http.StatusOK, passPage(s))
	}
	who := g.who(r)
	if who.Second, err = g.people.PassSecond(r.Context(), who, r.PostForm.Get("code"), Address(r)); err == nil {
		if err := g.keep(r, who); err != nil {
			return err
		}
		http.Redirect(w, r, s.to, http.StatusSeeOther)
		return nil
	}
	if err := s.fails(r, err); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, passPage(s))
}

// second shows whether the second step is on.
func (g *Gate) second(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return g.showSecond(w, r, a, step{}, http.StatusOK)
}

func (g *Gate) showSecond(w http.ResponseWriter, r *http.Request, a identity.Actor, s step, status int) (err error) {
	s.gate, s.on, s.since = g, !a.Person.Second.IsZero(), a.Person.Second
	if !s.on {
		_, err := g.Actor(r)
		s.must = fault.CodeOf(err) == fault.SecondMissing
	} else if s.left, err = g.people.RecoveryLeft(r.Context(), a); err != nil {
		return err
	}
	return page.Render(w, r, status, secondPage(s))
}

// changeSecond sets the second step up, makes new recovery codes, or ends it.
func (g *Gate) changeSecond(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	var s step
	var err error
	code, from, ctx := r.PostForm.Get("code"), Address(r), r.Context()
	switch r.PostForm.Get("do") {
	case "begin":
		var secret identity.Secret
		if secret, err = g.people.BeginSecond(ctx, a); err == nil {
			err = s.show(r, secret, a.Person.Login)
		}
	case "confirm":
		err = g.confirm(r, &a, &s, code)
	case "codes":
		s.codes, err = g.people.NewRecovery(ctx, a, code, from)
	case "off":
		var p identity.Person
		if p, err = g.people.DropSecond(ctx, a, code, from); err == nil {
			a.Person = p
			err = g.again(r, p, time.Time{})
		}
	default:
		return fault.New(fault.InputInvalid)
	}
	status := http.StatusOK
	if err != nil {
		if err := s.fails(r, err); err != nil {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	return g.showSecond(w, r, a, s, status)
}

// confirm takes the first code of an app; after a wrong one the secret stays on the
// page.
func (g *Gate) confirm(r *http.Request, a *identity.Actor, s *step, code string) error {
	p, codes, shown, err := g.people.ConfirmSecond(r.Context(), *a, code, Address(r))
	if err == nil {
		a.Person, s.codes = p, codes
		return g.again(r, p, p.Second)
	}
	if shown != nil {
		if err := s.show(r, shown, a.Person.Login); err != nil {
			return err
		}
	}
	return err
}
