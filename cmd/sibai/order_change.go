package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"time"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/order"
)

type orderContractCmd struct {
	orderArg
	Out string `short:"o" required:"" help:"File to write; it must not be there."`
}

func (cmd *orderContractCmd) Run(ctx context.Context, c *cli) error {
	id, err := order.ParseID(cmd.Order)
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	pdf, err := app.ContractPDF(ctx, cfg, id)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(cmd.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the contract: %w", err)
	}
	if _, err := file.Write(pdf); err != nil {
		return fmt.Errorf("write the contract: %w", err)
	}
	return file.Close()
}

// acting is what commands have in common that change an order.
type acting struct {
	orderArg
	By string `help:"Your name, as the order's history shall have it. Default: the user of this system."`
}

func (a *acting) do(ctx context.Context, c *cli, o app.Order) error {
	id, err := order.ParseID(a.Order)
	if err != nil {
		return err
	}
	if o.Who = a.By; o.Who == "" {
		if me, err := user.Current(); err == nil {
			o.Who = me.Username
		}
	}
	o.Who, o.Sale = cmp.Or(o.Who, "terminal"), id
	out, err := c.operate(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s: %s\n", out.Sale.ID, out.Sale.Code, out.Sale.StateAt(time.Now()).Text(c.language() == explain.ZH))
	return nil
}

type orderTargetsCmd struct {
	acting
	Phones []string `arg:"" help:"The phones, in the order in which they ring."`
}

func (cmd *orderTargetsCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoTargets, Targets: cmd.Phones})
}

type orderHandInCmd struct{ acting }

func (cmd *orderHandInCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoHandIn})
}

type orderVetCmd struct{ acting }

func (cmd *orderVetCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoVet})
}

type orderOpenCmd struct{ acting }

func (cmd *orderOpenCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoOpen})
}

type orderAgainCmd struct {
	acting
	Why string `required:"" help:"What is to be mended; the customer reads it."`
}

func (cmd *orderAgainCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoAgain, Why: cmd.Why})
}

type orderRefuseCmd struct {
	acting
	Why string `required:"" help:"Why it is refused; the customer reads it."`
}

func (cmd *orderRefuseCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoRefuse, Why: cmd.Why})
}

type orderCancelCmd struct {
	acting
	Why string `help:"Why it is cancelled."`
}

func (cmd *orderCancelCmd) Run(ctx context.Context, c *cli) error {
	return cmd.do(ctx, c, app.Order{Do: app.DoCancel, Why: cmd.Why})
}
