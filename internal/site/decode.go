package site

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
)

// value is one value of the file, read by its shape.
type value struct {
	path string
	line int
	set  bool // it stands in the file and is well formed
	bad  bool // a problem of it was reported

	text     string // every scalar
	n        int
	amount   money.Amount
	at       time.Time // date: its start
	length   time.Duration
	source   catalog.Source
	endpoint catalog.Endpoint
	list     []*value
	fields   map[string]*value
	used     map[string]bool // fields that the builder asked for
}

// get returns a field of an object. One that is not set has the line of the
// object, where it would have to be added.
func (v *value) get(name string) *value {
	if v.used != nil {
		v.used[name] = true
	}
	if f := v.fields[name]; f != nil {
		return f
	}
	return &value{path: join(v.path, name), line: v.line}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

type decoder struct {
	report *fault.Invalid
	nodes  int
	ended  bool // a limit was met: nothing more is read
}

func (d *decoder) problem(v *value, code fault.Code, pairs ...any) {
	if v.bad {
		return
	}
	v.bad, v.set = true, false
	d.report.Add(v.path, v.line, code, pairs...)
}

// decode reads a node by its shape. example is told when it has another.
func (d *decoder) decode(n *yaml.Node, s shape, path, example string, depth int) *value {
	line := n.Line
	for n.Kind == yaml.AliasNode && n.Alias != nil && depth <= maxDepth {
		n = n.Alias
		depth++
	}
	v := &value{path: path, line: line, set: true}
	d.nodes++
	if d.nodes > maxNodes || depth > maxDepth {
		if !d.ended {
			d.ended = true
			d.problem(v, fault.YAMLTooComplex, "reason", fmt.Sprintf("more than %d values, or nested deeper than %d", maxNodes, maxDepth))
		}
		v.bad, v.set = true, false
		return v
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.problem(v, fault.ValueEmpty, "example", example)
		return v
	}
	switch {
	case s.kind == object && n.Kind == yaml.MappingNode:
		d.object(v, n, s, depth)
	case s.kind == list && n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			if d.ended {
				break
			}
			v.list = append(v.list, d.decode(item, *s.items, fmt.Sprintf("%s[%d]", path, i), itemExample(*s.items, example), depth+1))
		}
	case s.kind != object && s.kind != list && n.Kind == yaml.ScalarNode:
		d.scalar(v, n, s, example)
	default:
		d.problem(v, fault.FieldType, "got", got(n), "want", want(s), "example", example)
	}
	return v
}

func itemExample(items shape, of string) string {
	if items.kind != object {
		return strings.Trim(of, "[]")
	}
	var out []string
	for _, f := range items.fields {
		if f.required {
			out = append(out, f.name+": "+f.example)
		}
	}
	return "{" + strings.Join(out, ", ") + "}"
}

func (d *decoder) object(v *value, n *yaml.Node, s shape, depth int) {
	v.fields, v.used = map[string]*value{}, map[string]bool{}
	for i := 0; i+1 < len(n.Content) && !d.ended; i += 2 {
		key, content := n.Content[i], n.Content[i+1]
		at := &value{path: v.path, line: key.Line}
		if key.Kind != yaml.ScalarNode {
			d.problem(at, fault.FieldType, "got", got(key), "want", "the name of a field", "example", "one of: "+s.names())
			continue
		}
		f, known := s.field(key.Value)
		if !known {
			d.unknown(at, key.Value, s)
			continue
		}
		if first, twice := v.fields[f.name]; twice {
			d.problem(at, fault.FieldRepeated, "field", f.name, "line", first.line)
			continue
		}
		v.fields[f.name] = d.decode(content, f.shape, join(v.path, f.name), f.example, depth+1)
	}
	for _, f := range s.fields {
		if f.required && v.fields[f.name] == nil && !d.ended {
			d.report.Add(v.path, v.line, fault.FieldMissing, "field", f.name, "example", f.example)
			v.fields[f.name] = &value{path: join(v.path, f.name), line: v.line, bad: true}
		}
	}
}

func (d *decoder) unknown(at *value, name string, s shape) {
	if near := nearest(name, s); near != "" {
		d.problem(at, fault.FieldMisspelt, "field", shown(name), "nearest", near)
		return
	}
	d.problem(at, fault.FieldUnknown, "field", shown(name), "known", s.names())
}

func (s shape) field(name string) (field, bool) {
	for _, f := range s.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func (d *decoder) scalar(v *value, n *yaml.Node, s shape, example string) {
	v.text = strings.TrimSpace(n.Value)
	if wrong := badTag(n.Tag, s.kind); wrong != "" {
		d.problem(v, fault.FieldType, "got", wrong, "want", want(s), "example", example)
		return
	}
	if v.text == "" {
		d.problem(v, fault.ValueEmpty, "example", example)
		return
	}
	switch s.kind {
	case text:
		d.word(v, s)
	case code:
		if !catalog.ValidCode(v.text) {
			d.problem(v, fault.CodeInvalid, "value", shown(v.text))
		}
	case reference:
		const limit = 64
		switch {
		case len(v.text) > limit:
			d.problem(v, fault.ValueTooLong, "limit", limit)
		case strings.ContainsFunc(v.text, unicode.IsControl):
			d.problem(v, fault.ValueNotAllowed, "value", shown(v.text), "allowed", "printable characters")
		}
	case integer:
		var err error
		if v.n, err = strconv.Atoi(v.text); err != nil || v.n < s.min || v.n > s.max {
			d.problem(v, fault.ValueRange, "value", shown(v.text), "min", s.min, "max", s.max)
		}
	case amount:
		d.amount(v, s)
	case date:
		at, err := calendar.ParseDay(v.text)
		if err != nil || at.Year() < 2000 || at.Year() > 2199 {
			d.problem(v, fault.DateInvalid, "value", shown(v.text))
		}
		v.at = at
	case clock:
		at, err := time.Parse("15:04", v.text)
		v.length = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		if v.text == "24:00" {
			v.length, err = 24*time.Hour, nil
		}
		if err != nil {
			d.problem(v, fault.ValueNotAllowed, "value", shown(v.text), "allowed", "hours and minutes such as 22:00, up to 24:00")
		}
	case duration:
		length, err := time.ParseDuration(v.text)
		if err != nil || length < 0 {
			d.problem(v, fault.DurationInvalid, "value", shown(v.text))
		}
		v.length = length
	default:
		d.telecom(v, s)
	}
}

func (d *decoder) word(v *value, s shape) {
	if len(s.enum) == 0 {
		if strings.ContainsFunc(v.text, unicode.IsControl) { // it is shown on terminals and pages
			d.problem(v, fault.ValueNotAllowed, "value", shown(v.text), "allowed", "printable characters")
		}
		return
	}
	for _, w := range s.enum {
		if v.text == w {
			return
		}
	}
	d.problem(v, fault.ValueNotAllowed, "value", shown(v.text), "allowed", strings.Join(s.enum, ", "))
}

func (d *decoder) amount(v *value, s shape) {
	a, err := money.Parse(v.text)
	switch {
	case err != nil:
		d.problem(v, fault.MoneyInvalid, "value", shown(v.text), "reason", moneyReason(v.text))
	case a < s.least || a > s.most:
		d.problem(v, fault.MoneyRange, "value", a, "min", s.least, "max", s.most)
	}
	v.amount = a
}

func moneyReason(s string) string {
	if _, decimals, ok := strings.Cut(s, "."); ok && len(decimals) > 6 && strings.Trim(decimals, "0123456789") == "" {
		return "it has more than six decimals"
	}
	return "it is not written in plain digits"
}

func (d *decoder) telecom(v *value, s shape) {
	var err error
	switch s.kind {
	case serviceNumber:
		var digits string
		if digits, err = number.Parse(v.text); err != nil {
			d.problem(v, fault.NumberInvalid, "value", shown(v.text))
			return
		}
		v.text = digits
	case segment:
		if !number.ValidSegment(v.text) {
			d.problem(v, fault.SegmentInvalid, "value", shown(v.text))
		}
	case source:
		if v.source, err = catalog.ParseSource(v.text); err != nil {
			d.problem(v, fault.AddressInvalid, "value", shown(v.text))
		}
	case endpoint:
		if v.endpoint.Address, err = catalog.ParseEndpoint(v.text); err != nil {
			d.problem(v, fault.EndpointInvalid, "value", shown(v.text))
		}
	}
}
