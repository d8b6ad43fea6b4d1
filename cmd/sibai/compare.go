package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

type payCompareCmd struct {
	Provider string `arg:"" help:"The payment provider: wechat, alipay or sandbox."`
	Day      string `arg:"" help:"The day of the bill, such as 2026-11-24."`
	File     string `arg:"" help:"The bill of trades, as the merchant platform gives it."`
	JSON     bool   `help:"Print one JSON object, amounts in micro-yuan."`
}

func (cmd *payCompareCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	bill, err := os.ReadFile(cmd.File)
	if err != nil {
		return fault.Wrap(err, fault.FileUnreadable, "file", cmd.File)
	}
	r, err := app.CompareBill(ctx, cfg, cmd.Provider, cmd.Day, bill, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	words := "%s %s: %d lines, %d the same, bill %s, books %s, open differences: %d\n"
	if c.language() == explain.ZH {
		words = "%s %s：%d 行，%d 行一致，账单净额 %s，账上净额 %s，待处理差异 %d 项\n"
	}
	fmt.Printf(words, r.Provider, r.Day, r.Lines, r.Same, r.Theirs.Format(), r.Ours.Format(), r.Open())
	for _, d := range r.Differences {
		fmt.Printf("%3d  %-15s %s %s  %s / %s  %s\n", d.Seq, d.Kind, d.Number, d.Back, d.Theirs.Format(), d.Ours.Format(), d.Why)
	}
	return nil
}
