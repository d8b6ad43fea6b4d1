package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/row"
)

var (
	_ charging.Store    = (*Store)(nil)
	_ charging.Parallel = (*Store)(nil)
)

// races is how often a batch is done anew when another node came first.
const races = 5

// Writers is how many batches are committed at once.
func (s *Store) Writers() int { return cap(s.idle) }

// Commit does a batch of charging: load, decide, apply, durable.
func (s *Store) Commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	w, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer func() { s.idle <- w }()
	// Half a batch helps nobody: from here on only the bound ends it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitBound)
	defer cancel()
	for try := 1; ; try++ {
		err := w.commit(ctx, rules, ops)
		if err == nil || try == races || !lostRace(err) {
			return rejected(err)
		}
	}
}

// take waits for an idle writer.
func (s *Store) take(ctx context.Context) (*writer, error) {
	if s.idle == nil {
		return nil, fault.Wrap(errReadOnly, fault.Internal)
	}
	select {
	case w := <-s.idle:
		if s.closed.Load() {
			s.idle <- w
			return nil, fault.New(fault.StoreFailed, "what", "it is closed")
		}
		return w, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lostRace says that nothing was written because another node wrote first: a
// deadlock or a serialization failure, or a row that it inserted after this
// batch had looked for it.
func lostRace(err error) bool {
	switch code(err) {
	case "40001", "40P01", "23505":
		return true
	}
	return false
}

// rejected marks the errors that come from the rows: the classes 22 (data
// exception) and 23 (integrity constraint violation) of SQLSTATE.
func rejected(err error) error {
	if c := code(err); strings.HasPrefix(c, "22") || strings.HasPrefix(c, "23") {
		return fmt.Errorf("%w: %w", charging.ErrRejected, err)
	}
	return err
}

// commit does a batch once. After an error the connection is outside of any
// transaction, or dropped.
func (w *writer) commit(ctx context.Context, rules charging.Rules, ops []charging.Op) error {
	conn, err := w.connection(ctx)
	if err != nil {
		return err
	}
	err = once(ctx, conn, rules, ops)
	if err == nil {
		return nil
	}
	if code(err) == "" || conn.IsClosed() {
		w.drop() // nobody knows what the server has of it
		return err
	}
	if _, failed := conn.Exec(ctx, rollback); failed != nil {
		w.drop()
	}
	return err
}

func once(ctx context.Context, conn *pgx.Conn, rules charging.Rules, ops []charging.Op) error {
	loaded, err := load(ctx, conn, charging.KeysOf(ops))
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	decided := charging.Decide(rules, loaded, ops)
	if err := apply(ctx, conn, decided); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return nil
}

// load begins the transaction and reads, locked, what the keys name. It is one
// round trip.
func load(ctx context.Context, conn *pgx.Conn, keys *charging.Keys) (*charging.Loaded, error) {
	loaded := charging.NewLoaded(keys)
	batch := &pgx.Batch{}
	batch.Queue(begin)
	if len(keys.Accounts) > 0 {
		queueAccounts(batch, loaded, keys.Accounts)
	}
	if len(keys.Calls) > 0 {
		queueCalls(batch, loaded, keys.Calls)
	}
	if len(keys.Receipts) > 0 {
		queueReceipts(batch, loaded, keys.Receipts)
	}
	return loaded, conn.SendBatch(ctx, batch).Close()
}

func queueAccounts(batch *pgx.Batch, loaded *charging.Loaded, keys []charging.AccountKey) {
	shards, ids := make([]int64, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		shards[i], ids[i] = int64(k.Shard), int64(k.ID)
	}
	// An account that another node opens now is seen by the statements after
	// the first, but not locked: its rows are left out.
	locked := make(map[charging.AccountKey]bool, len(keys))
	queue(batch, loadAccounts, func(found pgx.Rows) error {
		a, err := row.ScanAccount(found)
		if err == nil {
			locked[a.Key] = true
			loaded.PutAccount(a)
		}
		return err
	}, shards, ids)
	queue(batch, loadBuckets, func(found pgx.Rows) error {
		b := &charging.Bucket{}
		err := row.ScanBucket(found, b)
		if err == nil && locked[b.Account] {
			loaded.PutBucket(b)
		}
		return err
	}, shards, ids)
	queue(batch, loadUsages, func(found pgx.Rows) error {
		u := &charging.Usage{}
		err := row.ScanUsage(found, u)
		if err == nil && locked[u.Account] {
			loaded.PutUsage(u)
		}
		return err
	}, shards, ids)
}

func queueCalls(batch *pgx.Batch, loaded *charging.Loaded, keys []charging.CallKey) {
	shards, ids := make([]int64, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		shards[i], ids[i] = int64(k.Shard), int64(k.ID)
	}
	queue(batch, loadHolds, func(found pgx.Rows) error {
		h := &charging.Hold{}
		err := row.ScanHold(found, h)
		if err == nil {
			loaded.PutHold(h)
		}
		return err
	}, shards, ids)
	queue(batch, loadClosed, func(found pgx.Rows) error {
		c, err := row.ScanClosed(found)
		if err == nil {
			loaded.PutClosed(c)
		}
		return err
	}, shards, ids)
}

func queueReceipts(batch *pgx.Batch, loaded *charging.Loaded, keys []charging.ReceiptKey) {
	shards, channels, references := make([]int64, len(keys)), make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		shards[i], channels[i], references[i] = int64(k.Shard), k.Channel, k.Reference
	}
	clean(channels) // what cannot be stored is found by nobody, and refused by Decide
	clean(references)
	queue(batch, loadReceipts, func(found pgx.Rows) error {
		r, err := row.ScanReceipt(found)
		if err == nil {
			loaded.PutReceipt(r)
		}
		return err
	}, shards, channels, references)
}

// queue adds a query whose rows go to each.
func queue(batch *pgx.Batch, name string, each func(pgx.Rows) error, args ...any) {
	batch.Queue(name, args...).Query(func(rows pgx.Rows) error { return walk(rows, each) })
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

// errNotCommitted is what a server says with ROLLBACK to a COMMIT.
var errNotCommitted = errors.New("the server rolled the batch back")

// apply writes what was decided and commits. It is one round trip.
func apply(ctx context.Context, conn *pgx.Conn, decided *charging.Writes) error {
	values, err := row.Of(decided)
	if err != nil {
		return errors.Join(err, end(ctx, conn))
	}
	batch := &pgx.Batch{}
	for i, w := range writes {
		if len(values[i]) == 0 {
			continue
		}
		args, err := columns(w.types, values[i])
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", w.name, err), end(ctx, conn))
		}
		batch.Queue(w.name, args...)
	}
	batch.Queue(commit)
	results := conn.SendBatch(ctx, batch)
	for range len(batch.QueuedQueries) - 1 {
		if _, err := results.Exec(); err != nil {
			return errors.Join(err, ignored(results.Close()))
		}
	}
	tag, err := results.Exec()
	if err == nil && tag.String() != "COMMIT" {
		err = errNotCommitted
	}
	return errors.Join(err, ignored(results.Close()))
}

// end leaves the transaction after an error that is not the server's.
func end(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, rollback)
	return err
}

// ignored drops the error of closing results: it repeats the one before it.
func ignored(error) error { return nil }
