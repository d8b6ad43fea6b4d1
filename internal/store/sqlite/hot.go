package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// busyBound is how long a connection waits for another process's lock.
const busyBound = 5 * time.Second

// writerPragmas are the settings of connections that write. A larger cache is
// slower: SQLite goes through it at each commit, and what is not in it is in the
// machine's memory all the same.
var writerPragmas = []string{
	"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16384)", "temp_store(MEMORY)",
	"wal_autocheckpoint(24000)", "journal_size_limit(134217728)",
}

// hot is the connection that commits batches of charging. It is the same engine
// that database/sql has, without what that spends on every value: on this path
// it was more than SQLite's own work.
type hot struct {
	conn  *engine.Conn
	stmts *statements
}

// heat opens the hot connection; who calls it has the turn.
func (s *Store) heat() error {
	conn, err := engine.OpenConn(filepath.Join(s.dir, File), engine.OpenReadWrite)
	if err != nil {
		return err
	}
	conn.SetBusyTimeout(busyBound)
	for _, pragma := range writerPragmas {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", pragma, err), conn.Close())
		}
	}
	stmts := newStatements()
	for _, m := range stmts.list() {
		m.conn = conn
	}
	s.hot = &hot{conn, stmts}
	return nil
}

// cool gives the hot connection up, in whatever state it is.
func (s *Store) cool() error {
	if s.hot == nil {
		return nil
	}
	conn := s.hot.conn
	s.hot = nil
	return conn.Close() // with its statements
}
