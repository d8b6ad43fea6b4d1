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
	"sibai/internal/identity"
)

type staffCmd struct {
	Add     staffAddCmd     `cmd:"" help:"Let somebody into the office, or give them another role; prints the link to set a password."`
	List    staffListCmd    `cmd:"" help:"List the operator's people."`
	Dismiss staffDismissCmd `cmd:"" help:"End what somebody does for the operator; their sessions end at once."`
	Link    staffLinkCmd    `cmd:"" help:"Print a link by which somebody who lost the password sets another."`
	Forget  forgetAppCmd    `cmd:"" name:"forget-app" help:"Let somebody who lost the authenticator app sign in without it; their sessions end at once."`
	Block   blockCmd        `cmd:"" help:"Keep somebody from signing in anywhere; their sessions end at once."`
}

type memberCmd struct {
	Add  memberAddCmd  `cmd:"" help:"Let somebody into a customer's console, or give them another role; prints the link to set a password."`
	List memberListCmd `cmd:"" help:"List who acts for a customer."`

	Forget forgetAppCmd `cmd:"" name:"forget-app" help:"Let somebody who lost the authenticator app sign in without it; their sessions end at once."`
	Block  blockCmd     `cmd:"" help:"Keep somebody from signing in anywhere; their sessions end at once."`
}

type staffAddCmd struct {
	Name  string        `arg:"" help:"The person's name."`
	Login string        `arg:"" help:"E-mail address or mobile, by which they sign in."`
	Role  identity.Role `required:"" help:"admin, sales, reviewer, carrier_desk or cashier."`
}

func (cmd *staffAddCmd) Run(ctx context.Context, c *cli) error {
	return invited(ctx, c, app.Order{Do: app.DoInvite, Invite: &identity.Invitation{Name: cmd.Name, Login: cmd.Login, Role: cmd.Role}})
}

type memberAddCmd struct {
	Customer string        `arg:"" help:"Code of the customer."`
	Name     string        `arg:"" help:"The person's name."`
	Login    string        `arg:"" help:"E-mail address or mobile, by which they sign in."`
	Role     identity.Role `required:"" help:"owner, finance, routing or viewer."`
}

func (cmd *memberAddCmd) Run(ctx context.Context, c *cli) error {
	return invited(ctx, c, app.Order{Do: app.DoInvite, Customer: cmd.Customer, Invite: &identity.Invitation{Name: cmd.Name, Login: cmd.Login, Role: cmd.Role}})
}

// invited lets somebody in and prints the way.
func invited(ctx context.Context, c *cli, o app.Order) error {
	out, err := c.operate(ctx, o)
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	if out.Link == "" {
		fmt.Printf(map[bool]string{true: "%s（%s）用已有的密码登录。\n", false: "%s (%s) signs in with the password there is.\n"}[zh], out.Person.Name, out.Person.Login)
		return nil
	}
	fmt.Fprintf(os.Stderr, map[bool]string{true: "%s（%s）用这个链接设置密码，七天内有效，只能用一次：\n", false: "%s (%s) sets a password by this link, once, within seven days:\n"}[zh], out.Person.Name, out.Person.Login)
	fmt.Println(out.Link)
	return nil
}

type staffLinkCmd struct {
	Login string `arg:"" help:"E-mail address or mobile, by which they sign in."`
}

func (cmd *staffLinkCmd) Run(ctx context.Context, c *cli) error {
	return invited(ctx, c, app.Order{Do: app.DoLink, Invite: &identity.Invitation{Login: cmd.Login}})
}

type staffDismissCmd struct {
	Login string `arg:"" help:"E-mail address or mobile, by which they sign in."`
}

func (cmd *staffDismissCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.operate(ctx, app.Order{Do: app.DoDismiss, Invite: &identity.Invitation{Login: cmd.Login}})
	if err == nil {
		fmt.Printf("%s %s\n", out.Person.ID, out.Person.Login)
	}
	return err
}

type blockCmd struct {
	Login string `arg:"" help:"E-mail address or mobile, by which they sign in."`
	Lift  bool   `help:"Let them sign in again."`
}

func (cmd *blockCmd) Run(ctx context.Context, c *cli) error {
	do := app.DoBlock
	if cmd.Lift {
		do = app.DoLift
	}
	out, err := c.operate(ctx, app.Order{Do: do, Invite: &identity.Invitation{Login: cmd.Login}})
	if err == nil {
		fmt.Printf("%s %s\n", out.Person.ID, out.Person.Login)
	}
	return err
}

type forgetAppCmd struct {
	Login string `arg:"" help:"E-mail address or mobile, by which they sign in."`
}

func (cmd *forgetAppCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.operate(ctx, app.Order{Do: app.DoForget, Invite: &identity.Invitation{Login: cmd.Login}})
	if err == nil {
		fmt.Printf("%s %s\n", out.Person.ID, out.Person.Login)
	}
	return err
}

type staffListCmd struct{}

func (staffListCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Staff(ctx, cfg)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, p := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.ID, p.Name, p.Login, p.Staff)
	}
	return errors.Join(err, w.Flush())
}

type memberListCmd struct {
	Customer string `arg:"" help:"Code of the customer."`
}

func (cmd *memberListCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Members(ctx, cfg, cmd.Customer)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, m := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Person, m.Name, m.Login, m.Role)
	}
	return errors.Join(err, w.Flush())
}

type tracesCmd struct {
	Action string `help:"Only this action, such as signed_in."`
	Limit  int    `default:"100" help:"How many, the newest first; at most 10000."`
	JSON   bool   `help:"Print one JSON object a line."`
}

func (cmd *tracesCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Traces(ctx, cfg, identity.TraceFilter{Action: cmd.Action, Limit: cmd.Limit})
	for _, t := range list {
		if cmd.JSON {
			err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(t))
			continue
		}
		fmt.Printf("%s  %s  %s  %s  %s  %s\n", shown(t.At), t.Address, t.Who, t.Action, t.Subject, t.Detail)
	}
	return err
}
