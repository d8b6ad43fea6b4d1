package web

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/web/live"
	"sibai/internal/web/page"
	"sibai/internal/web/static"
)

// Deps is what the pages need.
type Deps struct {
	Live        live.Source
	Log         *slog.Logger // nil is slog.Default()
	LogRequests bool         // one line a request; off by default, for pages are read all day
}

// Handler serves every page and file below /. Streams end when the live
// Source closes its subscriptions, so close those before the server is shut
// down.
func Handler(d Deps) http.Handler {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	pages := page.Pages{Log: d.Log}
	notFound := pages.Refuse(page.Refusal{Status: http.StatusNotFound, Title: "error.notfound", Why: "error.notfoundwhy"})
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(pages.Refuse(page.Refusal{Status: http.StatusForbidden, Title: "error.crossorigin", Why: "error.crossoriginwhy"}))

	r := chi.NewRouter()
	r.Use(preferences)
	if d.LogRequests {
		r.Use(logged(d.Log))
	}
	r.Use(secured, pages.Recover, crossOrigin.Handler, middleware.GetHead)
	r.NotFound(notFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		pages.Refuse(page.Refusal{Status: http.StatusMethodNotAllowed, Title: "error.method", Why: "error.methodwhy"})(w, r)
	})
	r.Get(static.Prefix+"*", static.Handler(notFound).ServeHTTP)
	live.Stream(r, pages, d.Live)
	r.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5))
		live.Routes(r, pages, d.Live)
	})
	return r
}
