package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/statement"
)

type statementCmd struct {
	Customer string `required:"" placeholder:"CODE" help:"The customer's code in the site file."`
	Month    string `placeholder:"MONTH" help:"Such as 2026-11, in Asia/Shanghai. Default: this month."`
	JSON     bool   `help:"Print the statement as JSON: amounts in micro-yuan or seconds, by unit."`
}

func (cmd *statementCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if cmd.Month == "" {
		cmd.Month = time.Now().In(calendar.Shanghai).Format("2006-01")
	}
	from, err := calendar.ParseDay(cmd.Month + "-01")
	if err != nil {
		return fault.Wrap(err, fault.ValueNotAllowed, "value", cmd.Month, "allowed", "2026-11")
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := statement.Of(ctx, store.Catalog, cmd.Customer, from, from.AddDate(0, 1, 0), c.language())
	if err != nil {
		return err
	}
	if !cmd.JSON {
		fmt.Print(s.Text(c.language()))
		return nil
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(s)
}
