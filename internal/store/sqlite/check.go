package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
	engine "zombiezen.com/go/sqlite"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/migrations"
)

// code is SQLite's primary result code of an error, 0 when it is not SQLite's.
func code(err error) int {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	if c := engine.ErrCode(err).ToPrimary(); c != engine.ResultError {
		return int(c) // of the hot connection; ResultError stands for any other error, too
	}
	return 0
}

// unusable says what it means that a database file could not be used.
func unusable(err error, path string) error {
	switch code(err) {
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fault.Wrap(err, fault.StoreCorrupt, "file", path, "reason", "SQLite cannot read it")
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fault.Wrap(err, fault.StoreNotWritable, "dir", filepath.Dir(path))
	}
	return fault.Wrap(err, fault.StoreFailed, "what", "open "+path)
}

// rejected marks the errors that come from the rows and not from the disk.
func rejected(err error) error {
	switch code(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG, lib.SQLITE_RANGE:
		return fmt.Errorf("%w: %w", charging.ErrRejected, err)
	}
	return err
}

// checkFile sees whether the file is a whole database and writable.
func checkFile(ctx context.Context, db *sql.DB, path string) error {
	var size int64
	info, err := os.Stat(path)
	switch {
	case err == nil:
		size = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.StoreNotWritable, "dir", filepath.Dir(path))
	}
	// user_version is ours to use and always 0: setting it proves that the
	// file and its WAL can be written.
	if _, err := db.ExecContext(ctx, "PRAGMA user_version = 0"); err != nil {
		return unusable(err, path)
	}
	if size > quickCheckLimit {
		return nil
	}
	return quickCheck(ctx, db, path)
}

func quickCheck(ctx context.Context, db *sql.DB, path string) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return unusable(err, path)
	}
	if found != "ok" {
		return fault.New(fault.StoreCorrupt, "file", path, "reason", found)
	}
	return nil
}

// Check reads the whole file and sees whether it is undamaged. It takes as
// long as reading the file takes.
func (s *Store) Check(ctx context.Context) error {
	return quickCheck(ctx, s.read, filepath.Join(s.dir, File))
}

// migrate brings the schema up to date.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	have, err := schemaVersion(ctx, db, path)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if known := newest(p); have > known {
		return fault.New(fault.StoreNewer, "file", path, "have", have, "known", known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema of %s up to date: %w", path, err)
	}
	return nil
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

// checkVersion sees whether the schema is exactly the one that is known.
func checkVersion(ctx context.Context, db *sql.DB, path string) error {
	have, err := schemaVersion(ctx, db, path)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	switch known := newest(p); {
	case have > known:
		return fault.New(fault.StoreNewer, "file", path, "have", have, "known", known)
	case have < known:
		return fault.New(fault.StoreOlder, "file", path, "have", have, "known", known)
	}
	return nil
}

// schemaVersion is the last migration that was applied, 0 for a new file. A
// file with tables but no record of migrations is somebody else's.
func schemaVersion(ctx context.Context, db *sql.DB, path string) (int64, error) {
	var tables, ours int64
	err := db.QueryRowContext(ctx, "SELECT count(*), count(CASE WHEN name = 'goose_db_version' THEN 1 END) FROM sqlite_schema WHERE type = 'table'").
		Scan(&tables, &ours)
	if err != nil {
		return 0, unusable(err, path)
	}
	if ours == 0 {
		if tables > 0 {
			return 0, fault.New(fault.StoreCorrupt, "file", path, "reason", "its tables are of another program")
		}
		return 0, nil
	}
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1").Scan(&version); err != nil {
		return 0, unusable(err, path)
	}
	return version, nil
}
