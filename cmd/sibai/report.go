package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// printReport shows the books for people.
func printReport(w io.Writer, r *charging.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Checks {
		mark := "ok"
		if !c.OK {
			mark = "BROKEN"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d rows\n", mark, c.Name, c.Says, c.Rows)
	}
	t.Flush()
	for _, c := range r.Checks {
		if !c.OK {
			fmt.Fprintf(w, "%s is broken in %d rows, the first: %s\n", c.Name, c.Bad, c.FirstBad)
		}
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, total := range r.Totals {
		amount := fmt.Sprint(total.Amount, " s")
		if total.Unit == ledger.CNY {
			amount = money.Amount(total.Amount).Format()
		}
		fmt.Fprintf(t, "%s\t%s\t\n", total.Name, amount)
	}
	t.Flush()
	if r.OK() {
		fmt.Fprintln(w, "the books are right")
	} else {
		fmt.Fprintln(w, "THE BOOKS ARE NOT RIGHT: stop the node, keep a copy of the data directory and report this")
	}
}
