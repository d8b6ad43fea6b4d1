package help

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// linksOut are the pages beside the help centre that articles may lead to; the
// navigation of package ui leads to the same.
var linksOut = []string{"/", "/plans", "/verify", "/contact", "/promotions"}

// TestArticles holds the articles level: each in both languages with the same
// sections, links that lead somewhere, and nothing that a page may not have.
func TestArticles(t *testing.T) {
	t.Parallel()
	zh, en := shelves[text.ZH], shelves[text.EN]
	if len(zh) < 12 || len(zh) != len(en) {
		t.Fatalf("%d articles in Chinese, %d in English", len(zh), len(en))
	}
	ids := func(a *article) (out []string) {
		for _, s := range a.sections {
			out = append(out, s.id)
		}
		return out
	}
	link, tag := regexp.MustCompile(`href="([^"]*)"`), regexp.MustCompile(`<[^>]*(style=|class="[^s]|on\w+=)`)
	known := map[string]bool{}
	for _, out := range linksOut {
		if !slices.ContainsFunc(ui.PublicNav, func(l ui.Link) bool { return l.Path == out }) {
			t.Errorf("there is no page %s any more", out)
		}
		known[out] = true
	}
	for i, a := range zh {
		known[Path+"/"+a.slug] = true
		if en[i].slug != a.slug {
			t.Fatalf("article %d is %s and %s", i, a.slug, en[i].slug)
		}
		if diff := cmp.Diff(ids(a), ids(en[i])); diff != "" {
			t.Errorf("%s has other sections in English:\n%s", a.slug, diff)
		}
		for _, id := range ids(a) {
			known[Path+"/"+a.slug+"#"+id] = true
		}
		if slices.Sort(a.see); len(a.see) == 0 || slices.Contains(a.see, a.slug) || len(slices.Compact(a.see)) != len(a.see) {
			t.Errorf("%s is related to %v", a.slug, a.see)
		}
		for _, other := range a.see {
			if _, b, _ := zh.find(other); b == nil {
				t.Errorf("%s is related to %s, which there is not", a.slug, other)
			}
		}
		if tables, other := strings.Count(a.html, "<tr>"), strings.Count(en[i].html, "<tr>"); tables != other {
			t.Errorf("%s has %d rows of tables in Chinese and %d in English", a.slug, tables, other)
		}
	}
	for lang, all := range shelves {
		for _, a := range all {
			name := a.slug + "." + string(lang)
			if a.title == "" || a.lead == "" || len(a.sections) < 3 || len(slices.Compact(slices.Sorted(slices.Values(ids(a))))) != len(a.sections) {
				t.Errorf("%s lacks a title, a first paragraph or sections with ids of their own", name)
			}
			for _, s := range a.sections {
				if len(s.plain) < 20 {
					t.Errorf("%s#%s says nothing", name, s.id)
				}
			}
			if m := tag.FindString(a.html); m != "" {
				t.Errorf("%s has %s", name, m)
			}
			if whole := a.title + a.lead + a.html; strings.ContainsAny(whole, "!！您") {
				t.Errorf("%s: no exclamation, and 你 rather than 您", name)
			}
			if han := regexp.MustCompile(`\p{Han}`); lang == text.EN && han.MatchString(a.title+a.lead+a.html) {
				t.Errorf("%s has Chinese in it", name)
			}
			for _, m := range link.FindAllStringSubmatch(a.html, -1) {
				if !known[m[1]] {
					t.Errorf("%s leads to %s, which there is not", name, m[1])
				}
			}
		}
	}
	found, err := fs.Glob(files, "articles/*.md")
	if err != nil || len(found) != len(zh)+len(en) {
		t.Errorf("%d files for %d articles: index.yaml must name each (%v)", len(found), len(zh)+len(en), err)
	}
}

// TestRefusedArticles shows what an article may not be.
func TestRefusedArticles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"nothing", "", "title"},
		{"no lead", "# T\n\n## S {#s}\n", "paragraph"},
		{"no id", "# T\n\nlead\n\n## S\n", "{#id}"},
		{"text before the sections", "# T\n\nlead\n\nmore\n", "section"},
		{"a block of HTML", "# T\n\nlead\n\n## S {#s}\n\n<div onclick=x>\n</div>\n", "HTML"},
		{"HTML in a line", "# T\n\nlead\n\n## S {#s}\n\nso <img src=x onerror=y>\n", "HTML"},
	} {
		if _, err := read([]byte(c.source)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a word of %s", c.name, err, c.want)
		}
	}
	a, err := read([]byte("# T\n\nlead\n\n## S {#s}\n\n[x](javascript:alert(1)) a < b\n"))
	if err != nil || strings.Contains(a.html, "javascript") || !strings.Contains(a.html, "a &lt; b") {
		t.Errorf("%v: %s", err, a.html)
	}
}

// TestSearch asks as people do.
func TestSearch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang           text.Lang
		question, want string // the first article; empty for none
	}{
		{text.ZH, "怎么换接听电话", "targets"},
		{text.ZH, "绑定号码", "targets"},
		{text.ZH, "低消", "minimum-consumption"},
		{text.ZH, "最低消费什么时候收", "minimum-consumption"},
		{text.ZH, "没有人接要收费吗", "who-pays"},
		{text.ZH, "录音", "recordings"},
		{text.ZH, "号码被冻结了怎么办", "complaints-and-freezes"},
		{text.ZH, "身份证 授权书", "documents"},
		{text.ZH, "IVR", "switchboard"},
		{text.ZH, "充值多久恢复", "balance"},
		{text.ZH, "携号转网", "porting-in"},
		{text.ZH, "包年 买断", "choosing-a-plan"},
		{text.ZH, "量子力学", ""},
		{text.ZH, "!?，", ""},
		{text.EN, "How do I change my phones?", "targets"},
		{text.EN, "MINIMUM consumption", "minimum-consumption"},
		{text.EN, "voice menu", "switchboard"},
		{text.EN, "why is my number frozen", "complaints-and-freezes"},
		{text.EN, "recording", "recordings"},
		{text.EN, "port", "porting-in"},
		{text.EN, "business licence", "documents"},
		{text.EN, "zebra crossing", ""},
		{text.EN, strings.Repeat("qq ", 10_000), ""},
	} {
		hits := shelves[c.lang].search(c.question)
		got := ""
		if len(hits) > 0 {
			got = hits[0].article.slug
		}
		if got != c.want {
			t.Errorf("%.40q finds %q first, want %q", c.question, got, c.want)
		}
	}
}

// FuzzSearch: whatever is asked, the answer is made of the articles' own words.
func FuzzSearch(f *testing.F) {
	for _, q := range []string{"", "换电话", "change ÀÉ", "\xff\xfe", "a b c", "İstanbul 低消"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		for lang, all := range shelves {
			for _, h := range all.search(q) {
				var said strings.Builder
				for _, p := range h.snippet {
					if p.text != "…" {
						said.WriteString(p.text)
					}
				}
				from := h.article.lead
				if h.section != nil {
					from = h.section.plain
				}
				if h.score <= 0 || !strings.Contains(from, said.String()) {
					t.Fatalf("%s %q: %+v", lang, q, h)
				}
			}
		}
	})
}
