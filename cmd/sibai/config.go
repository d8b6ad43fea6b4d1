package main

import (
	"fmt"

	"sibai/internal/config"
)

type configCmd struct {
	Reference bool `help:"Print the manual of all settings instead (Markdown)."`
}

func (cmd *configCmd) Run(c *cli) error {
	if cmd.Reference {
		fmt.Print(config.Reference())
		return nil
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	cfg.Store.URL = cfg.Store.Shown() // a terminal is no place for a password
	fmt.Print(config.YAML(cfg))
	return nil
}
