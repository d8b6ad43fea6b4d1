// Command gen writes the OpenAPI document to docs/openapi.yaml.
package main

import (
	"fmt"
	"os"

	"sibai/internal/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := api.Document()
	if err != nil {
		return err
	}
	text = append([]byte("# Made by go generate ./internal/api. Do not edit.\n"), text...)
	return os.WriteFile("../../docs/openapi.yaml", text, 0o644)
}
