package api_test

import (
	"os"
	"strings"
	"testing"

	"sibai/internal/api"
)

// What is committed in docs is what is served.
func TestDocumentsAreCurrent(t *testing.T) {
	t.Parallel()
	documents, err := api.Documents()
	if err != nil || len(documents) != 3 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	for name, want := range documents {
		have, err := os.ReadFile("../../docs/" + name)
		if err != nil || !strings.HasSuffix(string(have), string(want)) {
			t.Errorf("docs/%s is old: run `make generate` (%v)", name, err)
		}
	}
}
