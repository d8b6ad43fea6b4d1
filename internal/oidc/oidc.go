// Package oidc signs the operator's staff in by an OpenID provider of the operator's
// own: the code flow with PKCE, state and nonce. It proves an e-mail address, or
// another name that staff sign in with; who of the staff has it, and what they may do,
// is not its matter.
//
// Sources: OpenID Connect Core 1.0 (§3.1), RFC 6749, RFC 7636 (PKCE), RFC 9207.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sibai/internal/fault"
)

// Settings are what the provider says of this program.
type Settings struct {
	Issuer   string // as in the provider's discovery document
	Client   string // client id
	Secret   string // empty: a public client, by PKCE alone
	Redirect string // where the provider leads back to
	Claim    string // that names a person; empty: email
}

// Ticket is what is kept of a sign-in that was begun, in the session of who began it.
type Ticket struct {
	State, Nonce, Verifier string
	Until                  time.Time
}

// lasts is how long somebody may take at the provider.
const lasts = 10 * time.Minute

// patience bounds a request to the provider.
const patience = 10 * time.Second

// Provider is an OpenID provider. Its methods are safe for concurrent use.
type Provider struct {
	set    Settings
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known *oidc.Provider // after it was asked for the first time
}

// New makes a Provider, which is asked what it is when somebody signs in first: one
// that is away keeps no node from starting. now nil means time.Now.
func New(set Settings, now func() time.Time) *Provider {
	if now == nil {
		now = time.Now
	}
	if set.Claim == "" {
		set.Claim = "email"
	}
	return &Provider{set: set, client: &http.Client{Timeout: patience}, now: now}
}

// discover asks the provider what it is, until it has said so.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		// The keys are fetched later, by this context's client: it must not end.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.set.Issuer)
		if err != nil {
			return nil, nil, fault.Wrap(err, fault.OidcUnreachable, "issuer", p.set.Issuer, "reason", err.Error())
		}
		p.known = found
	}
	scopes := []string{oidc.ScopeOpenID}
	if p.set.Claim == "email" || p.set.Claim == "email_verified" {
		scopes = append(scopes, "email")
	} else {
		scopes = append(scopes, "profile")
	}
	return p.known, &oauth2.Config{
		ClientID: p.set.Client, ClientSecret: p.set.Secret, Endpoint: p.known.Endpoint(), RedirectURL: p.set.Redirect, Scopes: scopes,
	}, nil
}

// Begin is where somebody who signs in goes, and what is kept meanwhile. Faults:
// oidc_unreachable.
func (p *Provider) Begin(ctx context.Context) (address string, t Ticket, err error) {
	_, cfg, err := p.discover(ctx)
	if err != nil {
		return "", t, err
	}
	t = Ticket{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: p.now().Add(lasts)}
	return cfg.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), t, nil
}

// Finish reads what the provider led back with, and says whom it names. Faults:
// oidc_refused, oidc_unreachable.
func (p *Provider) Finish(ctx context.Context, t Ticket, back url.Values) (login string, err error) {
	refused := func(reason string) (string, error) {
		return "", fault.New(fault.OidcRefused, "reason", reason)
	}
	switch {
	case t.State == "" || subtle.ConstantTimeCompare([]byte(back.Get("state")), []byte(t.State)) != 1:
		return refused("it was not begun in this browser")
	case p.now().After(t.Until):
		return refused("it took too long")
	case back.Get("error") != "":
		return refused(cut(back.Get("error") + " " + back.Get("error_description")))
	case back.Has("iss") && back.Get("iss") != p.set.Issuer: // RFC 9207
		return refused("another provider answered")
	}
	over, cfg, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := cfg.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(t.Verifier))
	var no *oauth2.RetrieveError
	switch {
	case errors.As(err, &no) && no.Response != nil && no.Response.StatusCode < 500:
		return refused(cut(no.ErrorCode))
	case err != nil:
		return "", fault.Wrap(err, fault.OidcUnreachable, "issuer", p.set.Issuer, "reason", err.Error())
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return refused("its answer has no token")
	}
	id, err := over.VerifierContext(ctx, &oidc.Config{ClientID: p.set.Client, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return "", fault.Wrap(err, fault.OidcRefused, "reason", "its token does not hold")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1 {
		return refused("its token is of another sign-in")
	}
	return p.named(id)
}

// named is whom a token names.
func (p *Provider) named(id *oidc.IDToken) (string, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", fault.Wrap(err, fault.OidcRefused, "reason", "its token cannot be read")
	}
	login, ok := claims[p.set.Claim].(string)
	if login = strings.TrimSpace(login); !ok || login == "" {
		return "", fault.New(fault.OidcRefused, "reason", "its token has no "+p.set.Claim)
	}
	// Who may write any address into an account could else be anybody.
	if verified, there := claims["email_verified"]; p.set.Claim == "email" && (!there || verified != true) {
		return "", fault.New(fault.OidcRefused, "reason", "it did not verify the e-mail address")
	}
	return login, nil
}

// cut bounds what is repeated of a provider's words.
func cut(s string) string {
	r := []rune(strings.TrimSpace(s))
	return string(r[:min(len(r), 120)])
}
