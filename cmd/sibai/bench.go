package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"sibai/internal/bench"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/store/postgres"
	"sibai/internal/store/sqlite"
)

type benchCmd struct {
	Charging benchChargingCmd `cmd:"" help:"Measure charging: reserve, extend and settle of calls at once, durable, on a store of its own."`
}

type benchChargingCmd struct {
	Callers  int    `default:"64" help:"Calls at once."`
	Seconds  int    `default:"10" help:"How long to measure."`
	Accounts int    `default:"1000" help:"Accounts that the calls are spread over."`
	URL      string `placeholder:"URL" help:"Measure on a PostgreSQL database instead, postgres://…, which must be empty. The server's own CPU time is not counted."`
	Dir      string `placeholder:"DIR" help:"Where to make the store; put it on the disk that will carry the calls. Default: a temporary directory."`
	JSON     bool   `help:"Print one JSON object."`
}

func (cmd *benchChargingCmd) Run(ctx context.Context) (err error) {
	if cmd.Callers < 1 || cmd.Seconds < 1 || cmd.Accounts < 1 {
		return errors.New("--callers, --seconds and --accounts must be at least 1")
	}
	if cmd.URL != "" {
		return cmd.onServer(ctx)
	}
	dir, err := os.MkdirTemp(cmd.Dir, "sibai-bench-*")
	if err != nil {
		return fmt.Errorf("make a directory for the store: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return cmd.measure(ctx, store, "sqlite")
}

// onServer measures on an empty database: nobody's books are to have the
// bench's accounts in them.
func (cmd *benchChargingCmd) onServer(ctx context.Context) (err error) {
	used, err := postgres.OpenReadOnly(ctx, cmd.URL, postgres.Options{})
	if err == nil {
		return errors.Join(errors.New("--url: the database is in use: make an empty one (createdb) and name that"), used.Close())
	}
	if fault.CodeOf(err) != fault.StoreMissing {
		return err
	}
	store, err := postgres.Open(ctx, cmd.URL, postgres.Options{Node: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return cmd.measure(ctx, store, "postgres")
}

func (cmd *benchChargingCmd) measure(ctx context.Context, store charging.Store, name string) error {
	row, err := bench.Charging(ctx, bench.ChargingOptions{
		Store: store, Name: name, Callers: cmd.Callers, For: time.Duration(cmd.Seconds) * time.Second, Accounts: cmd.Accounts,
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		err = json.NewEncoder(os.Stdout).Encode(row)
	} else {
		fmt.Printf("%d callers on %d accounts: %.0f calls/s, reserve p50 %.2f ms p99 %.2f ms, call p99 %.2f ms, %.3f CPU s per 1,000 calls, overspent %d, books right: %v\n",
			row.Callers, row.Accounts, row.CallsPerS, row.ReserveP50, row.ReserveP99, row.CallP99, row.CPUPer1000, row.Overspend, row.AuditOK)
	}
	if err == nil && (!row.AuditOK || row.Overspend != 0) {
		return errFailed
	}
	return err
}
