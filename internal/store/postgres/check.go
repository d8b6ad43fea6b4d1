package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"sibai/internal/fault"
	"sibai/internal/store/migrations"
)

// The versions of PostgreSQL that are known to work.
const (
	oldest, newestKnown = 15, 17
	versions            = "15 to 17"
)

// version is the server's major version.
func version(ctx context.Context, conn *pgx.Conn) (int, error) {
	var text string
	if err := conn.QueryRow(ctx, "SHOW server_version_num").Scan(&text); err != nil {
		return 0, fmt.Errorf("ask for the server's version: %w", err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the server's version %q: %w", text, err)
	}
	return n / 10000, nil
}

// oldServer refuses a server that lacks what the schema and statements need.
func (s *Store) oldServer(ctx context.Context, conn *pgx.Conn) error {
	v, err := version(ctx, conn)
	if err == nil && v < oldest {
		err = fault.New(fault.StoreVersion, "url", s.shown, "have", v, "known", versions)
	}
	return err
}

// Check looks at the server of an address, whatever is stored there.
func Check(ctx context.Context, address string) error {
	s, err := begun(ctx, address, Options{})
	if err != nil {
		return err
	}
	return s.Check(ctx)
}

// Check looks at the server's version and at the settings that durability
// stands on. The faults say how to mend what is wrong: StoreVersion,
// StoreUnsafe.
func (s *Store) Check(ctx context.Context) error {
	return s.once(ctx, func(conn *pgx.Conn) error {
		v, err := version(ctx, conn)
		if err != nil {
			return err
		}
		var errs []error
		if v < oldest || v > newestKnown {
			errs = append(errs, fault.New(fault.StoreVersion, "url", s.shown, "have", v, "known", versions))
		}
		for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			var value string
			if err := conn.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
				return fmt.Errorf("ask for %s: %w", setting, err)
			}
			if value == "off" {
				errs = append(errs, fault.New(fault.StoreUnsafe, "url", s.shown, "setting", setting, "value", value))
			}
		}
		return errors.Join(errs...)
	})
}

// migrate brings the schema up to date. Nodes that start at once do it one
// after the other.
func (s *Store) migrate(ctx context.Context) error {
	return s.once(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", lockClass, migrateLock); err != nil {
			return fmt.Errorf("wait for another node's migration: %w", err)
		}
		have, err := s.schemaVersion(ctx, conn)
		if err != nil {
			return err
		}
		db := stdlib.OpenDB(*s.cfg)
		return errors.Join(s.up(ctx, db, have), db.Close())
	})
}

func (s *Store) up(ctx context.Context, db *sql.DB, have int64) error {
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.PostgreSQL(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if known := newest(p); have > known {
		return fault.New(fault.StoreNewer, "file", s.shown, "have", have, "known", known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema of %s up to date: %w", s.shown, err)
	}
	return nil
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

// checkVersion sees whether the schema is exactly the one that is known.
func (s *Store) checkVersion(ctx context.Context) error {
	var have int64
	if err := s.once(ctx, func(conn *pgx.Conn) (err error) {
		have, err = s.schemaVersion(ctx, conn)
		return err
	}); err != nil {
		return err
	}
	db := stdlib.OpenDB(*s.cfg) // connects to nothing: the provider wants one
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.PostgreSQL(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	switch known := newest(p); {
	case have == 0:
		return fault.New(fault.StoreMissing, "dir", s.shown)
	case have > known:
		return fault.New(fault.StoreNewer, "file", s.shown, "have", have, "known", known)
	case have < known:
		return fault.New(fault.StoreOlder, "file", s.shown, "have", have, "known", known)
	}
	return nil
}

// schemaVersion is the last migration that was applied, 0 for an empty
// database. One with tables but no record of migrations is somebody else's.
func (s *Store) schemaVersion(ctx context.Context, conn *pgx.Conn) (int64, error) {
	var tables, ours int64
	err := conn.QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE tablename = 'goose_db_version') FROM pg_tables WHERE schemaname = current_schema()").
		Scan(&tables, &ours)
	if err != nil {
		return 0, fault.Wrap(err, fault.StoreFailed, "what", "look at its tables")
	}
	if ours == 0 {
		if tables > 0 {
			return 0, fault.New(fault.StoreCorrupt, "file", s.shown, "reason", "its tables are of another program")
		}
		return 0, nil
	}
	var v int64
	if err := conn.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&v); err != nil {
		return 0, fault.Wrap(err, fault.StoreFailed, "what", "read the schema's version")
	}
	return v, nil
}
