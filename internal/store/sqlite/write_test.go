package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/store/sqlite"
	"sibai/internal/store/storetest"
)

func insertAccount(ctx context.Context, tx *sql.Tx, id int) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO account (shard, id, state, opened_at) VALUES (0, ?, 'active', 1)", id)
	return err
}

func countAccounts(t *testing.T, s *sqlite.Store) (n int) {
	t.Helper()
	if err := s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM account").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A business write happens whole or not at all, and the next one goes on.
func TestWrite(t *testing.T) {
	t.Parallel()
	s := open(t)
	if err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return insertAccount(ctx, tx, 1) }); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("my reason")
	err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		return errors.Join(insertAccount(ctx, tx, 2), mine)
	})
	if !errors.Is(err, mine) {
		t.Errorf("the closure's error came back as %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			if err := insertAccount(ctx, tx, 3); err != nil {
				return err
			}
			panic("a mistake")
		})
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := insertAccount(ctx, tx, 4)
		cancel()
		return err
	})
	if err == nil {
		t.Error("a cancelled write was committed")
	}
	if err := s.Write(ctx, func(context.Context, *sql.Tx) error { t.Error("ran after its end"); return nil }); err == nil {
		t.Error("a write began after its context's end")
	}
	if n := countAccounts(t, s); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
	if err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return insertAccount(ctx, tx, 5) }); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// Who waits for the writer may give up.
func TestWriteWaitsItsTurn(t *testing.T) {
	t.Parallel()
	s := open(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- s.Write(t.Context(), func(context.Context, *sql.Tx) error {
			close(inside)
			<-leave
			return nil
		})
	}()
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ctx, charging.Rules{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a batch that gave up waiting: %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), charging.Rules{}, nil); fault.CodeOf(err) != fault.StoreFailed {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Account(t.Context(), charging.AccountKey{}); fault.CodeOf(err) != fault.StoreFailed {
		t.Errorf("account: %v", err)
	}
	if _, err := charging.Audit(t.Context(), s); fault.CodeOf(err) != fault.StoreFailed {
		t.Errorf("audit: %v", err)
	}
}

// Business writes and calls share the writer without either failing, and a row
// that the database rejects fails its own operation only.
func TestCallsBesideBusiness(t *testing.T) {
	t.Parallel()
	s := open(t)
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := charging.New(s, charging.Config{Node: 1}, ids, slog.New(slog.DiscardHandler))
	c.Start()
	defer c.Stop()
	const customer = 7
	shard := charging.ShardOf(customer)
	if _, err := c.OpenAccount(t.Context(), shard, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TopUp(t.Context(), charging.TopUp{
		Shard: shard, Account: 1, Bucket: charging.Cash, Amount: 1000 * money.Yuan, Channel: "bank", Reference: "1", At: storetest.Start,
	}); err != nil {
		t.Fatal(err)
	}
	const calls, poisoned = 200, cdr.ID(50)
	// The transaction of one call breaks a constraint.
	err = s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "CREATE TRIGGER poison BEFORE INSERT ON txn WHEN new.key = '"+poisoned.String()+"' BEGIN SELECT RAISE(ABORT, 'poisoned'); END")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	bill := charging.Bill{Shard: shard, Account: 1, Subscription: 1, Tariff: storetest.Minute}
	var wg sync.WaitGroup
	for i := range calls {
		call := cdr.ID(i + 1)
		wg.Go(func() {
			done := make(chan error, 1)
			c.Reserve(charging.ReserveRequest{Call: call, Bill: bill, At: storetest.Start}, func(_ charging.Answer, err error) { done <- err })
			if err := <-done; err != nil {
				t.Errorf("reserve %s: %v", call, err)
			}
			rec := cdr.Record{
				Call: call, Customer: customer, StartedAt: storetest.Start, AnsweredAt: storetest.Start,
				EndedAt: storetest.Start.Add(time.Second), Billable: time.Second, Cause: cdr.Answered,
			}
			c.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(_ cdr.Record, err error) { done <- err })
			if err := <-done; errors.Is(err, charging.ErrRejected) != (call == poisoned) {
				t.Errorf("settle %s: %v", call, err)
			}
		})
	}
	for i := range 50 {
		err := s.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return insertAccount(ctx, tx, 1000+i) })
		if err != nil {
			t.Errorf("business write: %v", err)
		}
	}
	wg.Wait()
	v, err := c.Balances(t.Context(), shard, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 199 calls of 0.10 are charged; the poisoned one still holds its 0.10.
	if b := v.Buckets[0]; b.Balance != 1000*money.Yuan-199*100_000 || b.Held != 100_000 {
		t.Errorf("balance %s, held %s", b.Balance, b.Held)
	}
	report, err := c.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Errorf("%+v", report)
	}
}
