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
	"sibai/internal/number"
	"sibai/internal/whatif"
)

type whatifCmd struct {
	Number   string   `xor:"who" help:"The calls of this 400 number."`
	Customer string   `xor:"who" placeholder:"CODE" help:"The calls of this customer's numbers."`
	All      bool     `xor:"who" help:"The calls of all rented numbers."`
	From     string   `placeholder:"DAY" help:"First day, such as 2026-11-01, in Asia/Shanghai. Default: the first day of last month."`
	To       string   `placeholder:"DAY" help:"Last day. Default: the last day of the month of --from."`
	Plan     []string `placeholder:"CODE" help:"Rate under this plan; may be given again. Default: every plan."`

	CallsPerMonth   int64  `xor:"volume" placeholder:"N" help:"Advise for a declared volume: calls answered in a month."`
	MinutesPerMonth int64  `xor:"volume" placeholder:"N" help:"Advise for a declared volume: minutes talked in a month."`
	MeanSeconds     int64  `default:"120" placeholder:"N" help:"Mean length of a call of a declared volume, 1 to 7200."`
	At              string `default:"10:00" placeholder:"HH:MM" help:"Time of day of a declared volume's calls, on a Tuesday."`
	Years           int64  `default:"1" placeholder:"N" help:"Years that a declared volume is totalled over, 1 to 10."`

	JSON bool `help:"Print the answer as JSON, amounts in micro-yuan."`
}

func (cmd *whatifCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	if cmd.CallsPerMonth != 0 || cmd.MinutesPerMonth != 0 {
		d := whatif.Declaration{
			Calls: cmd.CallsPerMonth, Minutes: cmd.MinutesPerMonth, Mean: time.Duration(cmd.MeanSeconds) * time.Second,
			At: cmd.At, Years: cmd.Years, Plans: cmd.Plan, Now: time.Now(),
		}
		a, err := whatif.Declare(ctx, store.Catalog, d)
		if err != nil {
			return err
		}
		return cmd.print(a.Text(c.language()), a)
	}
	q, err := cmd.question(time.Now())
	if err != nil {
		return err
	}
	h, err := whatif.Rate(ctx, store.Money, store.Catalog, q)
	if err != nil {
		return err
	}
	return cmd.print(h.Text(c.language()), h)
}

func (cmd *whatifCmd) question(now time.Time) (q whatif.Question, err error) {
	if cmd.Number == "" && cmd.Customer == "" && !cmd.All {
		return q, fault.New(fault.FieldMissing, "field", "--number, --customer, --all, --calls-per-month or --minutes-per-month", "example", "--all")
	}
	q = whatif.Question{Customer: cmd.Customer, Plans: cmd.Plan}
	if cmd.Number != "" {
		if q.Number, err = number.Parse(cmd.Number); err != nil {
			return q, fault.Wrap(err, fault.NumberInvalid, "value", cmd.Number)
		}
	}
	y, m, _ := now.In(calendar.Shanghai).Date()
	q.Period.From = time.Date(y, m-1, 1, 0, 0, 0, 0, calendar.Shanghai)
	if cmd.From != "" {
		if q.Period.From, err = calendar.ParseDay(cmd.From); err != nil {
			return q, fault.Wrap(err, fault.DateInvalid, "value", cmd.From)
		}
	}
	y, m, _ = q.Period.From.Date()
	q.Period.To = time.Date(y, m+1, 1, 0, 0, 0, 0, calendar.Shanghai)
	if cmd.To != "" {
		last, err := calendar.ParseDay(cmd.To)
		if err != nil {
			return q, fault.Wrap(err, fault.DateInvalid, "value", cmd.To)
		}
		q.Period.To = last.AddDate(0, 0, 1)
	}
	return q, nil
}

func (cmd *whatifCmd) print(text string, answer any) error {
	if !cmd.JSON {
		fmt.Print(text)
		return nil
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(answer)
}
