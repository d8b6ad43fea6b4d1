package transfer

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"sibai/internal/fault"
)

// Database is one of the databases between which installations move.
type Database struct {
	Postgres bool
	Read     *sql.DB
	// Write runs f in one durable transaction; nil for a database that is only
	// exported.
	Write func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error
}

func (db Database) name() string {
	if db.Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Total says how much was moved.
type Total struct {
	Tables int
	Rows   int64
}

// Export writes everything as it is at one instant; calls may go on meanwhile.
// It keeps a row at a time in memory.
func Export(ctx context.Context, db Database, program string, to io.Writer) (Total, error) {
	tx, err := db.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: db.Postgres})
	if err != nil {
		return Total{}, fault.Wrap(err, fault.StoreFailed, "what", "begin to read")
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	head := Header{Format: format, ID: rand.Text(), Program: program, From: db.name(), At: time.Now().UTC().Truncate(time.Second)}
	if head.Schema, err = schemaVersion(ctx, tx); err != nil {
		return Total{}, fault.Wrap(err, fault.StoreFailed, "what", "read the schema")
	}
	if head.Tables, err = tables(ctx, tx, db.Postgres); err != nil {
		return Total{}, fault.Wrap(err, fault.StoreFailed, "what", "read the schema")
	}
	out := bufio.NewWriterSize(to, 1<<20)
	lines := json.NewEncoder(out)
	if err := lines.Encode(head); err != nil {
		return Total{}, unwritten(err)
	}
	total := Total{Tables: len(head.Tables)}
	for _, t := range head.Tables {
		sums := newSummer()
		if err := walk(ctx, tx, t, func(line []byte) error {
			sums.add(line)
			if _, err := out.Write(line); err != nil {
				return unwritten(err)
			}
			return nil
		}); err != nil {
			return total, err
		}
		total.Rows += sums.rows
		if err := lines.Encode(sums.sum(t.Name)); err != nil {
			return total, unwritten(err)
		}
	}
	if err := lines.Encode(end{End: true, Rows: total.Rows}); err != nil {
		return total, unwritten(err)
	}
	if err := out.Flush(); err != nil {
		return total, unwritten(err)
	}
	return total, nil
}

func unwritten(err error) error { return fault.Wrap(err, fault.ExportNotWritten) }

// walk calls f with the line of every row of a table, in the order of its key.
// f must not keep the line.
func walk(ctx context.Context, q querier, t Table, f func(line []byte) error) error {
	rows, err := q.QueryContext(ctx, t.all())
	if err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "read "+t.Name)
	}
	defer rows.Close()
	values, places := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		places[i] = &values[i]
	}
	var line []byte
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return fault.Wrap(err, fault.StoreFailed, "what", "read "+t.Name)
		}
		if line, err = appendRow(line[:0], values); err != nil {
			return fault.Wrap(fmt.Errorf("%s: %w", t.Name, err), fault.StoreFailed, "what", "read "+t.Name)
		}
		if err := f(line); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Wrap(err, fault.StoreFailed, "what", "read "+t.Name)
	}
	return nil
}

// schemaVersion is the last migration that was applied.
func schemaVersion(ctx context.Context, q querier) (int64, error) {
	rows, err := q.QueryContext(ctx, "SELECT max(version_id) FROM goose_db_version")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var v int64
	for rows.Next() {
		if err := rows.Scan(&v); err != nil {
			return 0, err
		}
	}
	return v, rows.Err()
}
