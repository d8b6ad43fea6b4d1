package main

import (
	"context"

	"sibai/internal/app"
)

type serveCmd struct{}

func (serveCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	spacious()
	log := logger(cfg)
	node, err := app.Start(ctx, cfg, log)
	if err != nil {
		return err
	}
	<-ctx.Done()
	log.Info("stopping: no new calls; running ones may end by themselves", "grace", cfg.Stop.Grace)
	grace, cancel := context.WithTimeout(context.Background(), cfg.Stop.Grace)
	defer cancel()
	return node.Stop(grace)
}
