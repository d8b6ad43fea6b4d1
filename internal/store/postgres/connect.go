package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sibai/internal/fault"
)

// The bounds of one batch. A statement or a lock that takes longer is an
// error, and the batch is sent again; the server ends a transaction whose
// client fell silent between its two round trips, for it holds locks that
// other nodes wait for.
const (
	connectBound   = 10 * time.Second
	commitBound    = 30 * time.Second
	statementBound = 10 * time.Second
	lockBound      = 5 * time.Second
	silenceBound   = 5 * time.Second
)

// The classes of advisory locks.
const (
	lockClass    = 0x51_ba_1 // this program's
	migrateLock  = 1 << 20   // numbers up to id.MaxNode are nodes
	businessLock = migrateLock + 1
)

// writer is a place for one writing connection. Who took it from Store.idle
// uses it alone.
type writer struct {
	store     *Store
	first     bool      // it carries the lock on the node's number
	conn      *pgx.Conn // nil before its first use and after a failure
	*prepared           // on conn
}

// connection returns the writer's connection, and makes it when there is none.
// A server that starts again is waited for, but not for long: calls wait
// meanwhile.
func (w *writer) connection(ctx context.Context) (*pgx.Conn, error) {
	if w.conn != nil && !w.conn.IsClosed() {
		return w.conn, nil
	}
	w.conn = nil
	ctx, cancel := context.WithTimeout(ctx, w.store.patience)
	defer cancel()
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		conn, known, err := w.store.connectWriter(ctx, w.first)
		if err == nil {
			w.conn, w.prepared = conn, known
			return conn, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

// drop closes the connection, whatever state it is in. What the server still
// has open of it is rolled back.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = w.conn.Close(ctx) // it is given up
	w.conn = nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// connectWriter makes a connection whose statements are prepared and whose
// planner is pinned.
func (s *Store) connectWriter(ctx context.Context, first bool) (*pgx.Conn, *prepared, error) {
	cfg := s.cfg.Copy()
	cfg.DialFunc = staysAwake(cfg.DialFunc, &s.batches)
	set := cfg.RuntimeParams
	set["application_name"] = s.name("writer")
	set["statement_timeout"] = milliseconds(statementBound)
	set["lock_timeout"] = milliseconds(lockBound)
	set["idle_in_transaction_session_timeout"] = milliseconds(silenceBound)
	set["enable_seqscan"], set["enable_hashjoin"], set["enable_mergejoin"] = "off", "off", "off"
	if !s.citus { // which cannot plan without the values
		set["plan_cache_mode"] = "force_generic_plan"
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, nil, s.unreachable(err)
	}
	known, err := s.ready(ctx, conn, first)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		return nil, nil, errors.Join(err, conn.Close(closing))
	}
	return conn, known, nil
}

// ready makes a new connection one that writes.
func (s *Store) ready(ctx context.Context, conn *pgx.Conn, first bool) (*prepared, error) {
	if err := durable(ctx, conn); err != nil {
		return nil, err
	}
	if first && s.node > 0 {
		var free bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", lockClass, s.node).Scan(&free); err != nil {
			return nil, fmt.Errorf("lock the node's number: %w", err)
		}
		if !free {
			return nil, fault.New(fault.NodeInUse, "node", s.node, "url", s.shown)
		}
	}
	return prepare(ctx, conn)
}

// durable makes a connection wait for the disk where the server's settings
// would not. A stricter setting stays.
func durable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
	if err != nil {
		return fmt.Errorf("set synchronous_commit: %w", err)
	}
	return nil
}

// code is PostgreSQL's SQLSTATE of an error, "" when it is not PostgreSQL's.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// unreachable says that no connection was made.
func (s *Store) unreachable(err error) error {
	reason := err
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		reason = connecting.Unwrap()
	}
	return fault.Wrap(err, fault.StoreUnreachable, "url", s.shown, "reason", reason.Error())
}
