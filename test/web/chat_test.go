package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/web/text"
)

// chatNode is a node with pages for both sides.
func chatNode(t *testing.T) (cfg config.Config, public, office string) {
	t.Helper()
	cfg = config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}
	cfg.Public.Listen = "127.0.0.1:0"
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := node.Stop(ctx); err != nil { // also ends the streams that are open
			t.Error(err)
		}
	})
	return cfg, "http://" + node.PublicAddr(), "http://" + node.HTTPAddr()
}

// until waits for an expression to be true. chromedp.Poll makes a function of
// it in the page, which the Content-Security-Policy forbids.
func until(expression string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			var ok bool
			if err := chromedp.Evaluate(expression, &ok).Do(ctx); err != nil {
				return fmt.Errorf("wait for %s: %w", expression, err)
			}
			if ok {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait for %s: %w", expression, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// press presses what a selector finds once the page is whole. It does not aim:
// a page that still loads, or that a stream redraws, may move under a pointer.
func press(selector string) chromedp.Action {
	return chromedp.Tasks{
		there(selector),
		chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil),
	}
}

// there waits until a selector finds something.
func there(selector string) chromedp.Action {
	return until(fmt.Sprintf(`document.readyState === "complete" && document.querySelector(%q) !== null`, selector))
}

// fill types into a field, wherever the window's focus is.
func fill(selector, words string) chromedp.Action {
	return chromedp.Tasks{there(selector), chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).value = %q`, selector, words), nil)}
}

// has waits until the text of an element has words in it.
func has(selector, words string) chromedp.Action {
	return until(fmt.Sprintf(`(document.querySelector(%q) || {textContent: ""}).textContent.includes(%q)`, selector, words))
}

// TestChat is a visitor and a staff member who write to each other, each in a
// browser, on a node: what one writes appears at the other without a reload.
func TestChat(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for _, c := range []struct {
		width  int64
		scheme string
		lang   text.Lang
	}{{360, "light", text.ZH}, {1440, "dark", text.EN}} {
		name := fmt.Sprintf("chat-%d-%s", c.width, c.lang)
		t.Run(name, func(t *testing.T) {
			cfg, public, office := chatNode(t)
			visitor, staff := newTab(t, browser, "422"), newTab(t, browser)
			shoot := func(b *tab, what string) {
				t.Helper()
				var wide []string
				b.run(t, chromedp.Evaluate(sideways, &wide))
				if len(wide) > 0 {
					t.Errorf("%s: stands out of the window:\n%s", what, strings.Join(wide, "\n"))
				}
				b.shoot(t, name+"-"+what)
			}
			forget := chromedp.ActionFunc(func(ctx context.Context) error { return network.ClearBrowserCookies().Do(ctx) })

			// Nobody is there: a message is left, first with a contact that is of no use.
			visitor.run(t, forget, view(c.width, c.scheme), chromedp.Navigate(public+"/contact?lang="+string(c.lang)),
				there(`#contact`), fill(`#contact`, "明天"), fill(`#text`, "想问价格 <b>x</b>"))
			shoot(visitor, "leave")
			if _, err := chromedp.RunResponse(visitor.ctx, press(`main .btn-primary`)); err != nil {
				t.Fatal(err)
			}
			var kept string
			visitor.run(t, there(`#contact[aria-invalid]`), chromedp.Evaluate(`document.querySelector("#text").value`, &kept))
			if kept != "想问价格 <b>x</b>" {
				t.Errorf("what was typed became %q", kept)
			}
			shoot(visitor, "mend")
			visitor.run(t, fill(`#contact`, "0571-88886666"), press(`main .btn-primary`),
				there(`form#say`), has(".sb-log", "<b>x</b>"))

			comeIn(walk{t, staff, text.With(t.Context(), c.lang), name}, office, operate(t, cfg, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{
				Name: "小王", Login: fmt.Sprintf("%s@example.com", name), Role: identity.Sales,
			}}).Link, c.width, c.lang)

			// Staff come and see it, save an answer that is used often, and use it.
			staff.run(t, view(c.width, c.scheme), chromedp.Navigate(office+"/support?lang="+string(c.lang)), there(`#name`),
				fill(`#name`, "小王"), press(`main .btn-primary`), there(`form[action^="/support/away"]`), there(`.sb-links a`))
			staff.run(t, has(`nav a[href="/support"] .sb-waits`, "1"))
			shoot(staff, "desk")
			visitor.run(t, has(`[sse-swap="there"]`, "小王"))
			staff.run(t, press(`.sb-links a`), there(`form#say`), has(".sb-log", "想问价格"),
				press(`main details summary`))
			shoot(staff, "canned")
			staff.run(t, fill(`#canned-name`, "价格"), fill(`#canned-text`, "每分钟 0.10 元起"),
				press(`main details form[action*="canned?"] .btn`), there(`#say ~ .sb-row a.btn`),
				press(`#say ~ .sb-row a.btn`), until(`(document.querySelector('#text') || {}).value === '每分钟 0.10 元起'`),
				press(`#say .btn-primary`), has(".sb-log .is-own", "每分钟 0.10 元起"))

			// They call, too, and write down what came of it.
			staff.run(t, fill(`#called-note`, "周五再打"), press(`#called .btn`), has(".sb-card-h .sb-said", "周五再打"),
				until(`!document.querySelector('nav a[href="/support"] .sb-waits')`))
			shoot(staff, "called")

			// And on, in place, until staff end it.
			visitor.run(t, has(".sb-log", "每分钟 0.10 元起"), fill(`#text`, "好的"), press(`#say .btn-primary`),
				has(".sb-log li:last-child", "好的"), until(`document.querySelector('#text').value === ''`))
			shoot(visitor, "talk")
			staff.run(t, has(".sb-log li:last-child", "好的"))
			shoot(staff, "talk")
			staff.run(t, press(`form[action^="/support/close"] .btn`), until(`document.querySelector("form#say") === null`))
			visitor.run(t, there(`[sse-swap="there"] .sb-amber`), press(`[sse-swap="there"] a`),
				there(`form[action="/contact"]`), has(".sb-log", "好的"))
			shoot(visitor, "over")
			shoot(staff, "over")
			visitor.clean(t)
			staff.clean(t)
		})
	}
}

// TestChatWithoutScript: forms and reloads are enough, and nobody gets into
// the conversation of somebody else.
func TestChatWithoutScript(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: no node is started")
	}
	_, public, _ := chatNode(t)
	person := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar, Timeout: 20 * time.Second}
	}
	do := func(c *http.Client, r *http.Request) (int, string) {
		t.Helper()
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	request := func(method, path, body string) *http.Request {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, public+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return r
	}
	post := func(c *http.Client, path string, form url.Values) (int, string) {
		t.Helper()
		return do(c, request(http.MethodPost, path, form.Encode()))
	}
	get := func(c *http.Client, path string) (int, string) {
		t.Helper()
		return do(c, request(http.MethodGet, path, ""))
	}
	one, two := person(), person()
	status, body := post(one, "/contact", url.Values{"offline": {"1"}, "contact": {"a@example.com"}, "text": {"只给你看"}, "token": {"t1"}})
	if status != 200 || !strings.Contains(body, "只给你看") || !strings.Contains(body, `action="/contact/say"`) {
		t.Fatalf("%d: %s", status, body)
	}
	if status, body = post(one, "/contact/say", url.Values{"text": {"第二句"}, "token": {"t2"}}); status != 200 || strings.Count(body, "第二句") != 1 {
		t.Errorf("%d: %s", status, body)
	}
	if status, body = post(one, "/contact/say", url.Values{"text": {"第二句"}, "token": {"t2"}}); status != 200 || strings.Count(body, "第二句") != 1 {
		t.Errorf("sent twice: %d: %s", status, body)
	}
	if status, body = post(one, "/contact/say", url.Values{"text": {strings.Repeat("长", 1001)}}); status != 422 || !strings.Contains(body, "最多 1000 个") {
		t.Errorf("too long: %d", status)
	}
	if status, body = get(two, "/contact"); status != 200 || strings.Contains(body, "只给你看") {
		t.Errorf("a stranger reads it: %d", status)
	}
	for _, path := range []string{"/contact/say", "/contact/events"} {
		method := map[bool]string{true: http.MethodPost, false: http.MethodGet}[path == "/contact/say"]
		for _, cookie := range []string{"", "sibai_chat=cnv_0000000000001.AAAA", "sibai_chat=../..", "sibai_chat=" + strings.Repeat("x", 3000)} {
			r := request(method, path, "")
			r.Header.Set("Cookie", cookie)
			if status, _ := do(two, r); status != 404 {
				t.Errorf("%s with %.40q answers %d", path, cookie, status)
			}
		}
	}
	r := request(http.MethodPost, "/contact", "text=x")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _ := do(two, r); status != 403 {
		t.Errorf("another site's form: %d", status)
	}
	if status, _ := post(two, "/contact", url.Values{"text": {strings.Repeat("x", 1<<20)}}); status != 422 {
		t.Errorf("a huge form: %d", status)
	}
	if status, body = post(one, "/contact/end", nil); status != 200 || strings.Contains(body, "只给你看") {
		t.Errorf("after its end: %d", status)
	}
	if status, _ = get(two, "/support"); status != 404 {
		t.Errorf("the operator's page for customers: %d", status)
	}
}
