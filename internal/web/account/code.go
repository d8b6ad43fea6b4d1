package account

import (
	"encoding/gob"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// proofKey is where a session keeps a login that a code proved, for who has no
// enterprise yet.
const (
	proofKey   = "proof"
	proofHolds = 30 * time.Minute
	// freshCode is how long after signing in by a code a password is set without
	// the one before.
	freshCode = 15 * time.Minute
)

// proof is a login that who has the session has shown to have.
type proof struct {
	Login string
	Until time.Time
}

func init() { gob.Register(proof{}) }

// codeRoutes adds signing in, and up, by a code.
func (g *Gate) codeRoutes(r chi.Router, pages page.Pages) {
	r.Get(codePath, pages.Handle(g.askCode))
	r.Post(codePath, pages.Handle(g.askCode))
	r.Post(codePath+"/enter", pages.Handle(g.enterCode))
	r.Get(signUpPath, pages.Handle(g.signUp))
	r.Post(signUpPath, pages.Handle(g.signUp))
}

const (
	codePath   = "/signin/code"
	signUpPath = "/signup"
)

// ticket is what the pages for a code show.
type ticket struct {
	login, to, name, company string
	asked                    bool // a code was sent
	problem                  *forms.Problem
}

// fails shows a page again with what is to be mended.
func (t ticket) fails(w http.ResponseWriter, r *http.Request, err error) error {
	p, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	t.problem = p
	return page.Render(w, r, http.StatusUnprocessableEntity, codePage(t))
}

func (g *Gate) askCode(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return page.Render(w, r, http.StatusOK, codePage(ticket{to: g.inside(r.URL.Query().Get("to"))}))
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	t := ticket{login: r.PostForm.Get("login"), to: g.inside(r.PostForm.Get("to")), asked: r.PostForm.Get("again") != ""}
	known, err := g.people.AskCode(r.Context(), t.login, string(text.From(r.Context())), Address(r))
	if err != nil {
		return t.fails(w, r, err)
	}
	t.login, t.asked = known, true
	return page.Render(w, r, http.StatusOK, codePage(t))
}

func (g *Gate) enterCode(w http.ResponseWriter, r *http.Request) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	t := ticket{login: r.PostForm.Get("login"), to: g.inside(r.PostForm.Get("to")), asked: true}
	p, known, err := g.people.EnterCode(r.Context(), t.login, r.PostForm.Get("code"), Address(r))
	if err != nil {
		return t.fails(w, r, err)
	}
	if known {
		err := g.begin(r, p, time.Now())
		if err == nil {
			http.Redirect(w, r, t.to, http.StatusSeeOther)
			return nil
		}
		if fault.CodeOf(err) != fault.SignedOut {
			return err
		}
	}
	login, err := identity.ParseLogin(t.login)
	if err != nil {
		return err
	}
	if err := g.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	g.sessions.Put(r.Context(), proofKey, proof{login, time.Now().Add(proofHolds)})
	http.Redirect(w, r, signUpPath, http.StatusSeeOther)
	return nil
}

// signUp asks who has proved a login for their name and enterprise.
func (g *Gate) signUp(w http.ResponseWriter, r *http.Request) error {
	proved, ok := g.sessions.Get(r.Context(), proofKey).(proof)
	if !ok || !time.Now().Before(proved.Until) {
		http.Redirect(w, r, codePath, http.StatusSeeOther)
		return nil
	}
	t := ticket{login: proved.Login}
	if r.Method != http.MethodPost {
		return page.Render(w, r, http.StatusOK, signUpPage(t))
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	t.name, t.company = r.PostForm.Get("name"), r.PostForm.Get("company")
	p, err := g.people.SignUp(r.Context(), proved.Login, t.name, t.company, Address(r))
	if err == nil {
		g.sessions.Remove(r.Context(), proofKey)
		err = g.begin(r, p, time.Now())
	}
	if err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		t.problem = bad
		return page.Render(w, r, http.StatusUnprocessableEntity, signUpPage(t))
	}
	http.Redirect(w, r, g.home, http.StatusSeeOther)
	return nil
}

// codeLink leads from the sign-in page to that for a code, and on to where the
// reader wanted to go.
func (s sheet) codeLink() string {
	return codePath + "?" + url.Values{"to": {s.to}}.Encode()
}
