package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

const (
	selectHeld  = `SELECT ` + row.HoldColumns + `, bill, draft FROM hold WHERE shard = $1 AND id = ANY($2::bigint[])`
	selectEnded = `SELECT ` + row.CDRColumns + ` FROM cdr WHERE shard = $1 AND id = ANY($2::bigint[])`
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

// byKey reads the rows of calls by the primary key, shard by shard in one round
// trip. A join with a list of keys would do it in one statement, but the planner takes
// such a list for a hundred rows and more, and reads young tables whole for it: a call
// of another switch then took three times the server's CPU time.
func (s *Store) byKey(ctx context.Context, query string, calls []charging.CallKey, f func(pgx.Rows) error) error {
	ids := map[int][]int64{}
	for _, call := range calls {
		ids[call.Shard] = append(ids[call.Shard], int64(call.ID))
	}
	batch := &pgx.Batch{}
	for shard, list := range ids {
		batch.Queue(query, int64(shard), list)
	}
	results := s.pool.SendBatch(ctx, batch)
	for range ids {
		rows, err := results.Query()
		if err == nil {
			err = walk(rows, f)
		}
		if err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}
