package web_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/web/text"
	"sibai/test/parts"
)

// Staff add a passkey with their password, and come in with it alone, also where a
// second step is a must; one that was removed opens nothing.
func TestPasskey(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	at, err := parts.FreePort(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	operator := fmt.Sprintf("http://localhost:%d", at.Port())
	cfg, _ := shopNode(t, "127.0.0.1:9", func(c *config.Config) {
		c.HTTP.Listen, c.HTTP.URL, c.Identity.StaffTOTP = at.String(), operator, true
	})
	for _, width := range []int64{390, 1440} {
		for _, lang := range text.Langs() {
			name := fmt.Sprintf("passkey-%d-%s", width, lang)
			t.Run(name, func(t *testing.T) {
				login := fmt.Sprintf("li-%d-%s@example.com", width, lang)
				in := text.With(t.Context(), lang)
				staff := walk{t, newTab(t, browser, "status of 422"), in, name}
				staff.b.run(t, webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
					_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
						Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
						HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
					}).Do(ctx)
					return err
				}))
				comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: "李审核", Login: login, Role: identity.Admin}}).Link, width, lang)
				staff.says("must", text.T(in, "account.secondmust"))
				staff.press(`a[href="/office/passkeys"]`)
				staff.fill(map[string]string{"#key-name": "iPhone <b>", "#password": "a wrong password"})
				staff.b.run(t, chromedp.Click("#add"), chromedp.WaitVisible("#passkey-problem"))
				staff.fill(map[string]string{"#password": "four unrelated words"})
				staff.b.run(t, chromedp.Click("#add"), chromedp.WaitVisible(`form[action$="/remove"]`))
				staff.says("added", "iPhone <b>")
				// Without the second step, what is added is not yet a way to the office.
				staff.b.run(t, chromedp.Navigate(operator+"/office/second"), chromedp.WaitVisible("h1"))
				staff.says("still", text.T(in, "account.secondmust"))
				leave(staff, operator)
				staff.b.run(t, chromedp.Navigate(operator+"/office/signin?to=/office/ledger"), chromedp.WaitVisible("#unlock"))
				staff.b.run(t, chromedp.Click("#unlock"), chromedp.WaitVisible(`form[action="/office/signout"]`))
				staff.says("in", "Excel")
				staff.b.run(t, chromedp.Navigate(operator+"/office/passkeys"), chromedp.WaitVisible(`form[action$="/remove"] button`))
				staff.press(`form[action$="/remove"] button`)
				staff.says("none", text.T(in, "passkey.none"))
				leave(staff, operator)
				staff.b.run(t, chromedp.Click("#unlock"), chromedp.WaitVisible("#passkey-problem"))
				var problem string
				staff.b.run(t, chromedp.Text("#passkey-problem", &problem))
				if strings.TrimSpace(problem) == "" {
					t.Error("nothing is said of a key that was removed")
				}
				staff.b.clean(t)
			})
		}
	}
}

// leave signs out, and shows the sign-in page.
func leave(w walk, base string) {
	w.t.Helper()
	w.b.run(w.t, chromedp.Navigate(base+"/office"), chromedp.WaitReady("body"))
	w.b.run(w.t, chromedp.Evaluate(`fetch('/office/signout', {method: 'POST'}).then(() => true)`, nil, awaited), chromedp.Navigate(base+"/office/signin"), chromedp.WaitVisible("#unlock"))
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
