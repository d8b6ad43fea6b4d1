package sqlite

import (
	"context"
	"database/sql"
	"iter"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/store/row"
)

// Inspect reads everything as of one commit. Calls go on meanwhile; the WAL
// cannot be emptied until it ends.
func (s *Store) Inspect(ctx context.Context, read func(charging.Inspection) error) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error { return read(inspection{ctx, tx}) })
}

type inspection struct {
	ctx context.Context // of the one Inspect that this value lives for
	tx  *sql.Tx
}

// stream yields what scan makes of each row of a query.
func stream[T any](in inspection, query string, scan func(row.Scanner, *T) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := in.tx.QueryContext(in.ctx, query)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var v T
			if err := scan(rows, &v); err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

func (in inspection) Buckets() iter.Seq2[charging.Bucket, error] {
	return stream(in, `SELECT `+row.BucketColumns+` FROM bucket`, row.ScanBucket)
}

func (in inspection) Usages() iter.Seq2[charging.Usage, error] {
	return stream(in, `SELECT `+row.UsageColumns+` FROM usage`, row.ScanUsage)
}

func (in inspection) Holds() iter.Seq2[charging.Hold, error] {
	return stream(in, `SELECT `+row.HoldColumns+` FROM hold`,
		func(found row.Scanner, h *charging.Hold) error { return row.ScanHold(found, h) })
}

func (in inspection) Entries() iter.Seq2[charging.BookedEntry, error] {
	return stream(in, `SELECT t.shard, t.id, coalesce(e.account, 0), coalesce(e.bucket, 0), coalesce(e.book, ''), coalesce(e.unit, ''), coalesce(e.amount, 0)
		FROM txn t LEFT JOIN entry e ON e.shard = t.shard AND e.txn = t.id
		UNION ALL
		SELECT e.shard, e.txn, e.account, e.bucket, e.book, e.unit, e.amount
		FROM entry e WHERE NOT EXISTS (SELECT 1 FROM txn t WHERE t.shard = e.shard AND t.id = e.txn)
		ORDER BY 1, 2`,
		func(found row.Scanner, e *charging.BookedEntry) error {
			a := &e.Entry.Account
			return found.Scan(&e.Shard, &e.Txn, &a.Customer, &a.Bucket, &a.Book, &e.Entry.Unit, &e.Entry.Amount)
		})
}

func (in inspection) Closed() iter.Seq2[charging.ClosedSum, error] {
	return stream(in, `SELECT c.shard, c.id, c.charge_micro, c.reserved_micro, c.reserved_seconds, c.lines, c.txn,
			coalesce((SELECT -sum(e.amount) FROM entry e WHERE e.shard = c.shard AND e.txn = c.txn AND e.account <> 0 AND e.unit = '`+string(ledger.CNY)+`'), 0),
			coalesce((SELECT -sum(e.amount) FROM entry e WHERE e.shard = c.shard AND e.txn = c.txn AND e.account <> 0 AND e.unit = '`+string(ledger.SEC)+`'), 0)
		FROM cdr c`,
		func(found row.Scanner, c *charging.ClosedSum) error {
			var lines string
			if err := found.Scan(&c.Call.Shard, &c.Call.ID, &c.Charge, &c.Reserved, &c.Seconds, &lines, &c.Txn, &c.Settled, &c.Included); err != nil {
				return err
			}
			var err error
			c.Lines, err = row.DecodeList[cdr.Line](lines)
			return err
		})
}

func (in inspection) Orphans() iter.Seq2[charging.Orphan, error] {
	return stream(in, `SELECT t.shard, t.call, t.id
		FROM txn t LEFT JOIN cdr c ON c.shard = t.shard AND c.id = t.call
		WHERE t.kind = '`+string(ledger.KindCall)+`' AND c.txn IS NOT t.id`,
		func(found row.Scanner, o *charging.Orphan) error {
			return found.Scan(&o.Call.Shard, &o.Call.ID, &o.Txn)
		})
}

func (in inspection) Unmatched() iter.Seq2[charging.Unmatched, error] {
	return stream(in, row.Unmatched, func(found row.Scanner, u *charging.Unmatched) error {
		return found.Scan(&u.Shard, &u.Txn, &u.Key, &u.Why)
	})
}
