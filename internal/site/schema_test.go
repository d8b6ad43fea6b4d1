package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"sibai/internal/fault"
)

const published = "../../docs/site.schema.json"

// The published schema is the one that Parse reads by.
func TestPublishedSchema(t *testing.T) {
	t.Parallel()
	golden(t, published, string(Schema()))
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("site.schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("site.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain turns a YAML tree into what a JSON Schema validator reads, dates as
// text.
func plain(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(t, n.Content[0])
	case yaml.AliasNode:
		return plain(t, n.Alias)
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			out = append(out, plain(t, item))
		}
		return out
	}
	if n.Tag == "!!int" || n.Tag == "!!float" {
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil && (n.Value == "0" || n.Value[0] != '0' || n.Value[1] == '.') {
			return json.Number(n.Value)
		}
	}
	if n.Tag == "!!null" {
		return nil
	}
	return n.Value
}

// What the decoder accepts, the schema accepts too; an editor must not mark a
// good file.
func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for name, source := range map[string][]byte{
		"the example":       read(t, example),
		"every field there": full(siteShape),
	} {
		var n yaml.Node
		if err := yaml.Unmarshal(source, &n); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plain(t, &n)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the schema refuses, the decoder refuses too.
func TestParseRefusesWhatSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, path := range files {
		if filepath.Base(path) == "loop.yaml" {
			continue // it has no end as a tree
		}
		source := read(t, path)
		var n yaml.Node
		if yaml.Unmarshal(source, &n) != nil || n.Kind == 0 {
			continue
		}
		if schema.Validate(plain(t, &n)) == nil {
			continue
		}
		refused++
		_, err := Parse("site.yaml", source)
		var invalid *fault.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%s: the schema refuses it, Parse does not", path)
		}
	}
	if refused == 0 {
		t.Error("the schema refuses none of the bad files")
	}
}
