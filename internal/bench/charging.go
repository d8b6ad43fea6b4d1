// Package bench measures what a machine carries, so that an operator can size
// one: callers that each reserve, extend and settle one call after the other,
// on accounts of their own choosing, against the real store with durable
// commits.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// ChargingOptions say what is measured.
type ChargingOptions struct {
	Store    charging.Store
	Name     string        // of the store, for the row
	Callers  int           // calls at once, at least 1
	For      time.Duration // how long is measured
	Accounts int           // accounts that the calls are spread over, at least 1
}

// ChargingRow is one measurement. A call is reserve, extend and settle with its
// ledger entries and CDR, each durable when it is answered.
type ChargingRow struct {
	Store        string  `json:"store"`
	Via          string  `json:"via"`
	Callers      int     `json:"callers"`
	Accounts     int     `json:"accounts"`
	Calls        int     `json:"calls"`
	CallsPerS    float64 `json:"calls_per_s"`
	ReserveP50   float64 `json:"reserve_p50_ms"`
	ReserveP99   float64 `json:"reserve_p99_ms"`
	CallP99      float64 `json:"call_p99_ms"`
	CPUPer1000   float64 `json:"cpu_s_per_1000"`
	Overspend    int64   `json:"overspend_micro"`
	AuditOK      bool    `json:"audit_ok"`
	ChargedMicro int64   `json:"charged_micro"`
}

// each account gets enough for any run that fits a machine's disk.
const perAccount = 100_000 * money.Yuan

// minute is ¥0.10 a started minute.
var minute = tariff.Version{
	ID: 1, Code: "bench", Version: 1, Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	First: tariff.Increment{Length: time.Minute, Price: 100_000},
	Next:  tariff.Increment{Length: time.Minute, Price: 100_000},
}

// Charging measures the charging service in process on an empty store.
func Charging(ctx context.Context, o ChargingOptions) (ChargingRow, error) {
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		return ChargingRow{}, err
	}
	s := charging.New(o.Store, charging.Config{Node: 1}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Stop()
	if err := fund(ctx, s, o.Accounts); err != nil {
		return ChargingRow{}, fmt.Errorf("fund the accounts: %w", err)
	}
	row := ChargingRow{Store: o.Name, Via: "go", Callers: o.Callers, Accounts: o.Accounts}
	before := cpuTime()
	began := time.Now()
	end := began.Add(o.For)
	times := make([]timings, o.Callers)
	errs := make([]error, o.Callers)
	var wg sync.WaitGroup
	for i := range o.Callers {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 400))
			for time.Now().Before(end) && ctx.Err() == nil && errs[i] == nil {
				errs[i] = times[i].make(s, cdr.ID(ids.Next()), int64(dice.IntN(o.Accounts)+1))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	cpu := cpuTime() - before
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return row, err
	}
	var all timings
	for _, t := range times {
		all.reserve, all.call = append(all.reserve, t.reserve...), append(all.call, t.call...)
	}
	row.Calls = len(all.call)
	if row.Calls == 0 {
		return row, errors.New("no call was completed: measure longer")
	}
	row.CallsPerS = float64(row.Calls) / took.Seconds()
	row.ReserveP50, row.ReserveP99 = percentile(all.reserve, 50), percentile(all.reserve, 99)
	row.CallP99 = percentile(all.call, 99)
	row.CPUPer1000 = cpu.Seconds() * 1000 / float64(row.Calls)
	return row, judge(ctx, o.Store, &row)
}

// fund opens accounts 1 to n with cash, many at once.
func fund(ctx context.Context, s *charging.Service, n int) error {
	const together = 256
	var wg sync.WaitGroup
	errs := make([]error, together)
	for worker := range together {
		wg.Go(func() {
			for i := worker + 1; i <= n && errs[worker] == nil; i += together {
				shard, account := charging.ShardOf(int64(i)), charging.AccountID(i)
				if _, err := s.OpenAccount(ctx, shard, account); err != nil {
					errs[worker] = err
					return
				}
				_, errs[worker] = s.TopUp(ctx, charging.TopUp{
					Shard: shard, Account: account, Bucket: charging.Cash, Amount: perAccount,
					Channel: "bank", Reference: fmt.Sprint("bench-", i), At: time.Now(),
				})
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// timings are those of one caller, in milliseconds.
type timings struct{ reserve, call []float64 }

// make makes one call of 75 seconds: two started minutes.
func (t *timings) make(s *charging.Service, key cdr.ID, customer int64) error {
	began := time.Now()
	bill := charging.Bill{
		Shard: charging.ShardOf(customer), Account: charging.AccountID(customer), Subscription: charging.SubscriptionID(customer),
		Tariff: minute, MinGrant: time.Minute,
	}
	rec := cdr.Record{
		Call: key, Node: 1, Trunk: "bench", Number: "4008000000", Caller: "13800138000", CallerRaw: "+8613800138000",
		SIPCallID: key.String(), Customer: customer, Account: customer, Subscription: customer, TariffID: int64(minute.ID), StartedAt: began,
	}
	done := make(chan error, 1)
	answered := func(a charging.Answer, err error) {
		if err == nil && a.Refused != "" {
			err = fmt.Errorf("%s was refused: %s", key, a.Refused)
		}
		done <- err
	}
	s.Reserve(charging.ReserveRequest{Call: key, Bill: bill, At: began, Draft: rec}, answered)
	if err := <-done; err != nil {
		return err
	}
	t.reserve = append(t.reserve, milliseconds(time.Since(began)))
	s.Extend(charging.ExtendRequest{Call: key, Bill: bill, Sequence: 1, Elapsed: 50 * time.Second, At: began.Add(50 * time.Second)}, answered)
	if err := <-done; err != nil {
		return err
	}
	rec.AnsweredAt, rec.EndedAt = began, began.Add(75*time.Second)
	rec.Talk, rec.Billable, rec.Cause, rec.Status, rec.EndedBy = 75*time.Second, 75*time.Second, cdr.Answered, 200, cdr.Caller
	rec.Legs = []cdr.Leg{{Target: "13900139000", Trunk: "bench", InvitedAt: began, AnsweredAt: began, EndedAt: rec.EndedAt, Status: 200, Outcome: "answered"}}
	s.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(got cdr.Record, err error) {
		if err == nil && got.Charge != 200_000 { // 2 started minutes at ¥0.10
			err = fmt.Errorf("%s was charged %s, must be ¥0.20", key, got.Charge.Format())
		}
		done <- err
	})
	if err := <-done; err != nil {
		return err
	}
	t.call = append(t.call, milliseconds(time.Since(began)))
	return nil
}

// judge looks at the books when it is over.
func judge(ctx context.Context, store charging.Store, row *ChargingRow) error {
	report, err := charging.Audit(ctx, store)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	row.AuditOK = report.OK()
	for _, total := range report.Totals {
		if total.Name == "revenue/calls" {
			row.ChargedMicro = total.Amount
		}
	}
	err = store.Inspect(ctx, func(in charging.Inspection) error {
		for b, err := range in.Buckets() {
			if err != nil {
				return err
			}
			row.Overspend += int64(max(0, -b.Balance))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the balances: %w", err)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func percentile(values []float64, p int) float64 {
	slices.Sort(values)
	return values[min(len(values)-1, len(values)*p/100)]
}

// cpuTime is what this process has taken, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
