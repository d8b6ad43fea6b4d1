package transfer

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"sibai/internal/fault"
)

// The bounds of one transaction and of one statement of an import.
const (
	batchRows   = 4096
	batchBytes  = 8 << 20
	mostValues  = 16_000
	longestLine = 64 << 20
)

// Unfinished reports an import that was begun and not finished: such a database
// must not be served.
func Unfinished(ctx context.Context, db Database) error {
	at, err := begun(ctx, db.Read)
	if err == nil && at != nil {
		err = fault.New(fault.ImportUnfinished, "rows", at.rows)
	}
	return err
}

// place is how far an import has come.
type place struct {
	source string
	rows   int64
}

func begun(ctx context.Context, q querier) (*place, error) {
	rows, err := q.QueryContext(ctx, "SELECT source, row_count FROM "+progress)
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "look for an unfinished import")
	}
	defer rows.Close()
	var at *place
	for rows.Next() {
		at = &place{}
		if err := rows.Scan(&at.source, &at.rows); err != nil {
			return nil, fault.Wrap(err, fault.StoreFailed, "what", "look for an unfinished import")
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "look for an unfinished import")
	}
	return at, nil
}

// Import reads an export into an empty database whose schema is up to date, and
// compares what it holds afterwards with the export's sums. An import that was
// interrupted goes on where it stopped when it is given the same export again.
// The database stays marked as unfinished until Finish.
func Import(ctx context.Context, db Database, from io.Reader) (Total, error) {
	r := &reader{in: bufio.NewReaderSize(from, 1<<20)}
	head, err := r.header()
	if err != nil {
		return Total{}, err
	}
	if err := fits(ctx, db, head); err != nil {
		return Total{}, err
	}
	done, err := begin(ctx, db, head)
	if err != nil {
		return Total{}, err
	}
	w := &writer{db: db, done: done}
	sums := make([]Sum, len(head.Tables))
	for i, t := range head.Tables {
		if sums[i], err = r.table(t, func(values []any, size int) error { return w.row(ctx, t, values, size) }); err != nil {
			return Total{}, err
		}
		if err := w.flush(ctx); err != nil { // a transaction is of one table
			return Total{}, err
		}
	}
	if err := r.end(w.seen); err != nil {
		return Total{}, err
	}
	return Total{Tables: len(sums), Rows: w.seen}, compare(ctx, db, head.Tables, sums)
}

// Finish lets an imported database be served.
func Finish(ctx context.Context, db Database) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM "+progress)
		return err
	})
}

// fits sees whether the export's tables are those of the database.
func fits(ctx context.Context, db Database, head Header) error {
	have, err := schemaVersion(ctx, db.Read)
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "read the schema")
	}
	list, err := tables(ctx, db.Read, db.Postgres)
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "read the schema")
	}
	same := have == head.Schema && len(list) == len(head.Tables)
	for i := 0; same && i < len(list); i++ {
		same = list[i].Name == head.Tables[i].Name && sameColumns(list[i], head.Tables[i])
	}
	if !same {
		return fault.New(fault.ExportOtherSchema, "export", head.Schema, "program", head.Program, "have", have)
	}
	return nil
}

// begin marks an empty database, or finds the mark of the same export.
func begin(ctx context.Context, db Database, head Header) (done int64, err error) {
	at, err := begun(ctx, db.Read)
	switch {
	case err != nil:
		return 0, err
	case at != nil && at.source != head.ID:
		return 0, fault.New(fault.ImportOther)
	case at != nil:
		return at.rows, nil
	}
	return 0, db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, t := range head.Tables {
			n, err := count(ctx, tx, t)
			if err != nil {
				return fault.Wrap(err, fault.StoreFailed, "what", "look for rows of "+t.Name)
			}
			// The revision that every database begins with is no business of
			// anybody's.
			if n > 0 && (t.Name != "revision" || n > 1) {
				return fault.New(fault.ImportNotEmpty, "table", t.Name)
			}
		}
		for _, statement := range []string{
			"DELETE FROM revision",
			"INSERT INTO " + progress + " (id, source, row_count) VALUES (1, '" + head.ID + "', 0)",
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fault.Wrap(err, fault.StoreFailed, "what", "begin the import")
			}
		}
		return nil
	})
}

// count counts rows up to two.
func count(ctx context.Context, q querier, t Table) (n int, err error) {
	rows, err := q.QueryContext(ctx, "SELECT 1 FROM "+quote(t.Name)+" LIMIT 2")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// writer writes rows in transactions that also say how far they come.
type writer struct {
	db   Database
	done int64 // rows that were written before this process began
	seen int64

	table Table
	args  []any
	rows  int
	bytes int
}

func (w *writer) row(ctx context.Context, t Table, values []any, size int) error {
	w.seen++
	if w.seen <= w.done {
		return nil
	}
	w.table = t
	w.args = append(w.args, values...)
	w.rows++
	w.bytes += size
	if w.rows < batchRows && w.bytes < batchBytes {
		return nil
	}
	return w.flush(ctx)
}

func (w *writer) flush(ctx context.Context) error {
	if w.rows == 0 {
		return nil
	}
	err := w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		width := len(w.table.Columns)
		for args := w.args; len(args) > 0; {
			n := min(len(args)/width, mostValues/width)
			if _, err := tx.ExecContext(ctx, w.table.insert(n, w.db.Postgres), args[:n*width]...); err != nil {
				return fault.Wrap(err, fault.StoreFailed, "what", "write rows of "+w.table.Name)
			}
			args = args[n*width:]
		}
		if _, err := tx.ExecContext(ctx, "UPDATE "+progress+" SET row_count = "+strconv.FormatInt(w.seen, 10)); err != nil {
			return fault.Wrap(err, fault.StoreFailed, "what", "note how far the import has come")
		}
		return nil
	})
	w.args, w.rows, w.bytes = w.args[:0], 0, 0
	return err
}

// compare reads every table and compares it with its sum.
func compare(ctx context.Context, db Database, list []Table, sums []Sum) error {
	for i, t := range list {
		have := newSummer()
		if err := walk(ctx, db.Read, t, func(line []byte) error {
			have.add(line)
			return nil
		}); err != nil {
			return err
		}
		if have.sum(t.Name) != sums[i] {
			return fault.New(fault.ImportDiffers, "table", t.Name, "have", have.rows, "want", sums[i].Rows)
		}
	}
	return nil
}

// reader reads the lines of an export.
type reader struct {
	in   *bufio.Reader
	line int
}

func (r *reader) next() ([]byte, error) {
	r.line++
	var whole []byte
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case err == nil && whole == nil:
			return part, nil
		case err == nil:
			return append(whole, part...), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(whole) < longestLine:
			whole = append(whole, part...)
		case errors.Is(err, io.EOF):
			return nil, fault.New(fault.ExportTruncated, "line", r.line)
		default:
			return nil, r.broken(err)
		}
	}
}

func (r *reader) broken(err error) error {
	return fault.Wrap(err, fault.ExportBroken, "line", r.line, "reason", err.Error())
}

func (r *reader) header() (Header, error) {
	line, err := r.next()
	if err != nil {
		return Header{}, err
	}
	var head Header
	if err := json.Unmarshal(line, &head); err != nil {
		return head, r.broken(err)
	}
	for _, c := range head.ID {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return head, r.broken(fmt.Errorf("%q is no export's id", head.ID))
		}
	}
	if head.Format != format || head.ID == "" {
		return head, r.broken(fmt.Errorf("the form is %d, this program reads %d", head.Format, format))
	}
	return head, nil
}

// table reads the rows of a table and its sum, which they must come to.
func (r *reader) table(t Table, f func(values []any, size int) error) (Sum, error) {
	sums := newSummer()
	for {
		line, err := r.next()
		if err != nil {
			return Sum{}, err
		}
		if line[0] != '[' {
			var sum Sum
			if err := json.Unmarshal(line, &sum); err != nil {
				return sum, r.broken(err)
			}
			if sum != sums.sum(t.Name) {
				return sum, r.broken(fmt.Errorf("the rows of %s do not come to its sum", t.Name))
			}
			return sum, nil
		}
		sums.add(line)
		values, err := parseRow(line, len(t.Columns))
		if err != nil {
			return Sum{}, r.broken(err)
		}
		if err := f(values, len(line)); err != nil {
			return Sum{}, err
		}
	}
}

func (r *reader) end(rows int64) error {
	line, err := r.next()
	if err != nil {
		return err
	}
	var last end
	if err := json.Unmarshal(line, &last); err != nil || !last.End || last.Rows != rows {
		return r.broken(fmt.Errorf("it ends after %d rows, its last line is %q", rows, line))
	}
	return nil
}
