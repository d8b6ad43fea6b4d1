package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"sibai/internal/fault"
)

// errThrowAway makes database/sql close a connection.
var errThrowAway = driver.ErrBadConn

// errReadOnly is a program's mistake: it writes to what it opened for reading.
var errReadOnly = errors.New("the store was opened for reading only")

// Write runs f in one transaction on the writer connection, between batches of
// charging: keep it short, calls wait meanwhile. f may use bun's builders with
// .Conn(tx); it must not wait for charging, which needs the same writer. When f
// returns an error or panics, nothing is written.
func (s *Store) Write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.yield()
	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "begin")
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "commit")
	}
	return nil
}

// take waits for the turn to write.
func (s *Store) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.write == nil || s.closed {
		s.yield()
		if s.closed {
			return fault.New(fault.StoreFailed, "what", "it is closed")
		}
		return fault.Wrap(errReadOnly, fault.Internal)
	}
	if s.conn == nil { // it was thrown away after an error
		if err := s.pin(ctx); err != nil {
			s.yield()
			return fault.Wrap(err, fault.StoreFailed, "what", "open the writer")
		}
	}
	return nil
}

func (s *Store) yield() { <-s.turn }

// immediately runs f between BEGIN IMMEDIATE and COMMIT of the writer, which
// the caller has the turn of. When anything fails the transaction is rolled
// back, and the connection thrown away if that fails too.
func (s *Store) immediately(ctx context.Context, f func() (write bool, err error)) error {
	if _, err := s.stmts.begin.ExecContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("begin: %w", err), s.unpin())
	}
	write, err := f()
	if err == nil && write {
		if _, err = s.stmts.commit.ExecContext(ctx); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	if _, rerr := s.stmts.rollback.ExecContext(ctx); rerr != nil {
		// SQLite has rolled back by itself after some errors; a new connection
		// is in a known state either way.
		return errors.Join(err, s.unpin())
	}
	return err
}
