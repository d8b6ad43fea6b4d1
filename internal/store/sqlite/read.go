package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"time"

	lib "modernc.org/sqlite/lib"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

const (
	readAccount = `SELECT state, opened_at FROM account WHERE shard = ? AND id = ?`
	readBuckets = `SELECT ` + row.BucketColumns + ` FROM bucket WHERE shard = ? AND account = ? ORDER BY id`
)

// Account reads one account with its buckets as of one instant.
func (s *Store) Account(ctx context.Context, key charging.AccountKey) (*charging.AccountView, error) {
	v := &charging.AccountView{Key: key}
	found := true
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var opened int64
		err := tx.QueryRowContext(ctx, readAccount, key.Shard, int64(key.ID)).Scan(&v.State, &opened)
		if errors.Is(err, sql.ErrNoRows) {
			found = false
			return nil
		}
		if err != nil {
			return err
		}
		v.OpenedAt = row.Instant(opened)
		rows, err := tx.QueryContext(ctx, readBuckets, key.Shard, int64(key.ID))
		return each(rows, err, func(found *sql.Rows) error {
			var b charging.Bucket
			err := row.ScanBucket(found, &b)
			v.Buckets = append(v.Buckets, b)
			return err
		})
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read an account")
	}
	if !found {
		return nil, nil
	}
	return v, nil
}

// snapshot reads in one transaction: all of it sees the same commit.
func (s *Store) snapshot(ctx context.Context, read func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	err = read(tx)
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return unusable(err, filepath.Join(s.dir, File))
	}
	return err
}

const selectLost = `SELECT ` + row.HoldColumns + `, bill, draft
	FROM hold WHERE lease_until < ? OR node = ? ORDER BY lease_until LIMIT ?`

// Lost lists the holds that the reaper may settle. Every row of hold is looked
// at: there are no more of them than calls at once.
func (s *Store) Lost(ctx context.Context, now time.Time, node, limit int) ([]*charging.Hold, error) {
	rows, err := s.read.QueryContext(ctx, selectLost, row.Micros(now), node, limit)
	var lost []*charging.Hold
	err = each(rows, err, func(found *sql.Rows) error {
		h, err := row.ScanLost(found)
		lost = append(lost, h)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "list lost calls")
	}
	return lost, nil
}

// each walks rows to their end and closes them.
func each(rows *sql.Rows, err error, f func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
