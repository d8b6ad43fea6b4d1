package portable_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/statement"
	"sibai/internal/store/portable"
)

var _ statement.Journal = (*portable.Store)(nil)

// Fees, packages, a call, a top-up and a true-up: the statements of two months
// say each of them and tie out on each database.
func TestStatement(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-03-10 15:00", noRules,
			"kind: annual, fee: 365, term_months: 12, package_amount: 100, number_fee: 50, minimum: 20, minimum_period: monthly",
			"{channel: bank, reference: a, amount: 500}")
		b.at("2026-03-10 15:10")
		b.set(shanghai("2026-03-12 09:00"))
		if cause := b.call(3 * time.Minute); cause != "" {
			t.Fatalf("refused: %s", cause)
		}
		b.pay(10*money.Yuan, "b")
		b.at("2026-04-30 12:00")
		b.at("2026-05-01 00:05")
		march, err := statement.Of(t.Context(), w.store, "tea", shanghai("2026-03-01 00:00"), shanghai("2026-04-01 00:00"), explain.EN)
		if err != nil {
			t.Fatal(err)
		}
		// 500 − 50 − 365 + 100 + 10 − 0.30 = 194.70
		if got := march.Balances[0]; got.Opening != 0 || got.Closing != 194_700_000 {
			t.Errorf("March: %+v", got)
		}
		text := march.Text(explain.EN)
		for _, want := range []string{"top-up bank/a", "number fee", "plan fee and its package", "call to 400-123-4567, 3 min billable", "closing balance ¥194.70"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		// April's minimum of 20 is taken on 1 May: 194.70 − 20 = 174.70.
		may, err := statement.Of(t.Context(), w.store, "tea", shanghai("2026-05-01 00:00"), shanghai("2026-06-01 00:00"), explain.ZH)
		if err != nil {
			t.Fatal(err)
		}
		if got := may.Balances[0]; got.Opening != 194_700_000 || got.Closing != 174_700_000 || len(may.Movements) != 1 {
			t.Errorf("May: %+v, %d movements", got, len(may.Movements))
		}
		if text := may.Text(explain.ZH); !strings.Contains(text, "低消补差") {
			t.Error(text)
		}
		txn, ok, err := w.store.Transaction(t.Context(), may.Movements[0].Txn)
		if err != nil || !ok || txn.Kind != ledger.KindMinimum || len(txn.Entries) != 2 || txn.Validate() != nil {
			t.Errorf("%+v, %v, %v", txn, ok, err)
		}
		if _, ok, err := w.store.Transaction(t.Context(), 1); ok || err != nil {
			t.Errorf("a transaction that nobody made: %v, %v", ok, err)
		}
		_, err = statement.Of(t.Context(), w.store, "nobody", shanghai("2026-03-01 00:00"), shanghai("2026-04-01 00:00"), explain.EN)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.ReferenceMissing || f.Params["known"] != "tea" {
			t.Errorf("nobody: %v", err)
		}
	})
}
