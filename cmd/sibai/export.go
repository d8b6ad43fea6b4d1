package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

type exportCmd struct {
	Output string `short:"o" default:"-" placeholder:"FILE" help:"File to write, which must not exist; gzip when it ends in .gz. - is standard output."`
}

func (cmd *exportCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	to, done := io.Writer(os.Stdout), func() error { return nil }
	if cmd.Output != "-" {
		f, err := os.OpenFile(cmd.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it has everything
		if err != nil {
			return fault.Wrap(err, fault.ExportNotWritten)
		}
		to, done = f, func() error { return errors.Join(f.Sync(), f.Close()) }
		if strings.HasSuffix(cmd.Output, ".gz") {
			z := gzip.NewWriter(f)
			to, done = z, func() error { return errors.Join(z.Close(), f.Sync(), f.Close()) }
		}
	}
	total, err := app.Export(ctx, cfg, to)
	if closing := done(); err == nil && closing != nil {
		err = fault.Wrap(closing, fault.ExportNotWritten)
	}
	if err != nil {
		if cmd.Output != "-" {
			err = errors.Join(err, os.Remove(cmd.Output)) // half an export is of no use
		}
		return err
	}
	text := "exported %d rows of %d tables\n"
	if c.language() == explain.ZH {
		text = "已导出 %d 行，%d 张表\n"
	}
	fmt.Fprintf(os.Stderr, text, total.Rows, total.Tables)
	return nil
}
