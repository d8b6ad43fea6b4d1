package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"sibai/internal/fault"
)

// errReadOnly is a program's mistake: it writes to what it opened for reading.
var errReadOnly = errors.New("the store was opened for reading only")

// Write runs f in one transaction on a connection of its own, between batches of
// charging: keep it short, calls wait meanwhile. f may use bun's builders with
// .Conn(tx); it must not wait for charging, which needs the same turn. When f
// returns an error or panics, nothing is written.
func (s *Store) Write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.yield()
	tx, err := s.write.BeginTx(ctx, nil)
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
	return nil
}

func (s *Store) yield() { <-s.turn }

// immediately runs f between BEGIN IMMEDIATE and COMMIT of the hot connection,
// which the caller has the turn of. When anything fails the transaction is
// rolled back, and the connection given up if that fails too.
func (s *Store) immediately(f func() (write bool, err error)) error {
	if s.hot == nil { // it was given up after an error
		if err := s.heat(); err != nil {
			return fault.Wrap(err, fault.StoreFailed, "what", "open the writer")
		}
	}
	if err := s.hot.stmts.begin.once(); err != nil {
		return errors.Join(fmt.Errorf("begin: %w", err), s.cool())
	}
	write, err := f()
	if err == nil && write {
		if err = s.hot.stmts.commit.once(); err == nil {
			s.checkpoints.commits.Add(1)
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	if rerr := s.hot.stmts.rollback.once(); rerr != nil {
		// SQLite has rolled back by itself after some errors; a new connection
		// is in a known state either way.
		return errors.Join(err, s.cool())
	}
	return err
}
