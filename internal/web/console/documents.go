package console

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/realname"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Documents is what a customer declared and handed in of each number.
type Documents interface {
	// Applications lists those of a customer, the newest first.
	Applications(ctx context.Context, c catalog.Customer) ([]realname.Application, error)
	// HandIn is the address of the page where the documents of a number are handed in,
	// with a new key. Faults: number_not_rented, realname_state.
	HandIn(ctx context.Context, c catalog.Customer, digits string) (string, error)
}

// papers is what the page of documents shows.
type papers struct {
	frame
	list    []paper
	problem *forms.Problem
}

// paper is a number with its applications.
type paper struct {
	digits string
	list   []realname.Application // the newest first; none: nothing was handed in
}

// editable reports whether documents can be handed in now: those that are asked for,
// or new ones where the last were decided.
func (p paper) editable() bool {
	return len(p.list) == 0 || p.list[0].State.Editable() || !p.list[0].State.Open()
}

func (h handlers) documents(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.showDocuments(w, r, a, http.StatusOK, nil)
}

func (h handlers) showDocuments(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, problem *forms.Problem) error {
	f, err := h.frame(r, a, "documents")
	if err != nil {
		return err
	}
	v := papers{frame: f, problem: problem}
	standing, err := h.Source.Standing(r.Context(), a.Customer)
	if err != nil {
		return err
	}
	list, err := h.Documents.Applications(r.Context(), a.Customer)
	if err != nil {
		return err
	}
	if standing.Customer != nil {
		for _, n := range standing.Customer.Rentals {
			v.list = append(v.list, paper{digits: n.Digits})
		}
	}
	for _, one := range list {
		i := slices.IndexFunc(v.list, func(p paper) bool { return p.digits == one.Number })
		if i < 0 {
			i = len(v.list)
			v.list = append(v.list, paper{digits: one.Number})
		}
		v.list[i].list = append(v.list[i].list, one)
	}
	slices.SortFunc(v.list, func(a, b paper) int { return strings.Compare(a.digits, b.digits) })
	return page.Render(w, r, status, documentsPage(v))
}

func (h handlers) handIn(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	typed := r.PostForm.Get("number")
	digits, err := number.Parse(typed)
	var to string
	if err != nil {
		err = fault.Wrap(err, fault.NumberInvalid, "value", typed)
	} else {
		to, err = h.Documents.HandIn(r.Context(), a.Customer, digits)
	}
	if bad, ok := forms.Said(r.Context(), err); ok {
		return h.showDocuments(w, r, a, http.StatusUnprocessableEntity, bad)
	}
	if err != nil {
		return err
	}
	if err := h.People.Note(r.Context(), a, "documents_opened", number.Format(digits, ""), account.Address(r), ""); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
