package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"sibai/internal/app"
	"sibai/internal/doctor"
)

type doctorCmd struct {
	JSON bool `help:"Print the findings as JSON."`
}

func (cmd *doctorCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lang := c.faults()
	calls, oldest, damaged, err := app.SpoolState(cfg)
	spool := doctor.Spool(lang, calls, oldest, damaged, err)
	findings := doctor.Examine(ctx, cfg, lang, func(ctx context.Context) error { return app.CheckStore(ctx, cfg) })
	findings = append(findings, spool)
	for _, tried := range app.TryProviders(ctx, cfg) {
		findings = append(findings, doctor.Provider(lang, tried.Provider, tried.Err))
	}
	bad := false
	for _, f := range findings {
		bad = bad || f.State == doctor.Bad
	}
	if cmd.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			fmt.Printf("%-4s  %s: %s\n", f.State, f.Name, f.What)
			if f.Remedy != "" {
				fmt.Printf("      → %s\n", f.Remedy)
			}
		}
	}
	if bad {
		return errFailed
	}
	return nil
}
