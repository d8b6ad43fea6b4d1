package sqlite

import (
	"errors"
	"fmt"
	"strings"

	engine "zombiezen.com/go/sqlite"

	"sibai/internal/store/row"
)

// sizes are the numbers of rows that one statement takes: a batch is cut into
// the largest that fit. Few sizes, so that few texts are prepared.
var sizes = []int{64, 16, 4, 1}

// many is a statement for several rows at once. What SQLite spends on each
// statement is more than what it spends on each row.
type many struct {
	before, after string // the text around the rows
	width         int    // columns of a row
	conn          *engine.Conn
	prepared      map[int]*engine.Stmt // by size, made when first needed
}

// forRows makes a statement: {} stands for the rows, (?, ?), (?, ?), … of width
// columns.
func forRows(text string, width int) *many {
	before, after, _ := strings.Cut(text, "{}")
	return &many{before: before, after: after, width: width, prepared: map[int]*engine.Stmt{}}
}

// text is the statement for n rows. One row is compared with, where several
// are looked for in a list: it saves SQLite the list.
func (m *many) text(n int) string {
	if m.width == 0 {
		return m.before
	}
	if before, ok := strings.CutSuffix(m.before, " IN (VALUES "); ok && n == 1 {
		return before + " = (?" + strings.Repeat(", ?", m.width-1) + strings.TrimPrefix(m.after, ")") + ")"
	}
	row := "(?" + strings.Repeat(", ?", m.width-1) + ")"
	return m.before + row + strings.Repeat(", "+row, n-1) + m.after
}

func (m *many) statement(n int) (*engine.Stmt, error) {
	if stmt := m.prepared[n]; stmt != nil {
		return stmt, nil
	}
	stmt, err := m.conn.Prepare(m.text(n))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", m.text(1), err)
	}
	m.prepared[n] = stmt
	return stmt, nil
}

// once runs a statement without rows, such as COMMIT.
func (m *many) once() error {
	stmt, err := m.statement(1)
	if err != nil {
		return err
	}
	return walk(stmt, nil)
}

// do asks or writes with args, the values of all rows one after the other, and
// calls f for every row that comes back.
func (m *many) do(args []any, f func(row.Scanner) error) error {
	for len(args) > 0 {
		left := len(args) / m.width
		for _, n := range sizes {
			if n > left {
				continue
			}
			stmt, err := m.statement(n)
			if err != nil {
				return err
			}
			if err := bind(stmt, args[:n*m.width]); err != nil {
				return err
			}
			if err := walk(stmt, f); err != nil {
				return err
			}
			args = args[n*m.width:]
			break
		}
	}
	return nil
}

func bind(stmt *engine.Stmt, args []any) error {
	for i, arg := range args {
		switch v := arg.(type) {
		case int64:
			stmt.BindInt64(i+1, v)
		case string:
			stmt.BindText(i+1, v)
		case int:
			stmt.BindInt64(i+1, int64(v))
		default:
			return fmt.Errorf("a value of type %T cannot be stored", arg)
		}
	}
	return nil
}

// walk runs a statement to its end and makes it ready for the next time.
func walk(stmt *engine.Stmt, f func(row.Scanner) error) error {
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return errors.Join(err, ignored(stmt.Reset()))
		}
		if f == nil {
			continue
		}
		if err := f(row.Found{Columns: stmt}); err != nil {
			return errors.Join(err, ignored(stmt.Reset()))
		}
	}
}

// ignored drops the error of a reset: it repeats that of the step before it.
func ignored(error) error { return nil }
