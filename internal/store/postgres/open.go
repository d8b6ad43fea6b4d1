package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"sibai/internal/fault"
	"sibai/internal/store/row"
)

// Options tune a Store. The zero value is for a tool that reads and writes; a
// node names its number.
type Options struct {
	// Node is the node's number, which no other process may use at the same
	// time; 0 claims none.
	Node int
	// Writers is how many batches are committed at once; 0 takes 2.
	Writers int
	// Readers is the number of reading connections; 0 takes 4.
	Readers int
	// Patience is how long a batch waits for a server that is away; 0 takes 2 s.
	Patience time.Duration
}

// Store is an open database. All methods are safe for concurrent use.
type Store struct {
	row.Texts

	cfg      *pgx.ConnConfig
	shown    string // the address without its password
	node     int
	citus    bool
	batches  atomic.Int32 // that are committed at once
	patience time.Duration

	idle     chan *writer // nil when read-only
	pool     *pgxpool.Pool
	read     *sql.DB // over pool
	business *sql.DB // nil when read-only
	closed   atomic.Bool
}

// Valid says whether an address is one that Open understands; the error names
// no password.
func Valid(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, errors.New("it does not begin with postgres://")
	}
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err) // pgx hides passwords
	}
	return cfg, nil
}

// Open opens a database for serving and brings its schema up to date. The
// faults name what is wrong and the remedy: StoreUnreachable, StoreVersion,
// StoreCorrupt, StoreNewer, NodeInUse.
func Open(ctx context.Context, address string, opts Options) (*Store, error) {
	s, err := begun(ctx, address, opts)
	if err != nil {
		return nil, err
	}
	if err := s.serve(ctx, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenReadOnly opens a database of which nodes may be running. Only reading
// methods work. StoreMissing when nothing was stored yet, StoreOlder when its
// schema must be brought up to date first.
func OpenReadOnly(ctx context.Context, address string, opts Options) (*Store, error) {
	s, err := begun(ctx, address, opts)
	if err != nil {
		return nil, err
	}
	err = s.checkVersion(ctx)
	if err == nil {
		err = s.openReaders(ctx, opts)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begun reads the address and looks at the server.
func begun(ctx context.Context, address string, opts Options) (*Store, error) {
	s := &Store{shown: shown(address), node: opts.Node, patience: opts.Patience}
	if s.patience <= 0 {
		s.patience = 2 * time.Second
	}
	var err error
	if s.cfg, err = parse(address); err != nil {
		return nil, fault.Wrap(err, fault.StoreUnreachable, "url", s.shown, "reason", err.Error())
	}
	s.cfg.RuntimeParams["client_encoding"] = "UTF8"
	s.cfg.RuntimeParams["jit"] = "off" // compiling takes longer than any of the statements here
	if s.cfg.ConnectTimeout == 0 {
		s.cfg.ConnectTimeout = connectBound
	}
	err = s.once(ctx, func(conn *pgx.Conn) error {
		if err := s.oldServer(ctx, conn); err != nil {
			return err
		}
		return conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')").Scan(&s.citus)
	})
	return s, err
}

// shown is an address without its password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "store.url"
	}
	u.RawQuery = ""
	return u.Redacted()
}

// name is what the server's lists call a connection.
func (s *Store) name(what string) string {
	if s.node == 0 {
		return "sibai " + what
	}
	return fmt.Sprintf("sibai %d %s", s.node, what)
}

// once runs f on a connection of its own.
func (s *Store) once(ctx context.Context, f func(*pgx.Conn) error) error {
	cfg := s.cfg.Copy()
	cfg.RuntimeParams["application_name"] = s.name("tool")
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return s.unreachable(err)
	}
	err = f(conn)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return errors.Join(err, conn.Close(closing))
}

func (s *Store) serve(ctx context.Context, opts Options) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.MakeParts(ctx, time.Now()); err != nil {
		return err
	}
	writers := opts.Writers
	if writers <= 0 {
		writers = 2
	}
	s.idle = make(chan *writer, writers)
	for i := range writers {
		s.idle <- &writer{store: s, first: i == 0} // all of them, for Close takes as many
	}
	for range writers {
		w := <-s.idle
		_, err := w.connection(ctx)
		s.idle <- w
		if err != nil {
			return err
		}
	}
	if err := s.openReaders(ctx, opts); err != nil {
		return err
	}
	cfg := s.cfg.Copy()
	cfg.RuntimeParams["application_name"] = s.name("business")
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // bun writes values into its statements
	s.business = stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(durable))
	s.business.SetMaxOpenConns(2)
	return nil
}

// openReaders makes the reading connections. Each of their transactions sees
// one state of the database, whatever is committed meanwhile.
func (s *Store) openReaders(ctx context.Context, opts Options) error {
	cfg, err := pgxpool.ParseConfig("")
	if err != nil {
		return fmt.Errorf("settings of the readers: %w", err)
	}
	cfg.ConnConfig = s.cfg.Copy()
	cfg.ConnConfig.RuntimeParams["application_name"] = s.name("reader")
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.ConnConfig.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	cfg.MaxConns = int32(opts.Readers) //nolint:gosec // a small number
	if opts.Readers <= 0 {
		cfg.MaxConns = 4
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return s.unreachable(err)
	}
	s.read = stdlib.OpenDBFromPool(s.pool)
	return nil
}

// Read returns the reading connections.
func (s *Store) Read() *sql.DB { return s.read }

// Close waits for the batches that run, and closes everything. Closing twice
// is safe.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	for range cap(s.idle) {
		w := <-s.idle
		w.drop()
		defer func() { s.idle <- w }() // for those who still ask, and are told
	}
	var errs []error
	if s.business != nil {
		errs = append(errs, s.business.Close())
	}
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return errors.Join(errs...)
}
