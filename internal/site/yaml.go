package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"sibai/internal/fault"
)

// Limits that no site file written by a person meets. They bound what a
// hostile one, with aliases that expand into each other, can cost.
const (
	maxBytes = 16 << 20
	maxNodes = 500_000
	maxDepth = 32
)

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// load parses the text of a site file into its top node; problems go to
// report. It returns nil when there is nothing to decode.
func load(source []byte, report *fault.Invalid) *yaml.Node {
	if len(source) > maxBytes {
		report.Add("", 0, fault.YAMLTooComplex, "reason", fmt.Sprintf("%d bytes, %d are allowed", len(source), maxBytes))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			report.Add("", 1, fault.ValueEmpty, "example", siteShape.names())
			return nil
		}
		addSyntax(report, err)
		return nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		report.Add("", second.Line, fault.YAMLSyntax, "reason", "a second document starts here, a site file is one")
		return nil
	} else if !errors.Is(err, io.EOF) {
		addSyntax(report, err)
		return nil
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 {
		report.Add("", 1, fault.ValueEmpty, "example", siteShape.names())
		return nil
	}
	return document.Content[0]
}

func addSyntax(report *fault.Invalid, err error) {
	m := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	line, _ := strconv.Atoi(m[1]) // 0 when the parser names none
	report.Add("", line, fault.YAMLSyntax, "reason", m[2])
}
