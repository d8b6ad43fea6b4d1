package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

type noticesCmd struct {
	Customer string `placeholder:"CODE" help:"Only those of this customer."`
	Kind     string `placeholder:"KIND" help:"Only these: low_balance, stage_changed, number_lost, documents_asked, documents_expire, documents_expired, number_frozen, webhook_off, order_signed, order_ending, order_expired, order_paid, order_documents, order_asked, order_opened, order_lapsed, order_refused, order_refunded, term_ends, or for staff review_late, payment_off, bill_differs or channel_fails."`
	Since    string `placeholder:"DAY" help:"Only from this day on, such as 2026-11-01, in Asia/Shanghai."`
	Limit    int    `default:"100" help:"How many, the newest first; at most 10000."`
	JSON     bool   `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *noticesCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	filter := billing.NoticeFilter{Customer: cmd.Customer, Kind: billing.ItemKind(cmd.Kind), Limit: cmd.Limit}
	if cmd.Kind != "" && !slices.Contains(billing.NoticeKinds(), filter.Kind) {
		return fault.New(fault.ValueNotAllowed, "value", cmd.Kind, "allowed", strings.Join(kindNames(), ", "))
	}
	if cmd.Since != "" {
		if filter.Since, err = calendar.ParseDay(cmd.Since); err != nil {
			return fault.Wrap(err, fault.ValueNotAllowed, "value", cmd.Since, "allowed", "2026-11-01")
		}
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.Catalog.Notices(ctx, filter)
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	out := json.NewEncoder(os.Stdout)
	for _, n := range list {
		if cmd.JSON {
			if err := out.Encode(n); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("%s  %s\n", n.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), n.Item.Text(zh))
	}
	if len(list) == 0 && !cmd.JSON {
		fmt.Println(map[bool]string{true: "没有通知。", false: "No notices."}[zh])
	}
	return nil
}

func kindNames() (names []string) {
	for _, k := range billing.NoticeKinds() {
		names = append(names, string(k))
	}
	return names
}
