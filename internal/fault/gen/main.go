// Command gen makes the constants and texts of package fault and the page
// docs/errors.md from codes.yaml. Run it in internal/fault: go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run generates for the fault package in dir.
func run(dir string) error {
	source, err := os.ReadFile(filepath.Join(dir, "codes.yaml"))
	if err != nil {
		return err
	}
	published, err := os.ReadFile(filepath.Join(dir, publishedFile))
	if err != nil {
		return err
	}
	codes, err := parse(source)
	if err != nil {
		return err
	}
	list, err := publish(string(published), codes)
	if err != nil {
		return err
	}
	goFile, err := goSource(codes)
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{
		filepath.Join(dir, "codes_gen.go"): goFile,
		filepath.Join(dir, docsFile):       docs(codes),
		filepath.Join(dir, publishedFile):  []byte(list),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
