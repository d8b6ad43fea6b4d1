package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"sibai/internal/apikey"
	"sibai/internal/build"
	"sibai/internal/fault"
)

// Document is one of the API's documents: operations under one path, for one kind
// of key.
type Document struct {
	Base  string // what the operations' paths begin with
	Spec  string // where the OpenAPI document is served, without .json
	Title string
	About string
	Tags  []*huma.Tag
	Side  apikey.Side // whose keys it takes
	// Keeps says that each POST carries an Idempotency-Key. Operations that are
	// idempotent by their own names need none.
	Keeps bool
}

// Parts are what a Face works with.
type Parts struct {
	Keys    Keys
	Answers Answers // nil without Document.Keeps
	Log     *slog.Logger
}

// Keys finds whose key a request carries; *apikey.Ring implements it.
type Keys interface {
	Check(ctx context.Context, secret string) (apikey.Key, error)
}

// Face serves a document. Operations are added with Add.
type Face struct {
	parts  Parts
	doc    Document
	api    huma.API
	router chi.Router
}

// New makes a Face without operations.
func New(d Document, p Parts) *Face {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	router := chi.NewMux()
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		write(w, r, fault.New(fault.PathUnknown, "path", r.URL.Path, "spec", d.Spec+".json"), 0)
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		write(w, r, fault.New(fault.RequestRefused, "reason", "method "+r.Method), http.StatusMethodNotAllowed)
	})
	cfg := huma.DefaultConfig("Sibai", build.Get().Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = d.Spec, "", ""
	cfg.CreateHooks = nil // no $schema in every answer
	cfg.Formats = map[string]huma.Format{"application/json": strict, "json": strict}
	cfg.Info.Version, cfg.Info.Title, cfg.Info.Description = "v1", d.Title, d.About
	cfg.Info.License = &huma.License{Name: "Apache-2.0"}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key."},
	}
	cfg.Tags = d.Tags
	problems()
	f := &Face{p, d, humachi.New(router, cfg), router}
	f.api.UseMiddleware(f.admit)
	if d.Keeps {
		f.api.UseMiddleware(f.again)
	}
	return f
}

// ServeHTTP answers requests. JSON is all there is, whatever a client says that it
// sends.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != octets {
		r.Header.Set("Content-Type", "application/json")
	}
	// No store keeps these, so nothing is named by them.
	if query, err := url.QueryUnescape(r.URL.RawQuery); err != nil || !text(r.URL.Path) || !text(query) {
		write(w, r, fault.New(fault.RequestRefused, "reason", "the address is not UTF-8 text"), http.StatusBadRequest)
		return
	}
	f.router.ServeHTTP(w, r)
}

func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// octets is the type of a body that is a file.
const octets = "application/octet-stream"

// OpenAPI is the document itself, in YAML.
func (f *Face) OpenAPI() ([]byte, error) { return f.api.OpenAPI().YAML() }

// scoped is where an operation keeps the scope that it needs.
const scoped = "scope"

// Op describes an operation.
type Op struct {
	Method, Path   string // below the document's base
	ID, Tag        string
	Scope          apikey.Scope
	Summary, About string
	MaxBody        int64 // bytes; 0: a MiB
	Status         int   // of success; 0: 200, or 204 without a body
}

// Add adds an operation.
func Add[I, O any](f *Face, op Op, do func(context.Context, *I) (*O, error)) {
	about := op.About
	if about != "" {
		about += " "
	}
	o := huma.Operation{
		Method: op.Method, Path: f.doc.Base + op.Path, OperationID: op.ID, Tags: []string{op.Tag}, Summary: op.Summary,
		Description: about + "Scope: `" + string(op.Scope) + "`.",
		Security:    []map[string][]string{{"key": {}}}, Metadata: map[string]any{scoped: op.Scope}, DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody,
		Errors:           []int{400, 401, 403, 404, 409, 422, 500, 503},
		SkipValidateBody: true, // the services validate, and say what is wrong in zh and en
	}
	if f.doc.Keeps && op.Method == http.MethodPost {
		o.Parameters = append(o.Parameters, &huma.Param{
			Name: keyHeader, In: "header", Required: true, Schema: &huma.Schema{Type: huma.TypeString},
			Description: "A name for this request, once a key, such as a UUID. Sent again with it within a day, the request gets the answer that it got, and nothing is done twice.",
		})
	}
	huma.Register(f.api, o, do)
}
