package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/charging"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

// The promises of money on the real store, through crashes: the file and its
// log are taken as they are, while the store is open, and opened elsewhere, as
// a process would find them after kill -9.
func TestMachine(t *testing.T) {
	t.Parallel()
	template := t.TempDir()
	openIn(t, template).Close()
	empty, err := os.ReadFile(filepath.Join(template, sqlite.File))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(template, "machine")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.WriteFile(filepath.Join(dir, sqlite.File), empty, 0o600); err != nil {
			rt.Fatal(err)
		}
		var open []*sqlite.Store
		defer func() {
			for _, s := range open {
				if err := s.Close(); err != nil {
					rt.Errorf("close: %v", err)
				}
			}
		}()
		openStore := func() charging.Store {
			s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			if err != nil {
				rt.Fatal(err)
			}
			open = append(open, s)
			return s
		}
		crash := func() charging.Store {
			found, err := os.MkdirTemp(template, "machine")
			if err != nil {
				rt.Fatal(err)
			}
			for _, name := range []string{sqlite.File, sqlite.File + "-wal"} {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err == nil {
					err = os.WriteFile(filepath.Join(found, name), b, 0o600)
				}
				if err != nil {
					rt.Fatal(err)
				}
			}
			dir = found
			return openStore()
		}
		storetest.Machine(rt, openStore(), crash)
	})
}
