package help

import (
	"bytes"
	"embed"
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"sibai/internal/web/text"
)

//go:embed articles
var files embed.FS

// article is one article in one language.
type article struct {
	slug, theme string
	title, lead string
	html        string    // what follows the lead
	sections    []section // in the order of reading
	also        []string  // words that people search for and the article does not use
	see         []string  // slugs of related articles
}

// section is a heading of the second level with what stands under it.
type section struct {
	id, title, plain string // plain is the text without marks, for the search
}

// theme groups articles.
type theme struct {
	Theme    string
	Articles []struct {
		Slug string
		Also []string
		See  []string
	}
}

// shelf has the articles of one language in the order of reading.
type shelf []*article

// shelves are read once, at start: an article that cannot be read is a defect
// of the build, which the tests of this package meet first.
var shelves = func() map[text.Lang]shelf {
	all, err := load()
	if err != nil {
		panic(err)
	}
	return all
}()

func load() (map[text.Lang]shelf, error) {
	index, err := files.ReadFile("articles/index.yaml")
	if err != nil {
		return nil, err
	}
	var themes []theme
	d := yaml.NewDecoder(bytes.NewReader(index))
	d.KnownFields(true)
	if err := d.Decode(&themes); err != nil {
		return nil, fmt.Errorf("articles/index.yaml: %w", err)
	}
	out := make(map[text.Lang]shelf)
	for _, lang := range text.Langs() {
		for _, th := range themes {
			for _, entry := range th.Articles {
				name := "articles/" + entry.Slug + "." + string(lang) + ".md"
				source, err := files.ReadFile(name)
				if err != nil {
					return nil, err
				}
				a, err := read(source)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				a.slug, a.theme, a.also, a.see = entry.Slug, th.Theme, entry.Also, entry.See
				out[lang] = append(out[lang], a)
			}
		}
	}
	return out, nil
}

// markdown writes no raw HTML (that would need html.WithUnsafe) and no style
// attributes: columns of tables are not aligned.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))),
	goldmark.WithParserOptions(parser.WithHeadingAttribute()),
)

// read takes an article apart: a title, a paragraph that says what it is
// about, and sections with an id each.
func read(source []byte) (*article, error) {
	root := markdown.Parser().Parse(gtext.NewReader(source))
	title, ok := root.FirstChild().(*ast.Heading)
	if !ok || title.Level != 1 {
		return nil, fmt.Errorf("it must begin with its title, # so")
	}
	lead, ok := title.NextSibling().(*ast.Paragraph)
	if !ok {
		return nil, fmt.Errorf("a paragraph must follow the title")
	}
	a := &article{title: plain(title, source), lead: plain(lead, source)}
	root.RemoveChild(root, title)
	root.RemoveChild(root, lead)
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			id, ok := h.AttributeString("id")
			if !ok {
				return nil, fmt.Errorf("section %q has no {#id}", plain(h, source))
			}
			a.sections = append(a.sections, section{id: string(id.([]byte)), title: plain(h, source)})
			continue
		}
		if len(a.sections) == 0 {
			return nil, fmt.Errorf("a section must follow the first paragraph")
		}
		s := &a.sections[len(a.sections)-1]
		s.plain = strings.TrimSpace(s.plain + " " + plain(n, source))
	}
	if err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && (n.Kind() == ast.KindHTMLBlock || n.Kind() == ast.KindRawHTML) {
			return ast.WalkStop, fmt.Errorf("HTML in an article: write Markdown")
		}
		if n.Kind() == extast.KindTable {
			n.SetAttributeString("class", []byte("sb-table"))
		}
		return ast.WalkContinue, nil
	}); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, root); err != nil {
		return nil, err
	}
	a.html = body.String()
	return a, nil
}

// plain is the text of a node and of all below it; blocks, cells and lines are
// parted by a space.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	// The walk returns no error, for its function returns none.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte(' ')
			}
		} else if n.Type() == ast.TypeBlock && !entering {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// find is the article of a slug with its neighbours in the order of reading,
// nil at the ends; a is nil when there is none.
func (s shelf) find(slug string) (before, a, after *article) {
	for i := range s {
		if s[i].slug != slug {
			continue
		}
		if i > 0 {
			before = s[i-1]
		}
		if i+1 < len(s) {
			after = s[i+1]
		}
		return before, s[i], after
	}
	return nil, nil, nil
}

// groups are the articles by theme, in the order of reading.
func (s shelf) groups() []shelf {
	var out []shelf
	for i, a := range s {
		if i == 0 || a.theme != s[i-1].theme {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], a)
	}
	return out
}

// related are the articles that a names as such.
func (s shelf) related(a *article) shelf {
	var out shelf
	for _, slug := range a.see {
		if _, other, _ := s.find(slug); other != nil {
			out = append(out, other)
		}
	}
	return out
}
