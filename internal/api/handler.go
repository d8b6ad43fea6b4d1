package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"sibai/internal/apikey"
	"sibai/internal/build"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/remote"
)

// Keys finds whose key a request carries; *apikey.Ring implements it.
type Keys interface {
	Check(ctx context.Context, secret string) (apikey.Key, error)
}

// Lines knows the numbers; *directory.Directory implements it.
type Lines interface {
	Line(number string) (directory.Line, bool)
}

// Accounts reads accounts; *charging.Service implements it.
type Accounts interface {
	Balances(ctx context.Context, shard int, account charging.AccountID) (*charging.AccountView, error)
}

// Deps are what the operations need.
type Deps struct {
	Calls    *remote.Service
	Keys     Keys
	Lines    Lines
	Accounts Accounts
	Log      *slog.Logger
}

// face is the operations with what they need.
type face struct{ Deps }

// Handler serves the API under /api/.
func Handler(d Deps) http.Handler {
	router, _ := mount(d)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// JSON is all there is, whatever a client says that it sends.
		r.Header.Set("Content-Type", "application/json")
		router.ServeHTTP(w, r)
	})
}

// Document is the OpenAPI document, in YAML.
func Document() ([]byte, error) {
	_, api := mount(Deps{Log: slog.New(slog.DiscardHandler)})
	return api.OpenAPI().YAML()
}

func mount(d Deps) (http.Handler, huma.API) {
	f := &face{d}
	router := chi.NewMux()
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		write(w, r, fault.New(fault.PathUnknown, "path", r.URL.Path), 0)
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		write(w, r, fault.New(fault.RequestRefused, "reason", "method "+r.Method), http.StatusMethodNotAllowed)
	})
	cfg := huma.DefaultConfig("Sibai", build.Get().Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/openapi", "", ""
	cfg.CreateHooks = nil // no $schema in every answer
	cfg.Formats = map[string]huma.Format{"application/json": strict, "json": strict}
	cfg.Info.Version, cfg.Info.Title, cfg.Info.Description = "v1", "Sibai charging API", about
	cfg.Info.License = &huma.License{Name: "Apache-2.0"}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key; `sibai key create` makes one."},
	}
	cfg.Tags = []*huma.Tag{
		{Name: "calls", Description: "Credit for calls that another switch carries."},
		{Name: "accounts", Description: "What an account has."},
	}
	problems()
	api := humachi.New(router, cfg)
	api.UseMiddleware(f.admit(api))
	f.callOperations(api)
	f.batchOperation(api)
	f.balanceOperation(api)
	return router, api
}

const about = `Online charging for calls that another switch carries: it asks for credit before a phone rings (reserve),
for more while people talk (extend), and says how long they talked (settle) or that nobody answered (release).

Every operation is idempotent by the client of the API key and the switch's own name for the call (and the sequence of
an extension): the same request again gets the same answer and changes nothing. A refusal is a 200 answer with ` + "`refused`" + `;
errors are problem documents (RFC 9457) with a code, and a remedy in the language of Accept-Language (zh or en).
Money is whole micro-yuan beside a text in yuan. What was answered is durable.`

// strict is JSON whose bodies may have no fields that do not exist.
var strict = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode}

type asking struct{}

// asker is who asks, and in which language.
type asker struct {
	key  apikey.Key
	lang fault.Lang
}

func askerOf(ctx context.Context) asker {
	a, ok := ctx.Value(asking{}).(asker)
	if !ok {
		a.lang = fault.Chinese
	}
	return a
}

// admit lets requests through whose key has the operation's scope.
func (f *face) admit(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		scope, _ := ctx.Operation().Metadata[scoped].(apikey.Scope)
		a := asker{lang: language(ctx.Header("Accept-Language"))}
		secret, _ := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		var err error
		if a.key, err = f.Keys.Check(ctx.Context(), strings.TrimSpace(secret)); err == nil && !a.key.Allows(scope) {
			err = fault.New(fault.KeyScope, "scope", string(scope))
		}
		if err != nil {
			if fault.KindOf(err) == fault.KindUnauthenticated {
				ctx.SetHeader("WWW-Authenticate", "Bearer")
			}
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "", err) // the client is gone: nobody to tell
			return
		}
		next(huma.WithValue(ctx, asking{}, a))
	}
}

// language is the first of zh and en that a client accepts; zh by itself.
func language(accept string) fault.Lang {
	for part := range strings.SplitSeq(accept, ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "zh"):
			return fault.Chinese
		case strings.HasPrefix(tag, "en"):
			return fault.English
		}
	}
	return fault.Chinese
}

// scoped is where an operation keeps the scope that it needs.
const scoped = "scope"

// operation describes an operation under /api/v1.
func operation(method, path, id, tag string, scope apikey.Scope, summary, description string) huma.Operation {
	return huma.Operation{
		Method: method, Path: "/api/v1" + path, OperationID: id, Tags: []string{tag}, Summary: summary, Description: description,
		Security: []map[string][]string{{"key": {}}}, Metadata: map[string]any{scoped: scope},
		Errors:           []int{400, 401, 403, 404, 409, 422, 500, 503},
		SkipValidateBody: true, // the services validate, and say what is wrong in zh and en
	}
}
