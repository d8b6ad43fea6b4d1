package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

// refused fails the test unless err has the code and says how to mend it.
func refused(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("error %v, want %s", err, want)
		return
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Remedy(fault.English) == "" || strings.Contains(err.Error(), "{") {
		t.Errorf("error %v names no remedy", err)
	}
}

func TestOneProcessServes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openIn(t, dir)
	_, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	refused(t, err, fault.StoreLocked)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	again := openIn(t, dir)
	storetest.Audited(t, again)
	if again.Dir() != dir {
		t.Errorf("dir %s", again.Dir())
	}
}

// audit and explain read a directory that is being served.
func TestReadOnlyBesideAServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := sqlite.OpenReadOnly(t.Context(), dir, sqlite.Options{})
	refused(t, err, fault.StoreMissing)
	s := openIn(t, dir)
	reader, err := sqlite.OpenReadOnly(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	key := charging.AccountKey{Shard: 1, ID: 1}
	if err := s.Commit(t.Context(), charging.Rules{}, []charging.Op{&charging.OpenOp{Key: key, At: storetest.Start}}); err != nil {
		t.Fatal(err)
	}
	if v, err := reader.Account(t.Context(), key); err != nil || v == nil {
		t.Errorf("the reader saw %v, %v", v, err)
	}
	storetest.Audited(t, reader)
	err = reader.Commit(t.Context(), charging.Rules{}, []charging.Op{&charging.OpenOp{Key: charging.AccountKey{Shard: 1, ID: 2}}})
	refused(t, err, fault.Internal)
	if _, err := reader.Read().ExecContext(t.Context(), "DELETE FROM account"); err == nil {
		t.Error("a reading connection wrote")
	}
	// After the server's end too, when there is no WAL any more.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	alone, err := sqlite.OpenReadOnly(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	storetest.Audited(t, alone)
	if err := alone.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestUnusableDirectories(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(file, "data"), sqlite.Options{})
	refused(t, err, fault.StoreNotWritable)
	if os.Getuid() == 0 {
		t.Log("permissions do not bind root: a read-only directory is not tried")
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), dir, sqlite.Options{})
	refused(t, err, fault.StoreNotWritable)
}

func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	good := t.TempDir()
	s := openIn(t, good)
	for i := range 200 {
		op := &charging.OpenOp{Key: charging.AccountKey{Shard: 1, ID: charging.AccountID(i + 1)}, At: storetest.Start}
		if err := s.Commit(t.Context(), charging.Rules{}, []charging.Op{op}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(good, sqlite.File))
	if err != nil {
		t.Fatal(err)
	}
	altered := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	content := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	damaged := bytes.Clone(whole)
	for i := 4096; i < len(damaged); i += 4096 {
		copy(damaged[i:], bytes.Repeat([]byte{0xa5}, 64)) // the head of every page but the first
	}
	for name, c := range map[string]struct {
		make         func(*testing.T, string)
		serve, check fault.Code
	}{
		"another kind of file": {content(bytes.Repeat([]byte("hello, world\n"), 1000)), fault.StoreCorrupt, fault.StoreCorrupt},
		"damaged pages":        {content(damaged), fault.StoreCorrupt, fault.StoreCorrupt},
		"cut off":              {content(whole[:len(whole)/2]), fault.StoreCorrupt, ""},
		"another program's":    {altered("DROP TABLE goose_db_version"), fault.StoreCorrupt, fault.StoreCorrupt},
		"of a newer program":   {altered("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"), fault.StoreNewer, fault.StoreNewer},
		"of an older program":  {altered("DELETE FROM goose_db_version WHERE version_id > 0"), "", fault.StoreOlder},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.make(t, filepath.Join(dir, sqlite.File))
			if c.check != "" {
				_, err := sqlite.OpenReadOnly(t.Context(), dir, sqlite.Options{})
				refused(t, err, c.check)
			}
			if c.serve != "" {
				_, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
				refused(t, err, c.serve)
			}
		})
	}
}

// What durability and order stand on.
func TestWriterSettings(t *testing.T) {
	t.Parallel()
	s := open(t)
	err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			if err := tx.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// modernc.org/sqlite works with exactly the libc that its own go.mod names;
// another one corrupts memory without a word.
func TestLibcIsTheOneSQLiteNames(t *testing.T) {
	t.Parallel()
	version := func(module string) string {
		t.Helper()
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
		if err != nil {
			t.Skipf("go list: %v", err)
		}
		return strings.TrimSpace(string(out))
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	path := strings.TrimSpace(string(out))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse(path, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if r.Mod.Path == "modernc.org/libc" {
			if got := version("modernc.org/libc"); got != r.Mod.Version {
				t.Errorf("libc is %s, SQLite names %s: go get modernc.org/libc@%s", got, r.Mod.Version, r.Mod.Version)
			}
			return
		}
	}
	t.Errorf("%s does not name modernc.org/libc", path)
}
