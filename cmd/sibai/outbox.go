package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/notify"
)

type outboxCmd struct {
	List    outboxListCmd    `cmd:"" help:"List messages, the newest first; addresses are masked."`
	Show    outboxShowCmd    `cmd:"" help:"Show a message as the customer gets it, and what became of it."`
	Resend  outboxResendCmd  `cmd:"" help:"Send a message again, or at once when it waits."`
	Drop    outboxDropCmd    `cmd:"" help:"Have a message that waits not sent."`
	Contact outboxContactCmd `cmd:"" help:"Set, show or remove the address that a customer is written to at."`
}

type outboxListCmd struct {
	Customer string `placeholder:"CODE" help:"Only those of this customer."`
	State    string `placeholder:"STATE" help:"Only in this state: queued, sent, failed or dropped."`
	Before   string `placeholder:"MESSAGE" help:"Only those older than this message, msg_…: the next page."`
	Limit    int    `default:"100" help:"How many, the newest first; at most 10000."`
}

func (cmd *outboxListCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	f := notify.Filter{Customer: cmd.Customer, State: notify.State(cmd.State), Limit: cmd.Limit}
	if f.State != "" && !slices.Contains(notify.States(), f.State) {
		return fault.New(fault.ValueNotAllowed, "value", cmd.State, "allowed", strings.Join(stateNames(), ", "))
	}
	if cmd.Before != "" {
		if f.Before, err = notify.ParseID(cmd.Before); err != nil {
			return err
		}
	}
	list, err := app.Outbox(ctx, cfg, f)
	if err != nil {
		return err
	}
	for _, m := range list {
		subject, _ := m.Text("")
		fmt.Printf("%s  %s  %-7s  %s  %s\n", m.ID, m.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), m.State, m.Masked(), subject)
	}
	if len(list) == 0 {
		fmt.Println(map[bool]string{true: "没有消息。", false: "No messages."}[c.language() == explain.ZH])
	}
	return nil
}

func stateNames() (names []string) {
	for _, s := range notify.States() {
		names = append(names, string(s))
	}
	return names
}

type outboxShowCmd struct {
	Message string `arg:"" help:"The message, msg_…, as sibai outbox list shows it."`
}

func (cmd *outboxShowCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	id, err := notify.ParseID(cmd.Message)
	if err != nil {
		return err
	}
	m, err := app.OutboxMessage(ctx, cfg, id)
	if err != nil {
		return err
	}
	subject, body := m.Text(cfg.Shop.Contact)
	fmt.Printf("%s  %s  %d×", m.ID, m.State, m.Attempts)
	if m.Error != "" {
		fmt.Printf("  %s", m.Error)
	}
	fmt.Printf("\n%s\n%s\n\n%s", m.Address, subject, body)
	return nil
}

type outboxResendCmd struct {
	Message string `arg:"" help:"The message, msg_…, as sibai outbox list shows it."`
}

func (cmd *outboxResendCmd) Run(ctx context.Context, c *cli) error {
	return c.outbox(ctx, app.DoResend, cmd.Message)
}

type outboxDropCmd struct {
	Message string `arg:"" help:"The message, msg_…, as sibai outbox list shows it."`
}

func (cmd *outboxDropCmd) Run(ctx context.Context, c *cli) error {
	return c.outbox(ctx, app.DoDrop, cmd.Message)
}

// outbox does an order about a message, and says how it stands then.
func (c *cli) outbox(ctx context.Context, do, message string) error {
	id, err := notify.ParseID(message)
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	out, err := app.Operate(ctx, cfg, app.Order{Do: do, Message: id}, logger(cfg))
	if err != nil {
		return err
	}
	fmt.Printf("%s  %s\n", id, out.Message.State)
	return nil
}

type outboxContactCmd struct {
	Customer string `arg:"" optional:"" help:"The customer's code in the site file."`
	Operator bool   `help:"Not a customer: your own staff, who are told of late reviews, of money that was not asked for and of messages that nobody takes."`
	Email    string `xor:"what" placeholder:"ADDRESS" help:"The address from now on."`
	Phone    string `placeholder:"MOBILE" help:"The mobile for short messages from now on, with --email or alone."`
	Language string `default:"zh" help:"The language of its messages: zh or en."`
	Remove   bool   `xor:"what" help:"The customer is not written to any more."`
}

func (cmd *outboxContactCmd) Run(ctx context.Context, c *cli) error {
	if (cmd.Customer == "") != cmd.Operator {
		return fault.New(fault.ValueNotAllowed, "value", cmd.Customer, "allowed", "CUSTOMER, --operator")
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if cmd.Email != "" || cmd.Phone != "" || cmd.Remove {
		contact := notify.Contact{Customer: cmd.Customer, Email: cmd.Email, Phone: cmd.Phone, Lang: cmd.Language}
		if _, err := app.Operate(ctx, cfg, app.Order{Do: app.DoContact, Contact: contact}, logger(cfg)); err != nil {
			return err
		}
	}
	contact, ok, err := app.Contact(ctx, cfg, cmd.Customer)
	if err != nil {
		return err
	}
	if !ok {
		fmt.Println(map[bool]string{true: "没有收信地址，不发邮件。", false: "No address: it is not written to."}[c.language() == explain.ZH])
		return nil
	}
	fmt.Println(strings.Join(slices.DeleteFunc([]string{contact.Email, contact.Phone, contact.Lang}, func(s string) bool { return s == "" }), "  "))
	return nil
}
