package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline is statements that go to the server together and are answered
// together: one round trip.
type pipeline struct {
	batch pgconn.Batch
	each  []func(fields) error // by statement; nil where no rows are wanted
}

var binaryFormat = []int16{pgx.BinaryFormatCode} // of all columns

// add appends a statement whose rows go to each. They are read at once: what
// each keeps of them it copies.
func (p *pipeline) add(statement *pgconn.StatementDescription, each func(fields) error, params ...[]byte) {
	p.batch.ExecStatement(statement, params, binaryFormat, binaryFormat)
	p.each = append(p.each, each)
}

// run sends the statements and reads what comes back. It returns what the
// server says of the last one. The bound is set on the connection itself, which
// costs less than a context that is watched.
func (p *pipeline) run(conn *pgconn.PgConn, bound time.Time) (tag pgconn.CommandTag, err error) {
	if err := conn.Conn().SetDeadline(bound); err != nil {
		return tag, err
	}
	results := conn.ExecBatch(context.Background(), &p.batch)
	for i := 0; results.NextResult(); i++ {
		rows := results.ResultReader()
		for rows.NextRow() {
			if err == nil && p.each[i] != nil {
				err = p.each[i](rows.Values())
			}
		}
		tag, _ = rows.Close() // its error is that of the results
	}
	if failed := results.Close(); failed != nil {
		return tag, failed
	}
	return tag, err
}
