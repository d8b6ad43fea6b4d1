package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

type explainCmd struct {
	Call string `arg:"" help:"The call's id, call_…, as the log, the page and the CDR show it."`
	JSON bool   `help:"Print the whole record as JSON."`
}

func (cmd *explainCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	key, err := cdr.ParseID(cmd.Call)
	if err != nil {
		return err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	rec, ok, err := store.Money.CDR(ctx, key)
	if err != nil {
		return err
	}
	kept := false
	if !ok {
		if rec, kept, err = app.Spooled(cfg, key); err != nil {
			return err
		}
	}
	if !ok && !kept {
		return fault.New(fault.CallNotFound, "call", cmd.Call)
	}
	if cmd.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(rec)
	}
	fmt.Print(explain.Text(rec, c.language()))
	if kept {
		fmt.Println(explain.Kept(c.language()))
	}
	return nil
}
