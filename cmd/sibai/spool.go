package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/phone"
)

type spoolCmd struct {
	JSON bool `help:"Print the items as JSON, whole."`
}

func (cmd *spoolCmd) Run(c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	items, err := app.SpoolItems(cfg)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(append([]charging.Item{}, items...)) // none is [], not null
	}
	zh := c.language() == explain.ZH
	if len(items) == 0 {
		fmt.Println(map[bool]string{true: "没有等待入账的呼叫。", false: "No call waits."}[zh])
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, map[bool]string{true: "呼叫\t暂存于\t号码\t主叫\t计费时长\t结果", false: "call\tkept at\tnumber\tcaller\tbillable\tend"}[zh])
	for i := range items {
		rec, end := items[i].CDR(), map[bool]string{true: "先行接入，尚未入账", false: "accepted while the store was away"}[zh]
		if items[i].Ended() {
			end = explain.Cause(*rec, c.language())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", rec.Call, items[i].KeptAt.In(calendar.Shanghai).Format("2006-01-02 15:04:05"),
			rec.Number, phone.Mask(rec.Caller), explain.Span(rec.Billable, c.language()), end)
	}
	return w.Flush()
}
