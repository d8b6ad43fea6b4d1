package site

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Schema is the JSON Schema (2020-12) of the site file, made from the same
// table that Parse reads by. It is published as docs/site.schema.json.
func Schema() []byte {
	s := schemaOf(siteShape)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "Sibai site file"
	s.Description = "The declarative description of a 400-number business: sibai apply -f site.yaml"
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		panic("site: the schema is made of plain values: " + err.Error())
	}
	return b.Bytes()
}

type jsonSchema struct {
	Schema      string            `json:"$schema,omitempty"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        any               `json:"type"`
	Enum        []string          `json:"enum,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	Format      string            `json:"format,omitempty"`
	MinLength   int               `json:"minLength,omitempty"`
	Minimum     *int              `json:"minimum,omitempty"`
	Maximum     *int              `json:"maximum,omitempty"`
	Items       *jsonSchema       `json:"items,omitempty"`
	Properties  orderedProperties `json:"properties,omitempty"`
	Required    []string          `json:"required,omitempty"`
	Additional  *bool             `json:"additionalProperties,omitempty"`
}

type property struct {
	name   string
	schema *jsonSchema
}

// orderedProperties keeps the order of the table: that is the order people
// read them in.
type orderedProperties []property

func (p orderedProperties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, prop := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(prop.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		var value bytes.Buffer
		e := json.NewEncoder(&value)
		e.SetEscapeHTML(false)
		if err := e.Encode(prop.schema); err != nil {
			return nil, err
		}
		b.Write(bytes.TrimSpace(value.Bytes()))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func schemaOf(s shape) *jsonSchema {
	textOrNumber := []string{"string", "integer"}
	switch s.kind {
	case object:
		closed := false
		out := &jsonSchema{Type: "object", Additional: &closed}
		for _, f := range s.fields {
			p := schemaOf(f.shape)
			p.Description = f.doc
			if f.fallback != "" {
				p.Description += " Left out: " + f.fallback + "."
			}
			if f.required {
				out.Required = append(out.Required, f.name)
			}
			out.Properties = append(out.Properties, property{f.name, p})
		}
		return out
	case list:
		return &jsonSchema{Type: "array", Items: schemaOf(*s.items)}
	case integer:
		return &jsonSchema{Type: "integer", Minimum: &s.min, Maximum: &s.max}
	case amount:
		// A number or, to keep every digit in any editor, a string.
		return &jsonSchema{Type: []string{"number", "string"}, Pattern: `^¥?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,6})?$`}
	case date:
		return &jsonSchema{Type: "string", Format: "date"}
	case clock:
		return &jsonSchema{Type: "string", Pattern: `^([01]?[0-9]|2[0-3]):[0-5][0-9]$|^24:00$`}
	case duration:
		return &jsonSchema{Type: "string", Pattern: `^([0-9]+(h|m|s))+$`}
	case code:
		return &jsonSchema{Type: "string", Pattern: `^[a-z0-9][a-z0-9_-]{0,63}$`}
	case phoneNumber:
		return &jsonSchema{Type: textOrNumber}
	case serviceNumber:
		return &jsonSchema{Type: textOrNumber, Pattern: `^[ -]*4[ -]*0[ -]*0([ -]*[0-9]){7}[ -]*$`}
	case segment:
		return &jsonSchema{Type: textOrNumber, Pattern: `^400[0-9]$`}
	case reference:
		return &jsonSchema{Type: []string{"string", "number"}}
	case text:
		if len(s.enum) > 0 {
			return &jsonSchema{Type: "string", Enum: s.enum}
		}
		return &jsonSchema{Type: "string", MinLength: 1}
	}
	return &jsonSchema{Type: "string", MinLength: 1}
}

// names lists the fields of an object for a message.
func (s shape) names() string {
	var out []string
	for _, f := range s.fields {
		out = append(out, f.name)
	}
	return strings.Join(out, ", ")
}
