package main

import (
	"os"
	"strings"
	"testing"
)

// What is committed is what the generator makes.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	codes, err := parse(read(t, "../codes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := goSource(codes)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"../codes_gen.go": string(want),
		"../" + docsFile:  string(docs(codes)),
	} {
		if string(read(t, path)) != want {
			t.Errorf("%s is out of date: run go generate ./internal/fault", path)
		}
	}
	list := string(read(t, "../"+publishedFile))
	if want, err := publish(list, codes); err != nil || want != list {
		t.Errorf("%s: %v: run go generate ./internal/fault", publishedFile, err)
	}
}

func TestPublishedCodeIsNeverLost(t *testing.T) {
	t.Parallel()
	if _, err := publish("kept\nrenamed\n", []code{{Code: "kept"}, {Code: "new_name"}}); err == nil || !strings.Contains(err.Error(), "renamed") {
		t.Errorf("publish lost a code: %v", err)
	}
	if got, err := publish("kept\n", []code{{Code: "kept"}, {Code: "added"}}); err != nil || got != "added\nkept\n" {
		t.Errorf("publish = %q, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const full = "en: {text: a {x}, cause: b, remedy: c}"
	for name, source := range map[string]string{
		"not snake":       "- {code: NotSnake, kind: invalid}",
		"unknown kind":    "- {code: a, kind: odd}",
		"missing text":    "- {code: a, kind: invalid, en: {text: a}}",
		"unknown field":   "- {code: a, kind: invalid, fr: {text: a}}",
		"places differ":   "- code: a\n  kind: invalid\n  en: {text: 'a {x}', cause: b, remedy: c}\n  zh: {text: 'a {y}', cause: b, remedy: c}",
		"the same twice":  strings.Repeat("- code: a\n  kind: invalid\n  en: {text: a, cause: b, remedy: c}\n  zh: {text: a, cause: b, remedy: c}\n", 2),
		"not even a list": full,
	} {
		if _, err := parse([]byte(source)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
