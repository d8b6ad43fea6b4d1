package parts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sibai/test/parts"
)

// Each test below makes a PATH of its own, so none may run in parallel.

func TestFindsAProgramInThePath(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "sipp")
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if got, err := parts.Find("sipp"); err != nil || got != want {
		t.Errorf("Find = %q, %v; want %q", got, err, want)
	}
}

func TestSaysHowToInstallWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := parts.Find("baresip")
	if err == nil || !strings.Contains(err.Error(), "test/setup.sh") || !strings.Contains(err.Error(), "baresip-core") {
		t.Errorf("Find = %v; want the script and the package named", err)
	}
	if _, err := parts.Find("no such thing"); err == nil {
		t.Error("an unknown part was found")
	}
}

// verdict stands in for a test and keeps what Need decided about it.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper()     {}
func (v *verdict) Skip(...any) { v.skipped = true }
func (v *verdict) Fatal(...any) {
	v.failed = true
	panic(v) // Fatal does not return
}

func need(v *verdict, name string) {
	defer func() { _ = recover() }()
	parts.Need(v, name)
}

func TestAMissingPartSkipsAndFailsInCI(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short every part is skipped")
	}
	t.Setenv("PATH", t.TempDir())
	for ci, want := range map[string]verdict{"": {skipped: true}, "true": {failed: true}} {
		t.Setenv("CI", ci)
		var got verdict
		need(&got, "sipp")
		if got.skipped != want.skipped || got.failed != want.failed {
			t.Errorf("CI=%q: skipped %v, failed %v", ci, got.skipped, got.failed)
		}
	}
}
