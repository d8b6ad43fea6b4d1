package web_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sibai/internal/money"
	"sibai/internal/web"
	"sibai/internal/web/live"
	"sibai/internal/web/live/livetest"
	"sibai/internal/web/text"
)

func serve(t *testing.T, seed func(text.Lang) live.Snapshot) (*livetest.Source, string) {
	t.Helper()
	source := &livetest.Source{}
	source.Set(seed)
	server := httptest.NewServer(web.Handler(web.Deps{Live: source, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}))
	t.Cleanup(func() {
		source.Stop()
		server.Close()
	})
	return source, server.URL
}

// sideways lists the elements that stand out of the window on the right.
const sideways = `(() => {
	const w = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= w) return [];
	return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1)
		.map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30));
})()`

func TestPages(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	pages := []struct {
		name, path string
		seed       func(text.Lang) live.Snapshot
		status     int
		width      []int64
	}{
		{"live", "/", livetest.Seed, 200, []int64{360, 390, 820, 1440}},
		{"live-empty", "/", livetest.Empty, 200, []int64{390, 1440}},
		{"live-quiet", "/", livetest.Quiet, 200, []int64{390, 1440}},
		{"call-platform", "/calls/" + livetest.Platform, livetest.Seed, 200, []int64{360, 390, 1440}},
		{"call-direct", "/calls/" + livetest.Direct, livetest.Seed, 200, []int64{390, 1440}},
		{"call-nocredit", "/calls/" + livetest.NoCredit, livetest.Seed, 200, []int64{390, 1440}},
		{"call-busy", "/calls/" + livetest.Busy, livetest.Seed, 200, []int64{390, 1440}},
		{"call-recovered", "/calls/" + livetest.Recovered, livetest.Seed, 200, []int64{390, 1440}},
		{"call-talking", "/calls/" + livetest.Talking, livetest.Seed, 200, []int64{390, 1440}},
		{"call-ringing", "/calls/" + livetest.Ringing, livetest.Seed, 200, []int64{390, 1440}},
		{"call-none", "/calls/call_none", livetest.Seed, 404, []int64{390, 1440}},
		{"notfound", "/nothing/here", livetest.Seed, 404, []int64{390, 1440}},
	}
	for _, p := range pages {
		_, base := serve(t, p.seed)
		for _, width := range p.width {
			for _, lang := range text.Langs() {
				for _, scheme := range []string{"light", "dark"} {
					name := fmt.Sprintf("%s-%d-%s-%s", p.name, width, lang, scheme)
					t.Run(name, func(t *testing.T) {
						b := newTab(t, browser, expectedStatus(p.status)...)
						b.run(t, view(width, scheme))
						response, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(base+p.path+"?lang="+string(lang)))
						if err != nil {
							t.Fatal(err)
						}
						if int(response.Status) != p.status {
							t.Errorf("status %d, want %d", response.Status, p.status)
						}
						var htmlLang, theme string
						var out []string
						b.run(t,
							chromedp.WaitVisible("h1"),
							chromedp.Evaluate(`document.documentElement.lang`, &htmlLang),
							chromedp.Evaluate(`document.documentElement.getAttribute('data-bs-theme')`, &theme),
							chromedp.Evaluate(sideways, &out))
						if htmlLang != text.Tag(lang) || theme != scheme {
							t.Errorf("page is %s %s, want %s %s", htmlLang, theme, text.Tag(lang), scheme)
						}
						if len(out) > 0 {
							t.Errorf("scrolls sideways at %d px:\n%s", width, strings.Join(out, "\n"))
						}
						if p.name == "live" {
							b.run(t, chromedp.WaitVisible(`#live-state.is-ok`),
								chromedp.Evaluate(`document.querySelector('#d-call_platform').open = true`, nil),
								chromedp.Evaluate(sideways, &out))
							if len(out) > 0 {
								t.Errorf("an open call scrolls sideways at %d px:\n%s", width, strings.Join(out, "\n"))
							}
						}
						b.shoot(t, name)
						b.mu.Lock()
						if b.bytes > 300_000 {
							t.Errorf("first load is %.0f bytes, want at most 300,000", b.bytes)
						}
						t.Logf("first load %.0f bytes", b.bytes)
						b.mu.Unlock()
						b.clean(t)
					})
				}
			}
		}
	}
}

// expectedStatus is what Chromium says of a page whose status is an error.
func expectedStatus(status int) []string {
	if status == http.StatusOK {
		return nil
	}
	return []string{fmt.Sprintf("status of %d", status)}
}

// TestStream changes what there is and waits for the open page to follow.
func TestStream(t *testing.T) {
	t.Parallel()
	source, base := serve(t, livetest.Seed)
	b := newTab(t, startBrowser(t), "[object Event]")
	b.run(t, view(1440, "light"), chromedp.Navigate(base+"/?lang=en"), chromedp.WaitVisible(`#live-state.is-ok`),
		// The reader opens a call; the next update must not shut it.
		chromedp.Click(`#s-call_direct`), chromedp.WaitVisible(`#d-call_direct .sb-why`))

	source.Set(func(lang text.Lang) live.Snapshot {
		s := livetest.Seed(lang)
		ended := s.Running[1]
		ended.State, ended.Cause, ended.EndedAt, ended.Talk = live.Ended, "answered", s.At, 67*time.Second
		s.Running, s.Recent = s.Running[:1], append([]live.Call{ended}, s.Recent...)
		s.Today.Running, s.Today.Charged = 1, 999*money.Yuan
		return s
	})
	var state string
	var open, focused bool
	b.run(t,
		chromedp.WaitVisible(`#d-call_talking`),
		chromedp.WaitNotPresent(`#r-call_talking`),
		chromedp.Poll(`document.querySelector('[sse-swap=today]').textContent.includes('¥999.00')`, nil),
		chromedp.Evaluate(`document.querySelector('#d-call_direct').open`, &open),
		chromedp.Evaluate(`document.activeElement.id === 's-call_direct'`, &focused),
		chromedp.TextContent(`#live-state`, &state))
	if !open {
		t.Error("an update shut the call that the reader had open")
	}
	if !focused {
		t.Error("an update took the keyboard focus away")
	}
	if state != "Live" {
		t.Errorf("the page says %q, want Live", state)
	}

	source.Stop() // the program stops: the page says that it no longer follows
	b.run(t, chromedp.WaitVisible(`#live-state.is-look`), chromedp.TextContent(`#live-state`, &state))
	if !strings.Contains(state, "trying again") {
		t.Errorf("after the stream ended the page says %q", state)
	}
	b.clean(t)
}

// TestSwitches follows the two switches of the top bar: the choice holds on
// the next page, which does not name it.
func TestSwitches(t *testing.T) {
	t.Parallel()
	_, base := serve(t, livetest.Seed)
	b := newTab(t, startBrowser(t))
	var lang, theme string
	b.run(t, view(390, "light"), chromedp.Navigate(base+"/?lang=zh"),
		chromedp.Click(`.sb-top-end > a[hreflang=en]`), chromedp.WaitVisible(`html[lang=en] h1`),
		chromedp.Click(`.sb-menu > summary`), chromedp.Click(`.sb-menu a[href*="theme=dark"]`),
		chromedp.WaitVisible(`html[data-bs-theme=dark] h1`),
		chromedp.Navigate(base+"/calls/"+livetest.Platform),
		chromedp.Evaluate(`document.documentElement.lang`, &lang),
		chromedp.Evaluate(`document.documentElement.getAttribute('data-bs-theme')`, &theme))
	if lang != "en" || theme != "dark" {
		t.Errorf("the next page is %s and %s, want en and dark", lang, theme)
	}
	b.clean(t)
}

// TestNoScript reads the page in a browser that runs no script: it follows the
// system's theme, a call opens, and a link brings it up to date.
func TestNoScript(t *testing.T) {
	t.Parallel()
	_, base := serve(t, livetest.Seed)
	b := newTab(t, startBrowser(t))
	var background string
	b.run(t, view(390, "dark"), emulation.SetScriptExecutionDisabled(true),
		chromedp.Navigate(base+"/?lang=zh"),
		chromedp.WaitVisible(`noscript a`),
		chromedp.Click(`#s-call_platform`), chromedp.WaitVisible(`#d-call_platform .sb-why`),
		chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &background))
	if background != "rgb(21, 20, 18)" {
		t.Errorf("the background is %s, want the dark one", background)
	}
	b.shoot(t, "noscript-390-zh-dark")
	b.clean(t)
}

// TestFault shows the page of a fault of ours.
func TestFault(t *testing.T) {
	t.Parallel()
	source, base := serve(t, livetest.Seed)
	source.Fail(errors.New("disk on fire"))
	b := newTab(t, startBrowser(t), expectedStatus(http.StatusInternalServerError)...)
	var body string
	b.run(t, view(390, "light"), chromedp.Navigate(base+"/?lang=zh"), chromedp.TextContent("main", &body))
	if !strings.Contains(body, "页面出错了") || !strings.Contains(body, "e-") || strings.Contains(body, "fire") {
		t.Errorf("the page of a fault says %q", body)
	}
	b.shoot(t, "fault-390-zh-light")
	b.clean(t)
}
