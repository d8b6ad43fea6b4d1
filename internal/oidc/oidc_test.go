package oidc_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/oidc"
	"sibai/test/openid"
)

const redirect = "https://office.example.com/office/signin/sso/back"

func start(t *testing.T) (*oidc.Provider, *openid.Provider) {
	t.Helper()
	v := openid.Start(t)
	v.Is(map[string]any{"email": "wang@example.com", "email_verified": true})
	return oidc.New(oidc.Settings{Issuer: v.URL, Client: openid.Client, Secret: openid.Secret, Redirect: redirect}, nil), v
}

// visit goes to the provider and comes back with what it says.
func visit(t *testing.T, p *oidc.Provider) (oidc.Ticket, url.Values) {
	t.Helper()
	address, ticket, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil || to.Scheme+"://"+to.Host+to.Path != redirect {
		t.Fatalf("%s, %v", to, err)
	}
	return ticket, to.Query()
}

// Who comes back as they left is whom the token names, once; anything else is nobody.
func TestSignIn(t *testing.T) {
	t.Parallel()
	p, v := start(t)
	ticket, back := visit(t, p)
	if login, err := p.Finish(t.Context(), ticket, back); err != nil || login != "wang@example.com" {
		t.Fatalf("%q, %v", login, err)
	}
	refused := func(name string, ticket oidc.Ticket, back url.Values) {
		t.Helper()
		if login, err := p.Finish(t.Context(), ticket, back); fault.CodeOf(err) != fault.OidcRefused || login != "" {
			t.Errorf("%s: %q, %v", name, login, err)
		}
	}
	refused("again", ticket, back)
	ticket, back = visit(t, p)
	refused("without a ticket", oidc.Ticket{}, back)
	refused("without a ticket and a state", oidc.Ticket{}, url.Values{"code": back["code"]})
	other, _ := visit(t, p)
	refused("in another browser", other, back)
	swapped := ticket
	swapped.Verifier = other.Verifier
	refused("with another verifier", swapped, back)
	ticket, back = visit(t, p)
	late := ticket
	late.Until = time.Now().Add(-time.Second)
	refused("too late", late, back)
	refused("broken off", ticket, url.Values{"state": back["state"], "error": {"access_denied"}})
	mixed := url.Values{"state": back["state"], "code": back["code"], "iss": {"https://evil.example.com"}}
	refused("of another provider", ticket, mixed)
	for name, twist := range map[string]func(header, claims map[string]any) bool{
		"another key":        func(_, _ map[string]any) bool { return false },
		"no signature":       func(h, _ map[string]any) bool { h["alg"] = "none"; return true },
		"another client":     func(_, c map[string]any) bool { c["aud"] = "shop"; return true },
		"another issuer":     func(_, c map[string]any) bool { c["iss"] = "https://evil.example.com"; return true },
		"expired":            func(_, c map[string]any) bool { c["exp"] = time.Now().Add(-time.Minute).Unix(); return true },
		"another nonce":      func(_, c map[string]any) bool { c["nonce"] = "x"; return true },
		"no nonce":           func(_, c map[string]any) bool { delete(c, "nonce"); return true },
		"not verified":       func(_, c map[string]any) bool { c["email_verified"] = false; return true },
		"verified by a word": func(_, c map[string]any) bool { c["email_verified"] = "true"; return true },
		"says nothing of it": func(_, c map[string]any) bool { delete(c, "email_verified"); return true },
		"no address":         func(_, c map[string]any) bool { delete(c, "email"); return true },
		"an address of none": func(_, c map[string]any) bool { c["email"] = 7; return true },
	} {
		v.Twist(twist)
		ticket, back := visit(t, p)
		refused(name, ticket, back)
	}
	v.Twist(nil)
	ticket, back = visit(t, p)
	if login, err := p.Finish(t.Context(), ticket, back); err != nil || login != "wang@example.com" {
		t.Errorf("after all: %q, %v", login, err)
	}
}

// A provider that is away is told of as such, and asked again the next time.
func TestAway(t *testing.T) {
	t.Parallel()
	p := oidc.New(oidc.Settings{Issuer: "http://127.0.0.1:9", Client: openid.Client, Redirect: redirect}, nil)
	if _, _, err := p.Begin(t.Context()); fault.CodeOf(err) != fault.OidcUnreachable {
		t.Errorf("%v", err)
	}
}

func TestAnotherClaim(t *testing.T) {
	t.Parallel()
	v := openid.Start(t)
	v.Is(map[string]any{"phone_number": "13800138000"})
	p := oidc.New(oidc.Settings{Issuer: v.URL, Client: openid.Client, Secret: openid.Secret, Redirect: redirect, Claim: "phone_number"}, nil)
	ticket, back := visit(t, p)
	if login, err := p.Finish(t.Context(), ticket, back); err != nil || login != "13800138000" {
		t.Errorf("%q, %v", login, err)
	}
}
