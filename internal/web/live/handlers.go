package live

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

type handlers struct{ source Source }

// Routes adds the Live page and the page of one call to r. The stream of
// updates is added by Stream: it must not be buffered or compressed by others.
func Routes(r chi.Router, pages page.Pages, source Source) {
	h := handlers{source}
	r.Get("/", pages.Handle(h.live))
	r.Get("/calls/{id}", pages.Handle(h.call))
}

// Stream adds the stream of updates to r.
func Stream(r chi.Router, pages page.Pages, source Source) {
	r.Get("/live/events", pages.Handle(handlers{source}.events))
}

func (h handlers) live(w http.ResponseWriter, r *http.Request) error {
	s, err := h.source.Now(r.Context(), text.From(r.Context()))
	if err != nil {
		return fmt.Errorf("read the live page: %w", err)
	}
	return page.Render(w, r, http.StatusOK, livePage(s))
}

func (h handlers) call(w http.ResponseWriter, r *http.Request) error {
	c, ok, err := h.source.Call(r.Context(), chi.URLParam(r, "id"), text.From(r.Context()))
	if err != nil {
		return fmt.Errorf("read a call: %w", err)
	}
	if !ok {
		return page.Refusal{Status: http.StatusNotFound, Title: "error.nocall", Why: "error.nocallwhy"}
	}
	return page.Render(w, r, http.StatusOK, callPage(c, time.Now()))
}
