package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"sibai/internal/bench"
	"sibai/internal/store/sqlite"
)

type benchCmd struct {
	Charging benchChargingCmd `cmd:"" help:"Measure charging: reserve, extend and settle of calls at once, durable, on a store of its own."`
}

type benchChargingCmd struct {
	Callers  int    `default:"64" help:"Calls at once."`
	Seconds  int    `default:"10" help:"How long to measure."`
	Accounts int    `default:"1000" help:"Accounts that the calls are spread over."`
	Dir      string `placeholder:"DIR" help:"Where to make the store; put it on the disk that will carry the calls. Default: a temporary directory."`
	JSON     bool   `help:"Print one JSON object."`
}

func (cmd *benchChargingCmd) Run(ctx context.Context) (err error) {
	if cmd.Callers < 1 || cmd.Seconds < 1 || cmd.Accounts < 1 {
		return errors.New("--callers, --seconds and --accounts must be at least 1")
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
	row, err := bench.Charging(ctx, bench.ChargingOptions{
		Store: store, Name: "sqlite", Callers: cmd.Callers, For: time.Duration(cmd.Seconds) * time.Second, Accounts: cmd.Accounts,
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
