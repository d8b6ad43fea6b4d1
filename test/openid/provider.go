// Package openid plays an OpenID provider for tests: discovery, keys, the code flow
// with PKCE. What its tokens say can be twisted.
package openid

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The client that the provider knows.
const (
	Client = "sibai-office"
	Secret = "a secret of the client"
)

// Provider is an OpenID provider that signs anybody in who comes.
type Provider struct {
	URL string

	mu     sync.Mutex
	key    *rsa.PrivateKey
	other  *rsa.PrivateKey
	grants map[string]grant
	claims map[string]any                                // of who signs in
	twist  func(header, claims map[string]any) (ok bool) // ok: signed with the provider's key
}

type grant struct {
	nonce, challenge, redirect string
}

// Start starts a Provider, which ends with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{grants: map[string]grant{}}
	for _, key := range []**rsa.PrivateKey{&p.key, &p.other} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Is says who signs in from now on.
func (p *Provider) Is(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// Twist changes tokens from now on; nil ends it.
func (p *Provider) Twist(f func(header, claims map[string]any) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.twist = f
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	say := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	no := func(code string) { say(http.StatusBadRequest, map[string]string{"error": code}) }
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		say(http.StatusOK, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	case "/keys":
		say(http.StatusOK, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes()),
		}}})
	case "/authorize":
		q := r.URL.Query()
		if q.Get("client_id") != Client || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
			no("invalid_request")
			return
		}
		code := rand.Text()
		p.grants[code] = grant{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	case "/token":
		id, secret, basic := r.BasicAuth()
		if plain, err := url.QueryUnescape(secret); err == nil {
			secret = plain // RFC 6749 §2.3.1
		}
		if !basic {
			id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		}
		g, ok := p.grants[r.PostFormValue("code")]
		delete(p.grants, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if id != Client || secret != Secret || !ok || b64(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect {
			no("invalid_grant")
			return
		}
		say(http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60, "id_token": p.token(g.nonce)})
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) token(nonce string) string {
	header := map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}
	claims := map[string]any{
		"iss": p.URL, "aud": Client, "sub": "42", "nonce": nonce, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for name, value := range p.claims {
		claims[name] = value
	}
	key := p.key
	if p.twist != nil && !p.twist(header, claims) {
		key = p.other
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // our own maps
		}
		return b64(text)
	}
	signed := part(header) + "." + part(claims)
	if header["alg"] == "none" {
		return signed + "."
	}
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprint("our own key: ", err))
	}
	return signed + "." + b64(signature)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
