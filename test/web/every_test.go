package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sibai/internal/app"
	"sibai/internal/demo"
	"sibai/internal/web/text"
	"sibai/test/parts"
)

// side is the pages that one person finds from a first one.
type side struct {
	name, base, first string
	signIn, login     string // empty: nobody signs in
	customer          string // that a member looks at
	also              []string
}

// Every page of the demo that a visitor, an owner and an admin find by links, in
// both languages, on a phone and a desk, light and dark: no error of script or of
// the security policy, nothing that stands out of the window, no word that was not
// put into the reader's language, no title twice, and no serious fault of
// accessibility (axe-core).
func TestEveryPage(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	axe, err := os.ReadFile(parts.Need(t, "axe-core"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := demo.Settings()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen, cfg.SIP.Listen, cfg.Public.Listen = t.TempDir(), "127.0.0.1:0", "", []string{"udp:127.0.0.1:0"}, "127.0.0.1:0"
	nowhere := netip.MustParseAddrPort("127.0.0.1:9")
	cast, err := demo.Furnish(t.Context(), cfg, demo.Site(nowhere, nowhere), true, quiet)
	if err != nil {
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
	public, operator := "http://"+node.PublicAddr(), "http://"+node.HTTPAddr()
	var orders []string
	for _, o := range append(cast.Orders, cast.Pages...) {
		orders = append(orders, public+o.Path)
	}
	sides := []side{
		{name: "shop", base: public, first: "/", also: append(orders, public+"/?q=88", public+"/signin")},
		{name: "console", base: public, first: "/console", signIn: "/signin", login: cast.Console[0].Login, customer: cast.Customer},
		{name: "office", base: operator, first: "/office", signIn: "/office/signin", login: cast.Office[0].Login, also: []string{operator + "/"}},
	}
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) { // one at a time: a tab in the background draws nothing
			var pages []string
			for i, look := range []struct {
				width  int64
				lang   text.Lang
				scheme string
				axe    []byte
			}{{1440, text.ZH, "light", axe}, {390, text.EN, "dark", axe}, {390, text.ZH, "light", nil}, {1440, text.EN, "dark", nil}} {
				t.Run(fmt.Sprintf("%d-%s", look.width, look.lang), func(t *testing.T) {
					b := newTab(t, browser)
					b.run(t, view(look.width, look.scheme))
					if i > 0 {
						for _, page := range pages {
							inspect(t, b, s.name, page, look.lang, look.width, look.axe)
						}
						return
					}
					s.comeIn(t, b, cast.Password)
					pages = s.find(t, b, func(page string) { inspect(t, b, s.name, page, look.lang, look.width, look.axe) })
					if len(pages) < 8 {
						t.Errorf("only %d pages were found: %v", len(pages), pages)
					}
				})
			}
		})
	}
}

// comeIn signs in, if somebody does; the browser's other tabs are signed in with it.
func (s side) comeIn(t *testing.T, b *tab, password string) {
	t.Helper()
	if s.login == "" {
		return
	}
	w := walk{t, b, t.Context(), s.name}
	b.run(t, chromedp.Navigate(s.base+s.signIn), chromedp.WaitVisible("#login"))
	w.fill(map[string]string{"#login": s.login, "#password": password})
	w.press(`form button.btn-primary`)
	if s.customer != "" {
		w.fill(map[string]string{"#customer": s.customer})
		w.press(`form[action="/console/customer"] button`)
	}
}

// changing are the parts of an address that name one thing of many.
var changing = regexp.MustCompile(`/[a-z]+_[0-9A-Z]+|/400\d{7}|(customers|help)/[^/]+`)

// file are addresses of what is no page.
var file = regexp.MustCompile(`\.[a-z]+$|/documents/[^/]+$|/slip$`)

const (
	ofAKind = 3  // pages with the same pattern that are looked at
	mostOf  = 80 // pages of a side
)

// find follows the links from the first page, of each kind of page a few, and has
// each looked at.
func (s side) find(t *testing.T, b *tab, look func(page string)) (pages []string) {
	t.Helper()
	waiting, kinds := append([]string{s.base + s.first}, s.also...), map[string]int{}
	for len(waiting) > 0 && len(pages) < mostOf {
		page := waiting[0]
		waiting = waiting[1:]
		if slices.Contains(pages, page) {
			continue
		}
		pages = append(pages, page)
		look(page)
		var links []string
		b.run(t, chromedp.Evaluate(`[...document.querySelectorAll('a[href]')].filter(a => !a.hasAttribute('download')).map(a => a.href)`, &links))
		for _, link := range links {
			u, err := url.Parse(link)
			if err != nil || !strings.HasPrefix(link, s.base+"/") || file.MatchString(u.Path) {
				continue
			}
			if s.login != "" && !strings.HasPrefix(u.Path, s.first) && !strings.HasPrefix(u.Path, "/support") {
				continue
			}
			u.Fragment = ""
			q := u.Query()
			if q.Has("lang") || q.Has("theme") {
				continue
			}
			kind := changing.ReplaceAllString(u.Path, "/$1…")
			if link = u.String(); kinds[kind] < ofAKind && !slices.Contains(pages, link) && !slices.Contains(waiting, link) {
				kinds[kind]++
				waiting = append(waiting, link)
			}
		}
	}
	return pages
}

// inspect opens a page and reports what is wrong with it.
func inspect(t *testing.T, b *tab, name, page string, lang text.Lang, width int64, axe []byte) {
	t.Helper()
	address, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	q.Set("lang", string(lang))
	address.RawQuery = q.Encode()
	b.mu.Lock()
	before := len(b.wrong)
	b.mu.Unlock()
	step := "load"
	defer func() {
		if t.Failed() && b.ctx.Err() != nil {
			t.Logf("the time was over at %s, to %s", page, step)
		}
	}()
	response, err := open(b, address.String())
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	wrong := func(format string, args ...any) {
		t.Errorf("%s in %s at %d px: %s", strings.TrimPrefix(page, "http://"), lang, width, fmt.Sprintf(format, args...))
	}
	if response.Status != 200 {
		wrong("status %d", response.Status)
	}
	var out, keys []string
	var htmlLang string
	step = "read it"
	read := func() error {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		var headed bool
		// The page is loaded: what is asked is answered at once, without waiting for
		// chromedp to learn of each element, which now and then it never does.
		err := chromedp.Run(ctx, chromedp.Evaluate(`document.querySelector("h1")?.checkVisibility() === true`, &headed),
			chromedp.Evaluate(sideways, &out), chromedp.Evaluate(`document.documentElement.lang`, &htmlLang), chromedp.Evaluate(raw, &keys))
		if err == nil && !headed {
			wrong("it shows no heading")
		}
		return err
	}
	if err = read(); errors.Is(err, context.DeadlineExceeded) && b.ctx.Err() == nil {
		if _, err = open(b, address.String()); err == nil {
			err = read()
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	step = "look for faults of accessibility"
	if htmlLang != text.Tag(lang) {
		wrong("its language is %s", htmlLang)
	}
	if len(out) > 0 {
		wrong("scrolls sideways: %s", strings.Join(out, "; "))
	}
	if len(keys) > 0 {
		wrong("keys instead of words: %s", strings.Join(keys, ", "))
	}
	if axe != nil {
		for _, fault := range accessibility(t, b, axe) {
			wrong("%s", fault)
		}
	}
	b.mu.Lock()
	for _, s := range b.wrong[before:] {
		wrong("%s", s)
	}
	b.mu.Unlock()
	step = "take a picture"
	shot := strings.NewReplacer("/", "_", "?", "_", "=", "-", "&", "_").Replace(changing.ReplaceAllString(address.Path, "/${1}x"))
	b.shoot(t, fmt.Sprintf("every-%s%s-%d-%s", name, shot, width, lang))
}

// patience is how long one step of a look may take.
const patience = 30 * time.Second

// open loads a page. On a machine with too much to do Chromium now and then never
// says that a page is loaded: then it is loaded once more.
func open(b *tab, address string) (response *network.Response, err error) {
	for range 2 {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		response, err = chromedp.RunResponse(ctx, chromedp.Navigate(address))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || b.ctx.Err() != nil {
			break
		}
	}
	return response, err
}

// raw lists texts that are keys of the catalogue of texts instead of its words.
const raw = `(() => {
	const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		if (n.parentElement.closest('code, pre, script, style')) continue;
		const m = n.textContent.trim().match(/^[a-z]+(\.[a-z_]+)+$/);
		if (m) found.push(m[0]);
	}
	return found;
})()`

// accessibility lists the serious and critical faults that axe-core finds.
func accessibility(t *testing.T, b *tab, axe []byte) (faults []string) {
	t.Helper()
	var found string
	b.run(t, chromedp.Evaluate(string(axe)+";0", nil), chromedp.Evaluate(`axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations
		.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.map(v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' (' + (n.any[0]?.message ?? '') + ')').join('; '))))`,
		&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err := json.Unmarshal([]byte(found), &faults); err != nil {
		t.Fatalf("axe-core: %v: %s", err, found)
	}
	return faults
}
