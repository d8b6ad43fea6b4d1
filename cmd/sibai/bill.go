package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/number"
)

// manualNumber reads a number of --manual.
func manualNumber(text string) (string, error) {
	if text == billing.AllManual {
		return text, nil
	}
	return number.Parse(text)
}

type billCmd struct {
	Preview bool     `short:"n" help:"Only say what would be taken now, and what lies ahead: the true-ups of the running periods with their three figures, renewals and expiries of the next 31 days."`
	Manual  []string `placeholder:"NUMBER" help:"Take also what is due of this number though its plan says collection: manual; all for every such number. May be given again."`
	JSON    bool     `help:"Print the report as JSON, amounts in micro-yuan."`
}

func (cmd *billCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	manual := make([]string, len(cmd.Manual))
	for i, text := range cmd.Manual {
		if manual[i], err = manualNumber(text); err != nil {
			return err
		}
	}
	out, err := app.Operate(ctx, cfg, app.Order{Do: app.DoBill, Preview: cmd.Preview, Manual: manual}, logger(cfg))
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	zh := c.language() == explain.ZH
	for _, item := range out.Report.Items {
		fmt.Println(item.Text(zh))
	}
	for _, f := range out.Report.Failed {
		fmt.Printf("%s: %s\n", f.Customer, f.Error)
	}
	say := func(chinese, english string, args ...any) {
		if zh {
			english = chinese
		}
		fmt.Printf(english+"\n", args...)
	}
	switch {
	case len(out.Report.Items) == 0:
		say("没有到期项目。", "Nothing is due.")
	case cmd.Preview:
		say("预览：没有写入任何内容。", "A preview: nothing was written.")
	}
	if last := out.Last; last != nil && !last.FinishedAt.IsZero() {
		say("上次自动运行：%s，节点 %d，%d 项", "The last run by itself: %s, node %d, %d items",
			last.FinishedAt.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), last.Node, last.Items)
	}
	if len(out.Report.Failed) > 0 {
		return errFailed
	}
	return nil
}
