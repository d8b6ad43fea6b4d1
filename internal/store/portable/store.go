package portable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"sibai/internal/fault"
	"sibai/internal/notify"
)

// Write runs f in one durable transaction of the store's writer; nothing is
// written when f fails. The Write methods of the stores are such.
type Write func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error

// Store keeps the business rows of one database. All methods are safe for
// concurrent use.
type Store struct {
	db    *bun.DB // for reading, and as the builder of all queries
	write Write

	byPhone func(notify.Kind) bool // which notices go to mobiles; nil: none
}

// NewSQLite makes a Store over an SQLite database: its reading connections and
// its writer, nil when nothing is to be written.
func NewSQLite(read *sql.DB, write Write) *Store {
	return &Store{db: bun.NewDB(read, sqlitedialect.New()), write: write}
}

// NewPostgres makes a Store over a PostgreSQL database: its reading
// connections, each of whose transactions sees one state of the database, and
// its writer, nil when nothing is to be written.
func NewPostgres(read *sql.DB, write Write) *Store {
	return &Store{db: bun.NewDB(read, pgdialect.New()), write: write}
}

// session is one transaction, to read or to write in.
type session struct {
	*bun.DB
	tx *sql.Tx

	byPhone func(notify.Kind) bool
}

func (s *Store) in(tx *sql.Tx) session { return session{s.db, tx, s.byPhone} }

// reading runs f over one consistent state of the database.
func (s *Store) reading(ctx context.Context, f func(session) error) (err error) {
	tx, err := s.db.DB.BeginTx(ctx, nil)
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "begin to read")
	}
	defer func() {
		// Nothing was written: a rollback ends it as well as a commit does.
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) && err == nil {
			err = fault.Wrap(rerr, fault.StoreFailed, "what", "end reading")
		}
	}()
	return f(s.in(tx))
}

// batch bounds the rows or names of one statement.
const batch = 500

// insert adds rows, replacing those whose key is there when replace names it.
func insert[T any](ctx context.Context, s session, rows []T, replace string) error {
	for len(rows) > 0 {
		part := rows[:min(batch, len(rows))]
		rows = rows[len(part):]
		q := s.NewInsert().Model(&part).Conn(s.tx)
		if replace != "" {
			q = q.On("CONFLICT (" + replace + ") DO UPDATE")
		}
		if _, err := q.Exec(ctx); err != nil {
			return failed(err, fmt.Sprintf("write %T", *new(T)))
		}
	}
	return nil
}

// all reads rows of T that where selects; "" selects all.
func all[T any](ctx context.Context, s session, where string, args ...any) ([]T, error) {
	var rows []T
	q := s.NewSelect().Model(&rows).Conn(s.tx)
	if where != "" {
		q = q.Where(where, args...)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, fmt.Sprintf("read %T", *new(T)))
	}
	return rows, nil
}

// among reads rows of T whose column is one of the values.
func among[T, V any](ctx context.Context, s session, column string, values []V) ([]T, error) {
	var out []T
	for len(values) > 0 {
		part := values[:min(batch, len(values))]
		values = values[len(part):]
		rows, err := all[T](ctx, s, "? IN (?)", bun.Ident(column), bun.List(part))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func failed(err error, what string) error {
	return fault.Wrap(err, fault.StoreFailed, "what", what)
}

// micros is an instant as stored; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

func length(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
