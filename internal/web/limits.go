package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"sibai/internal/fault"
	"sibai/internal/limit"
	"sibai/internal/web/account"
	"sibai/internal/web/page"
)

// Limits counts what is done from a network address; limit.Service implements it.
type Limits interface {
	Allow(ctx context.Context, r limit.Rule, address string) error
}

// bounded are the requests that one address may make only so often. Sign-ins and
// one-time codes are counted where they are looked at.
var bounded = []struct {
	method, path string
	rule         limit.Rule
	counts       func(r *http.Request) bool // nil: each
}{
	{http.MethodGet, "/verify", limit.Rule{Name: "verify", Most: 60, Within: 10 * time.Minute}, func(r *http.Request) bool { return r.URL.Query().Get("number") != "" }},
	{http.MethodPost, "/contract", limit.Rule{Name: "contract", Most: 30, Within: 10 * time.Minute}, nil},
	// A lock keeps a number from others for half an hour.
	{http.MethodPost, "/order/new", limit.Rule{Name: "order", Most: 20, Within: 30 * time.Minute}, nil},
	{http.MethodPost, "/contact", limit.Rule{Name: "contact", Most: 20, Within: 10 * time.Minute}, nil},
}

// limited refuses what an address did too often: 429, with a page that says when to
// try again.
func limited(pages page.Pages, limits Limits) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, b := range bounded {
				if r.Method != b.method || r.URL.Path != b.path || b.counts != nil && !b.counts(r) {
					continue
				}
				err := limits.Allow(r.Context(), b.rule, account.Address(r))
				if fault.CodeOf(err) == fault.TooMany {
					w.Header().Set("Retry-After", strconv.Itoa(int(b.rule.Within.Seconds())))
					pages.Refuse(page.Refusal{Status: http.StatusTooManyRequests, Title: "error.toomany", Why: "error.toomanywhy"})(w, r)
					return
				}
				if err != nil {
					pages.Log.WarnContext(r.Context(), "what an address does could not be counted; it is let through", "rule", b.rule.Name, "error", err)
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}
