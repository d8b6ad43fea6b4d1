package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/statement"
)

type explainCmd struct {
	Call string `arg:"" help:"The call's id, call_…, as the log, the page and the CDR show it; or a transaction's, txn_…, as statements show it."`
	JSON bool   `help:"Print the whole record as JSON."`
}

func (cmd *explainCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if strings.HasPrefix(cmd.Call, "txn_") {
		return cmd.transaction(ctx, c)
	}
	key, err := cdr.ParseID(cmd.Call)
	if err != nil {
		return err
	}
	rec, kept, err := app.Spooled(cfg, key) // the store may be away
	if err != nil {
		return err
	}
	if !kept {
		var running *charging.Hold
		if rec, running, err = cmd.stored(ctx, c, cfg, key); err != nil || running != nil {
			return err
		}
	}
	if cmd.JSON {
		return printJSON(rec)
	}
	fmt.Print(explain.Text(rec, c.language()))
	if kept {
		fmt.Println(explain.Kept(c.language()))
	}
	return nil
}

// stored reads a call's record from the store. Of a call that still runs it
// prints what is known.
func (cmd *explainCmd) stored(ctx context.Context, c *cli, cfg config.Config, key cdr.ID) (cdr.Record, *charging.Hold, error) {
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return cdr.Record{}, nil, err
	}
	defer store.Close()
	rec, ok, err := store.Money.CDR(ctx, key)
	if err != nil || ok {
		return rec, nil, err
	}
	h, err := charging.Find(ctx, store.Money, key)
	if err != nil {
		return rec, nil, err
	}
	if h == nil { // or it ended between the two looks
		if rec, ok, err = store.Money.CDR(ctx, key); err == nil && !ok {
			err = fault.New(fault.CallNotFound, "call", key)
		}
		return rec, nil, err
	}
	view, err := store.Money.Account(ctx, charging.AccountKey{Shard: h.Key.Shard, ID: h.Account})
	if err != nil {
		return rec, nil, err
	}
	if cmd.JSON {
		return rec, h, printJSON(h)
	}
	fmt.Print(explain.Running(h, view, time.Now(), c.language()))
	return rec, h, nil
}

func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// transaction explains a transaction of the ledger.
func (cmd *explainCmd) transaction(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	key, err := ledger.ParseID(cmd.Call)
	if err != nil {
		return err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	t, ok, err := store.Catalog.Transaction(ctx, key)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.TransactionNotFound, "transaction", cmd.Call)
	}
	if cmd.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(t)
	}
	fmt.Print(statement.Transaction(t, c.language()))
	return nil
}
