package web_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"sibai/internal/web"
	"sibai/internal/web/text"
)

// TestHelp reads the help centre: its list, an article with tables, a search
// that finds, one that does not, and an article that there is not.
func TestHelp(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	server := httptest.NewServer(web.PublicHandler(web.PublicDeps{Log: quiet}))
	t.Cleanup(server.Close)
	pages := []struct {
		name, path string
		status     int
	}{
		{"list", "/help?", 200},
		{"found", "/help?q=%E4%BD%8E%E6%B6%88+minimum&", 200},
		{"nothing", "/help?q=" + "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz&", 200},
		{"article", "/help/balance?", 200},
		{"long", "/help/switchboard?", 200},
		{"none", "/help/nothing?", 404},
	}
	for _, p := range pages {
		for _, width := range []int64{360, 1440} {
			for _, lang := range text.Langs() {
				scheme := map[int64]string{360: "light", 1440: "dark"}[width]
				t.Run(fmt.Sprintf("help-%s-%d-%s-%s", p.name, width, lang, scheme), func(t *testing.T) {
					b := newTab(t, browser, expectedStatus(p.status)...)
					var wide []string
					response, err := chromedp.RunResponse(b.ctx, view(width, scheme), chromedp.Navigate(server.URL+p.path+"lang="+string(lang)))
					if err != nil {
						t.Fatal(err)
					}
					if int(response.Status) != p.status {
						t.Errorf("status %d, want %d", response.Status, p.status)
					}
					b.run(t, chromedp.WaitVisible("h1"), chromedp.Evaluate(sideways, &wide))
					for _, e := range wide {
						t.Errorf("stands out of the window: %s", e)
					}
					b.shoot(t, t.Name()[len("TestHelp/"):])
					b.clean(t)
				})
			}
		}
	}
	t.Run("by hand", func(t *testing.T) {
		b := newTab(t, browser)
		var title, url string
		b.run(t, view(390, "light"), chromedp.Navigate(server.URL+"/help?lang=zh"), chromedp.WaitVisible(`input[name=q]`),
			chromedp.SendKeys(`input[name=q]`, "没有人接要收费吗\n"), chromedp.WaitVisible(`.sb-links mark`),
			chromedp.Click(`.sb-links a`), chromedp.WaitVisible(`.sb-prose`), chromedp.Text("h1", &title), chromedp.Location(&url))
		if title != "通话怎么收费，谁付钱" {
			t.Errorf("came to %q at %s", title, url)
		}
		b.run(t, chromedp.Click(`a[rel=next]`), chromedp.WaitVisible(`a[rel=prev][href="/help/who-pays"]`))
		b.clean(t)
	})
}
