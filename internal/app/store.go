package app

import (
	"context"

	"sibai/internal/config"
	"sibai/internal/store/portable"
	"sibai/internal/store/sqlite"
)

// Store is an open data directory with its two faces: money by hand, the rest
// through the portable layer.
type Store struct {
	Money   *sqlite.Store
	Catalog *portable.Store
}

// OpenStore opens the data directory for serving and brings its schema up to
// date.
func OpenStore(ctx context.Context, cfg config.Config) (*Store, error) {
	return withCatalog(sqlite.Open(ctx, cfg.Data, sqlite.Options{}))
}

// ReadStore opens the data directory for reading, also while a node serves it.
func ReadStore(ctx context.Context, cfg config.Config) (*Store, error) {
	return withCatalog(sqlite.OpenReadOnly(ctx, cfg.Data, sqlite.Options{}))
}

func withCatalog(money *sqlite.Store, err error) (*Store, error) {
	if err != nil {
		return nil, err
	}
	return &Store{Money: money, Catalog: portable.NewSQLite(money.Read(), money.Write)}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.Money.Close() }
