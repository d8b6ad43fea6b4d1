package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

const (
	selectHeld  = `SELECT ` + row.HoldColumns + `, bill, draft FROM hold WHERE id IN (`
	selectEnded = `SELECT ` + row.CDRColumns + ` FROM cdr WHERE id IN (`
)

// Held reads open holds with the primary key.
func (s *Store) Held(ctx context.Context, calls []charging.CallKey) ([]*charging.Hold, error) {
	var held []*charging.Hold
	err := s.byID(ctx, selectHeld, calls, func(found *sql.Rows) error {
		h, err := row.ScanLost(found)
		held = append(held, h)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read the holds of calls")
	}
	return held, nil
}

// Ended reads CDRs with the primary key.
func (s *Store) Ended(ctx context.Context, calls []charging.CallKey) ([]cdr.Record, error) {
	var ended []cdr.Record
	err := s.byID(ctx, selectEnded, calls, func(found *sql.Rows) error {
		rec, err := row.ScanCDR(found)
		ended = append(ended, rec)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read the CDRs of calls")
	}
	return ended, nil
}

// inOne is how many calls one statement asks for.
const inOne = 8192

// byID reads the rows of calls. An id is in one shard only.
func (s *Store) byID(ctx context.Context, query string, calls []charging.CallKey, f func(*sql.Rows) error) error {
	for len(calls) > 0 {
		part := calls[:min(inOne, len(calls))]
		calls = calls[len(part):]
		args := make([]any, len(part))
		for i, call := range part {
			args[i] = int64(call.ID)
		}
		rows, err := s.read.QueryContext(ctx, query+"?"+strings.Repeat(", ?", len(part)-1)+")", args...)
		if err := each(rows, err, f); err != nil {
			return err
		}
	}
	return nil
}
