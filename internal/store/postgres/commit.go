package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

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
	s.batches.Add(1)
	defer s.batches.Add(-1)
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
	bound, _ := ctx.Deadline()
	err = w.once(conn.PgConn(), bound, rules, ops)
	if err == nil {
		return nil
	}
	if c := code(err); c == "" || stale(c) || conn.IsClosed() {
		w.drop() // nobody knows what the server has of it
		return err
	}
	if _, failed := conn.Exec(ctx, rollback); failed != nil {
		w.drop()
	}
	return err
}

// stale says that the tables are not what they were when the statements were
// prepared: a newer program changed them. A new connection reads them anew.
func stale(code string) bool { return strings.HasPrefix(code, "42") || code == "0A000" }

func (w *writer) once(conn *pgconn.PgConn, bound time.Time, rules charging.Rules, ops []charging.Op) error {
	loaded, err := w.load(conn, bound, charging.KeysOf(ops))
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	decided := charging.Decide(rules, loaded, ops)
	if err := w.apply(conn, bound, decided); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return nil
}

// errNotCommitted is what a server says with ROLLBACK to a COMMIT.
var errNotCommitted = errors.New("the server rolled the batch back")

// apply writes what was decided and commits. It is one round trip.
func (w *writer) apply(conn *pgconn.PgConn, bound time.Time, decided *charging.Writes) error {
	values, err := row.Of(decided)
	if err != nil {
		return errors.Join(err, w.end(conn, bound))
	}
	p := &pipeline{}
	for i := range writes {
		if len(values[i]) == 0 {
			continue
		}
		statement, params, err := w.writing(i, values[i])
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", writes[i].name, err), w.end(conn, bound))
		}
		p.add(statement, nil, params...)
	}
	p.add(w.statements[commit], nil)
	tag, err := p.run(conn, bound)
	if err == nil && tag.String() != "COMMIT" {
		err = errNotCommitted
	}
	return err
}

// writing is the statement that writes rows of the i-th kind, and its parameters.
func (w *writer) writing(i int, values []any) (*pgconn.StatementDescription, [][]byte, error) {
	to := w.writes[i]
	if len(values) == to.shape.width {
		params, err := to.shape.single(values)
		return to.one, params, err
	}
	rows, err := to.shape.array(values)
	return to.statement, [][]byte{rows}, err
}

// end leaves the transaction after an error that is not the server's.
func (w *writer) end(conn *pgconn.PgConn, bound time.Time) error {
	p := &pipeline{}
	p.add(w.statements[rollback], nil)
	_, err := p.run(conn, bound)
	return err
}
