package charging_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/store/storetest"
)

// rows is a store that has only what an audit reads.
type rows struct {
	charging.Store
	buckets   []charging.Bucket
	usages    []charging.Usage
	holds     []charging.Hold
	entries   []charging.BookedEntry
	closed    []charging.ClosedSum
	orphans   []charging.Orphan
	unmatched []charging.Unmatched
}

func (r *rows) Inspect(_ context.Context, read func(charging.Inspection) error) error {
	return read(inspection{r})
}

type inspection struct{ *rows }

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (i inspection) Buckets() iter.Seq2[charging.Bucket, error]      { return all(i.buckets) }
func (i inspection) Usages() iter.Seq2[charging.Usage, error]        { return all(i.usages) }
func (i inspection) Holds() iter.Seq2[charging.Hold, error]          { return all(i.holds) }
func (i inspection) Entries() iter.Seq2[charging.BookedEntry, error] { return all(i.entries) }
func (i inspection) Closed() iter.Seq2[charging.ClosedSum, error]    { return all(i.closed) }
func (i inspection) Orphans() iter.Seq2[charging.Orphan, error]      { return all(i.orphans) }
func (i inspection) Unmatched() iter.Seq2[charging.Unmatched, error] { return all(i.unmatched) }

// sound is a small store that keeps every promise: 1.00 came in, a call of
// 0.30 was charged, another holds 0.10.
func sound() *rows {
	account := charging.AccountKey{Shard: 5, ID: 1}
	entry := func(txn ledger.ID, a ledger.Account, amount int64) charging.BookedEntry {
		return charging.BookedEntry{Shard: 5, Txn: txn, Entry: ledger.Entry{Account: a, Unit: ledger.CNY, Amount: amount}}
	}
	bucket := ledger.BucketOf(1, 2)
	return &rows{
		buckets: []charging.Bucket{{Account: account, ID: 2, Kind: charging.Cash, Unit: ledger.CNY, Balance: 700_000, Held: 100_000}},
		usages:  []charging.Usage{{Account: account, Subscription: 3, InUse: 1}},
		holds: []charging.Hold{{
			Key: charging.CallKey{Shard: 5, ID: 101}, Account: 1, Subscription: 3,
			Parts: []charging.Part{{Bucket: 2, Amount: 100_000}},
		}},
		entries: []charging.BookedEntry{
			entry(11, ledger.BookOf("receipts/bank"), -1_000_000), entry(11, bucket, 1_000_000),
			entry(12, bucket, -300_000), entry(12, ledger.BookOf(ledger.RevenueCalls), 300_000),
		},
		closed: []charging.ClosedSum{{
			Call: charging.CallKey{Shard: 5, ID: 100}, Charge: 300_000, Reserved: 400_000, Txn: 12, Settled: 300_000,
			Lines: []cdr.Line{{Amount: 100_000}, {Amount: 200_000}},
		}},
	}
}

// Every kind of damage is found by the check that promises its absence.
func TestAuditFindsDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(*rows)
		bad    string // the checks that fail, in their order
	}{
		"none":                      {func(*rows) {}, ""},
		"a balance that grew":       {func(r *rows) { r.buckets[0].Balance++ }, "I1"},
		"a bucket that is gone":     {func(r *rows) { r.buckets = nil }, "I1 I2"},
		"held without a hold":       {func(r *rows) { r.holds, r.usages = nil, nil }, "I2"},
		"a hold on another bucket":  {func(r *rows) { r.holds[0].Parts[0].Bucket = 9 }, "I2"},
		"held more than there is":   {func(r *rows) { r.buckets[0].Held = 800_000 }, "I2 I3"},
		"held less than nothing":    {func(r *rows) { r.buckets[0].Held = -1 }, "I2 I3"},
		"charged over the reserve":  {func(r *rows) { r.closed[0].Reserved = 299_999 }, "I4"},
		"an entry that is gone":     {func(r *rows) { r.entries = r.entries[:3] }, "I7"},
		"an entry that was changed": {func(r *rows) { r.entries[1].Entry.Amount++ }, "I1 I7"},
		"a transaction that is empty": {func(r *rows) {
			r.entries = append(r.entries, charging.BookedEntry{Shard: 5, Txn: 13})
		}, "I7"},
		"a CDR without its transaction": {func(r *rows) { r.closed[0].Txn, r.closed[0].Settled = 0, 0 }, "I8"},
		"a transaction of another sum":  {func(r *rows) { r.closed[0].Settled-- }, "I8"},
		"a transaction without a CDR": {func(r *rows) {
			r.orphans = []charging.Orphan{{Call: charging.CallKey{Shard: 5, ID: 7}, Txn: 14}}
		}, "I8"},
		"a payment without a receipt": {func(r *rows) {
			r.unmatched = []charging.Unmatched{{Shard: 5, Txn: 11, Key: "bank 1", Why: charging.NoReceipt}}
		}, "I5"},
		"more was paid than there was": {func(r *rows) {
			r.buckets[0].Balance, r.buckets[0].Held, r.holds[0].Parts = -1, 0, nil
			r.entries[2].Entry.Amount -= 700_001
			r.entries[3].Entry.Amount += 700_001
		}, "I3 I9"},
		"a line that is gone":    {func(r *rows) { r.closed[0].Lines = r.closed[0].Lines[:1] }, "lines"},
		"a place that is taken":  {func(r *rows) { r.usages[0].InUse = 2 }, "usage"},
		"a place that was freed": {func(r *rows) { r.usages = nil }, "usage"},
		"held within an overdraft": {func(r *rows) {
			r.buckets[0].Held, r.buckets[0].Overdraft = 800_000, 100_000
			r.holds[0].Parts[0].Amount = 800_000
		}, ""},
		"held beyond an overdraft": {func(r *rows) {
			r.buckets[0].Held, r.buckets[0].Overdraft = 800_001, 100_000
			r.holds[0].Parts[0].Amount = 800_001
		}, "I3"},
		"a negative overdraft": {func(r *rows) { r.buckets[0].Overdraft = -1 }, "I3"},
		"a month that holds what its holds do": {func(r *rows) {
			r.holds[0].OpenedAt = storetest.Start
			r.usages[0].Now = charging.Month{Month: 202603, Calls: 2, Spent: 300_000, Held: 100_000}
		}, ""},
		"a month that holds more than its holds": {func(r *rows) {
			r.holds[0].OpenedAt = storetest.Start
			r.usages[0].Now = charging.Month{Month: 202603, Calls: 2, Spent: 300_000, Held: 100_001}
		}, "usage"},
		"a month that was never spent in": {func(r *rows) { r.usages[0].Now = charging.Month{Month: 202602, Calls: -1} }, "usage"},
		"included time beyond the reserve": {func(r *rows) {
			r.closed[0].Included, r.closed[0].Seconds = 60, 59
			r.closed[0].Lines = append(r.closed[0].Lines, cdr.Line{Unit: "SEC", Used: 60})
		}, "I4"},
		"included time without its transaction": {func(r *rows) {
			r.closed[0].Seconds = 60
			r.closed[0].Lines = append(r.closed[0].Lines, cdr.Line{Unit: "SEC", Used: 60})
		}, "I8"},
		"included time that money paid for": {func(r *rows) {
			r.entries = append(r.entries,
				charging.BookedEntry{Shard: 5, Txn: 13, Entry: ledger.Entry{Account: ledger.BookOf(ledger.IncludedIssued), Unit: ledger.SEC, Amount: -60}},
				charging.BookedEntry{Shard: 5, Txn: 13, Entry: ledger.Entry{Account: ledger.BookOf(ledger.RevenueCalls), Unit: ledger.CNY, Amount: 60}})
		}, "I7"},
	} {
		r := sound()
		c.damage(r)
		report, err := charging.Audit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var bad []string
		for _, check := range report.Checks {
			if check.OK != (check.Bad == 0) || check.OK != (check.FirstBad == "") {
				t.Errorf("%s: %+v", name, check)
			}
			if !check.OK {
				bad = append(bad, check.Name)
			}
		}
		if got := strings.Join(bad, " "); got != c.bad || report.OK() != (c.bad == "") {
			t.Errorf("%s: failed %q, want %q", name, got, c.bad)
		}
	}
	report, err := charging.Audit(t.Context(), sound())
	if err != nil {
		t.Fatal(err)
	}
	want := []charging.Total{
		{Name: "bucket/cash", Unit: ledger.CNY, Amount: 700_000},
		{Name: "receipts/bank", Unit: ledger.CNY, Amount: -1_000_000},
		{Name: "revenue/calls", Unit: ledger.CNY, Amount: 300_000},
	}
	if !slices.Equal(report.Totals, want) {
		t.Errorf("totals %+v", report.Totals)
	}
}
