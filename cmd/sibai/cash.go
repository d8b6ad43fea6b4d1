package main

import (
	"context"
	"fmt"

	"sibai/internal/app"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/number"
)

// cashMove is what top-ups and refunds have in common.
type cashMove struct {
	Customer  string `arg:"" help:"Code of the customer."`
	Amount    string `arg:"" help:"Yuan, such as 200 or 0.50."`
	Channel   string `required:"" help:"How the money goes: bank, wechat, alipay, …"`
	Reference string `required:"" help:"The payment's own number at the channel. It is booked once, however often the command is given."`
}

func (p *cashMove) order(ctx context.Context, c *cli, o app.Order) (app.Outcome, error) {
	var err error
	if o.Amount, err = yuan(p.Amount); err != nil {
		return app.Outcome{}, err
	}
	o.Customer, o.Channel, o.Reference = p.Customer, p.Channel, p.Reference
	return c.operate(ctx, o)
}

func again(c *cli, booked bool) string {
	if !booked {
		return ""
	}
	return map[bool]string{true: "（此前已入账）", false: " (booked before)"}[c.language() == explain.ZH]
}

type topUpCmd struct {
	cashMove
	Bucket string `enum:"cash,bonus,package" default:"cash" help:"cash (本金), bonus (赠送) or package (套餐额度)."`
}

func (cmd *topUpCmd) Run(ctx context.Context, c *cli) error {
	out, err := cmd.order(ctx, c, app.Order{Do: app.DoTopUp, Bucket: charging.BucketKind(cmd.Bucket)})
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	fmt.Printf("%s %s %s: %s%s\n", out.Credit.Txn, cmd.Customer, cmd.Bucket, "¥"+out.Credit.Amount.String(), again(c, out.Credit.Again))
	if out.Credit.Restored {
		fmt.Println(map[bool]string{true: "欠费已解除，下一个呼叫即可接入。", false: "The customer was in arrears: the next call gets through."}[zh])
	}
	return nil
}

type refundCmd struct{ cashMove }

func (cmd *refundCmd) Run(ctx context.Context, c *cli) error {
	out, err := cmd.order(ctx, c, app.Order{Do: app.DoRefund})
	if err != nil {
		return err
	}
	fmt.Printf("%s %s: −¥%s%s\n", out.Posted.Txn, cmd.Customer, out.Posted.Amount, again(c, out.Posted.Again))
	return nil
}

type reverseCmd struct {
	Txn string `arg:"" help:"The transaction, txn_…, as topup or refund printed it."`
}

func (cmd *reverseCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	txn, err := id.Parse("txn", cmd.Txn)
	if err != nil {
		return err
	}
	out, err := app.Operate(ctx, cfg, app.Order{Do: app.DoReverse, Txn: ledger.ID(txn)}, logger(cfg))
	if err != nil {
		return err
	}
	fmt.Printf("%s reverses %s%s\n", out.Posted.Txn, cmd.Txn, again(c, out.Posted.Again))
	return nil
}

type renewCmd struct {
	Number string `arg:"" help:"The number, such as 400-123-4567."`
}

func (cmd *renewCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	digits, err := number.Parse(cmd.Number)
	if err != nil {
		return err
	}
	out, err := app.Operate(ctx, cfg, app.Order{Do: app.DoRenew, Number: digits}, logger(cfg))
	if err != nil {
		return err
	}
	fmt.Println(out.Item.Text(c.language() == explain.ZH))
	return nil
}
