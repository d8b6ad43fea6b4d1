package site

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// badTag says what a scalar is when a field of this kind does not take it,
// "" when it does. YAML reads 400-123-4567 as text, 4001234567 as a number
// and 2026-01-01 as a date; all are taken as written where digits are meant.
func badTag(tag string, k kind) string {
	switch tag {
	case "!!bool":
		return "yes or no"
	case "!!int", "!!float":
		if k == text || k == code || k == date || k == duration || k == clock || k == source || k == endpoint {
			return "a number"
		}
		if tag == "!!float" && k == integer {
			return "a number with decimals"
		}
	case "!!timestamp":
		if k != date && k != reference {
			return "a date"
		}
	case "!!str":
		if k == integer {
			return "text"
		}
	default:
		return "a value with the tag " + shown(tag)
	}
	return ""
}

func got(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a set of fields"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return "a single value"
	}
	return "something else"
}

func want(s shape) string {
	switch s.kind {
	case object:
		return "a set of fields"
	case list:
		return "a list"
	case integer:
		return "a whole number"
	case amount:
		return "an amount in yuan"
	case date:
		return "a date"
	case duration:
		return "a length of time"
	case clock:
		return "a time of day"
	case phoneNumber, serviceNumber:
		return "a phone number"
	case source, endpoint:
		return "an address"
	}
	return "text"
}

// shown quotes what the file says, short enough for a message.
func shown(s string) string {
	const limit = 60
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return '·'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit]) + "…"
	}
	return `"` + s + `"`
}

// nearest returns the field that name is probably meant to be, "" when none
// is near.
func nearest(name string, s shape) string {
	const longest = 40
	if len(name) > longest {
		return ""
	}
	plain := strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(name))
	best, bestAt := "", max(2, len(name)/3)+1
	for _, f := range s.fields {
		if at := distance(plain, f.name); at < bestAt && at < len(f.name) {
			best, bestAt = f.name, at
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with the
// next to make b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
