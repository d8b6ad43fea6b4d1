package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// promiseWords say the promises of charging by the names of their checks.
var promiseWords = map[string]pair{
	"I1":    {"每个余额桶的余额等于它的分录之和", "a bucket's balance is the sum of its entries"},
	"I2":    {"余额桶的预占等于未结呼叫预占之和", "what buckets hold is the sum of the open holds' parts"},
	"I3":    {"余额减预占不低于负的透支额，没有透支时不低于零", "balance less held is never below the overdraft, 0 without one"},
	"I4":    {"扣费从不超过预占", "a call is never charged more than was reserved"},
	"I5":    {"每笔付款和入账只记一次：恰有一张收据和一笔交易", "every payment and posting is booked once: it has one receipt and one transaction"},
	"I7":    {"分录之和为零，每笔交易如此，总体也如此", "entries sum to zero, per transaction and in total"},
	"I8":    {"收费的话单恰有一笔同额交易，反之亦然", "a charged CDR has one transaction of its charge, and the other way round"},
	"I9":    {"没有余额桶付出超过它所有的，已记录的透支除外", "no bucket paid more than was in it, a recorded overdraft aside"},
	"lines": {"话单各行之和等于它的扣费", "the lines of a CDR sum to its charge"},
	"usage": {"同时通话数和各月预占与未结呼叫一致", "a subscription's calls at once, and what its months hold, are its open holds"},
}

// Promise says what a check of the books looks at.
func Promise(c charging.Check, l Lang) string {
	if p, ok := promiseWords[c.Name]; ok {
		return l.pick(p)
	}
	return c.Says
}

// Books writes what an audit found: each promise, the first bad row of a broken
// one, and the sums.
func Books(to io.Writer, r *charging.Report, l Lang) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range r.Checks {
		mark := l.pick(pair{"正确", "ok"})
		if !c.OK {
			mark = l.pick(pair{"错误", "BROKEN"})
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d %s\n", mark, c.Name, Promise(c, l), c.Rows, l.pick(pair{"行", "rows"}))
	}
	_ = t.Flush() // into memory
	for _, c := range r.Checks {
		if !c.OK {
			fmt.Fprintf(&b, l.pick(pair{"%s 有 %d 行不符，第一行：%s\n", "%s is broken in %d rows, the first: %s\n"}), c.Name, c.Bad, c.FirstBad)
		}
	}
	b.WriteByte('\n')
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, total := range r.Totals {
		amount := fmt.Sprint(total.Amount, l.pick(pair{" 秒", " s"}))
		if total.Unit == ledger.CNY {
			amount = money.Amount(total.Amount).Format()
		}
		fmt.Fprintf(t, "%s\t%s\t\n", total.Name, amount)
	}
	_ = t.Flush() // into memory
	verdict := pair{"账目正确\n", "the books are right\n"}
	if !r.OK() {
		verdict = pair{"账目有误：请停止节点，保留数据目录的副本，并报告此问题\n", "THE BOOKS ARE NOT RIGHT: stop the node, keep a copy of the data directory and report this\n"}
	}
	b.WriteString(l.pick(verdict))
	_, err := io.WriteString(to, b.String())
	return err
}
