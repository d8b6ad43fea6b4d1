package account

import (
	"context"
	"encoding/gob"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/web/page"
	"sibai/internal/web/ui"
)

// People is what the pages need; identity.Service implements it.
type People interface {
	Second
	SignIn(ctx context.Context, login, password, address string) (identity.Person, error)
	SignInBy(ctx context.Context, login, by, address string) (identity.Person, error)
	Welcome(ctx context.Context, key string) (identity.Person, error)
	Accept(ctx context.Context, key, password, address string) (identity.Person, error)
	AskCode(ctx context.Context, login, lang, address string) (string, error)
	EnterCode(ctx context.Context, login, code, address string) (p identity.Person, known bool, err error)
	SignUp(ctx context.Context, login, name, company, address string) (identity.Person, error)
	SetPassword(ctx context.Context, id identity.ID, password, address string) (identity.Person, error)
	ChangePassword(ctx context.Context, id identity.ID, old, password, address string) (identity.Person, error)
	Actor(ctx context.Context, in identity.Session, staff bool) (identity.Actor, error)
	Memberships(ctx context.Context, p identity.ID) ([]identity.Membership, error)
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Gate knows who signed in to one side: the console of customers, or the office
// of the operator.
type Gate struct {
	people   People
	sessions *scs.SessionManager
	staff    bool
	home     string // where who signed in goes: /console or /office
	prefix   string // of the sign-in pages: empty, or /office
	unread   func(context.Context, identity.Actor) (int, error)
	waiting  func(context.Context, identity.Actor) (map[string]int, error)
	sso      *SSO     // nil: none
	passkeys Passkeys // nil: none
	warn     func(context.Context, error)
}

const (
	memberStays = 7 * 24 * time.Hour
	staffStays  = 12 * time.Hour
	sessionKey  = "who"
)

// NewGate makes a Gate over sessions that are kept in a store. secure is whether
// people reach it by TLS, so that the cookie goes no other way.
func NewGate(pages page.Pages, people People, store scs.Store, staff, secure bool) *Gate {
	failed := func(w http.ResponseWriter, r *http.Request, err error) {
		pages.Handle(func(http.ResponseWriter, *http.Request) error { return err })(w, r)
	}
	gob.Register(identity.Session{})
	// Not by scs.New, whose store in memory has a goroutine that nobody ends.
	m := &scs.SessionManager{
		Lifetime: memberStays, Store: store, Codec: scs.GobCodec{}, ErrorFunc: failed,
		Cookie: scs.SessionCookie{Name: "sibai_console", Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, Persist: true},
	}
	warn := func(ctx context.Context, err error) {
		pages.Log.WarnContext(ctx, "nobody can sign in by the identity provider", "error", err)
	}
	g := &Gate{people: people, sessions: m, staff: staff, home: "/console", warn: warn}
	if staff {
		m.Cookie.Name, m.Lifetime = "sibai_office", staffStays
		g.home, g.prefix = "/office", "/office"
	}
	return g
}

// Secure reports whether cookies go over HTTPS only.
func (g *Gate) Secure() bool { return g.sessions.Cookie.Secure }

// Rings makes the pages behind the sign-in show a bell with how many notices the
// reader has not read.
func (g *Gate) Rings(unread func(context.Context, identity.Actor) (int, error)) { g.unread = unread }

// Counts makes the pages behind the sign-in show beside each page's name how many
// things wait there for the reader.
func (g *Gate) Counts(waiting func(context.Context, identity.Actor) (map[string]int, error)) {
	g.waiting = waiting
}

// counted is a request whose page shows the bell and what waits.
func (g *Gate) counted(r *http.Request, a identity.Actor) (*http.Request, error) {
	// What follows a form is another page: nothing is shown yet.
	if g.waiting != nil && r.Method == http.MethodGet {
		waiting, err := g.waiting(r.Context(), a)
		if err != nil {
			return r, err
		}
		r = r.WithContext(ui.WithTasks(r.Context(), waiting))
	}
	if g.unread == nil {
		return r, nil
	}
	n, err := g.unread(r.Context(), a)
	if err != nil {
		return r, err
	}
	return r.WithContext(ui.WithBell(r.Context(), ui.Bell{Path: g.home + "/notices", Unread: n})), nil
}

// Sessions loads the session of a request, and keeps what became of it.
func (g *Gate) Sessions(next http.Handler) http.Handler { return g.sessions.LoadAndSave(next) }

// Need serves f to who signed in and has a permission. Others are led to the
// page of the step that is missing, and back here from it.
func (g *Gate) Need(pages page.Pages, p identity.Permission, f func(http.ResponseWriter, *http.Request, identity.Actor) error) http.HandlerFunc {
	return g.guard(pages, p, false, f)
}

// guard is Need; bare also serves staff who have yet to set up the second step that
// they need.
func (g *Gate) guard(pages page.Pages, p identity.Permission, bare bool, f func(http.ResponseWriter, *http.Request, identity.Actor) error) http.HandlerFunc {
	return pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
		a, err := g.Actor(r)
		code := fault.CodeOf(err)
		if bare && code == fault.SecondMissing {
			err = nil
		}
		if lead := g.lead(code); err != nil && lead != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.Redirect(w, r, lead+"?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
			return nil
		}
		if err == nil {
			err = a.Allow(p)
		}
		if err != nil {
			return err
		}
		if r, err = g.counted(r, a); err != nil {
			return err
		}
		return f(w, r, a)
	})
}

// lead is the page of the step that somebody's sign-in misses; empty for none.
func (g *Gate) lead(missing fault.Code) string {
	switch missing {
	case fault.SignedOut:
		return g.prefix + "/signin"
	case fault.SecondNeeded:
		return g.prefix + "/signin/second"
	case fault.SecondMissing:
		return g.home + "/second"
	}
	return ""
}

// Only lets none through but who signed in and has a permission, as Need does.
func (g *Gate) Only(pages page.Pages, p identity.Permission) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return g.Need(pages, p, func(w http.ResponseWriter, r *http.Request, _ identity.Actor) error {
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// Actor is who a request is from. Faults: signed_out, second_needed, second_missing.
func (g *Gate) Actor(r *http.Request) (identity.Actor, error) {
	return g.people.Actor(r.Context(), g.who(r), g.staff)
}

// who is what the session of a request keeps; of nobody when there is none.
func (g *Gate) who(r *http.Request) identity.Session {
	who, _ := g.sessions.Get(r.Context(), sessionKey).(identity.Session)
	return who
}

// begin signs a person in: with a new token, so that one that somebody planted
// before is worth nothing. byCode is when a code proved the login; zero: none did.
func (g *Gate) begin(r *http.Request, p identity.Person, byCode time.Time) error {
	return g.keep(r, identity.Session{Person: p.ID, Epoch: p.Epoch, ByCode: byCode, Began: time.Now()})
}

// again begins a session anew for who is in one, with the second step as it was
// shown: what ended the others was its own doing.
func (g *Gate) again(r *http.Request, p identity.Person, second time.Time) error {
	return g.keep(r, identity.Session{Person: p.ID, Epoch: p.Epoch, Customer: g.who(r).Customer, Began: time.Now(), Second: second})
}

// keep puts a session, also half a one, under a new token. Faults: signed_out for a
// person without a part in this side.
func (g *Gate) keep(r *http.Request, s identity.Session) error {
	if err := g.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	_, err := g.people.Actor(r.Context(), s, g.staff)
	if code := fault.CodeOf(err); err != nil && code != fault.SecondNeeded && code != fault.SecondMissing {
		return errors.Join(err, g.sessions.Destroy(r.Context()))
	}
	g.sessions.Put(r.Context(), sessionKey, s)
	return nil
}

// choose makes a member look at another of its customers.
func (g *Gate) choose(r *http.Request, customer string) error {
	who := g.who(r)
	who.Customer = customer
	if _, err := g.people.Actor(r.Context(), who, g.staff); err != nil {
		return err
	}
	g.sessions.Put(r.Context(), sessionKey, who)
	return nil
}

// Address is where a request comes from, without the port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// inside is the address that a sign-in goes on to: one of this side's own pages,
// whatever somebody wrote into a link.
func (g *Gate) inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || strings.ContainsAny(to, "\\\r\n\t") ||
		strings.Contains(u.Path, "//") || strings.Contains(u.Path, "..") {
		return g.home
	}
	if own := u.Path == g.home || strings.HasPrefix(u.Path, g.home+"/") || g.staff && u.Path == "/support"; !own {
		return g.home
	}
	return u.RequestURI()
}

// side is the navigation that a page shows: none before somebody signed in.
func (g *Gate) side(kind string) string {
	switch {
	case kind != "password":
		return ""
	case g.staff:
		return "office"
	}
	return "console"
}
