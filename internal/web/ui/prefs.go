package ui

import (
	"context"
	"net/url"
	"slices"

	"sibai/internal/web/text"
)

// Theme is how pages look.
type Theme string

// The themes. Auto follows the reader's system.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Themes lists them in the order of the menu.
func Themes() []Theme { return []Theme{Auto, Light, Dark} }

// ThemeCookie is the name of the cookie that keeps a visitor's theme.
const ThemeCookie = "sibai_theme"

// ParseTheme reads a theme and says whether there is such a one.
func ParseTheme(s string) (Theme, bool) {
	t := Theme(s)
	return t, slices.Contains(Themes(), t)
}

// Prefs is what the layout must know of a request.
type Prefs struct {
	Theme Theme
	URL   *url.URL // the page's own address, for the links that switch language and theme
}

type prefsKey struct{}

// WithPrefs returns ctx with p for the pages rendered under it.
func WithPrefs(ctx context.Context, p Prefs) context.Context {
	return context.WithValue(ctx, prefsKey{}, p)
}

func prefs(ctx context.Context) Prefs {
	if p, ok := ctx.Value(prefsKey{}).(Prefs); ok {
		return p
	}
	return Prefs{Theme: Auto, URL: &url.URL{Path: "/"}}
}

// switched is the page's own address with one preference in its query. The
// other is left out: its cookie keeps it.
func switched(ctx context.Context, name, value string) string {
	u := prefs(ctx).URL
	q := u.Query()
	q.Del("lang")
	q.Del("theme")
	q.Set(name, value)
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}

// otherLang is the language that the switch leads to.
func otherLang(ctx context.Context) text.Lang {
	if text.From(ctx) == text.ZH {
		return text.EN
	}
	return text.ZH
}

// langNames are written in their own language: who looks for the switch may
// not read the page.
var langNames = map[text.Lang]string{text.ZH: "中文", text.EN: "English"}
