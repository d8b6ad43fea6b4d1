package web_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/web/text"
)

// Staff who need an authenticator app see nothing of the office before it is set up,
// and come back in with the password and a second code only.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	cfg, node := shopNode(t, "127.0.0.1:9", func(c *config.Config) { c.Identity.StaffTOTP = true })
	operator := "http://" + node.HTTPAddr()
	for _, width := range []int64{390, 1440} {
		for _, lang := range text.Langs() {
			name := fmt.Sprintf("second-%d-%s", width, lang)
			t.Run(name, func(t *testing.T) {
				login := fmt.Sprintf("li-%d-%s@example.com", width, lang)
				in := text.With(t.Context(), lang)
				staff := walk{t, newTab(t, browser, "status of 422"), in, name}
				comeIn(staff, operator, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: "李审核", Login: login, Role: identity.Admin}}).Link, width, lang)
				staff.says("must", text.T(in, "account.secondmust"))
				staff.b.run(t, chromedp.Navigate(operator+"/office/customers"), chromedp.WaitVisible("h1"))
				staff.says("led", text.T(in, "account.secondmust"))
				staff.press(`.sb-narrow form button`)
				var secret, again string
				staff.b.run(t, chromedp.WaitVisible(".sb-qr"), chromedp.Text("#secret", &secret))
				staff.fill(map[string]string{"#code": "no code"})
				staff.press(`.sb-narrow form button`)
				staff.b.run(t, chromedp.Text("#secret", &again))
				if again != secret {
					t.Errorf("after a wrong code another secret stands there: %s, %s", secret, again)
				}
				staff.says("scan", text.T(in, "account.firstcode"))
				first := shownByApp(t, secret)
				staff.fill(map[string]string{"#code": first})
				staff.press(`.sb-narrow form button`)
				var recovery string
				staff.b.run(t, chromedp.Text("#recovery li", &recovery))
				staff.says("recovery", text.T(in, "account.recoverywhy"))
				staff.press(`.sb-narrow .btn-primary`)
				staff.says("in", text.T(in, "account.signout"))
				staff.press(`form[action="/office/signout"] button`)

				staff.fill(map[string]string{"#login": login, "#password": "four unrelated words"})
				staff.press(`.sb-narrow form button`)
				staff.says("pass", text.T(in, "account.passlead"))
				staff.b.run(t, chromedp.Navigate(operator+"/office/ledger"), chromedp.WaitVisible("#code"))
				staff.fill(map[string]string{"#code": first}) // seen over the shoulder
				staff.press(`.sb-narrow form button`)
				staff.b.run(t, chromedp.WaitVisible("#problem"))
				staff.says("wrong", "")
				staff.fill(map[string]string{"#code": strings.ToLower(recovery)})
				staff.press(`.sb-narrow form button`)
				staff.says("ledger", "Excel")
				staff.b.run(t, chromedp.Navigate(operator+"/office/second"), chromedp.WaitVisible("#code"))
				staff.says("on", " 9 ")
				staff.b.clean(t)
			})
		}
	}
}

// shownByApp is what an authenticator app shows now for a secret.
func shownByApp(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	var step [8]byte
	binary.BigEndian.PutUint64(step[:], uint64(time.Now().Unix()/30)) //nolint:gosec // after 1970
	mac := hmac.New(sha1.New, key)
	mac.Write(step[:])
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}
