package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/site"
)

type applyCmd struct {
	File   string `short:"f" required:"" placeholder:"FILE" help:"Site file (YAML); - reads standard input. docs/site.md describes it."`
	DryRun bool   `short:"n" help:"Only say what would change."`
	All    bool   `help:"List what stays as it is, too."`
}

func (cmd *applyCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	name, text := cmd.File, []byte(nil)
	if name == "-" {
		name = "standard input"
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return fault.Wrap(err, fault.FileUnreadable, "file", name)
	}
	changes, err := app.Apply(ctx, cfg, name, text, cmd.DryRun, logger(cfg))
	if err != nil {
		return err
	}
	in := func(zh, en string) string {
		if c.language() == explain.ZH {
			return zh
		}
		return en
	}
	count := 0
	for _, change := range changes {
		if change.Action != site.Unchanged {
			count++
		}
		if cmd.All || change.Action != site.Unchanged {
			fmt.Println(in(change.Chinese(), change.String()))
		}
	}
	switch {
	case count == 0:
		fmt.Printf(in("没有要改的：%d 项都与文件一致\n", "nothing to change: all %d entries are as the file says\n"), len(changes))
	case cmd.DryRun:
		fmt.Printf(in("%d 项会改变（共 %d 项）；没有写入任何内容\n", "%d of %d entries would change; nothing was written\n"), count, len(changes))
	default:
		fmt.Printf(in("已应用：%d 项改变（共 %d 项）\n", "applied: %d of %d entries changed\n"), count, len(changes))
	}
	return nil
}
