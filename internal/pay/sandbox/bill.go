package sandbox

import (
	"bytes"
	"encoding/csv"
	"slices"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
)

// billHead is the first line of the sandbox's bill; refund is empty in a line about a
// payment, and time is RFC 3339.
var billHead = []string{"payment", "refund", "reference", "amount", "time"}

// ReadBill implements reconcile.Source: a CSV file with the columns payment, refund,
// reference, amount in yuan and time. The sandbox makes none itself: it plays whatever
// somebody writes into one.
func (p *Provider) ReadBill(file []byte) (lines []reconcile.Line, err error) {
	bad := func(reason string) ([]reconcile.Line, error) {
		return nil, fault.New(fault.BillInvalid, "reason", reason)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return bad(err.Error())
	}
	if len(rows) == 0 || !slices.Equal(rows[0], billHead) {
		return bad("its first line is not payment,refund,reference,amount,time")
	}
	for _, row := range rows[1:] {
		l := reconcile.Line{Number: row[0], Back: row[1], Reference: row[2]}
		l.Payment, _ = payment.ParseID(l.Number) // 0: another system's
		if l.Back != "" {
			l.Refund, _ = payment.ParseRefundID(l.Back)
		}
		if l.Amount, err = money.Parse(row[3]); err != nil || l.Amount <= 0 {
			return bad("the amount " + row[3] + " is none")
		}
		if l.At, err = time.Parse(time.RFC3339, row[4]); err != nil {
			return bad("the time " + row[4] + " is none")
		}
		lines = append(lines, l)
	}
	return lines, nil
}
