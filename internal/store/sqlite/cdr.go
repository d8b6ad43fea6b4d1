package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

// CDR finds a call that ended.
func (s *Store) CDR(ctx context.Context, call cdr.ID) (cdr.Record, bool, error) {
	found := s.read.QueryRowContext(ctx, "SELECT "+row.CDRColumns+" FROM cdr WHERE id = ?", int64(call))
	rec, err := row.ScanCDR(found)
	if errors.Is(err, sql.ErrNoRows) {
		return cdr.Record{}, false, nil
	}
	if err != nil {
		return cdr.Record{}, false, fault.Wrap(err, fault.StoreFailed, "what", "read a CDR")
	}
	return rec, true, nil
}

// CDRs lists calls that ended, the latest start first.
func (s *Store) CDRs(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error) {
	query, args := cdrQuery(f)
	rows, err := s.read.QueryContext(ctx, query, args...)
	var list []cdr.Record
	err = each(rows, err, func(found *sql.Rows) error {
		rec, err := row.ScanCDR(found)
		list = append(list, rec)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "list CDRs")
	}
	return list, nil
}

func cdrQuery(f charging.CDRFilter) (string, []any) {
	var where []string
	var args []any
	beyond, order := "<", " ORDER BY started_at DESC, id DESC LIMIT "
	if f.OldestFirst {
		beyond, order = ">", " ORDER BY started_at, id LIMIT "
	}
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.Customer != 0 {
		add("shard = ? AND customer = ?", charging.ShardOf(f.Customer), f.Customer)
	}
	if f.Number != "" {
		add("number = ?", f.Number)
	}
	if f.Caller != "" {
		add("caller = ?", f.Caller)
	}
	if f.Cause != "" {
		add("cause = ?", string(f.Cause))
	}
	if !f.Since.IsZero() {
		add("started_at >= ?", row.Micros(f.Since))
	}
	if !f.Before.IsZero() {
		add("started_at < ?", row.Micros(f.Before))
	}
	if f.After != nil {
		add("(started_at, id) "+beyond+" (?, ?)", row.Micros(f.After.StartedAt), int64(f.After.Call))
	}
	query := "SELECT " + row.CDRColumns + " FROM cdr"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + order + "?", append(args, f.Page())
}
