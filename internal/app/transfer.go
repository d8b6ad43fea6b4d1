package app

import (
	"context"
	"errors"
	"io"

	"sibai/internal/build"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/store/transfer"
)

// Export writes the whole installation as it is now; nodes may serve it
// meanwhile.
func Export(ctx context.Context, cfg config.Config, to io.Writer) (transfer.Total, error) {
	store, err := ReadStore(ctx, cfg)
	if err != nil {
		return transfer.Total{}, err
	}
	total, err := transfer.Export(ctx, store.database(cfg), build.Get().Version, to)
	return total, errors.Join(err, store.Close())
}

// Import reads an export into the configured store, which must be empty or have
// the beginning of the same export, and audits the books. The store can be
// served once they are right.
func Import(ctx context.Context, cfg config.Config, from io.Reader) (transfer.Total, *charging.Report, error) {
	store, err := openStore(ctx, cfg)
	if err != nil {
		return transfer.Total{}, nil, err
	}
	total, report, err := imported(ctx, store, store.database(cfg), from)
	return total, report, errors.Join(err, store.Close())
}

func imported(ctx context.Context, store *Store, db transfer.Database, from io.Reader) (transfer.Total, *charging.Report, error) {
	total, err := transfer.Import(ctx, db, from)
	if err != nil {
		return total, nil, err
	}
	report, err := charging.Audit(ctx, store.Money)
	if err == nil && report.OK() {
		err = transfer.Finish(ctx, db)
	}
	return total, report, err
}
