package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5/middleware"

	"sibai/internal/fault"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// Render sends a page that nobody may keep: pages show calls and money. It
// returns an error only before anything was sent.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", text.Tag(text.From(r.Context())))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language, Cookie")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the reader went away: nothing to mend
	return nil
}

// Refusal is an answer that is no page, but no fault either: it says so in
// two sentences of the catalogue. Handlers return it as an error.
type Refusal struct {
	Status     int
	Title, Why string // keys of package text
}

// Error names the refusal for programs; people read the page.
func (r Refusal) Error() string { return fmt.Sprintf("refused with %d: %s", r.Status, r.Title) }

// Pages turns handlers that return errors into http handlers.
type Pages struct {
	Log    *slog.Logger
	Public bool // they are for customers
}

// Handle serves f. What f returns becomes a page, unless f has begun its
// answer already.
func (p Pages) Handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		started := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		err := f(started, r)
		if err == nil {
			return
		}
		if gone := r.Context().Err(); gone != nil && errors.Is(err, gone) {
			return // the reader went away
		}
		if started.Status() != 0 {
			p.Log.ErrorContext(r.Context(), "page broke off", "path", r.URL.Path, "error", err)
			return
		}
		p.fail(w, r, err)
	}
}

// Refuse serves a refusal.
func (p Pages) Refuse(refusal Refusal) http.HandlerFunc {
	return p.Handle(func(http.ResponseWriter, *http.Request) error { return refusal })
}

// Recover turns a panic into the page for a fault of ours.
func (p Pages) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) || started.Status() != 0 {
				p.Log.ErrorContext(r.Context(), "page panicked after it began", "path", r.URL.Path, "panic", v)
				panic(http.ErrAbortHandler) // net/http closes the connection, so the reader sees a broken page as broken
			}
			p.fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}()
		next.ServeHTTP(started, r)
	})
}

func (p Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	status, problem := describe(ctx, err)
	problem.Public = p.Public
	if status >= http.StatusInternalServerError {
		problem.Ref = reference()
		p.Log.ErrorContext(ctx, "page failed", "ref", problem.Ref, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	// What the failed page had set does not hold for this one.
	w.Header().Del("Content-Encoding")
	w.Header().Del("Content-Length")
	if err := Render(w, r, status, ui.ProblemPage(problem)); err != nil {
		p.Log.ErrorContext(ctx, "page of a fault failed", "path", r.URL.Path, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// describe says an error in the reader's words.
func describe(ctx context.Context, err error) (int, ui.Problem) {
	var refusal Refusal
	if errors.As(err, &refusal) {
		return refusal.Status, ui.Problem{Title: text.T(ctx, refusal.Title), Why: text.T(ctx, refusal.Why)}
	}
	var f *fault.Error
	if errors.As(err, &f) {
		if status, ok := statuses[f.Kind]; ok {
			lang := text.From(ctx)
			return status, ui.Problem{
				Title: f.Text(lang), Why: f.Remedy(lang),
				Retry: f.Kind == fault.KindUnavailable,
			}
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable, ui.Problem{
			Title: text.T(ctx, "error.unavailable"), Why: text.T(ctx, "error.unavailablewhy"), Retry: true,
		}
	}
	return http.StatusInternalServerError, ui.Problem{
		Title: text.T(ctx, "error.internal"), Why: text.T(ctx, "error.internalwhy"), Retry: true,
	}
}

// statuses maps the kinds of fault that a reader is told about. The others
// are faults of ours: their texts are for the log.
var statuses = map[fault.Kind]int{
	fault.KindInvalid:         http.StatusUnprocessableEntity,
	fault.KindNotFound:        http.StatusNotFound,
	fault.KindConflict:        http.StatusConflict,
	fault.KindForbidden:       http.StatusForbidden,
	fault.KindUnauthenticated: http.StatusUnauthorized,
	fault.KindExhausted:       http.StatusTooManyRequests,
	fault.KindUnavailable:     http.StatusServiceUnavailable,
}

// reference names one failure in the log and on its page.
func reference() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never returns an error
	return "e-" + hex.EncodeToString(b[:])
}
