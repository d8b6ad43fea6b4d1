package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

// An account and its buckets in one statement are one state of both. The row
// without a bucket (id 0) is the account's own.
const readAccount = `SELECT a.shard, a.id, 0, a.state, '', 0, 0, 0, a.opened_at, 0, 0 FROM account AS a WHERE a.shard = $1 AND a.id = $2
	UNION ALL
	SELECT ` + row.BucketColumns + ` FROM bucket WHERE shard = $1 AND account = $2
	ORDER BY 3`

// Account reads one account with its buckets as of one instant.
func (s *Store) Account(ctx context.Context, key charging.AccountKey) (*charging.AccountView, error) {
	var v *charging.AccountView
	err := s.query(ctx, readAccount, func(found pgx.Rows) error {
		var b charging.Bucket
		if err := row.ScanBucket(found, &b); err != nil {
			return err
		}
		if v == nil {
			v = &charging.AccountView{Key: key, State: charging.AccountState(b.Kind), OpenedAt: b.CreatedAt}
			return nil
		}
		v.Buckets = append(v.Buckets, b)
		return nil
	}, key.Shard, int64(key.ID))
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "read an account")
	}
	return v, nil
}

// query reads rows with the reading connections.
func (s *Store) query(ctx context.Context, query string, each func(pgx.Rows) error, args ...any) error {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	return walk(rows, each)
}

// walk calls each for every row, and closes them.
func walk(rows pgx.Rows, each func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const selectLost = `SELECT ` + row.HoldColumns + `, bill, draft FROM hold WHERE lease_until < $1 OR node = $2 ORDER BY lease_until LIMIT $3`

// Lost lists the holds that the reaper may settle. Every row of hold is looked
// at: there are no more of them than calls at once.
func (s *Store) Lost(ctx context.Context, now time.Time, node, limit int) ([]*charging.Hold, error) {
	var lost []*charging.Hold
	err := s.query(ctx, selectLost, func(found pgx.Rows) error {
		h, err := row.ScanLost(found)
		lost = append(lost, h)
		return err
	}, row.Micros(now), node, limit)
	if err != nil {
		return nil, fault.Wrap(err, fault.StoreFailed, "what", "list lost calls")
	}
	return lost, nil
}

// selectCDR names every shard, so that a call is found by the primary key when
// its customer is not known.
var selectCDR = func() string {
	shards := make([]string, charging.Shards)
	for i := range shards {
		shards[i] = fmt.Sprint(i)
	}
	return "SELECT " + row.CDRColumns + " FROM cdr WHERE shard IN (" + strings.Join(shards, ", ") + ") AND id = $1"
}()

// CDR finds a call that ended.
func (s *Store) CDR(ctx context.Context, call cdr.ID) (cdr.Record, bool, error) {
	rec, err := row.ScanCDR(s.pool.QueryRow(ctx, selectCDR, int64(call)))
	if errors.Is(err, pgx.ErrNoRows) {
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
	var list []cdr.Record
	err := s.query(ctx, query, func(found pgx.Rows) error {
		rec, err := row.ScanCDR(found)
		list = append(list, rec)
		return err
	}, args...)
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
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprint("$", len(args)), 1)
		}
		where = append(where, condition)
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
	args = append(args, f.Page())
	return query + fmt.Sprint(order, "$", len(args)), args
}

const selectTally = `SELECT count(*), count(*) FILTER (WHERE answered_at <> 0), coalesce(sum(charge_micro), 0)::bigint FROM cdr WHERE started_at >= $1`

// Tally adds up the calls that ended and started at or after since. It reads
// each of them.
func (s *Store) Tally(ctx context.Context, since time.Time) (charging.Tally, error) {
	var t charging.Tally
	if err := s.pool.QueryRow(ctx, selectTally, row.Micros(since)).Scan(&t.Calls, &t.Answered, &t.Charged); err != nil {
		return charging.Tally{}, fault.Wrap(err, fault.StoreFailed, "what", "add up the calls")
	}
	return t, nil
}
