package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
)

// scanner is a row of a result.
type scanner interface{ Scan(to ...any) error }

// cdrRow is a CDR as its columns hold it.
type cdrRow struct {
	rec                                         cdr.Record
	started, ringing, answered, platform, ended int64
	talk, billable                              int64
	lines, legs, steps                          string
}

// to lists where cdrColumns are scanned to.
func (r *cdrRow) to(more ...any) []any {
	c := &r.rec
	return append([]any{
		&c.Call, &c.Node, &c.Trunk, &c.Number, &c.Caller, &c.CallerRaw, &c.SIPCallID,
		&c.Customer, &c.Account, &c.Subscription, &c.TariffID,
		&r.started, &r.ringing, &r.answered, &r.platform, &r.ended, &r.talk, &r.billable,
		&c.Charge, &c.Cause, &c.Status, &c.EndedBy, &c.Recovered, &r.lines, &r.legs, &r.steps,
	}, more...)
}

func (r *cdrRow) record() (cdr.Record, error) {
	c := r.rec
	c.StartedAt, c.RingingAt, c.AnsweredAt = instant(r.started), instant(r.ringing), instant(r.answered)
	c.PlatformAnsweredAt, c.EndedAt = instant(r.platform), instant(r.ended)
	c.Talk, c.Billable = length(r.talk), length(r.billable)
	var errLines, errLegs, errSteps error
	c.Lines, errLines = decodeList[cdr.Line](r.lines)
	c.Legs, errLegs = decodeList[cdr.Leg](r.legs)
	c.Steps, errSteps = decodeList[cdr.Step](r.steps)
	if err := errors.Join(errLines, errLegs, errSteps); err != nil {
		return c, fmt.Errorf("CDR of %s: %w", c.Call, err)
	}
	return c, nil
}

func scanClosed(row scanner, c *charging.Closed) error {
	var r cdrRow
	var grants string
	err := row.Scan(r.to(&c.Reserved, &grants, &c.Txn, &c.Key.Shard)...)
	if err != nil {
		return err
	}
	if c.Record, err = r.record(); err != nil {
		return err
	}
	c.Key.ID = c.Record.Call
	if c.Grants, err = decodeGrants(grants); err != nil {
		return fmt.Errorf("grants of %s: %w", c.Key.ID, err)
	}
	return nil
}

// closedArgs lists the values of insertCDRs.
func closedArgs(c *charging.Closed) ([]any, error) {
	r := &c.Record
	lines, errLines := encodeList(r.Lines)
	legs, errLegs := encodeList(r.Legs)
	steps, errSteps := encodeList(r.Steps)
	if err := errors.Join(errLines, errLegs, errSteps); err != nil {
		return nil, err
	}
	return []any{
		c.Key.Shard, int64(c.Key.ID), r.Node, r.Trunk, r.Number, r.Caller, r.CallerRaw, r.SIPCallID,
		r.Customer, r.Account, r.Subscription, r.TariffID,
		micros(r.StartedAt), micros(r.RingingAt), micros(r.AnsweredAt), micros(r.PlatformAnsweredAt), micros(r.EndedAt),
		r.Talk.Microseconds(), r.Billable.Microseconds(),
		int64(r.Charge), string(r.Cause), r.Status, string(r.EndedBy), r.Recovered, lines, legs, steps,
		int64(c.Reserved), encodeGrants(c.Grants), int64(c.Txn),
	}, nil
}

// allShards is "0, 1, … 63": naming every shard lets a call be found by the
// primary key when its customer is not known.
var allShards = func() string {
	n := make([]string, charging.Shards)
	for i := range n {
		n[i] = fmt.Sprint(i)
	}
	return strings.Join(n, ", ")
}()

// CDR finds a call that ended.
func (s *Store) CDR(ctx context.Context, call cdr.ID) (cdr.Record, bool, error) {
	var r cdrRow
	err := s.read.QueryRowContext(ctx, "SELECT "+cdrColumns+" FROM cdr WHERE shard IN ("+allShards+") AND id = ?", int64(call)).Scan(r.to()...)
	if errors.Is(err, sql.ErrNoRows) {
		return cdr.Record{}, false, nil
	}
	if err != nil {
		return cdr.Record{}, false, fault.Wrap(err, fault.StoreFailed, "what", "read a CDR")
	}
	rec, err := r.record()
	return rec, err == nil, err
}

// CDRs lists calls that ended, the latest start first.
func (s *Store) CDRs(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error) {
	query, args := cdrQuery(f)
	rows, err := s.read.QueryContext(ctx, query, args...)
	var list []cdr.Record
	err = each(rows, err, func(row *sql.Rows) error {
		var r cdrRow
		if err := row.Scan(r.to()...); err != nil {
			return err
		}
		rec, err := r.record()
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
		add("started_at >= ?", micros(f.Since))
	}
	if !f.Before.IsZero() {
		add("started_at < ?", micros(f.Before))
	}
	if f.After != nil {
		add("(started_at, id) < (?, ?)", micros(f.After.StartedAt), int64(f.After.Call))
	}
	query := "SELECT " + cdrColumns + " FROM cdr"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + " ORDER BY started_at DESC, id DESC LIMIT ?", append(args, f.Page())
}
