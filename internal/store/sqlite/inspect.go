package sqlite

import (
	"context"
	"database/sql"
	"iter"

	"sibai/internal/charging"
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
	return stream(in, `SELECT `+row.HoldColumns+` FROM hold`, row.ScanInspectedHold)
}

func (in inspection) Entries() iter.Seq2[charging.BookedEntry, error] {
	return stream(in, row.InspectEntries, row.ScanEntry)
}

func (in inspection) Closed() iter.Seq2[charging.ClosedSum, error] {
	return stream(in, row.InspectClosed, row.ScanClosedSum)
}

func (in inspection) Orphans() iter.Seq2[charging.Orphan, error] {
	return stream(in, row.InspectOrphans, row.ScanOrphan)
}

func (in inspection) Unmatched() iter.Seq2[charging.Unmatched, error] {
	return stream(in, row.InspectUnmatched, row.ScanUnmatched)
}
