package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// policy lets a page load from this server only, with no inline script or
// style (CSP level 3).
const policy = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'"

// secured sets the headers that hold for every answer.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}

// preferences finds the reader's language and theme and puts them in the
// context. A choice made in the address (?lang=, ?theme=) is kept in a cookie,
// except by a stream, which only repeats what its page was drawn in.
func preferences(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lang, theme := text.Choose(r), chooseTheme(r)
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			q := r.URL.Query()
			if _, ok := text.Parse(q.Get("lang")); ok {
				keep(w, r, text.Cookie, string(lang))
			}
			if _, ok := ui.ParseTheme(q.Get("theme")); ok {
				keep(w, r, ui.ThemeCookie, string(theme))
			}
		}
		ctx := text.With(r.Context(), lang)
		ctx = ui.WithPrefs(ctx, ui.Prefs{Theme: theme, URL: r.URL})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func chooseTheme(r *http.Request) ui.Theme {
	if t, ok := ui.ParseTheme(r.URL.Query().Get("theme")); ok {
		return t
	}
	if c, err := r.Cookie(ui.ThemeCookie); err == nil {
		if t, ok := ui.ParseTheme(c.Value); ok {
			return t
		}
	}
	return ui.Auto
}

func keep(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

// logged writes one line a request. The query is left out: what is in it may
// be somebody's phone number.
func logged(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			began := time.Now()
			next.ServeHTTP(seen, r)
			log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
				"status", seen.Status(), "bytes", seen.BytesWritten(), "took", time.Since(began))
		})
	}
}
