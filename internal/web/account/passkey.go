package account

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/passkey"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Passkeys signs people in by keys of their devices; passkey.Service implements it.
type Passkeys interface {
	List(ctx context.Context, a identity.Actor) ([]passkey.Key, error)
	Begin(ctx context.Context, a identity.Actor, password string, fresh bool, address string) (options, ticket []byte, err error)
	Add(ctx context.Context, a identity.Actor, ticket, response []byte, name, address string) error
	Remove(ctx context.Context, a identity.Actor, id, address string) error
	Ask() (options, ticket []byte, err error)
	SignIn(ctx context.Context, ticket, response []byte, address string) (identity.Person, error)
}

// Unlock adds passkeys; nil adds none: browsers keep them for names and https alone.
func (g *Gate) Unlock(p Passkeys) { g.passkeys = p }

// challenge is what a session keeps of a passkey's ceremony.
type challenge struct{ Ticket []byte }

func init() { gob.Register(challenge{}) }

const (
	challengeKey = "passkey"
	maxAnswer    = 64 << 10 // of a browser, in bytes
)

func (g *Gate) passkeyRoutes(r chi.Router, pages page.Pages, everyone identity.Permission) {
	r.Post(g.prefix+"/signin/passkey/begin", pages.Handle(g.askPasskey))
	r.Post(g.prefix+"/signin/passkey", pages.Handle(g.byPasskey))
	r.Get(g.home+"/passkeys", g.guard(pages, everyone, true, g.listPasskeys))
	r.Post(g.home+"/passkeys/begin", g.guard(pages, everyone, true, g.beginPasskey))
	r.Post(g.home+"/passkeys", g.guard(pages, everyone, true, g.addPasskey))
	r.Post(g.home+"/passkeys/{key}/remove", g.guard(pages, everyone, true, g.removePasskey))
}

// heard is what the page's script hears: where to go, or what is wrong.
type heard struct {
	To     string `json:"to,omitempty"`
	What   string `json:"what,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func answer(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader is gone: nobody to tell
	return nil
}

// fails tells the script what is wrong; other errors pass.
func fails(w http.ResponseWriter, r *http.Request, err error) error {
	p, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	return answer(w, http.StatusUnprocessableEntity, heard{What: p.What, Remedy: p.Remedy})
}

func (g *Gate) noPasskeys(r *http.Request) error {
	if g.passkeys == nil {
		return fault.New(fault.PathUnknown, "path", r.URL.Path, "spec", g.prefix+"/signin")
	}
	return nil
}

func (g *Gate) askPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	options, ticket, err := g.passkeys.Ask()
	if err != nil {
		return err
	}
	g.sessions.Put(r.Context(), challengeKey, challenge{ticket})
	return answer(w, http.StatusOK, json.RawMessage(options))
}

// byPasskey signs in who unlocked a passkey: two steps in one.
func (g *Gate) byPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	asked, _ := g.sessions.Pop(r.Context(), challengeKey).(challenge)
	response, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if err != nil {
		return fault.Wrap(err, fault.InputInvalid)
	}
	p, err := g.passkeys.SignIn(r.Context(), asked.Ticket, response, Address(r))
	if err == nil {
		now := time.Now()
		err = g.keep(r, identity.Session{Person: p.ID, Epoch: p.Epoch, Began: now, Second: now, Passkey: now})
		if fault.CodeOf(err) == fault.SignedOut {
			err = fault.Wrap(err, fault.PasskeyRefused)
		}
	}
	if err != nil {
		return fails(w, r, err)
	}
	return answer(w, http.StatusOK, heard{To: g.inside(r.URL.Query().Get("to"))})
}

// keyring is what the page of passkeys shows.
type keyring struct {
	gate  *Gate
	list  []passkey.Key
	fresh bool // no password is asked for
}

func (g *Gate) listPasskeys(w http.ResponseWriter, r *http.Request, a identity.Actor) (err error) {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	k := keyring{gate: g, fresh: g.fresh(r)}
	if k.list, err = g.passkeys.List(r.Context(), a); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, passkeysPage(k))
}

// fresh reports whether a one-time code or a passkey proved who it is just now.
func (g *Gate) fresh(r *http.Request) bool {
	who := g.who(r)
	return time.Since(who.ByCode) < freshCode || time.Since(who.Passkey) < freshCode
}

func (g *Gate) beginPasskey(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	options, ticket, err := g.passkeys.Begin(r.Context(), a, r.PostForm.Get("password"), g.fresh(r), Address(r))
	if err != nil {
		return fails(w, r, err)
	}
	g.sessions.Put(r.Context(), challengeKey, challenge{ticket})
	return answer(w, http.StatusOK, json.RawMessage(options))
}

func (g *Gate) addPasskey(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	asked, _ := g.sessions.Pop(r.Context(), challengeKey).(challenge)
	response, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if err != nil {
		return fault.Wrap(err, fault.InputInvalid)
	}
	if err := g.passkeys.Add(r.Context(), a, asked.Ticket, response, r.URL.Query().Get("name"), Address(r)); err != nil {
		return fails(w, r, err)
	}
	return answer(w, http.StatusOK, heard{To: g.home + "/passkeys"})
}

func (g *Gate) removePasskey(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := g.noPasskeys(r); err != nil {
		return err
	}
	key, err := url.PathUnescape(chi.URLParam(r, "key"))
	if err != nil {
		return fault.Wrap(err, fault.PasskeyNotFound)
	}
	if err := g.passkeys.Remove(r.Context(), a, key, Address(r)); err != nil {
		return err
	}
	http.Redirect(w, r, g.home+"/passkeys", http.StatusSeeOther)
	return nil
}
