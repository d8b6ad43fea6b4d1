package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/realname"
	"sibai/internal/vault"
)

type realnameCmd struct {
	As string `placeholder:"NAME" env:"USER" help:"Who does it, as it is written down. Default: the user of this machine."`

	New     realnameNewCmd     `cmd:"" help:"Begin the verification of a customer for a number that it rents."`
	Fill    realnameFillCmd    `cmd:"" help:"Fill the form of an application from a YAML file."`
	Add     realnameAddCmd     `cmd:"" help:"Add a document, or replace the one of its kind."`
	Link    realnameLinkCmd    `cmd:"" help:"Print a link by which the customer fills the form and hands documents in; one that was printed before ends."`
	Submit  realnameSubmitCmd  `cmd:"" help:"Hand an application in for review, once the checks find nothing that stops it."`
	Review  realnameReviewCmd  `cmd:"" help:"Decide a review: pass it, ask for documents again, or reject it."`
	List    realnameListCmd    `cmd:"" help:"List applications, those first whose deadline is the nearest."`
	Show    realnameShowCmd    `cmd:"" help:"Show an application: its form, its documents, what the checks say, and what became of it."`
	Get     realnameGetCmd     `cmd:"" help:"Write a document into a file. Who looked is written down."`
	Reasons realnameReasonsCmd `cmd:"" help:"List the reasons that reviews choose from."`
	Freeze  realnameFreezeCmd  `cmd:"" help:"Stop a number by a rule: one person proposes it, a second one confirms by the same command."`
	Lift    realnameLiftCmd    `cmd:"" help:"Open a number again after an appeal, or take a proposal back."`
	Freezes realnameFreezesCmd `cmd:"" help:"List the numbers that rules stop, and those that are proposed."`
	Carrier realnameCarrierCmd `cmd:"" help:"Exchange files with the carrier, by the folder of realname.carrier_folder."`
	Key     realnameKeyCmd     `cmd:"" help:"Put a new master key on top of the key file and seal every document's key anew by it."`
}

// names does an order about real names as the user of the command line.
func (c *cli) names(ctx context.Context, o app.RealNameOrder) (app.RealNameOutcome, error) {
	cfg, err := c.load()
	if err != nil {
		return app.RealNameOutcome{}, err
	}
	if o.Who = c.RealName.As; o.Who == "" {
		o.Who = "terminal"
	}
	return app.RealName(ctx, cfg, o, logger(cfg))
}

type realnameNewCmd struct {
	Customer string `arg:"" help:"Code of the customer."`
	Number   string `arg:"" help:"The number, such as 400-123-4567."`
}

func (cmd *realnameNewCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameBegin, Customer: cmd.Customer, Number: cmd.Number})
	if err != nil {
		return err
	}
	fmt.Println(out.Application.ID)
	return nil
}

type realnameFillCmd struct {
	Application string `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
	File        string `arg:"" help:"The form (YAML); - reads standard input. docs/realname.md describes it."`
}

// maxForm bounds a form, in bytes.
const maxForm = 1 << 19

func (cmd *realnameFillCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	from, err := input(cmd.File)
	if err != nil {
		return err
	}
	defer from.Close()
	text, err := io.ReadAll(io.LimitReader(from, maxForm))
	if err != nil {
		return err
	}
	form := realname.Form{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&form); err != nil {
		return fault.Wrap(err, fault.YAMLSyntax, "reason", oneLine(err))
	}
	if _, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameFill, Application: id, Form: &form}); err != nil {
		return err
	}
	return c.checked(ctx, id)
}

// checked says what the checks find.
func (c *cli) checked(ctx context.Context, id realname.ID) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameShow, Application: id})
	if err != nil {
		return err
	}
	c.findings(out.Case.Findings)
	return nil
}

func (c *cli) findings(list []realname.Finding) {
	zh := c.language() == explain.ZH
	if len(list) == 0 {
		fmt.Println(map[bool]string{true: "检查通过", false: "the checks find nothing"}[zh])
	}
	for _, f := range list {
		mark := map[bool]string{true: "!", false: "✗"}[f.Warn]
		fmt.Printf("%s %s: %s\n", mark, f.Path, f.Text(c.faults()))
	}
}

type realnameAddCmd struct {
	Application string `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
	File        string `arg:"" help:"JPG, PNG or PDF of at most 5 MiB."`
	Kind        string `required:"" help:"What it is: business_licence, legal_front, legal_back, handler_front, handler_back, authority, application_form, pledge, industry_licence, target_bill or target_pledge."`
	Target      string `placeholder:"PHONE" help:"Phone that it is about, of bills and pledges of targets."`
	Name        string `help:"The name that stands on it."`
	Code        string `help:"The social credit code or ID number that stands on it."`
	Until       string `placeholder:"DAY" help:"The last day on which it is valid, such as 2036-05-17. Without it: without end."`
}

func (cmd *realnameAddCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	from, err := os.Open(cmd.File)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(from, vault.MaxFile+1))
	if err = firstOf(err, from.Close()); err != nil {
		return err
	}
	n := realname.NewDocument{
		Kind: realname.Kind(cmd.Kind), Target: cmd.Target, Name: filepath.Base(cmd.File), Data: data,
		Stated: realname.Stated{Name: cmd.Name, Code: cmd.Code, ValidUntil: cmd.Until},
	}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameAdd, Application: id, New: &n})
	if err != nil {
		return err
	}
	fmt.Println(out.Document.ID)
	return nil
}

func firstOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

type realnameLinkCmd struct {
	Application string `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
}

func (cmd *realnameLinkCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameLink, Application: id})
	if err != nil {
		return err
	}
	fmt.Println(out.Link)
	return nil
}

type realnameSubmitCmd struct {
	Application string `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
}

func (cmd *realnameSubmitCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameHandIn, Application: id})
	if err != nil {
		return err
	}
	c.stands(out.Application)
	return nil
}

// stands says where an application stands.
func (c *cli) stands(a *realname.Application) {
	zh := c.language() == explain.ZH
	fmt.Printf("%s  %s  %s  %s", a.ID, a.Code, number.Format(a.Number, ""), a.State.Text(zh))
	if !a.Deadline.IsZero() {
		fmt.Printf("  %s %s", map[bool]string{true: "截止", false: "until"}[zh], shown(a.Deadline))
	}
	if a.ValidUntil != "" {
		fmt.Printf("  %s %s", map[bool]string{true: "有效至", false: "valid until"}[zh], a.ValidUntil)
	}
	fmt.Println()
}

type realnameListCmd struct {
	Customer string         `placeholder:"CODE" help:"Only those of this customer."`
	Number   string         `help:"Only those for this number."`
	State    realname.State `help:"Only those in this state: draft, vendor_review, carrier_review, asked, approved, rejected, lapsed, expired or superseded."`
	Limit    int            `default:"100" help:"How many; at most 10000."`
	JSON     bool           `help:"Print one JSON object a line."`
}

func (cmd *realnameListCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	f := realname.Filter{Customer: cmd.Customer, State: cmd.State, Limit: cmd.Limit}
	if cmd.Number != "" {
		if f.Number, err = number.Parse(cmd.Number); err != nil {
			return fault.Wrap(err, fault.NumberInvalid, "value", cmd.Number)
		}
	}
	list, err := app.RealNames(ctx, cfg, f)
	if err != nil {
		return err
	}
	zh, w := c.language() == explain.ZH, tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	if !cmd.JSON {
		fmt.Fprintln(w, map[bool]string{true: "申请\t客户\t号码\t企业\t状态\t截止\t有效至", false: "application\tcustomer\tnumber\tenterprise\tstate\tuntil\tvalid until"}[zh])
	}
	for _, a := range list {
		if cmd.JSON {
			if err := encodeLine(applicationShown(a)); err != nil {
				return err
			}
			continue
		}
		until := ""
		if !a.Deadline.IsZero() {
			until = shown(a.Deadline)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.Code, number.Format(a.Number, ""), a.Enterprise, a.State.Text(zh), until, a.ValidUntil)
	}
	return w.Flush()
}
