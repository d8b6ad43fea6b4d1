package account

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Routes adds the pages to r, inside of which Gate.Sessions must be in use.
func (g *Gate) Routes(r chi.Router, pages page.Pages) {
	r.Get(g.prefix+"/signin", pages.Handle(g.signIn))
	r.Post(g.prefix+"/signin", pages.Handle(g.signIn))
	r.Post(g.prefix+"/signout", pages.Handle(g.signOut))
	r.Get(g.prefix+"/welcome", pages.Handle(g.welcome))
	r.Post(g.prefix+"/welcome", pages.Handle(g.welcome))
	everyone := identity.SeeConsole
	if g.staff {
		everyone = identity.SeeOffice
		g.ssoRoutes(r, pages)
	} else {
		r.Post("/console/customer", pages.Handle(g.customer))
		g.codeRoutes(r, pages)
	}
	g.secondRoutes(r, pages, everyone)
	g.passkeyRoutes(r, pages, everyone)
	r.Get(g.home+"/password", g.Need(pages, everyone, g.password))
	r.Post(g.home+"/password", g.Need(pages, everyone, g.password))
}

// WelcomePath is the address of an invitation, with the key of its link.
func WelcomePath(staff bool, key string) string {
	if staff {
		return "/office/welcome?k=" + key
	}
	return "/welcome?k=" + key
}

// SignInPath is the address of the sign-in page.
func SignInPath(staff bool) string {
	if staff {
		return "/office/signin"
	}
	return "/signin"
}

// sheet is what a page with one small form shows.
type sheet struct {
	gate    *Gate
	kind    string // signin, welcome or password
	login   string
	name    string
	to, key string
	problem *forms.Problem
	done    bool
	proved  bool // by a code, so that the present password is not asked for
}

// scripts are what the page needs beside those of every page.
func (s *sheet) scripts() []string {
	if s.kind == "signin" && s.gate.passkeys != nil {
		return []string{"js/passkey.js"}
	}
	return nil
}

// known turns a fault of what was typed into words of the page; others pass.
func (s *sheet) known(r *http.Request, err error) error {
	p, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	s.problem = p
	return nil
}

func (g *Gate) signIn(w http.ResponseWriter, r *http.Request) error {
	s := sheet{gate: g, kind: "signin", to: g.inside(r.URL.Query().Get("to"))}
	if r.Method != http.MethodPost {
		if _, err := g.Actor(r); err == nil {
			http.Redirect(w, r, s.to, http.StatusSeeOther)
			return nil
		}
		return page.Render(w, r, http.StatusOK, accountPage(s))
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	s.login, s.to = r.PostForm.Get("login"), g.inside(r.PostForm.Get("to"))
	p, err := g.people.SignIn(r.Context(), s.login, r.PostForm.Get("password"), Address(r))
	if err == nil {
		err = g.begin(r, p, time.Time{})
		if fault.CodeOf(err) == fault.SignedOut { // a person without a part in this side
			err = fault.New(fault.SignInWrong)
		}
	}
	if err != nil {
		if err := s.known(r, err); err != nil {
			return err
		}
		return page.Render(w, r, http.StatusUnprocessableEntity, accountPage(s))
	}
	http.Redirect(w, r, s.to, http.StatusSeeOther)
	return nil
}

func (g *Gate) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := g.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, g.prefix+"/signin", http.StatusSeeOther)
	return nil
}

// welcome is where an invitation leads: a person sets its password, and is signed
// in.
func (g *Gate) welcome(w http.ResponseWriter, r *http.Request) error {
	s := sheet{gate: g, kind: "welcome", key: r.URL.Query().Get("k")}
	p, err := g.people.Welcome(r.Context(), s.key)
	if err != nil {
		return err
	}
	s.name, s.login = p.Name, p.Login
	if r.Method != http.MethodPost {
		return page.Render(w, r, http.StatusOK, accountPage(s))
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	if p, err = g.people.Accept(r.Context(), s.key, r.PostForm.Get("password"), Address(r)); err == nil {
		err = g.begin(r, p, time.Time{})
	}
	if err != nil {
		if err := s.known(r, err); err != nil {
			return err
		}
		return page.Render(w, r, http.StatusUnprocessableEntity, accountPage(s))
	}
	http.Redirect(w, r, g.home, http.StatusSeeOther)
	return nil
}

func (g *Gate) password(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	// Who signed in by a code just now may have lost the password, or has none.
	proved := time.Since(g.who(r).ByCode) < freshCode
	s := sheet{gate: g, kind: "password", name: a.Person.Name, login: a.Person.Login, proved: proved}
	if r.Method != http.MethodPost {
		return page.Render(w, r, http.StatusOK, accountPage(s))
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	var p identity.Person
	var err error
	if proved {
		p, err = g.people.SetPassword(r.Context(), a.Person.ID, r.PostForm.Get("password"), Address(r))
	} else {
		p, err = g.people.ChangePassword(r.Context(), a.Person.ID, r.PostForm.Get("old"), r.PostForm.Get("password"), Address(r))
	}
	if err == nil {
		err = g.again(r, p, g.who(r).Second) // every other session is over
	}
	status := http.StatusOK
	if err != nil {
		if err := s.known(r, err); err != nil {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	s.done = err == nil
	return page.Render(w, r, status, accountPage(s))
}

func (g *Gate) customer(w http.ResponseWriter, r *http.Request) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	if err := g.choose(r, r.PostForm.Get("customer")); err != nil {
		return err
	}
	http.Redirect(w, r, g.home, http.StatusSeeOther)
	return nil
}
