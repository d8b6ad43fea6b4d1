package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the driver

	"sibai/internal/fault"
	"sibai/internal/store/row"
)

// File is the name of the database in its data directory.
const File = "sibai.db"

// Options tune a Store. The zero value is what a server uses.
type Options struct {
	// AnyDisk accepts network file systems. Only for a disk that is known to
	// be local in spite of its type.
	AnyDisk bool
	// Readers is the number of reading connections; 0 takes 4.
	Readers int
}

// quickCheckLimit is the size of file, in bytes, up to which opening it reads
// it all to see whether it is whole. Larger ones are checked by Check.
const quickCheckLimit = 64 << 20

// Store is an open data directory. All methods are safe for concurrent use.
type Store struct {
	row.Texts

	dir    string
	lock   *os.File // nil when read-only
	read   *sql.DB
	write  *sql.DB // business writes; nil when read-only
	turn   chan struct{}
	hot    *hot // commits batches; used by who holds the turn
	closed bool // guarded by turn

	checkpoints checkpointer
}

// Open opens a data directory for serving, makes it when it is not there, and
// brings its schema up to date. The faults name what is wrong and the remedy:
// StoreNetworkDisk, StoreNotWritable, StoreLocked, StoreCorrupt, StoreNewer.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.StoreNotWritable, "dir", dir)
	}
	if err := checkDisk(dir, opts.AnyDisk); err != nil {
		return nil, err
	}
	lock, err := LockDirectory(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, turn: make(chan struct{}, 1)}
	if err := s.open(ctx, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, opts Options) error {
	path := filepath.Join(s.dir, File)
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, "rwc", writerPragmas...)); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := checkFile(ctx, s.write, path); err != nil {
		return err
	}
	if err := migrate(ctx, s.write, path); err != nil {
		return err
	}
	if err := s.heat(); err != nil {
		return unusable(err, path)
	}
	if err := s.startCheckpoints(); err != nil {
		return unusable(err, path)
	}
	s.read, err = openReaders(path, opts, false)
	return err
}

// OpenReadOnly opens a data directory that may be served by another process
// meanwhile. Only reading methods work. StoreMissing when there is none,
// StoreOlder when its schema must be brought up to date first.
func OpenReadOnly(ctx context.Context, dir string, opts Options) (*Store, error) {
	path := filepath.Join(dir, File)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.StoreMissing, "dir", dir)
	}
	if err := checkDisk(dir, opts.AnyDisk); err != nil {
		return nil, err
	}
	still := unchanging(dir)
	s := &Store{dir: dir, turn: make(chan struct{}, 1)}
	var err error
	if s.read, err = openReaders(path, opts, still); err != nil {
		return nil, err
	}
	if err := checkVersion(ctx, s.read, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// unchanging reports whether nobody can be writing to a directory's database: a
// backup on a read-only disk, or one that this user may only read. SQLite could
// not make its index beside such a file, so it is told that it needs none. With
// a log that has something in it, it does need one.
func unchanging(dir string) bool {
	if unix.Access(dir, unix.W_OK) == nil {
		return false
	}
	log, err := os.Stat(filepath.Join(dir, File+"-wal"))
	return errors.Is(err, fs.ErrNotExist) || (err == nil && log.Size() == 0)
}

func openReaders(path string, opts Options, still bool) (*sql.DB, error) {
	if opts.Readers <= 0 {
		opts.Readers = 4
	}
	address := dsn(path, "ro", "query_only(1)", "cache_size(-16384)")
	if still {
		address += "&immutable=1"
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, fmt.Errorf("open %s for reading: %w", path, err)
	}
	db.SetMaxOpenConns(opts.Readers)
	db.SetMaxIdleConns(opts.Readers)
	return db, nil
}

func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyBound.Milliseconds())}, pragmas...)}
	if mode == "ro" {
		q.Set("_txlock", "deferred")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// Read returns the reading connections.
func (s *Store) Read() *sql.DB { return s.read }

// Dir returns the data directory.
func (s *Store) Dir() string { return s.dir }

// Close waits for the write that runs, and closes everything. Closing twice
// is safe.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.closed {
		return nil
	}
	s.closed = true
	s.checkpoints.end()
	var errs []error
	errs = append(errs, s.cool())
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, UnlockDirectory(s.lock))
	}
	return errors.Join(errs...)
}
