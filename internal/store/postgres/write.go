package postgres

import (
	"context"
	"database/sql"
	"errors"

	"sibai/internal/fault"
)

// errReadOnly is a program's mistake: it writes to what it opened for reading.
var errReadOnly = errors.New("the store was opened for reading only")

// Write runs f in one transaction. Business writes are done one at a time in
// the whole installation, as f decides on what it reads. f may use bun's
// builders with .Conn(tx); the accounts that it writes it takes in the order of
// their keys, as charging does. When f returns an error or panics, nothing is
// written.
func (s *Store) Write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	if s.business == nil {
		return fault.Wrap(errReadOnly, fault.Internal)
	}
	tx, err := s.business.BeginTx(ctx, nil)
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "begin")
	}
	defer tx.Rollback() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1, $2)", lockClass, businessLock); err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "wait for other business writes")
	}
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "commit")
	}
	return nil
}
