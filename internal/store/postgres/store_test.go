package postgres_test

import (
	"testing"

	"sibai/internal/charging"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// open opens a store on a database of its own.
func open(t testing.TB) *postgres.Store { return openAt(t, pgtest.Database(t), postgres.Options{}) }

func openAt(t testing.TB, url string, opts postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, opts)
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
