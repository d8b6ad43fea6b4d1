package postgres_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// funded is a node with one account that has 100 yuan.
func funded(t *testing.T, url string, node int) (*charging.Service, *postgres.Store) {
	t.Helper()
	s, store := service(t, url, node)
	if _, err := s.OpenAccount(t.Context(), 7, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TopUp(t.Context(), charging.TopUp{
		Shard: 7, Account: 1, Bucket: charging.Cash, Amount: 100_000_000, Channel: "bank", Reference: "1", At: storetest.Start,
	}); err != nil {
		t.Fatal(err)
	}
	return s, store
}

// Another node of a newer version adds columns while this one serves: what this
// one has prepared no longer fits, and its calls go on all the same.
func TestColumnsAddedMeanwhile(t *testing.T) {
	t.Parallel()
	s, store := funded(t, pgtest.Database(t), 1)
	if a, err := reserved(s, 1, minuteBill()); err != nil || a.Refused != "" {
		t.Fatalf("reserve: %+v, %v", a, err)
	}
	for _, table := range []string{"account", "bucket", "usage", "hold", "txn", "entry", "receipt", "cdr"} {
		if err := store.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN added text NOT NULL DEFAULT 'new'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if rec, err := settled(s, 1, minuteBill(), 59*time.Second); err != nil || rec.Charge != 100_000 {
		t.Errorf("59 seconds: %s, %v", rec.Charge, err)
	}
	if rec, ok := talk(t, s, 2, time.Second); !ok || rec.Charge != 100_000 {
		t.Errorf("the next call: %v, charged %s", ok, rec.Charge)
	}
	// What was answered once is answered so again, from a CDR with a new column.
	if rec, err := settled(s, 2, minuteBill(), time.Second); err != nil || rec.Charge != 100_000 {
		t.Errorf("settled again: %s, %v", rec.Charge, err)
	}
	if report, err := s.Audit(t.Context()); err != nil || !report.OK() {
		t.Errorf("audit %+v, %v", report, err)
	}
}

func minuteBill() charging.Bill {
	return charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}
}

// A renewal comes without the account's lock. Done beside another node's
// extensions of the same call it takes back neither their credit nor a later
// proof.
func TestRenewBesideExtend(t *testing.T) {
	t.Parallel()
	const rounds = 60
	url := pgtest.Database(t)
	s, store := funded(t, url, 1)
	other := openAt(t, url, postgres.Options{Node: 2})
	if a, err := reserved(s, 1, minuteBill()); err != nil || a.Refused != "" {
		t.Fatalf("reserve: %+v, %v", a, err)
	}
	last := storetest.Start.AddDate(10, 0, 0) // beyond what this node grants itself
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; n <= rounds; n++ {
			if _, err := extended(s, 1, minuteBill(), n, time.Second); err != nil {
				t.Errorf("extend: %v", err)
			}
		}
	})
	wg.Go(func() {
		for n := range rounds { // the latest proof first: those after it are late
			op := &charging.RenewOp{
				Proof:      charging.Proof{Call: 1, Bill: minuteBill(), Elapsed: time.Hour - time.Duration(n)*time.Second, MeterStartedAt: storetest.Start},
				LeaseUntil: last.Add(-time.Duration(n) * time.Second),
			}
			if err := other.Commit(t.Context(), charging.Rules{}, []charging.Op{op}); err != nil {
				t.Errorf("renew: %v", err)
			}
		}
	})
	wg.Wait()
	held, err := store.Held(t.Context(), []charging.CallKey{{Shard: 7, ID: cdr.ID(1)}})
	if err != nil || len(held) != 1 {
		t.Fatalf("held %v, %v", held, err)
	}
	if h := held[0]; len(h.Grants) != 1+rounds || h.Elapsed != time.Hour || !h.LeaseUntil.Equal(last) || h.MeterStartedAt.IsZero() {
		t.Errorf("%d grants, want %d; proven %s until %s, meter %s", len(h.Grants), 1+rounds, h.Elapsed, h.LeaseUntil, h.MeterStartedAt)
	}
	if report, err := s.Audit(t.Context()); err != nil || !report.OK() {
		t.Errorf("audit %+v, %v", report, err)
	}
}
