package statement_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/statement"
)

// book is a journal in memory.
type book struct {
	account statement.Account
	entries []statement.Movement
}

func (b book) Movements(_ context.Context, _ string, move func(statement.Movement) error) (statement.Account, error) {
	for _, m := range b.entries {
		if err := move(m); err != nil {
			return statement.Account{}, err
		}
	}
	return b.account, nil
}

var from, to = time.Date(2026, 11, 1, 0, 0, 0, 0, calendar.Shanghai), time.Date(2026, 12, 1, 0, 0, 0, 0, calendar.Shanghai)

// Whatever was booked, in whatever order it is read: the statements of months
// in a row tie to one another and the last one to the balance.
func TestMonthsTieOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := book{account: statement.Account{ID: 1, Buckets: []charging.Bucket{
			{ID: 1, Kind: charging.Cash, Unit: ledger.CNY}, {ID: 2, Kind: charging.Package, Unit: ledger.CNY}, {ID: 3, Kind: charging.Package, Unit: ledger.SEC},
		}}}
		for i := range rapid.IntRange(0, 30).Draw(t, "entries") {
			k := rapid.IntRange(0, 2).Draw(t, "bucket")
			bucket := &b.account.Buckets[k]
			m := statement.Movement{
				At: from.AddDate(0, -1, rapid.IntRange(0, 100).Draw(t, "day")), Txn: ledger.ID(i/2 + 1), Kind: ledger.KindTopUp,
				Bucket: bucket.ID, Unit: bucket.Unit, Amount: money.Amount(rapid.Int64Range(-1e9, 1e9).Draw(t, "amount")),
			}
			bucket.Balance += m.Amount
			b.entries = append(b.entries, m)
		}
		closing := map[ledger.Unit]money.Amount{}
		for i := -1; i <= 3; i++ {
			s, err := statement.Of(context.Background(), b, "acme", from.AddDate(0, i, 0), from.AddDate(0, i+1, 0), explain.EN)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range s.Balances {
				if x.Opening != closing[x.Unit] {
					t.Fatalf("%s opens with %d %s, the month before closed with %d", s.From, x.Opening, x.Unit, closing[x.Unit])
				}
				running := x.Opening
				for _, m := range s.Movements {
					if m.Unit == x.Unit {
						running += m.Amount
						if m.Balance != running {
							t.Fatalf("after %s the balance is %d, not %d", m.Text, running, m.Balance)
						}
					}
				}
				if running != x.Closing || x.Opening+x.In+x.Out != x.Closing {
					t.Fatalf("%s: %+v, movements end at %d", s.From, x, running)
				}
				closing[x.Unit] = x.Closing
			}
		}
		cash := b.account.Buckets[0].Balance + b.account.Buckets[1].Balance
		if closing[ledger.CNY] != cash || closing[ledger.SEC] != b.account.Buckets[2].Balance {
			t.Fatalf("closing %v, balances %d and %d", closing, cash, b.account.Buckets[2].Balance)
		}
	})
}

func TestDamagedBooksAreNoStatement(t *testing.T) {
	t.Parallel()
	in := statement.Movement{At: from, Kind: ledger.KindTopUp, Bucket: 1, Unit: ledger.CNY, Amount: 5}
	for name, b := range map[string]book{
		"an entry is missing": {account: statement.Account{Buckets: []charging.Bucket{{ID: 1, Unit: ledger.CNY, Balance: 6}}}, entries: []statement.Movement{in}},
		"no such bucket":      {entries: []statement.Movement{in}},
	} {
		_, err := statement.Of(t.Context(), b, "acme", from, to, explain.EN)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.StatementBroken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryKindHasItsWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []ledger.Kind{
		ledger.KindCall, ledger.KindTopUp, ledger.KindReversal, ledger.KindPlan, ledger.KindEarned,
		ledger.KindNumber, ledger.KindMinimum, ledger.KindExpiry, ledger.KindRefund,
	} {
		for _, l := range []explain.Lang{explain.ZH, explain.EN} {
			m := statement.Movement{Kind: kind, Key: string(kind) + "/sub_1/3", Call: cdr.ID(7), Number: "4001234567", Billable: time.Minute}
			got := statement.Reason(m, l)
			if strings.ContainsAny(got, "{}") || strings.HasPrefix(got, string(kind)+"/") || kind != ledger.KindCall && !strings.Contains(got, "sub_1/3") {
				t.Errorf("%s in %s: %q", kind, l, got)
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	b := book{
		account: statement.Account{Name: "Tea", ID: 1, Buckets: []charging.Bucket{{ID: 1, Kind: charging.Cash, Unit: ledger.CNY, Balance: 9_700_000}}},
		entries: []statement.Movement{
			{At: from.Add(time.Hour), Txn: 2, Kind: ledger.KindCall, Key: "call_7", Bucket: 1, Unit: ledger.CNY, Amount: -300_000, Call: 7, Number: "4001234567", Billable: 125 * time.Second},
			{At: from.Add(-time.Hour), Txn: 1, Kind: ledger.KindTopUp, Key: "topup/bank/1", Bucket: 1, Unit: ledger.CNY, Amount: 10 * money.Yuan},
		},
	}
	s, err := statement.Of(t.Context(), b, "tea", from, to, explain.EN)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`Tea (tea, %s), 2026-11-01 to 2026-11-30
  opening balance ¥10.00
  2026-11-01 01:00:00  -¥0.30  balance ¥9.70  cash  call to 400-123-4567, 2 min 5 s billable, %s
  opening ¥10.00 + in ¥0.00 − out ¥0.30 = closing balance ¥9.70
`, charging.AccountID(1), cdr.ID(7))
	if got := s.Text(explain.EN); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s, err = statement.Of(t.Context(), b, "tea", from, to, explain.ZH)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Text(explain.ZH); !strings.Contains(got, "本金  通话 400-123-4567，计费 2 分 5 秒") || !strings.Contains(got, "期末 ¥9.70") {
		t.Error(got)
	}
}
