package fault

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with an input.
type Problem struct {
	Path   string // of the field: customers[0].name
	Line   int    // in the source, from 1; 0 when it has no lines
	Code   Code
	Params Params
}

// Text says what is wrong and, after a dash, how to mend it.
func (p Problem) Text(lang Lang) string {
	s := p.Code.Text(lang, p.Params)
	if remedy := p.Code.Remedy(lang, p.Params); remedy != "" {
		s += " — " + remedy
	}
	return s
}

// Invalid is an input with one or more problems, all of them reported at
// once. Its kind is KindInvalid.
type Invalid struct {
	Source   string // file name, or "" for a form or a request
	Problems []Problem
}

// Add notes a problem. The pairs are as in New.
func (i *Invalid) Add(path string, line int, code Code, pairs ...any) {
	i.Problems = append(i.Problems, Problem{Path: path, Line: line, Code: code, Params: ParamsOf(pairs...)})
}

// Err returns i when it has problems, else nil.
func (i *Invalid) Err() error {
	if i == nil || len(i.Problems) == 0 {
		return nil
	}
	return i
}

// Error lists the problems in English, one a line.
func (i *Invalid) Error() string { return i.Text(English) }

// Text lists the problems, one a line: "site.yaml:12: path: what — remedy".
func (i *Invalid) Text(lang Lang) string {
	lines := make([]string, len(i.Problems))
	for n, p := range i.Problems {
		var b strings.Builder
		if i.Source != "" {
			b.WriteString(i.Source)
			if p.Line > 0 {
				fmt.Fprintf(&b, ":%d", p.Line)
			}
			b.WriteString(": ")
		} else if p.Line > 0 {
			fmt.Fprintf(&b, "line %d: ", p.Line)
		}
		if p.Path != "" {
			b.WriteString(p.Path)
			b.WriteString(": ")
		}
		b.WriteString(p.Text(lang))
		lines[n] = b.String()
	}
	return strings.Join(lines, "\n")
}
