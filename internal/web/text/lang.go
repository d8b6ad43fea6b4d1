package text

import (
	"context"
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"sibai/internal/fault"
)

// Lang is a language that pages speak.
type Lang = fault.Lang

// The languages of the pages. Chinese is the default.
const (
	ZH = fault.Chinese
	EN = fault.English
)

// Langs lists the languages, the default first.
func Langs() []Lang { return []Lang{ZH, EN} }

// Tag is the BCP 47 tag of a language for HTML and HTTP.
func Tag(l Lang) string {
	if l == ZH {
		return "zh-CN"
	}
	return string(l)
}

// Cookie is the name of the cookie that keeps a visitor's language.
const Cookie = "sibai_lang"

var matcher = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// Parse reads a language tag and says whether pages speak that language.
// Regions and scripts are ignored: zh-Hans-SG is ZH, en-GB is EN.
func Parse(tag string) (Lang, bool) {
	t, err := language.Parse(tag)
	if err != nil {
		return "", false
	}
	base, _ := t.Base()
	l := Lang(base.String())
	return l, slices.Contains(Langs(), l)
}

// Choose picks the language of a request: ?lang=, then the cookie, then
// Accept-Language, then Chinese. A tag that cannot be read counts as absent.
func Choose(r *http.Request) Lang {
	if l, ok := Parse(r.URL.Query().Get("lang")); ok {
		return l
	}
	if c, err := r.Cookie(Cookie); err == nil {
		if l, ok := Parse(c.Value); ok {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return ZH
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return ZH
	}
	return Langs()[i]
}

type contextKey struct{}

// With returns ctx with the language that pages rendered under it speak.
func With(ctx context.Context, l Lang) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// From returns the language set by With, or Chinese.
func From(ctx context.Context) Lang {
	if l, ok := ctx.Value(contextKey{}).(Lang); ok {
		return l
	}
	return ZH
}

// Chinese reports whether the reader of ctx reads Chinese; the other language is
// English.
func Chinese(ctx context.Context) bool { return From(ctx) == ZH }
