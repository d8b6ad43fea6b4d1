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
	Store    string `enum:"sqlite,postgres" default:"sqlite" help:"What is measured: sqlite, in a directory of its own, or postgres, at --url."`
	Via      string `enum:"go,http" default:"go" help:"How it is asked: go, in this process, or http, through a node's charging API on loopback."`
	Callers  int    `default:"64" help:"Calls at once."`
	Seconds  int    `default:"10" help:"How long to measure."`
	Accounts int    `default:"1000" help:"Accounts that the calls are spread over."`
	CDRs     int    `name:"cdrs" help:"Calls of former times that lie in the store before, with --via go."`
	URL      string `placeholder:"URL" help:"The PostgreSQL database of --store postgres, postgres://…, which must be empty. The server's own CPU time is not counted."`
	Dir      string `placeholder:"DIR" help:"Where to make the store; put it on the disk that will carry the calls. Default: a temporary directory."`
	JSON     bool   `help:"Print one JSON object."`
}

func (cmd *benchChargingCmd) Run(ctx context.Context) (err error) {
	spacious() // as serve
	switch {
	case cmd.Callers < 1 || cmd.Seconds < 1 || cmd.Accounts < 1 || cmd.CDRs < 0:
		return errors.New("--callers, --seconds and --accounts must be at least 1, --cdrs at least 0")
	case cmd.Via == "http" && (cmd.CDRs > 0 || cmd.Accounts > bench.MaxHTTPAccounts):
		return fmt.Errorf("--via http measures up to %d accounts and no --cdrs", bench.MaxHTTPAccounts)
	}
	if (cmd.Store == "postgres") != (cmd.URL != "") {
		return errors.New("--store postgres and --url go together: the bench needs an empty PostgreSQL database (createdb) of its own, so store.url is not taken for it")
	}
	dir, err := os.MkdirTemp(cmd.Dir, "sibai-bench-*")
	if err != nil {
		return fmt.Errorf("make a directory for the store: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if cmd.URL != "" {
		if err := cmd.empty(ctx); err != nil {
			return err
		}
	}
	row, err := cmd.measure(ctx, dir)
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

// empty sees that the database is: nobody's books are to have the bench's
// accounts in them.
func (cmd *benchChargingCmd) empty(ctx context.Context) error {
	used, err := postgres.OpenReadOnly(ctx, cmd.URL, postgres.Options{})
	if err == nil {
		return errors.Join(errors.New("--url: the database is in use: make an empty one (createdb) and name that"), used.Close())
	}
	if fault.CodeOf(err) != fault.StoreMissing {
		return err
	}
	return nil
}

func (cmd *benchChargingCmd) measure(ctx context.Context, dir string) (row bench.ChargingRow, err error) {
	long := time.Duration(cmd.Seconds) * time.Second
	if cmd.Via == "http" {
		return bench.HTTP(ctx, bench.HTTPOptions{Dir: dir, URL: cmd.URL, Name: cmd.Store, Callers: cmd.Callers, For: long, Accounts: cmd.Accounts})
	}
	var store interface {
		charging.Store
		Close() error
	}
	if cmd.URL != "" {
		store, err = postgres.Open(ctx, cmd.URL, postgres.Options{Node: 1})
	} else {
		store, err = sqlite.Open(ctx, dir, sqlite.Options{})
	}
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return bench.Charging(ctx, bench.ChargingOptions{
		Store: store, Name: cmd.Store, Callers: cmd.Callers, For: long, Accounts: cmd.Accounts, CDRs: cmd.CDRs,
	})
}
