package main

import (
	"context"
	"fmt"
	"time"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/payment"
)

type payTakeCmd struct {
	Payment string `arg:"" help:"The payment, pay_…, as sibai pay list shows it."`
}

func (cmd *payTakeCmd) Run(ctx context.Context, c *cli) error {
	return c.changePayment(ctx, app.DoTake, cmd.Payment)
}

type payCloseCmd struct {
	Payment string `arg:"" help:"The payment, pay_…, as sibai pay list shows it."`
}

func (cmd *payCloseCmd) Run(ctx context.Context, c *cli) error {
	return c.changePayment(ctx, app.DoClose, cmd.Payment)
}

func (c *cli) changePayment(ctx context.Context, do, name string) error {
	id, err := payment.ParseID(name)
	if err != nil {
		return err
	}
	out, err := c.operate(ctx, app.Order{Do: do, Payment: id})
	if err != nil {
		return err
	}
	fmt.Printf("%s %s: %s %s\n", out.Payment.ID, out.Payment.Code, out.Payment.State.Text(c.language() == explain.ZH), out.Payment.Received.Format())
	return nil
}

type payRefundCmd struct {
	Payment   string `arg:"" help:"The payment, pay_…, as sibai pay list shows it."`
	Amount    string `arg:"" help:"Yuan, such as 200 or 0.50."`
	Reference string `required:"" help:"Your own number of the refund. The same one only repeats it, however often the command is given."`
	Reason    string `help:"Who wants it and for what; kept with the refund."`
}

func (cmd *payRefundCmd) Run(ctx context.Context, c *cli) error {
	id, err := payment.ParseID(cmd.Payment)
	if err != nil {
		return err
	}
	amount, err := yuan(cmd.Amount)
	if err != nil {
		return err
	}
	out, err := c.operate(ctx, app.Order{Do: app.DoPayRefund, Payment: id, Amount: amount, Reference: cmd.Reference, Why: cmd.Reason})
	if err != nil {
		return err
	}
	words := map[bool]string{true: " done", false: " is with the provider; sibai pay show says when it is done"}
	if c.language() == explain.ZH {
		words = map[bool]string{true: " 已退回", false: " 渠道处理中；用 sibai pay show 查看结果"}
	}
	fmt.Printf("%s −%s%s\n", out.Back.ID, out.Back.Amount.Format(), words[out.Back.State == payment.Done])
	if out.Back.Waits != "" {
		fmt.Println(out.Back.Waits)
	}
	return nil
}

// payShown is a payment in JSON.
func payShown(p payment.Payment) any {
	return struct {
		ID        string        `json:"id"`
		Customer  string        `json:"customer"`
		Provider  string        `json:"provider"`
		State     payment.State `json:"state"`
		Amount    money.Amount  `json:"amount_micro"`
		Received  money.Amount  `json:"received_micro"`
		Currency  string        `json:"currency,omitempty"`
		Reference string        `json:"reference,omitempty"`
		Txn       string        `json:"txn,omitempty"`
		Refunding money.Amount  `json:"refunding_micro"`
		Refunded  money.Amount  `json:"refunded_micro"`
		CreatedAt time.Time     `json:"created_at"`
		ExpiresAt time.Time     `json:"expires_at"`
		PaidAt    time.Time     `json:"paid_at,omitzero"`
	}{
		p.ID.String(), p.Code, p.Provider, p.State, p.Amount, p.Received, p.Currency, p.Reference, txnShown(p.Txn),
		p.Refunding, p.Refunded, p.CreatedAt, p.ExpiresAt, p.PaidAt,
	}
}

func txnShown(id ledger.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// eventShown is an event in JSON.
func eventShown(e payment.Event) any {
	return struct {
		Seq       int           `json:"seq"`
		At        time.Time     `json:"at"`
		Kind      payment.Kind  `json:"kind"`
		State     payment.State `json:"state"`
		Amount    money.Amount  `json:"amount_micro"`
		Currency  string        `json:"currency,omitempty"`
		Reference string        `json:"reference,omitempty"`
		Why       string        `json:"why,omitempty"`
	}{e.Seq, e.At, e.Kind, e.State, e.Amount, e.Currency, e.Reference, e.Why}
}
