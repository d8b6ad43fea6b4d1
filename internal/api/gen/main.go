// Command gen writes the OpenAPI documents to docs.
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
	documents, err := api.Documents()
	if err != nil {
		return err
	}
	for name, text := range documents {
		text = append([]byte("# Made by go generate ./internal/api. Do not edit.\n"), text...)
		if err := os.WriteFile("../../docs/"+name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
