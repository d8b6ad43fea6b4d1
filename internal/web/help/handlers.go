package help

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Path is where the help centre begins.
const Path = "/help"

// Routes adds the pages to r.
func Routes(r chi.Router, pages page.Pages) {
	r.Get(Path, pages.Handle(list))
	r.Get(Path+"/{slug}", pages.Handle(show))
}

func list(w http.ResponseWriter, r *http.Request) error {
	all := shelves[text.From(r.Context())]
	question := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(terms(question)) == 0 {
		return page.Render(w, r, http.StatusOK, listPage(all.groups(), question))
	}
	return page.Render(w, r, http.StatusOK, foundPage(all, question, all.search(question)))
}

func show(w http.ResponseWriter, r *http.Request) error {
	all := shelves[text.From(r.Context())]
	before, a, after := all.find(chi.URLParam(r, "slug"))
	if a == nil {
		return page.Refusal{Status: http.StatusNotFound, Title: "help.none", Why: "help.nonewhy"}
	}
	return page.Render(w, r, http.StatusOK, articlePage(a, before, after, all.related(a)))
}

// to is the address of an article, of one of its sections when s is not nil.
func to(a *article, s *section) string {
	u := Path + "/" + a.slug
	if s != nil {
		u += "#" + s.id
	}
	return u
}
