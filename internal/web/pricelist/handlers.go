package pricelist

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/site"
	"sibai/internal/web/account"
	"sibai/internal/web/page"
)

// Catalogue is what is stored of a site; the store implements it.
type Catalogue interface {
	State(ctx context.Context, names site.Names) (site.State, error)
}

// Prices plans versions of plans; site.Prices implements it.
type Prices interface {
	Add(ctx context.Context, code string, v catalog.PlanVersion, who string, dry bool) (site.Planned, error)
	Withdraw(ctx context.Context, code string, from time.Time) error
}

// Traces keeps what staff did; identity.Service implements it.
type Traces interface {
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Deps is what the pages need.
type Deps struct {
	Catalogue Catalogue
	Prices    Prices
	Traces    Traces
}

// Path is where the page is.
const Path = "/office/plans"

// Routes adds the pages to r, inside of which gate.Sessions must be in use.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, d Deps) {
	r.Get(Path, gate.Need(pages, identity.SeeOffice, d.list))
	r.Get(Path+"/{plan}/version", gate.Need(pages, identity.ManagePrices, d.form))
	r.Post(Path+"/{plan}/version", gate.Need(pages, identity.ManagePrices, d.add))
	r.Post(Path+"/{plan}/withdraw", gate.Need(pages, identity.ManagePrices, d.withdraw))
}

func (d Deps) list(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return d.listed(w, r, http.StatusOK, list{actor: a})
}

func (d Deps) listed(w http.ResponseWriter, r *http.Request, status int, l list) error {
	state, err := d.Catalogue.State(r.Context(), site.Names{})
	if err != nil {
		return err
	}
	l.fill(r.Context(), state, time.Now())
	return page.Render(w, r, status, listPage(l))
}
