// Package keys is the console's page for the keys by which a customer's own programs
// use the API: made, shown once, revoked.
package keys

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"sibai/internal/apikey"
	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Keys manages the keys of customers.
type Keys interface {
	// Keys lists those of a customer, the newest first.
	Keys(ctx context.Context, c catalog.Customer) ([]apikey.Key, error)
	// MakeKey makes one and says its secret. Faults: input_invalid, keys_full.
	MakeKey(ctx context.Context, c catalog.Customer, name string, scopes []apikey.Scope) (apikey.Key, string, error)
	// RevokeKey ends one of the customer's. Faults: key_not_found.
	RevokeKey(ctx context.Context, c catalog.Customer, id apikey.ID) error
}

// People writes down who changed what; identity.Service implements it.
type People interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Path is where the page is.
const Path = "/console/keys"

type handlers struct {
	keys   Keys
	people People
}

// Routes adds the page to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, keys Keys, people People) {
	h := handlers{keys, people}
	r.Get(Path, gate.Need(pages, identity.ManageHooks, h.list))
	r.Post(Path, gate.Need(pages, identity.ManageHooks, h.add))
	r.Post(Path+"/{id}/revoke", gate.Need(pages, identity.ManageHooks, h.revoke))
}

// sheet is what the page shows.
type sheet struct {
	actor   identity.Actor
	list    []apikey.Key
	name    string
	scopes  []apikey.Scope
	problem *forms.Problem
	secret  string // shown once
}

func (h handlers) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.render(w, r, http.StatusOK, sheet{actor: a})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) (err error) {
	if s.list, err = h.keys.Keys(r.Context(), s.actor.Customer); err != nil {
		return err
	}
	return page.Render(w, r, status, listPage(s))
}

func (h handlers) add(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	s := sheet{actor: a, name: r.PostForm.Get("name")}
	for _, scope := range r.PostForm["scope"] {
		s.scopes = append(s.scopes, apikey.Scope(scope))
	}
	made, secret, err := h.keys.MakeKey(r.Context(), a.Customer, s.name, s.scopes)
	if bad, ok := forms.Said(r.Context(), err); ok {
		s.problem = bad
		return h.render(w, r, http.StatusUnprocessableEntity, s)
	}
	if err != nil {
		return err
	}
	if err := h.people.Note(r.Context(), a, "key_made", made.ID.String(), account.Address(r), made.Name); err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, sheet{actor: a, secret: secret})
}

func (h handlers) revoke(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := apikey.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := h.keys.RevokeKey(r.Context(), a.Customer, id); err != nil {
		return err
	}
	if err := h.people.Note(r.Context(), a, "key_revoked", id.String(), account.Address(r), ""); err != nil {
		return err
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
	return nil
}
