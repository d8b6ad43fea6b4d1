package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/realname"
)

type realnameReviewCmd struct {
	Stage       string            `arg:"" help:"Which review: vendor (初审) or carrier (终审)."`
	Application string            `arg:"" help:"The application, rn_…, as sibai realname list shows it."`
	Verdict     realname.Verdict  `arg:"" help:"What it comes to: pass, ask or reject."`
	Reasons     []realname.Reason `arg:"" optional:"" help:"Why, of ask and reject: codes that sibai realname reasons lists."`
	Note        string            `help:"What the customer shall read beside the reasons."`
	Reference   string            `help:"The carrier's own number."`
}

func (cmd *realnameReviewCmd) Run(ctx context.Context, c *cli) error {
	id, err := realname.ParseID(cmd.Application)
	if err != nil {
		return err
	}
	stage, ok := map[string]realname.State{"vendor": realname.VendorReview, "carrier": realname.CarrierReview}[cmd.Stage]
	if !ok {
		return fault.New(fault.ValueNotAllowed, "value", cmd.Stage, "allowed", "vendor, carrier")
	}
	d := realname.Decision{Stage: stage, Verdict: cmd.Verdict, Reasons: cmd.Reasons, Note: cmd.Note, Reference: cmd.Reference}
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameDecide, Application: id, Decision: &d})
	if err != nil {
		return err
	}
	c.stands(out.Application)
	return nil
}

type realnameReasonsCmd struct{}

func (realnameReasonsCmd) Run(c *cli) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range realname.Reasons() {
		text, remedy := r.Text(c.language() == explain.ZH)
		fmt.Fprintf(w, "%s\t%s\t%s\n", r, text, remedy)
	}
	return w.Flush()
}

type realnameFreezeCmd struct {
	Number string         `arg:"" help:"The number, such as 400-123-4567."`
	Cause  realname.Cause `arg:"" help:"Why: unlawful_use or not_applicant."`
	Note   string         `help:"What is known."`
}

func (cmd *realnameFreezeCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameFreeze, Number: cmd.Number, Cause: cmd.Cause, Note: cmd.Note})
	if err != nil {
		return err
	}
	c.frozen(*out.Freeze)
	return nil
}

// frozen says where a freeze stands.
func (c *cli) frozen(f realname.Freeze) {
	zh := c.language() == explain.ZH
	what, remedy := f.Cause.Text(zh)
	words := [3][2]string{{"已提出，须另一人确认", "proposed: a second person must confirm"}, {"已冻结", "frozen"}, {"已解除", "lifted"}}
	stand := words[0]
	switch {
	case !f.LiftedAt.IsZero():
		stand = words[2]
	case !f.FrozenAt.IsZero():
		stand = words[1]
	}
	text := stand[1]
	if zh {
		text = stand[0]
	}
	fmt.Printf("%s  %s  %s  %s  %s\n", number.Format(f.Number, ""), f.Code, text, what, remedy)
}

type realnameLiftCmd struct {
	Number string `arg:"" help:"The number, such as 400-123-4567."`
	Note   string `help:"Why."`
}

func (cmd *realnameLiftCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameLift, Number: cmd.Number, Note: cmd.Note})
	if err != nil {
		return err
	}
	c.frozen(*out.Freeze)
	return nil
}

type realnameFreezesCmd struct{}

func (realnameFreezesCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Freezes(ctx, cfg)
	if err != nil {
		return err
	}
	for _, f := range list {
		c.frozen(f)
	}
	return nil
}

type realnameCarrierCmd struct {
	Export realnameExportCmd `cmd:"" help:"Write every application that waits for the carrier into the folder out."`
	Import realnameImportCmd `cmd:"" help:"Read the carrier's answers from the folder in."`
}

type realnameExportCmd struct{}

func (realnameExportCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameSend})
	if err != nil {
		return err
	}
	fmt.Printf(map[bool]string{true: "已写出 %d 份申请\n", false: "applications written: %d\n"}[c.language() == explain.ZH], out.Count)
	return nil
}

type realnameImportCmd struct{}

func (realnameImportCmd) Run(ctx context.Context, c *cli) error {
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameCollect})
	fmt.Printf(map[bool]string{true: "已处理 %d 份答复\n", false: "answers dealt with: %d\n"}[c.language() == explain.ZH], out.Count)
	return err
}

type realnameKeyCmd struct{}

func (realnameKeyCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	name, err := app.AddDocumentKey(cfg)
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	words := "the key %s stands on top of %s. Keep a copy of the file, and bring it to every node.\n"
	if zh {
		words = "新密钥 %s 已写入 %s 首行。请另存一份，并复制到每个节点。\n"
	}
	fmt.Printf(words, name, cfg.DocumentKeys())
	out, err := c.names(ctx, app.RealNameOrder{Do: app.RealNameRekey})
	if fault.CodeOf(err) == fault.StoreMissing {
		return nil // nothing is stored yet, so nothing is sealed
	}
	if err != nil {
		return err
	}
	fmt.Printf(map[bool]string{true: "重新封存了 %d 个材料密钥\n", false: "keys sealed anew: %d\n"}[zh], out.Count)
	return nil
}
