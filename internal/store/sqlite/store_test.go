package sqlite_test

import (
	"testing"

	"sibai/internal/charging"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

// open opens a store in a directory of its own.
func open(t testing.TB) *sqlite.Store { return openIn(t, t.TempDir()) }

func openIn(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) charging.Store { return open(t) })
}
