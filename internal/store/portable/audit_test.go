package portable_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/store/storetest"
)

// A row that is changed behind the program's back is found by the audit, on
// both databases, and named.
func TestAuditNamesTheRow(t *testing.T) {
	for _, c := range []struct {
		name, statement, check, named string
	}{
		{"nothing", "UPDATE bucket SET balance = balance", "", ""},
		{"a balance", "UPDATE bucket SET balance = balance + 7 WHERE kind = 'cash' AND id = (SELECT min(id) FROM bucket WHERE kind = 'cash')", "I1", "differs from its entries by 7"},
		{"what is held", "UPDATE bucket SET held = held + 7 WHERE id = (SELECT min(id) FROM bucket WHERE kind = 'cash')", "I2", "differs from the open holds by 7"},
		{"an entry", "UPDATE entry SET amount = amount + 7 WHERE account = 0 AND txn = (SELECT txn FROM cdr WHERE txn <> 0)", "I7", "7"},
		{"a CDR's transaction", "UPDATE cdr SET txn = 0 WHERE txn <> 0", "I8", "call_"},
		{"a CDR's charge", "UPDATE cdr SET charge_micro = charge_micro - 7 WHERE txn <> 0", "lines", "call_"},
		{"a payment forgotten", "DELETE FROM receipt WHERE reference = (SELECT min(reference) FROM receipt)", "I5", charging.NoReceipt},
		{"a payment to nothing", "UPDATE receipt SET txn = 7 WHERE reference = (SELECT min(reference) FROM receipt)", "I5", charging.NoTransaction},
		{"calls at once", "UPDATE usage SET in_use = in_use + 1", "usage", "in use differs from the open holds by 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			on(t, func(t *testing.T, w *world) {
				w.apply(t, example(t))
				line := w.load(t).Lines["4008005678"]
				bill, call := line.Bill, cdr.ID(1<<40)
				bill.Tariff = storetest.Minute
				done := make(chan error, 1)
				w.charging.Reserve(charging.ReserveRequest{Call: call, Bill: bill, At: june}, func(_ charging.Answer, err error) { done <- err })
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				w.charging.Settle(charging.SettleRequest{Bill: bill, Record: cdr.Record{
					Call: call, Customer: int64(line.Customer), StartedAt: june, AnsweredAt: june, EndedAt: june.Add(1), Talk: 1, Billable: 1000, Cause: cdr.Answered,
				}}, func(_ cdr.Record, err error) { done <- err })
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if err := w.db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, c.statement)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				report, err := charging.Audit(t.Context(), w.db)
				if err != nil {
					t.Fatal(err)
				}
				found := c.check == ""
				for _, check := range report.Checks {
					if check.Name == c.check && !check.OK && strings.Contains(check.FirstBad, c.named) {
						found = true
					}
				}
				if !found || report.OK() != (c.check == "") {
					t.Errorf("%+v", report.Checks)
				}
			})
		})
	}
}
