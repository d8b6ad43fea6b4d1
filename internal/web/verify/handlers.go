package verify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/realname"
	"sibai/internal/vault"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Applications is what the page needs; realname.Service implements it.
type Applications interface {
	Open(ctx context.Context, application, key string) (realname.Case, error)
	Amend(ctx context.Context, id realname.ID, f realname.Form, who string) (realname.Application, error)
	Add(ctx context.Context, id realname.ID, n realname.NewDocument, who string) (realname.Document, error)
	HandIn(ctx context.Context, id realname.ID, who string) (realname.Application, error)
}

// Path is the address of an application's page, with the key of its link.
func Path(id realname.ID, key string) string {
	return "/verify/" + id.String() + "?" + url.Values{"k": {key}}.Encode()
}

type handlers struct{ applications Applications }

// Routes adds the page to r.
func Routes(r chi.Router, pages page.Pages, applications Applications) {
	h := handlers{applications}
	r.Get("/verify/{id}", pages.Handle(h.show))
	r.Post("/verify/{id}/form", pages.Handle(h.fill))
	r.Post("/verify/{id}/document", pages.Handle(h.add))
	r.Post("/verify/{id}/hand-in", pages.Handle(h.handIn))
}

// maxForm bounds a form, and what comes with a document, in bytes.
const maxForm = 64 << 10

// maxTargets is how many targets the form shows: those that there are and one
// more, up to this.
const maxTargets = 20

// sheet is what the page shows.
type sheet struct {
	realname.Case
	key      string
	typed    url.Values               // of a form that was refused; nil: as stored
	problems map[string]forms.Problem // by the id of what they are of
}

func (s sheet) path(do string) string {
	return "/verify/" + s.Application.ID.String() + "/" + do + "?" + url.Values{"k": {s.key}}.Encode()
}

func (h handlers) open(r *http.Request) (sheet, error) {
	key := r.URL.Query().Get("k")
	c, err := h.applications.Open(r.Context(), chi.URLParam(r, "id"), key)
	return sheet{Case: c, key: key, problems: map[string]forms.Problem{}}, err
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, application(s))
}

// done goes back to the page, or shows it with what is to be mended at the part
// that it is of.
func (h handlers) done(w http.ResponseWriter, r *http.Request, s sheet, part string, err error) error {
	if err == nil {
		http.Redirect(w, r, Path(s.Application.ID, s.key)+"#"+part, http.StatusSeeOther)
		return nil
	}
	problem, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	s.problems[part] = *problem
	again, err := h.applications.Open(r.Context(), s.Application.ID.String(), s.key)
	if err != nil {
		return err
	}
	s.Case = again
	return page.Render(w, r, http.StatusUnprocessableEntity, application(s))
}

func (h handlers) fill(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.InputInvalid)
	}
	_, err = h.applications.Amend(r.Context(), s.Application.ID, formOf(r.PostForm), realname.ByLink)
	if err != nil {
		s.typed = r.PostForm
	}
	return h.done(w, r, s, "form", err)
}

// formOf reads what was typed.
func formOf(v url.Values) realname.Form {
	person := func(who string) realname.Person {
		return realname.Person{Name: v.Get(who + "_name"), ID: v.Get(who + "_id"), ValidUntil: v.Get(who + "_until")}
	}
	f := realname.Form{
		Enterprise: realname.Enterprise{
			Name: v.Get("name"), USCC: v.Get("uscc"), Industry: realname.Industry(v.Get("industry")), Usage: v.Get("usage"), ValidUntil: v.Get("until"),
		},
		Legal: person("legal"),
	}
	if v.Get("applicant") == "handler" {
		handler := person("handler")
		f.Handler = &handler
	}
	for i := range maxTargets {
		n := "_" + strconv.Itoa(i)
		t := realname.Target{
			Phone: v.Get("phone" + n), Line: realname.Line(v.Get("line" + n)), Owner: realname.Owner(v.Get("owner" + n)),
			OwnerName: v.Get("owner_name" + n), BilledOn: v.Get("billed_on" + n),
		}
		if t.Phone != "" {
			f.Targets = append(f.Targets, t)
		}
	}
	return f
}

func (h handlers) add(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, vault.MaxFile+maxForm)
	n, err := document(r)
	part := slotID(realname.Slot{Kind: n.Kind, Target: n.Target})
	if err == nil {
		_, err = h.applications.Add(r.Context(), s.Application.ID, n, realname.ByLink)
	}
	return h.done(w, r, s, part, err)
}

// document reads a document that is handed in. One that is too large is read as
// far as it is allowed to be, so that its slot is known where that came first.
func document(r *http.Request) (n realname.NewDocument, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return n, fault.Wrap(err, fault.InputInvalid)
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, tooLarge(err, n.Name)
		}
		limit := int64(maxForm)
		if part.FormName() == "file" {
			n.Name, limit = part.FileName(), vault.MaxFile+1
		}
		data, err := io.ReadAll(io.LimitReader(part, limit))
		if err != nil {
			return n, tooLarge(err, n.Name)
		}
		switch part.FormName() {
		case "kind":
			n.Kind = realname.Kind(data)
		case "target":
			n.Target = string(data)
		case "until":
			n.Stated.ValidUntil = string(data)
		case "file":
			n.Data = data
		}
	}
	if len(n.Data) == 0 {
		return n, fault.New(fault.ValueEmpty, "example", "scan.jpg")
	}
	return n, nil
}

func tooLarge(err error, name string) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.Wrap(err, fault.FileSize, "name", name, "size", ">"+strconv.FormatInt(large.Limit, 10), "limit", vault.MaxFile)
	}
	return fault.Wrap(err, fault.InputInvalid)
}

func (h handlers) handIn(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	_, err = h.applications.HandIn(r.Context(), s.Application.ID, realname.ByLink)
	return h.done(w, r, s, "hand-in", err)
}
