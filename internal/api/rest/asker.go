package rest

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"sibai/internal/apikey"
	"sibai/internal/fault"
)

type asking struct{}

// Asker is who asks, and in which language.
type Asker struct {
	Key     apikey.Key
	Lang    fault.Lang
	Address string // network address that the request came from
	secret  string
}

// AskerOf is who asks in an operation.
func AskerOf(ctx context.Context) Asker {
	a, ok := ctx.Value(asking{}).(Asker)
	if !ok {
		a.Lang = fault.Chinese
	}
	return a
}

// admit lets requests through whose key has the operation's scope.
func (f *Face) admit(ctx huma.Context, next func(huma.Context)) {
	scope, _ := ctx.Operation().Metadata[scoped].(apikey.Scope)
	a := Asker{Lang: language(ctx.Header("Accept-Language")), Address: host(ctx.RemoteAddr())}
	a.secret, _ = strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
	a.secret = strings.TrimSpace(a.secret)
	var err error
	a.Key, err = f.parts.Keys.Check(ctx.Context(), a.secret)
	switch {
	case err != nil:
	case a.Key.Side() != f.doc.Side:
		err = fault.New(fault.KeySide, "base", f.doc.Base)
	case !a.Key.Allows(scope):
		err = fault.New(fault.KeyScope, "scope", string(scope))
	}
	if err != nil {
		f.refuse(ctx, err)
		return
	}
	next(huma.WithValue(ctx, asking{}, a))
}

// refuse answers a request that comes to no operation.
func (f *Face) refuse(ctx huma.Context, err error) {
	if fault.KindOf(err) == fault.KindUnauthenticated {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	_ = huma.WriteErr(f.api, ctx, http.StatusUnauthorized, "", err) // the client is gone: nobody to tell
}

func host(address string) string {
	h, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return h
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
