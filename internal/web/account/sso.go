package account

import (
	"context"
	"encoding/gob"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// SSO signs staff in by accounts that the operator has elsewhere.
type SSO struct {
	Name string // what people call it
	// Begin is where to go, and what Finish needs of it.
	Begin func(ctx context.Context) (address string, ticket []byte, err error)
	// Finish says whom the provider names. Faults: oidc_refused, oidc_unreachable.
	Finish func(ctx context.Context, ticket []byte, back url.Values) (login string, err error)
}

// errand is what a session keeps of a sign-in that was begun elsewhere.
type errand struct {
	Ticket []byte
	To     string
}

func init() { gob.Register(errand{}) }

const errandKey = "sso"

// By adds sign-in by accounts elsewhere; nil adds none.
func (g *Gate) By(s *SSO) { g.sso = s }

// SSOPath is where a provider leads back to.
const SSOPath = "/office/signin/sso/back"

func (g *Gate) ssoRoutes(r chi.Router, pages page.Pages) {
	r.Post(g.prefix+"/signin/sso", pages.Handle(g.leave))
	r.Get(g.prefix+"/signin/sso/back", pages.Handle(g.comeBack))
}

// leave sends who signs in to the provider.
func (g *Gate) leave(w http.ResponseWriter, r *http.Request) error {
	if g.sso == nil {
		return fault.New(fault.PathUnknown, "path", r.URL.Path, "spec", g.prefix+"/signin")
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	to := g.inside(r.PostForm.Get("to"))
	address, ticket, err := g.sso.Begin(r.Context())
	if err != nil {
		return g.ssoFails(w, r, to, err)
	}
	g.sessions.Put(r.Context(), errandKey, errand{ticket, to})
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// comeBack is where the provider leads to. What was begun can be finished once.
func (g *Gate) comeBack(w http.ResponseWriter, r *http.Request) error {
	if g.sso == nil {
		return fault.New(fault.PathUnknown, "path", r.URL.Path, "spec", g.prefix+"/signin")
	}
	begun, _ := g.sessions.Pop(r.Context(), errandKey).(errand)
	to := g.inside(begun.To)
	login, err := g.sso.Finish(r.Context(), begun.Ticket, r.URL.Query())
	var p identity.Person
	if err == nil {
		p, err = g.people.SignInBy(r.Context(), login, g.sso.Name, Address(r))
	}
	if err == nil {
		err = g.begin(r, p, time.Time{})
		if fault.CodeOf(err) == fault.SignedOut {
			err = fault.New(fault.OidcUnknown, "login", login)
		}
	}
	if err != nil {
		return g.ssoFails(w, r, to, err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// ssoFails shows the sign-in page with what went wrong, also when the provider is
// away: there is a password, too.
func (g *Gate) ssoFails(w http.ResponseWriter, r *http.Request, to string, err error) error {
	s := sheet{gate: g, kind: "signin", to: to}
	if fault.CodeOf(err) == fault.OidcUnreachable {
		s.problem = forms.Say(r.Context(), fault.New(fault.OidcUnreachable, "issuer", g.sso.Name, "reason", "—"))
		g.warn(r.Context(), err)
	} else if err := s.known(r, err); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, accountPage(s))
}
