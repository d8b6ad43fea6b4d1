package ledger_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/ledger"
)

var at = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func good() ledger.Transaction {
	return ledger.Transaction{
		ID: 7, Key: "call_1", At: at, Kind: ledger.KindCall,
		Entries: []ledger.Entry{
			{Account: ledger.BucketOf(1, 2), Unit: ledger.CNY, Amount: -300_000},
			{Account: ledger.BookOf(ledger.RevenueCalls), Unit: ledger.CNY, Amount: 300_000},
		},
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := good().Validate(); err != nil {
		t.Fatalf("a good transaction: %v", err)
	}
	for name, spoil := range map[string]func(*ledger.Transaction){
		"no id":                 func(t *ledger.Transaction) { t.ID = 0 },
		"no idempotency key":    func(t *ledger.Transaction) { t.Key = "" },
		"no kind":               func(t *ledger.Transaction) { t.Kind = "" },
		"no time":               func(t *ledger.Transaction) { t.At = time.Time{} },
		"at least two":          func(t *ledger.Transaction) { t.Entries = t.Entries[:1] },
		"moves 0":               func(t *ledger.Transaction) { t.Entries[0].Amount = 0 },
		"not to zero":           func(t *ledger.Transaction) { t.Entries[0].Amount = -300_001 },
		"1 CNY and":             func(t *ledger.Transaction) { t.Entries[0].Amount++ },
		"unknown unit":          func(t *ledger.Transaction) { t.Entries[0].Unit = "USD" },
		"neither a bucket":      func(t *ledger.Transaction) { t.Entries[0].Account = ledger.Account{} },
		"names the transaction": func(t *ledger.Transaction) { t.Reverses = 3 },
		"leave the range": func(t *ledger.Transaction) {
			t.Entries[0].Amount, t.Entries[1].Amount = math.MaxInt64, math.MaxInt64
		},
		// each unit must balance for itself: −0.3 yuan is not +300,000 seconds
		"-300000 CNY and 300000 SEC": func(t *ledger.Transaction) { t.Entries[1].Unit = ledger.SEC },
	} {
		txn := good()
		spoil(&txn)
		if err := txn.Validate(); !errors.Is(err, ledger.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	if got := ledger.BucketOf(1, 2).String(); got != "acc_0000000000001/bkt_0000000000002" {
		t.Errorf("bucket account = %s", got)
	}
	if b, err := ledger.Receipts("wechat"); err != nil || ledger.BookOf(b).String() != "receipts/wechat" {
		t.Errorf("receipts = %s, %v", b, err)
	}
	for _, bad := range []string{"", "We Chat", "a/b", "微信", strings.Repeat("a", 65)} {
		if _, err := ledger.Receipts(bad); !errors.Is(err, ledger.ErrAccount) {
			t.Errorf("Receipts(%q) = %v", bad, err)
		}
	}
}

// A transaction and its reversal leave every account as it was.
func TestReverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		txn := good()
		txn.Entries = nil
		var sum int64
		for _, amount := range rapid.SliceOfN(rapid.Int64Range(1, 1e12), 1, 5).Draw(t, "amounts") {
			bucket := rapid.Int64Range(1, 3).Draw(t, "bucket")
			txn.Entries = append(txn.Entries, ledger.Entry{Account: ledger.BucketOf(1, bucket), Unit: ledger.CNY, Amount: -amount})
			sum += amount
		}
		txn.Entries = append(txn.Entries, ledger.Entry{Account: ledger.BookOf(ledger.RevenueCalls), Unit: ledger.CNY, Amount: sum})
		if err := txn.Validate(); err != nil {
			t.Fatal(err)
		}
		back, err := txn.Reverse(8, at)
		if err != nil {
			t.Fatal(err)
		}
		left := map[ledger.Account]int64{}
		for _, e := range append(txn.Entries, back.Entries...) {
			left[e.Account] += e.Amount
		}
		for account, amount := range left {
			if amount != 0 {
				t.Fatalf("%s is left with %d", account, amount)
			}
		}
		if back.Reverses != txn.ID {
			t.Fatalf("reverses %s", back.Reverses)
		}
		if _, err := back.Reverse(9, at); !errors.Is(err, ledger.ErrInvalid) {
			t.Fatalf("a reversal was reversed: %v", err)
		}
	})
}
