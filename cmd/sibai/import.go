package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

type importCmd struct {
	File string `arg:"" help:"What sibai export wrote, gzip or not; - is standard input."`
}

func (cmd *importCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	from := os.Stdin
	if cmd.File != "-" {
		if from, err = os.Open(cmd.File); err != nil {
			return fault.Wrap(err, fault.FileUnreadable, "file", cmd.File)
		}
		defer from.Close()
	}
	plain, err := unzipped(from)
	if err != nil {
		return fault.Wrap(err, fault.FileUnreadable, "file", cmd.File)
	}
	total, report, err := app.Import(ctx, cfg, plain)
	if err != nil {
		return err
	}
	if !report.OK() {
		return errors.Join(explain.Books(os.Stdout, report, c.language()), errFailed)
	}
	text := "imported %d rows of %d tables; every row is as exported, and the books are right\n"
	if c.language() == explain.ZH {
		text = "已导入 %d 行，%d 张表；每一行都与导出一致，账目正确\n"
	}
	fmt.Printf(text, total.Rows, total.Tables)
	return nil
}

// unzipped looks whether a file is compressed.
func unzipped(from io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(from, 1<<20)
	if magic, err := in.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(in)
	}
	return in, nil
}
