package postgres_test

import (
	"context"
	"database/sql"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/charging"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// The promises of money on the real store, through crashes: every connection
// of the store is ended by the server, as when the process is gone, and another
// store is opened.
func TestMachine(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	first := openAt(t, url, postgres.Options{})
	rapid.Check(t, func(rt *rapid.T) {
		err := first.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "TRUNCATE account, bucket, usage, hold, txn, entry, receipt, cdr")
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
		var opened []*postgres.Store
		defer func() {
			for _, s := range opened {
				if err := s.Close(); err != nil {
					rt.Errorf("close: %v", err)
				}
			}
		}()
		another := func() charging.Store {
			s, err := postgres.Open(t.Context(), url, postgres.Options{Node: 9, Writers: 1})
			if err != nil {
				rt.Fatal(err)
			}
			opened = append(opened, s)
			return s
		}
		crash := func() charging.Store {
			err := first.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
				// Wait for their end, for one of them has the node's number.
				_, err := tx.ExecContext(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sibai 9 %'")
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
			return another()
		}
		storetest.Machine(rt, another(), crash)
	})
}
