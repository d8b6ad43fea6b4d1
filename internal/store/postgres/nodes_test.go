package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/store/postgres"
	"sibai/internal/store/storetest"
	"sibai/test/pgtest"
)

// service is the charging of one node on a shared database.
func service(t *testing.T, url string, node int) (*charging.Service, *postgres.Store) {
	t.Helper()
	store := openAt(t, url, postgres.Options{Node: node})
	ids, err := id.NewGenerator(node, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(store, charging.Config{Node: node}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	t.Cleanup(s.Stop)
	return s, store
}

// Each answer of charging, waited for.

func reserved(s *charging.Service, call cdr.ID, b charging.Bill) (charging.Answer, error) {
	return answered(func(done func(charging.Answer, error)) {
		s.Reserve(charging.ReserveRequest{Call: call, Bill: b, At: storetest.Start, Draft: cdr.Record{Call: call, StartedAt: storetest.Start}}, done)
	})
}

func extended(s *charging.Service, call cdr.ID, b charging.Bill, n int, elapsed time.Duration) (charging.Answer, error) {
	return answered(func(done func(charging.Answer, error)) {
		s.Extend(charging.ExtendRequest{Call: call, Bill: b, Sequence: n, Elapsed: elapsed, At: storetest.Start}, done)
	})
}

func settled(s *charging.Service, call cdr.ID, b charging.Bill, long time.Duration) (cdr.Record, error) {
	return answered(func(done func(cdr.Record, error)) {
		s.Settle(charging.SettleRequest{Bill: b, Record: cdr.Record{
			Call: call, StartedAt: storetest.Start, AnsweredAt: storetest.Start, EndedAt: storetest.Start.Add(long), Billable: long, Cause: cdr.Answered,
		}}, done)
	})
}

func answered[T any](ask func(func(T, error))) (T, error) {
	type result struct {
		value T
		err   error
	}
	results := make(chan result, 1)
	ask(func(v T, err error) { results <- result{v, err} })
	r := <-results
	return r.value, r.err
}

// 64 callers on two nodes talk for as long as one account pays: exactly the
// 100 minutes that it has, whether each call talks long or for one second.
func TestTwoNodesOneAccount(t *testing.T) {
	t.Parallel()
	for name, longest := range map[string]time.Duration{"to the end": 24 * time.Hour, "one second": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Database(t)
			const callers, minutes = 64, 100
			var nodes [2]*charging.Service
			for i := range nodes {
				nodes[i], _ = service(t, url, i+1)
			}
			if _, err := nodes[0].OpenAccount(t.Context(), 7, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := nodes[1].TopUp(t.Context(), charging.TopUp{
				Shard: 7, Account: 1, Bucket: charging.Cash, Amount: minutes * 100_000, Channel: "bank", Reference: "1", At: storetest.Start,
			}); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex // guards what follows
			var spent money.Amount
			var talked time.Duration
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for n := 0; ; n++ {
						rec, ok := talk(t, nodes[c%2], cdr.ID(c*1000+n+1), longest)
						if !ok {
							return // refused: nothing is left but what others hold
						}
						mu.Lock()
						spent += rec.Charge
						talked += rec.Billable
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			v, err := nodes[0].Balances(t.Context(), 7, 1)
			if err != nil {
				t.Fatal(err)
			}
			left := v.Buckets[0]
			if spent != minutes*100_000 || left.Balance != 0 || left.Held != 0 {
				t.Errorf("spent %s of 10.00; left %s, held %s", spent, left.Balance, left.Held)
			}
			if longest > time.Minute && talked != minutes*time.Minute {
				t.Errorf("%s were talked, want %d minutes", talked, minutes)
			}
			report, err := nodes[0].Audit(t.Context())
			if err != nil || !report.OK() {
				t.Errorf("audit %+v, %v", report, err)
			}
		})
	}
}

// talk makes a call that lasts as long as it may, longest at most. It is false
// when there was no credit and no running call could give any back.
func talk(t *testing.T, s *charging.Service, call cdr.ID, longest time.Duration) (cdr.Record, bool) {
	b := charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}
	a, err := reserved(s, call, b)
	if err != nil {
		t.Errorf("reserve: %v", err)
		return cdr.Record{}, false
	}
	if a.Refused != "" {
		return cdr.Record{}, false
	}
	granted := a.Granted
	for n := 1; granted < longest; n++ {
		a, err := extended(s, call, b, n, granted)
		if err != nil {
			t.Errorf("extend: %v", err)
			break
		}
		if a.Granted == granted {
			break
		}
		granted = a.Granted
	}
	rec, err := settled(s, call, b, min(granted, longest))
	if err != nil {
		t.Errorf("settle: %v", err)
	}
	return rec, true
}

// Two nodes charge the same accounts while a third hand changes their state in
// business writes: nobody waits in a circle, and no operation fails.
func TestNodesBesideBusiness(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	const accounts, calls = 20, 150
	var nodes [2]*charging.Service
	var stores [2]*postgres.Store
	for i := range nodes {
		nodes[i], stores[i] = service(t, url, i+1)
	}
	for a := range charging.AccountID(accounts) {
		shard := int(a) % 8
		if _, err := nodes[0].OpenAccount(t.Context(), shard, a+1); err != nil {
			t.Fatal(err)
		}
		// Both nodes hear of the same payment at once; it counts once.
		var wg sync.WaitGroup
		again := make(chan bool, 2)
		for _, n := range nodes {
			wg.Go(func() {
				credit, err := n.TopUp(t.Context(), charging.TopUp{
					Shard: shard, Account: a + 1, Bucket: charging.Cash, Amount: 1000 * money.Yuan, Channel: "bank", Reference: fmt.Sprint(a), At: storetest.Start,
				})
				if err != nil {
					t.Error(err)
				}
				again <- credit.Again
			})
		}
		wg.Wait()
		if first, second := <-again, <-again; first == second {
			t.Error("a payment counted twice or never")
		}
	}
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for n := range calls {
				a := (w*7 + n) % accounts
				call, b := cdr.ID(w*1_000_000+n+1), charging.Bill{Shard: a % 8, Account: charging.AccountID(a + 1), Subscription: 1, Tariff: storetest.Minute}
				// The call is reserved on one node and settled on the other.
				if answer, err := reserved(nodes[w%2], call, b); err != nil || answer.Refused != "" {
					t.Errorf("reserve: %+v, %v", answer, err)
					return
				}
				if _, err := settled(nodes[(w+1)%2], call, b, time.Second); err != nil {
					t.Errorf("settle: %v", err)
					return
				}
			}
		})
	}
	for i := range 40 {
		err := stores[i%2].Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE account SET state = 'active' WHERE shard = $1", i%8)
			return err
		})
		if err != nil {
			t.Errorf("business write: %v", err)
		}
	}
	wg.Wait()
	report := storetest.Audited(t, stores[0])
	for _, total := range report.Totals {
		if want := int64(16 * calls * 100_000); total.Name == "revenue/calls" && total.Amount != want {
			t.Errorf("revenue is %d, want %d", total.Amount, want)
		}
	}
}

// What carriers send in headers may be no text at all; the call is settled all
// the same.
func TestOddText(t *testing.T) {
	t.Parallel()
	s, store := service(t, pgtest.Database(t), 1)
	if _, err := s.OpenAccount(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	rec := cdr.Record{Call: 1, CallerRaw: "a\x00b\xff", SIPCallID: "\xc3\x28", Account: 1, StartedAt: storetest.Start, EndedAt: storetest.Start, Cause: cdr.Busy}
	if _, err := answered(func(done func(int, error)) { s.Record(rec, func(err error) { done(0, err) }) }); err != nil {
		t.Fatal(err)
	}
	got, ok, err := store.CDR(t.Context(), 1)
	if err != nil || !ok || got.CallerRaw != "a\uFFFDb\uFFFD" || got.SIPCallID != "\uFFFD(" {
		t.Errorf("%q %q, %t, %v", got.CallerRaw, got.SIPCallID, ok, err)
	}
}

// A row that the database rejects fails its own operation only, and writers
// whose connections are cut are replaced.
func TestRejectedAndCut(t *testing.T) {
	t.Parallel()
	s, store := service(t, pgtest.Database(t), 1)
	if _, err := s.OpenAccount(t.Context(), 7, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TopUp(t.Context(), charging.TopUp{
		Shard: 7, Account: 1, Bucket: charging.Cash, Amount: 100 * money.Yuan, Channel: "bank", Reference: "1", At: storetest.Start,
	}); err != nil {
		t.Fatal(err)
	}
	b := charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}
	const calls, poisoned = 40, cdr.ID(20)
	sabotage := func(statement string, args ...any) {
		t.Helper()
		err := store.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statement, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// The transaction of one call breaks a constraint.
	sabotage("CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned' USING ERRCODE = 'check_violation'; END $$")
	sabotage("CREATE TRIGGER poison BEFORE INSERT ON txn FOR EACH ROW WHEN (NEW.key = '" + poisoned.String() + "') EXECUTE FUNCTION poison()")
	var wg sync.WaitGroup
	for i := range calls {
		call := cdr.ID(i + 1)
		wg.Go(func() {
			if a, err := reserved(s, call, b); err != nil || a.Refused != "" {
				t.Errorf("reserve: %+v, %v", a, err)
			}
			if _, err := settled(s, call, b, time.Second); (err != nil) != (call == poisoned) {
				t.Errorf("settle %s: %v", call, err)
			}
		})
		if i%10 == 5 {
			sabotage("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% writer'")
		}
	}
	wg.Wait()
	v, err := s.Balances(t.Context(), 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	if left := v.Buckets[0]; left.Balance != 100*money.Yuan-(calls-1)*100_000 || left.Held != 100_000 {
		t.Errorf("balance %s, held %s", left.Balance, left.Held)
	}
}
