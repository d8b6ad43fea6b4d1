package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// refused fails the test unless err has the code, says how to mend it, and
// keeps the password to itself.
func refused(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("error %v, want %s", err, want)
		return
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Remedy(fault.English) == "" || strings.Contains(f.Text(fault.English), "{") || strings.Contains(f.Text(fault.English), "secret") {
		t.Errorf("error %v names no remedy, or too much", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "mysql://a/b", "postgres://sibai:secret@127.0.0.1:99999/x", "postgres://sibai:secret@host/x?sslmode=perhaps"} {
		err := postgres.Valid(bad)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
		_, err = postgres.Open(t.Context(), bad, postgres.Options{})
		refused(t, err, fault.StoreUnreachable)
	}
	_, err := postgres.Open(t.Context(), "postgres://sibai:secret@127.0.0.1:1/none?connect_timeout=2", postgres.Options{})
	refused(t, err, fault.StoreUnreachable)
}

// What is no database of this program, or of another version of it, is not
// touched.
func TestUnusableDatabases(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	_, err := postgres.OpenReadOnly(t.Context(), url, postgres.Options{})
	refused(t, err, fault.StoreMissing)
	s := openAt(t, url, postgres.Options{})
	do := func(statement string) {
		t.Helper()
		err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statement)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	reader, err := postgres.OpenReadOnly(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	storetest.Audited(t, reader)
	if err := reader.Check(t.Context()); err != nil {
		t.Errorf("the test's server is not as it should be: %v", err)
	}
	refused(t, reader.Commit(t.Context(), charging.Rules{}, nil), fault.Internal)
	refused(t, reader.Write(t.Context(), nil), fault.Internal)
	if _, err := s.Read().ExecContext(t.Context(), "DELETE FROM account"); err == nil {
		t.Error("a reading connection wrote")
	}

	do("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	_, err = postgres.Open(t.Context(), url, postgres.Options{})
	refused(t, err, fault.StoreNewer)
	_, err = postgres.OpenReadOnly(t.Context(), url, postgres.Options{})
	refused(t, err, fault.StoreNewer)
	do("DELETE FROM goose_db_version WHERE version_id > 1")
	_, err = postgres.OpenReadOnly(t.Context(), url, postgres.Options{})
	refused(t, err, fault.StoreOlder)
	do("DROP TABLE goose_db_version")
	_, err = postgres.Open(t.Context(), url, postgres.Options{})
	refused(t, err, fault.StoreCorrupt)
}

// A server that acknowledges before its disk has it is named, and the writers
// wait for the disk all the same.
func TestUnsafeServer(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	s := openAt(t, url, postgres.Options{})
	err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END $$")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, postgres.Check(t.Context(), url), fault.StoreUnsafe)
	again := openAt(t, url, postgres.Options{})
	refused(t, again.Check(t.Context()), fault.StoreUnsafe)
	err = again.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		var value string
		if err := tx.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&value); err != nil || value != "on" {
			t.Errorf("a business write has synchronous_commit = %s, %v", value, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Two nodes share a database, but not a number. Starting at once, both bring
// the schema up to date and neither fails.
func TestNodes(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	var first [4]*postgres.Store
	errs := make(chan error)
	for i := range first {
		go func() {
			var err error
			first[i], err = postgres.Open(t.Context(), url, postgres.Options{Node: i + 1})
			errs <- err
		}()
	}
	for range first {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	_, err := postgres.Open(t.Context(), url, postgres.Options{Node: 2})
	refused(t, err, fault.NodeInUse)
	for _, s := range first {
		if s == nil {
			continue
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
	closed := first[0]
	refused(t, closed.Commit(t.Context(), charging.Rules{}, nil), fault.StoreFailed)
	_, err = closed.Account(t.Context(), charging.AccountKey{})
	refused(t, err, fault.StoreFailed)
	_, err = charging.Audit(t.Context(), closed)
	refused(t, err, fault.StoreFailed)
	refused(t, closed.Write(t.Context(), nil), fault.StoreFailed)
	openAt(t, url, postgres.Options{Node: 2})
}
