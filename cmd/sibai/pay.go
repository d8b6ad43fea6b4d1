package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

type payCmd struct {
	Link    payLinkCmd    `cmd:"" help:"Ask a customer for a payment and print the link to make it."`
	List    payListCmd    `cmd:"" help:"List payments, the newest first."`
	Show    payShowCmd    `cmd:"" help:"Say what became of a payment."`
	Take    payTakeCmd    `cmd:"" help:"Book what came for a payment though another amount was asked for."`
	Close   payCloseCmd   `cmd:"" help:"End a payment that nobody shall make any more."`
	Refund  payRefundCmd  `cmd:"" help:"Give a payment back over its provider, whole or in part, from the customer's cash."`
	Compare payCompareCmd `cmd:"" help:"Compare a provider's bill of a day with the books."`
}

type payLinkCmd struct {
	Customer string `arg:"" help:"Code of the customer."`
	Amount   string `arg:"" help:"Yuan, such as 200 or 0.50."`
	Provider string `help:"The payment provider. Default: the first that is switched on."`
}

func (cmd *payLinkCmd) Run(ctx context.Context, c *cli) error {
	amount, err := yuan(cmd.Amount)
	if err != nil {
		return err
	}
	out, err := c.operate(ctx, app.Order{Do: app.DoAsk, Customer: cmd.Customer, Amount: amount, Channel: cmd.Provider})
	if err != nil {
		return err
	}
	words := "%s over %s, to be paid before %s. Who has this link can pay, and nothing else:\n"
	if c.language() == explain.ZH {
		words = "%s（%s），请在 %s 之前付款。拿到链接的人只能付款：\n"
	}
	fmt.Fprintf(os.Stderr, words, out.Payment.ID, out.Payment.Provider, shown(out.Payment.ExpiresAt))
	fmt.Println(out.Link)
	return nil
}

type payListCmd struct {
	Customer string        `help:"Only those of this customer."`
	State    payment.State `help:"Only those in this state: created, paid, differs, partly_refunded, refunded, closed or expired."`
	Limit    int           `default:"100" help:"How many, the newest first; at most 10000."`
	JSON     bool          `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *payListCmd) Run(ctx context.Context, c *cli) error {
	if err := cmd.State.Check(); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Payments(ctx, cfg, payment.Filter{Customer: cmd.Customer, State: cmd.State, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if cmd.JSON {
		for _, p := range list {
			if err := json.NewEncoder(os.Stdout).Encode(payShown(p)); err != nil {
				return err
			}
		}
		return nil
	}
	zh, w := c.language() == explain.ZH, tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, map[bool]string{true: "付款\t客户\t渠道\t应付\t收到\t已退\t状态\t创建", false: "payment\tcustomer\tprovider\tasked\tcame\tback\tstate\tcreated"}[zh])
	for _, p := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.Code, p.Provider, p.Amount.Format(), p.Received.Format(), p.Refunded.Format(), p.State.Text(zh), shown(p.CreatedAt))
	}
	return w.Flush()
}

type payShowCmd struct {
	Payment string `arg:"" help:"The payment, pay_…, as sibai pay list shows it."`
	JSON    bool   `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *payShowCmd) Run(ctx context.Context, c *cli) error {
	id, err := payment.ParseID(cmd.Payment)
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	p, events, err := app.PaymentHistory(ctx, cfg, id)
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	if !cmd.JSON {
		fmt.Printf("%s  %s  %s  %s  %s\n", p.ID, p.Code, p.Provider, p.Amount.Format(), p.State.Text(zh))
	}
	for _, e := range events {
		if cmd.JSON {
			err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(eventShown(e)))
			continue
		}
		fmt.Printf("%s  %s\n", shown(e.At), e.Text(zh))
	}
	return err
}

// yuan reads an amount that somebody typed.
func yuan(text string) (money.Amount, error) {
	amount, err := money.Parse(text)
	if err != nil {
		return 0, fault.Wrap(err, fault.MoneyInvalid, "value", text, "reason", err)
	}
	return amount, nil
}

// operate does an order with the settings of the command line.
func (c *cli) operate(ctx context.Context, o app.Order) (app.Outcome, error) {
	cfg, err := c.load()
	if err != nil {
		return app.Outcome{}, err
	}
	return app.Operate(ctx, cfg, o, logger(cfg))
}
