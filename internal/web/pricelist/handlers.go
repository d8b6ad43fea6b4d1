package pricelist

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/identity"
	"sibai/internal/site"
	"sibai/internal/web/account"
	"sibai/internal/web/page"
)

// Catalogue is what is stored of a site; the store implements it.
type Catalogue interface {
	State(ctx context.Context, names site.Names) (site.State, error)
}

// Path is where the page is.
const Path = "/office/plans"

// Routes adds the page to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, c Catalogue) {
	r.Get(Path, gate.Need(pages, identity.SeeOffice, func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		state, err := c.State(r.Context(), site.Names{})
		if err != nil {
			return err
		}
		return page.Render(w, r, http.StatusOK, listPage(listOf(r.Context(), a, state, time.Now())))
	}))
}
