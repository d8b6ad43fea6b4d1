// Package hooks is the console's pages for what customers' own programs are told:
// endpoints, their secrets, and what became of each delivery.
package hooks

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/webhook"
)

// Hooks is what the pages need; webhook.Service implements it.
type Hooks interface {
	Endpoints(ctx context.Context, c catalog.Customer) ([]webhook.Endpoint, error)
	Endpoint(ctx context.Context, c catalog.Customer, id webhook.ID) (webhook.Endpoint, []webhook.Delivery, error)
	Add(ctx context.Context, c catalog.Customer, address string, types []webhook.Type) (webhook.Endpoint, error)
	Remove(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Rotate(ctx context.Context, c catalog.Customer, id webhook.ID) (webhook.Endpoint, error)
	SwitchOn(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Ping(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Replay(ctx context.Context, c catalog.Customer, id webhook.ID, event string) error
}

// People writes down who changed what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Path is where the pages begin.
const Path = "/console/webhooks"

type handlers struct {
	hooks  Hooks
	people People
}

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, hooks Hooks, people People) {
	h := handlers{hooks, people}
	r.Get(Path, gate.Need(pages, identity.ManageHooks, h.list))
	r.Post(Path, gate.Need(pages, identity.ManageHooks, h.add))
	r.Get(Path+"/{id}", gate.Need(pages, identity.ManageHooks, h.show))
	for name, do := range map[string]func(context.Context, *http.Request, catalog.Customer, webhook.ID) error{
		"remove": func(ctx context.Context, _ *http.Request, c catalog.Customer, id webhook.ID) error {
			return hooks.Remove(ctx, c, id)
		},
		"on": func(ctx context.Context, _ *http.Request, c catalog.Customer, id webhook.ID) error {
			return hooks.SwitchOn(ctx, c, id)
		},
		"ping": func(ctx context.Context, _ *http.Request, c catalog.Customer, id webhook.ID) error {
			return hooks.Ping(ctx, c, id)
		},
		"replay": func(ctx context.Context, r *http.Request, c catalog.Customer, id webhook.ID) error {
			return hooks.Replay(ctx, c, id, r.PostForm.Get("event"))
		},
	} {
		r.Post(Path+"/{id}/"+name, gate.Need(pages, identity.ManageHooks, h.act(name, do)))
	}
	r.Post(Path+"/{id}/rotate", gate.Need(pages, identity.ManageHooks, h.rotate))
}

// sheet is what the pages show.
type sheet struct {
	actor   identity.Actor
	list    []webhook.Endpoint
	one     webhook.Endpoint
	tried   []webhook.Delivery
	typed   string
	types   []webhook.Type
	problem *forms.Problem
	secret  string // shown once
}

func (h handlers) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, http.StatusOK, sheet{actor: a, types: webhook.Types()})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) (err error) {
	if s.list, err = h.hooks.Endpoints(r.Context(), s.actor.Customer); err != nil {
		return err
	}
	return page.Render(w, r, status, listPage(s))
}

func (h handlers) add(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	s := sheet{actor: a, typed: r.PostForm.Get("url")}
	for _, t := range r.PostForm["type"] {
		s.types = append(s.types, webhook.Type(t))
	}
	made, err := h.hooks.Add(r.Context(), a.Customer, s.typed, s.types)
	if bad, ok := forms.Said(r.Context(), err); ok {
		s.problem = bad
		return h.render(w, r, http.StatusUnprocessableEntity, s)
	}
	if err != nil {
		return err
	}
	if err := h.note(r, a, "added", made.ID, made.URL); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, onePage(sheet{actor: a, one: made, secret: made.Secret}))
}

func (h handlers) note(r *http.Request, a identity.Actor, what string, id webhook.ID, detail string) error {
	return h.people.Note(r.Context(), a, "webhook_"+what, id.String(), account.Address(r), detail)
}

func (h handlers) show(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := webhook.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	s := sheet{actor: a}
	if s.one, s.tried, err = h.hooks.Endpoint(r.Context(), a.Customer, id); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, onePage(s))
}

func (h handlers) rotate(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := webhook.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if _, err := h.hooks.Rotate(r.Context(), a.Customer, id); err != nil {
		return err
	}
	if err := h.note(r, a, "rotated", id, ""); err != nil {
		return err
	}
	s := sheet{actor: a}
	if s.one, s.tried, err = h.hooks.Endpoint(r.Context(), a.Customer, id); err != nil {
		return err
	}
	s.secret = s.one.Secret
	return page.Render(w, r, http.StatusOK, onePage(s))
}

// act does something to an endpoint, and goes back to its page.
func (h handlers) act(name string, do func(context.Context, *http.Request, catalog.Customer, webhook.ID) error) func(http.ResponseWriter, *http.Request, identity.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		if err := forms.Read(w, r); err != nil {
			return err
		}
		id, err := webhook.ParseID(chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		if err := do(r.Context(), r, a.Customer, id); err != nil {
			return err
		}
		if err := h.note(r, a, name, id, r.PostForm.Get("event")); err != nil {
			return err
		}
		to := Path + "/" + id.String()
		if name == "remove" {
			to = Path
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}
