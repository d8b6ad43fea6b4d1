package app

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"

	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/store/portable"
	"sibai/internal/store/postgres"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/transfer"
)

// Money is what both stores of money offer.
type Money interface {
	charging.Store
	Tally(ctx context.Context, since time.Time) (charging.Tally, error)
	// Check looks for what would lose money: damage, or unsafe settings.
	Check(ctx context.Context) error
	Read() *sql.DB
	Write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error
	Close() error
}

// Store is an open installation with its two faces: money by hand, the rest
// through the portable layer.
type Store struct {
	Money   Money
	Catalog *portable.Store

	lock *os.File // on the data directory, where the store itself has none
}

// OpenStore opens the store for serving as the configured node and brings its
// schema up to date.
func OpenStore(ctx context.Context, cfg config.Config) (*Store, error) {
	return whole(ctx, cfg)(openStore(ctx, cfg))
}

// whole refuses a store that an import has not finished.
func whole(ctx context.Context, cfg config.Config) func(*Store, error) (*Store, error) {
	return func(s *Store, err error) (*Store, error) {
		if err != nil {
			return nil, err
		}
		if err := transfer.Unfinished(ctx, s.database(cfg)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
}

func (s *Store) database(cfg config.Config) transfer.Database {
	return transfer.Database{Postgres: cfg.Store.URL != "", Read: s.Money.Read(), Write: s.Money.Write}
}

func openStore(ctx context.Context, cfg config.Config) (*Store, error) {
	if cfg.Store.URL == "" {
		return embedded(sqlite.Open(ctx, cfg.Data, sqlite.Options{}))
	}
	// The data directory has the node's control socket.
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.StoreNotWritable, "dir", cfg.Data)
	}
	lock, err := sqlite.LockDirectory(cfg.Data)
	if err != nil {
		return nil, err
	}
	s, err := shared(postgres.Open(ctx, cfg.Store.URL, postgres.Options{Node: cfg.Node}))
	if err != nil {
		return nil, errors.Join(err, sqlite.UnlockDirectory(lock))
	}
	s.lock = lock
	return s, nil
}

// ReadStore opens the store for reading, also while nodes serve it.
func ReadStore(ctx context.Context, cfg config.Config) (*Store, error) {
	if cfg.Store.URL == "" {
		return whole(ctx, cfg)(embedded(sqlite.OpenReadOnly(ctx, cfg.Data, sqlite.Options{})))
	}
	return whole(ctx, cfg)(shared(postgres.OpenReadOnly(ctx, cfg.Store.URL, postgres.Options{})))
}

// reading runs f over the store, opened for reading.
func reading(ctx context.Context, cfg config.Config, f func(*Store) error) error {
	store, err := ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(store), store.Close())
}

// CheckStore looks whether the store can be served; StoreMissing when nothing
// was stored yet.
func CheckStore(ctx context.Context, cfg config.Config) error {
	if cfg.Store.URL != "" {
		// The server's settings matter before there is anything on it.
		if err := postgres.Check(ctx, cfg.Store.URL); err != nil {
			return err
		}
	}
	s, err := ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(s.Money.Check(ctx), s.Close())
}

func embedded(money *sqlite.Store, err error) (*Store, error) {
	if err != nil {
		return nil, err
	}
	return &Store{Money: money, Catalog: portable.NewSQLite(money.Read(), money.Write)}, nil
}

func shared(money *postgres.Store, err error) (*Store, error) {
	if err != nil {
		return nil, err
	}
	return &Store{Money: money, Catalog: portable.NewPostgres(money.Read(), money.Write)}, nil
}

// Close closes the store.
func (s *Store) Close() error {
	err := s.Money.Close()
	if s.lock != nil {
		err = errors.Join(err, sqlite.UnlockDirectory(s.lock))
	}
	return err
}
