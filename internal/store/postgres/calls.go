package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

const (
	selectHeld  = `SELECT ` + row.HoldColumns + `, bill, draft FROM hold WHERE (shard, id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))`
	selectEnded = `SELECT ` + row.CDRColumns + ` FROM cdr WHERE (shard, id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))`
)

// Held reads open holds.
func (s *Store) Held(ctx context.Context, calls []charging.CallKey) ([]*charging.Hold, error) {
	var held []*charging.Hold
	err := s.byKey(ctx, selectHeld, calls, func(found pgx.Rows) error {
		h, err := row.ScanLost(found)
		held = append(held, h)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read the holds of calls")
	}
	return held, nil
}

// Ended reads CDRs.
func (s *Store) Ended(ctx context.Context, calls []charging.CallKey) ([]cdr.Record, error) {
	var ended []cdr.Record
	err := s.byKey(ctx, selectEnded, calls, func(found pgx.Rows) error {
		rec, err := row.ScanCDR(found)
		ended = append(ended, rec)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read the CDRs of calls")
	}
	return ended, nil
}

func (s *Store) byKey(ctx context.Context, query string, calls []charging.CallKey, f func(pgx.Rows) error) error {
	shards, ids := make([]int64, len(calls)), make([]int64, len(calls))
	for i, call := range calls {
		shards[i], ids[i] = int64(call.Shard), int64(call.ID)
	}
	return s.query(ctx, query, f, shards, ids)
}
