package app_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sibai/internal/app"
	"sibai/internal/identity"
	"sibai/test/openid"
)

// Staff whom the office knows sign in by the operator's own accounts, and get where
// they wanted; whom it does not know, or dismissed, is told so. Nobody is led
// elsewhere, and nothing that was begun in another browser is finished.
func TestStaffSignOn(t *testing.T) {
	t.Parallel()
	provider := openid.Start(t)
	cfg := settings(t)
	cfg.OIDC.Issuer, cfg.OIDC.Client, cfg.OIDC.Name = provider.URL, openid.Client, "企业账号"
	cfg.OIDC.SecretFile = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(cfg.OIDC.SecretFile, []byte(openid.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	in := identity.Invitation{Name: "王会计", Login: "wang@example.com", Role: identity.Cashier}
	if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoInvite, Invite: &in}, quiet); err != nil {
		t.Fatal(err)
	}
	browser := func() *visitor {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &visitor{base: "http://" + node.HTTPAddr(), Client: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	}
	// go to the provider and come back: the address that it leads to.
	visit := func(v *visitor, to string) string {
		t.Helper()
		res, err := v.PostForm(v.base+"/office/signin/sso", url.Values{"to": {to}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), provider.URL+"/authorize?") {
			t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Location"))
		}
		if res, err = v.Get(res.Header.Get("Location")); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		back := address(t, res.Header.Get("Location"))
		return back.RequestURI()
	}
	finish := func(v *visitor, path string) (int, string, string) {
		t.Helper()
		res, err := v.Get(v.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body := make([]byte, 1<<16)
		n, _ := res.Body.Read(body)
		return res.StatusCode, res.Header.Get("Location"), string(body[:n])
	}
	v := browser()
	if _, body := v.send(t, http.MethodGet, "/office/signin", nil); !strings.Contains(body, "用 企业账号 登录") {
		t.Errorf("the button: %s", body)
	}
	provider.Is(map[string]any{"email": "Wang@example.com", "email_verified": true})
	if status, to, _ := finish(v, visit(v, "/office/payments")); status != http.StatusSeeOther || to != "/office/payments" {
		t.Errorf("%d to %s", status, to)
	}
	if status, body := v.send(t, http.MethodGet, "/office/payments", nil); status != http.StatusOK || !strings.Contains(body, "王会计") {
		t.Errorf("signed in: %d", status)
	}
	for _, to := range []string{"https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)"} {
		v := browser()
		if status, got, _ := finish(v, visit(v, to)); status != http.StatusSeeOther || got != "/office" {
			t.Errorf("%s leads to %d %s", to, status, got)
		}
	}
	// What one began, another does not finish.
	victim, thief := browser(), browser()
	if status, _, body := finish(victim, visit(thief, "")); status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
		t.Errorf("another browser: %d", status)
	}
	if status, _ := victim.send(t, http.MethodGet, "/office", nil); status != http.StatusSeeOther {
		t.Errorf("signed in by somebody else's errand: %d", status)
	}
	path := visit(v, "")
	if status, _, _ := finish(v, path); status != http.StatusSeeOther {
		t.Errorf("%d", status)
	}
	if status, _, _ := finish(v, path); status != http.StatusUnprocessableEntity {
		t.Errorf("twice: %d", status)
	}
	provider.Is(map[string]any{"email": "li@example.com", "email_verified": true})
	v = browser()
	if status, _, body := finish(v, visit(v, "")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "员工中没有 li@example.com") {
		t.Errorf("a stranger: %d", status)
	}
	if _, err := app.Operate(t.Context(), cfg, app.Order{Do: app.DoBlock, Invite: &in}, quiet); err != nil {
		t.Fatal(err)
	}
	provider.Is(map[string]any{"email": "wang@example.com", "email_verified": true})
	if status, _, _ := finish(v, visit(v, "")); status != http.StatusUnprocessableEntity {
		t.Errorf("who was blocked: %d", status)
	}
}
