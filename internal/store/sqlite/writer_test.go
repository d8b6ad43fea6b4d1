package sqlite

import (
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sibai/internal/charging"
)

// What durability stands on holds for the connection of the batches, too.
func TestHotConnectionIsDurable(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		err := sqlitex.ExecuteTransient(s.hot.conn, "PRAGMA "+pragma, &sqlitex.ExecOptions{ResultFunc: func(stmt *engine.Stmt) error {
			got = stmt.ColumnText(0)
			return nil
		}})
		if err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
		}
	}
}

// A writer connection in an unknown state is thrown away, and the next batch
// gets a new one.
func TestBrokenWriterIsReplaced(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	commit := func(account charging.AccountID) error {
		return s.Commit(t.Context(), charging.Rules{}, []charging.Op{
			&charging.OpenOp{Key: charging.AccountKey{ID: account}, At: time.Unix(1, 0)},
		})
	}
	if err := commit(1); err != nil {
		t.Fatal(err)
	}
	if err := s.hot.stmts.begin.once(); err != nil { // somebody forgot to end it
		t.Fatal(err)
	}
	if err := commit(2); err == nil {
		t.Error("a transaction began inside another")
	}
	if err := commit(2); err != nil {
		t.Errorf("after the connection was replaced: %v", err)
	}
	for id, want := range map[charging.AccountID]bool{1: true, 2: true} {
		v, err := s.Account(t.Context(), charging.AccountKey{ID: id})
		if err != nil || (v != nil) != want {
			t.Errorf("account %d: %v, %v", id, v, err)
		}
	}
}
