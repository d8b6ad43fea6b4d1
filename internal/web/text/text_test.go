package text_test

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"sibai/internal/web/text"
)

// plural holds the keys under which a sentence has one text per plural form.
var plural = []string{"one", "other"}

func keys(t *testing.T, file string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&tree); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	out := map[string]string{}
	var walk func(prefix string, node map[string]any)
	walk = func(prefix string, node map[string]any) {
		for k, v := range node {
			key := strings.TrimPrefix(prefix+"."+k, ".")
			switch v := v.(type) {
			case map[string]any:
				if other, ok := v["other"].(string); ok {
					for form := range v {
						if !slices.Contains(plural, form) {
							t.Errorf("%s: %s.%s is no plural form", file, key, form)
						}
					}
					out[key] = other
					continue
				}
				walk(key, v)
			case string:
				out[key] = v
			default:
				t.Errorf("%s: %s is a %T; quote it", file, key, v)
			}
		}
	}
	walk("", tree)
	return out
}

var place = regexp.MustCompile(`{{\.(\w+)}}`)

func places(sentence string) []string {
	var out []string
	for _, m := range place.FindAllStringSubmatch(sentence, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestBothLanguagesHaveTheSameSentences(t *testing.T) {
	t.Parallel()
	zh, en := keys(t, "zh.yaml"), keys(t, "en.yaml")
	for key, sentence := range zh {
		other, ok := en[key]
		if !ok {
			t.Errorf("en.yaml lacks %s", key)
			continue
		}
		if sentence == "" || other == "" {
			t.Errorf("%s is empty", key)
		}
		if diff := cmp.Diff(places(sentence), places(other)); diff != "" {
			t.Errorf("%s has other places in English:\n%s", key, diff)
		}
		if slices.Contains(places(sentence), "Count") {
			t.Errorf("%s shows Count, which is for choosing singular or plural; name the place that is shown otherwise", key)
		}
		if strings.ContainsAny(sentence+other, "!！您") {
			t.Errorf("%s: no exclamation, and 你 rather than 您: %q, %q", key, sentence, other)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("zh.yaml lacks %s", key)
		}
	}
}

// TestPagesUseWhatIsThere reads the pages' sources: every key they name is in
// the catalogue, and every sentence of the catalogue is used.
func TestPagesUseWhatIsThere(t *testing.T) {
	t.Parallel()
	zh := keys(t, "zh.yaml")
	var source strings.Builder
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".templ" {
			return nil
		}
		data, err := os.ReadFile(path)
		source.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`text\.T\(ctx, "([^"]+)"(\+)?`).FindAllStringSubmatch(source.String(), -1)
	if len(used) == 0 {
		t.Fatal("found no use of text.T")
	}
	var prefixes []string
	for _, m := range used {
		if m[2] != "" {
			prefixes = append(prefixes, m[1])
			continue
		}
		if _, ok := zh[m[1]]; !ok {
			t.Errorf("a page names %s, which is not in the catalogue", m[1])
		}
	}
	for key := range zh {
		inSource := strings.Contains(source.String(), strconv.Quote(key))
		byPrefix := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
		if !inSource && !byPrefix {
			t.Errorf("no page uses %s; remove it from both catalogues", key)
		}
	}
}

// TestEveryCauseHasAWord keeps the catalogue level with the causes that a call
// record may carry.
func TestEveryCauseHasAWord(t *testing.T) {
	t.Parallel()
	zh := keys(t, "zh.yaml")
	file, err := parser.ParseFile(token.NewFileSet(), "../../cdr/cdr.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	prefix := map[string]string{"Cause": "cause.", "Side": "call.endedby."}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		typ, ok := spec.Type.(*ast.Ident)
		if !ok || prefix[typ.Name] == "" || len(spec.Values) != 1 {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if _, ok := zh[prefix[typ.Name]+value]; !ok {
			t.Errorf("the catalogues lack %s%s", prefix[typ.Name], value)
		}
		return true
	})
	if seen < 10 {
		t.Errorf("found %d causes in internal/cdr; the test reads the wrong file", seen)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	zh := text.With(context.Background(), text.ZH)
	en := text.With(context.Background(), text.EN)
	for _, c := range []struct{ got, want string }{
		{text.T(zh, "live.ofcalls", "Count", 1286, "Calls", text.Count(1286), "Rate", "94%"), "今天结束 1,286 通，接听率 94%"},
		{text.T(en, "live.ofcalls", "Count", 1, "Calls", "1", "Rate", "100%"), "1 call ended today, 100% answered"},
		{text.T(en, "live.ofcalls", "Count", 1286, "Calls", text.Count(1286), "Rate", "94%"), "1,286 calls ended today, 94% answered"},
		{text.T(context.Background(), "cause.busy"), "忙"},
		{text.T(zh, "no.such.key"), "no.such.key"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, query, cookie, accept string
		want                        text.Lang
	}{
		{"nothing said", "", "", "", text.ZH},
		{"query wins", "?lang=en", "zh-CN", "zh", text.EN},
		{"cookie beats header", "", "en", "zh-CN,zh;q=0.9", text.EN},
		{"header", "", "", "en-GB,en;q=0.9,zh;q=0.1", text.EN},
		{"header in a language we lack", "", "", "fr,de;q=0.8", text.ZH},
		{"traditional reads Chinese", "", "", "zh-TW", text.ZH},
		{"nonsense falls through", "?lang=xx!", "!!", "en", text.EN},
		{"broken header", "", "", "en;q=zz", text.ZH},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/"+c.query, nil)
			if c.cookie != "" {
				r.Header.Set("Cookie", text.Cookie+"="+c.cookie)
			}
			r.Header.Set("Accept-Language", c.accept)
			if got := text.Choose(r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	zh, en := context.Background(), text.With(context.Background(), text.EN)
	at := time.Date(2026, 11, 22, 12, 31, 7, 0, time.UTC) // a Sunday, 20:31:07 in Shanghai
	next := at.Add(4 * time.Hour)                         // the 23rd there, still the 22nd in UTC
	if !text.SameDay(next, next.Add(19*time.Hour)) || text.SameDay(at, next) {
		t.Error("a day runs from 00:00 in Shanghai")
	}
	for _, c := range []struct{ got, want string }{
		{text.Clock(at), "20:31:07"},
		{text.Day(zh, next), "11 月 23 日"},
		{text.Day(en, at), "22 Nov"},
		{text.Date(zh, at), "11 月 22 日 周日"},
		{text.Date(en, at), "Sun 22 Nov"},
		{text.Span(zh, 9*time.Second+900*time.Millisecond), "9 秒"},
		{text.Span(zh, 3*time.Minute+42*time.Second), "3 分 42 秒"},
		{text.Span(zh, time.Hour+2*time.Second), "1 小时 00 分 02 秒"},
		{text.Span(en, 247*time.Second), "4 min 07 s"},
		{text.Span(en, -time.Second), "0 s"},
		{text.Stopwatch(67 * time.Second), "1:07"},
		{text.Stopwatch(3822 * time.Second), "1:03:42"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
