package main

import (
	"context"
	"encoding/json"
	"os"

	"sibai/internal/app"
	"sibai/internal/charging"
	"sibai/internal/explain"
)

type auditCmd struct {
	JSON bool `help:"Print the report as JSON."`
}

func (cmd *auditCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	report, err := charging.Audit(ctx, store.Money)
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			return err
		}
	} else if err := explain.Books(os.Stdout, report, c.language()); err != nil {
		return err
	}
	if !report.OK() {
		return errFailed
	}
	return nil
}
