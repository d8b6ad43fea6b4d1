package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// sizes are the numbers of rows that one statement takes: a batch is cut into
// the largest that fit. Few sizes, so that few texts are prepared.
var sizes = []int{64, 16, 4, 1}

// many is a statement for several rows at once. What the driver and SQLite
// spend on each statement is more than what they spend on each row.
type many struct {
	before, after string // the text around the rows
	width         int    // columns of a row
	conn          *sql.Conn
	prepared      map[int]*sql.Stmt // by size, made when first needed
}

// forRows makes a statement: {} stands for the rows, (?, ?), (?, ?), … of width
// columns.
func forRows(text string, width int) *many {
	before, after, _ := strings.Cut(text, "{}")
	return &many{before: before, after: after, width: width, prepared: map[int]*sql.Stmt{}}
}

// text is the statement for n rows. One row is compared with, where several
// are looked for in a list: it saves SQLite the list.
func (m *many) text(n int) string {
	if before, ok := strings.CutSuffix(m.before, " IN (VALUES "); ok && n == 1 {
		return before + " = (?" + strings.Repeat(", ?", m.width-1) + strings.TrimPrefix(m.after, ")") + ")"
	}
	row := "(?" + strings.Repeat(", ?", m.width-1) + ")"
	return m.before + row + strings.Repeat(", "+row, n-1) + m.after
}

func (m *many) statement(ctx context.Context, n int) (*sql.Stmt, error) {
	if stmt := m.prepared[n]; stmt != nil {
		return stmt, nil
	}
	stmt, err := m.conn.PrepareContext(ctx, m.text(n)) //nolint:sqlclosecheck // close does
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", m.text(1), err)
	}
	m.prepared[n] = stmt
	return stmt, nil
}

// cut calls f with a statement and its arguments until args, the values of
// all rows one after the other, are used up.
func (m *many) cut(ctx context.Context, args []any, f func(stmt *sql.Stmt, args []any) error) error {
	for len(args) > 0 {
		left := len(args) / m.width
		for _, n := range sizes {
			if n > left {
				continue
			}
			stmt, err := m.statement(ctx, n)
			if err != nil {
				return err
			}
			if err := f(stmt, args[:n*m.width]); err != nil {
				return err
			}
			args = args[n*m.width:]
			break
		}
	}
	return nil
}

// exec writes all rows.
func (m *many) exec(ctx context.Context, args []any) error {
	return m.cut(ctx, args, func(stmt *sql.Stmt, args []any) error {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	})
}

// query asks with all rows and walks what comes back.
func (m *many) query(ctx context.Context, args []any, f func(*sql.Rows) error) error {
	return m.cut(ctx, args, func(stmt *sql.Stmt, args []any) error {
		found, err := stmt.QueryContext(ctx, args...)
		return each(found, err, f)
	})
}

func (m *many) close() error {
	var errs []error
	for _, stmt := range m.prepared {
		errs = append(errs, stmt.Close())
	}
	clear(m.prepared)
	return errors.Join(errs...)
}
