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
	"sync"
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
	CDRs     int           // calls of former times that lie in the store before
}

// ChargingRow is one measurement. A call is reserve, extend and settle with its
// ledger entries and CDR, each durable when it is answered.
type ChargingRow struct {
	Store        string  `json:"store"`
	Via          string  `json:"via"`
	Callers      int     `json:"callers"`
	Accounts     int     `json:"accounts"`
	CDRs         int     `json:"cdrs"` // that lay in the store before
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
	if err := preload(ctx, o.Store, o.CDRs, o.Accounts); err != nil {
		return ChargingRow{}, fmt.Errorf("fill in former calls: %w", err)
	}
	row := ChargingRow{Store: o.Name, Via: "go", Callers: o.Callers, Accounts: o.Accounts, CDRs: o.CDRs}
	err = drive(ctx, o.Callers, o.For, &row, func(t *timings, dice *rand.Rand) error {
		return t.inProcess(s, cdr.ID(ids.Next()), int64(dice.IntN(o.Accounts)+1))
	})
	if err != nil {
		return row, err
	}
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
