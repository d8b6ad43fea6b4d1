package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"sibai/internal/demo"
)

type demoCmd struct {
	Calls int    `help:"How many calls to make; 0 keeps calling at a gentle pace until Ctrl-C."`
	JSON  bool   `help:"One JSON object a line: each call, and at the end a summary."`
	HTTP  string `placeholder:"HOST:PORT" help:"Address of the live page. Default: 127.0.0.1:8400, with --calls a free port."`
	Shop  string `placeholder:"HOST:PORT" help:"Address of the shop for customers. Default: 127.0.0.1:8403, with --calls a free port."`
	Store string `placeholder:"URL" help:"Run on a PostgreSQL database, postgres://…, which should be empty. Default: the embedded store."`
	Keep  string `placeholder:"DIR" help:"Keep the data directory there, for sibai explain and sibai audit."`
}

func (cmd *demoCmd) Run(ctx context.Context, c *cli) error {
	if cmd.Calls < 0 {
		return errors.New("--calls must be 0 (no end) or more")
	}
	o := demo.Options{Calls: cmd.Calls, HTTP: cmd.HTTP, Public: cmd.Shop, Keep: cmd.Keep, Store: cmd.Store, Past: cmd.Calls == 0, Lang: c.language(),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	for _, a := range []struct {
		at    *string
		usual string
	}{{&o.HTTP, "127.0.0.1:8400"}, {&o.Public, "127.0.0.1:8403"}} {
		switch {
		case *a.at != "":
		case o.Calls > 0:
			*a.at = "127.0.0.1:0"
		default:
			*a.at = a.usual
		}
	}
	o.Show = demo.NewTerminal(os.Stdout, o.Lang)
	if cmd.JSON {
		o.Show = demo.NewLines(os.Stdout)
	}
	summary, err := demo.Run(ctx, o)
	if err != nil {
		return err
	}
	if !summary.OK() {
		return errFailed
	}
	return nil
}
