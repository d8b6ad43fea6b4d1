package web

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/identity"
	"sibai/internal/web/account"
	"sibai/internal/web/bell"
	"sibai/internal/web/bills"
	"sibai/internal/web/checkout"
	"sibai/internal/web/console"
	"sibai/internal/web/contact"
	"sibai/internal/web/help"
	"sibai/internal/web/hooks"
	"sibai/internal/web/keys"
	"sibai/internal/web/live"
	"sibai/internal/web/office"
	"sibai/internal/web/outbox"
	"sibai/internal/web/page"
	"sibai/internal/web/pricelist"
	"sibai/internal/web/promo"
	"sibai/internal/web/purchase"
	"sibai/internal/web/review"
	"sibai/internal/web/shop"
	"sibai/internal/web/static"
	"sibai/internal/web/stock"
	"sibai/internal/web/support"
	"sibai/internal/web/transfer"
	"sibai/internal/web/verify"
)

// Deps is what the pages need.
type Deps struct {
	Live        live.Source
	Office      Office
	Log         *slog.Logger // nil is slog.Default()
	Chat        support.Chat
	LogRequests bool // one line a request; off by default, for pages are read all day
}

// Handler serves every page and file below /. Streams end when the live
// Source closes its subscriptions, so close those before the server is shut
// down.
func Handler(d Deps) http.Handler {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	pages := page.Pages{Log: d.Log}
	r := router(pages, d.LogRequests)
	live.Stream(r, pages, d.Live)
	r.Group(func(r chi.Router) {
		if d.Office.Gate != nil {
			r.Use(d.Office.Gate.Sessions, d.Office.Gate.Only(pages, identity.SeeOffice))
		}
		support.Routes(r, pages, d.Chat)
	})
	r.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5))
		live.Routes(r, pages, d.Live)
	})
	if d.Office.Gate != nil {
		r.Group(func(r chi.Router) {
			r.Use(middleware.Compress(5), d.Office.Gate.Sessions)
			d.Office.Gate.Routes(r, pages)
			office.Routes(r, pages, d.Office.Gate, d.Office.Deps)
			review.Routes(r, pages, d.Office.Gate, d.Office.Applications)
			stock.Routes(r, pages, d.Office.Gate, d.Office.Stock, d.Office.Deps.People)
			pricelist.Routes(r, pages, d.Office.Gate, pricelist.Deps{Catalogue: d.Office.Catalogue, Prices: d.Office.Prices, Traces: d.Office.Deps.People})
			outbox.Routes(r, pages, d.Office.Gate, d.Office.Messages, d.Office.Deps.People)
			bell.Routes(r, pages, d.Office.Gate, d.Office.Notices, d.Office.Deps.People, true)
			bills.Routes(r, pages, d.Office.Gate, d.Office.Bills, d.Office.Deps.People)
			transfer.DeskRoutes(r, pages, d.Office.Gate, d.Office.Claims, d.Office.Deps.People)
		})
	}
	return r
}

// Office is the pages of staff, behind their sign-in. Without a Gate there are
// none.
type Office struct {
	Gate         *account.Gate
	Deps         office.Deps
	Applications review.Applications
	Stock        stock.Inventory
	Catalogue    pricelist.Catalogue
	Prices       pricelist.Prices
	Claims       transfer.Desk
	Bills        bills.Bills
	Messages     outbox.Deps
	Notices      bell.Notices
}

// Console is the pages of customers' members, behind their sign-in. Without a
// Gate there are none.
type Console struct {
	Gate *account.Gate
	Deps console.Deps
}

// PublicDeps is what the pages for customers need.
type PublicDeps struct {
	Base         string // what the addresses of these pages begin with
	Payments     checkout.Payments
	Sandbox      checkout.Sandbox // nil when it is off
	Orders       purchase.Orders
	Applications verify.Applications
	Names        purchase.Names // where documents of orders are handed in
	Shop         shop.Deps
	Chat         contact.Chat
	Log          *slog.Logger // nil is slog.Default()
	Members      purchase.People
	Console      Console
	Transfers    transfer.Deps
	Providers    []string // of payments, by their names
	Hooks        hooks.Hooks
	Notices      bell.Notices
	Keys         keys.Keys
	Limits       Limits       // nil: nothing is counted
	Writes       hooks.People // writes down who changed a webhook or a key
}

// PublicHandler serves the pages for customers below /, and takes what payment
// providers tell. Nothing of the operator's is on it.
func PublicHandler(d PublicDeps) http.Handler {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	pages := page.Pages{Log: d.Log, Public: true}
	var more []func(http.Handler) http.Handler
	if d.Limits != nil {
		more = append(more, limited(pages, d.Limits))
	}
	r := router(pages, false, more...)
	contact.Routes(r, pages, d.Chat)
	r.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5))
		shop.Routes(r, pages, d.Shop)
		checkout.Routes(r, pages, d.Payments, d.Sandbox, d.Base)
		verify.Routes(r, pages, d.Applications)
		help.Routes(r, pages)
		promo.Routes(r, pages, d.Shop.Shelf)
	})
	if d.Console.Gate != nil {
		r.Group(func(r chi.Router) {
			r.Use(middleware.Compress(5), d.Console.Gate.Sessions)
			purchase.Routes(r, pages, d.Orders, d.Members, d.Console.Gate, d.Names, purchase.Ways{Providers: d.Providers, Bank: d.Transfers.Bank.On()})
			transfer.Routes(r, pages, d.Console.Gate, d.Transfers)
			hooks.Routes(r, pages, d.Console.Gate, d.Hooks, d.Writes)
			keys.Routes(r, pages, d.Console.Gate, d.Keys, d.Writes)
			bell.Routes(r, pages, d.Console.Gate, d.Notices, d.Writes, false)
			d.Console.Gate.Routes(r, pages)
			console.Routes(r, pages, d.Console.Gate, d.Console.Deps)
		})
	}
	return r
}

// router has what every page needs, and the files.
func router(pages page.Pages, logRequests bool, more ...func(http.Handler) http.Handler) *chi.Mux {
	notFound := pages.Refuse(page.Refusal{Status: http.StatusNotFound, Title: "error.notfound", Why: "error.notfoundwhy"})
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(pages.Refuse(page.Refusal{Status: http.StatusForbidden, Title: "error.crossorigin", Why: "error.crossoriginwhy"}))

	r := chi.NewRouter()
	r.Use(preferences)
	if logRequests {
		r.Use(logged(pages.Log))
	}
	r.Use(secured, pages.Recover, crossOrigin.Handler, middleware.GetHead)
	r.Use(more...)
	r.NotFound(notFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Allow", allowed(r, req.URL.Path))
		pages.Refuse(page.Refusal{Status: http.StatusMethodNotAllowed, Title: "error.method", Why: "error.methodwhy"})(w, req)
	})
	r.Get(static.Prefix+"*", static.Handler(notFound).ServeHTTP)
	return r
}

// allowed lists the methods that an address takes.
func allowed(r *chi.Mux, path string) string {
	if r.Match(chi.NewRouteContext(), http.MethodGet, path) {
		return "GET, HEAD"
	}
	return http.MethodPost
}
