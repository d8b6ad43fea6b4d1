package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
)

type numberSearchCmd struct {
	Form     []string `arg:"" optional:"" help:"Forms that the numbers end in, all of them: 1688, AABB, abcd (upward), dcba (downward); *518* stands anywhere, !4 is a number without 4."`
	Mask     string   `help:"Ten places, each a digit or _, such as 400____168."`
	Birthday string   `placeholder:"DAY" help:"A day that the number ends in: 1988-05-18 or 05-18."`
	Word     string   `help:"A word that the number ends in on a telephone's keys: TAXI is 8294."`
	Carrier  string   `help:"Issued by unicom, telecom or mobile."`
	Grade    string   `placeholder:"CODE" help:"Of this grade; plain for those of none."`
	MaxFee   string   `placeholder:"YUAN" help:"Whose grade costs this much at most."`
	Near     string   `placeholder:"NUMBER" help:"Most like this number first."`
	All      bool     `help:"Also those that are not for sale."`
	Limit    int      `default:"20" help:"How many; at most 1000."`
	JSON     bool     `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *numberSearchCmd) Run(ctx context.Context, c *cli) error {
	q, err := cmd.query()
	if err != nil {
		return fault.Wrap(err, fault.SearchInvalid, "reason", err.Error())
	}
	return inventoryOf(ctx, c, func(s *inventory.Service) error {
		if q.Segment, err = s.Segments(ctx); err != nil {
			return err
		}
		index, err := s.Index(ctx)
		if err != nil {
			return err
		}
		found, err := index.Search(q)
		if err != nil {
			return fault.Wrap(err, fault.SearchInvalid, "reason", err.Error())
		}
		return cmd.print(c, found, index.Len())
	})
}

func (cmd *numberSearchCmd) query() (q number.Query, err error) {
	q = number.Query{Mask: strings.ReplaceAll(cmd.Mask, "-", ""), Carrier: number.Carrier(cmd.Carrier), Grade: cmd.Grade, All: cmd.All, Limit: cmd.Limit}
	for _, text := range cmd.Form {
		q.Forms = append(q.Forms, number.Form(text))
	}
	if cmd.Birthday != "" {
		if q.Any, err = number.FromBirthday(cmd.Birthday); err != nil {
			return q, fmt.Errorf("%q: %w", cmd.Birthday, err)
		}
	}
	if cmd.Word != "" {
		digits, ok := number.FromWord(cmd.Word)
		if !ok {
			return q, fmt.Errorf("%q has other characters than letters and digits", cmd.Word)
		}
		q.Forms = append(q.Forms, number.Form(digits))
	}
	if cmd.Near != "" {
		if q.Near, err = number.Parse(cmd.Near); err != nil {
			return q, err
		}
	}
	if cmd.MaxFee != "" {
		q.MaxFee, err = money.Parse(cmd.MaxFee)
	}
	return q, err
}

func (cmd *numberSearchCmd) print(c *cli, found number.Found, all int) error {
	zh := c.language() == explain.ZH
	if cmd.JSON {
		for _, e := range found.Entries {
			if err := encodeLine(e); err != nil {
				return err
			}
		}
		return nil
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, e := range found.Entries {
		name := e.Grade.Name
		if !zh && e.Grade.English != "" {
			name = e.Grade.English
		}
		fmt.Fprintf(out, "%s\t¥%s\t%s\n", number.Format(e.Digits, ""), e.Grade.Fee, name)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	words := "%d of %d found; the inventory has %d\n"
	if zh {
		words = "显示 %d 个，共找到 %d 个；号码库共 %d 个\n"
	}
	fmt.Printf(words, len(found.Entries), found.Total, all)
	return nil
}
