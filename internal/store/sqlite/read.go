package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

const (
	readAccount = `SELECT state, opened_at FROM account WHERE shard = ? AND id = ?`
	readBuckets = `SELECT id, kind, unit, balance, held, expires_at, created_at FROM bucket WHERE shard = ? AND account = ? ORDER BY id`
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
		v.OpenedAt = instant(opened)
		rows, err := tx.QueryContext(ctx, readBuckets, key.Shard, int64(key.ID))
		return each(rows, err, func(row *sql.Rows) error {
			b := charging.Bucket{Account: key}
			var expires, created int64
			if err := row.Scan(&b.ID, &b.Kind, &b.Unit, &b.Balance, &b.Held, &expires, &created); err != nil {
				return err
			}
			b.ExpiresAt, b.CreatedAt = instant(expires), instant(created)
			v.Buckets = append(v.Buckets, b)
			return nil
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
	return read(tx)
}

const selectLost = `SELECT shard, id, account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at, bill, draft
	FROM hold WHERE lease_until < ? OR node = ? ORDER BY lease_until LIMIT ?`

// Lost lists the holds that the reaper may settle. Every row of hold is looked
// at: there are no more of them than calls at once.
func (s *Store) Lost(ctx context.Context, now time.Time, node, limit int) ([]*charging.Hold, error) {
	rows, err := s.read.QueryContext(ctx, selectLost, micros(now), node, limit)
	var lost []*charging.Hold
	err = each(rows, err, func(row *sql.Rows) error {
		h := &charging.Hold{Bill: &charging.Bill{}, Draft: &cdr.Record{}}
		var bill, draft string
		if err := scanHold(row, h, &bill, &draft); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal([]byte(bill), h.Bill), json.Unmarshal([]byte(draft), h.Draft)); err != nil {
			return fmt.Errorf("hold of %s: %w", h.Key.ID, err)
		}
		lost = append(lost, h)
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "list lost calls")
	}
	return lost, nil
}

// scanHold reads shard, id, account, subscription, tariff, node, parts,
// grants, opened_at, lease_until, elapsed, meter_started_at, and what follows.
func scanHold(row scanner, h *charging.Hold, more ...any) error {
	var parts, grants string
	var opened, lease, elapsed, meter int64
	err := row.Scan(append([]any{&h.Key.Shard, &h.Key.ID, &h.Account, &h.Subscription, &h.Tariff, &h.Node, &parts, &grants, &opened, &lease, &elapsed, &meter}, more...)...)
	if err != nil {
		return err
	}
	if h.Parts, err = decodeParts(parts); err != nil {
		return fmt.Errorf("parts of %s: %w", h.Key.ID, err)
	}
	if h.Grants, err = decodeGrants(grants); err != nil {
		return fmt.Errorf("grants of %s: %w", h.Key.ID, err)
	}
	h.OpenedAt, h.LeaseUntil, h.MeterStartedAt, h.Elapsed = instant(opened), instant(lease), instant(meter), length(elapsed)
	return nil
}
