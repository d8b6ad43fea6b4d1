package row

import (
	"fmt"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
)

// Write is one of the ways in which a batch changes rows.
type Write int

// The writes, in the order in which they are done. Beside each, the values of
// one row: first the key, then what is set.
const (
	InsertAccounts Write = iota // AccountColumns
	UpdateAccounts              // shard, id; state
	InsertBuckets               // BucketColumns
	UpdateBuckets               // shard, account, id; balance, held, overdraft
	InsertUsages                // UsageColumns
	UpdateUsages                // UsageColumns
	InsertHolds                 // HoldColumns, bill, draft
	UpdateHolds                 // shard, id; parts, grants, lease_until, elapsed, meter_started_at
	RenewHolds                  // shard, id; lease_until, elapsed, meter_started_at
	DeleteHolds                 // shard, id
	InsertTxns                  // TxnColumns
	InsertEntries               // EntryColumns
	InsertReceipts              // ReceiptColumns
	InsertCDRs                  // shard, CDRColumns, reserved_micro, reserved_seconds, grants, txn

	Writes // how many there are
)

// The columns of rows that are only written.
const (
	TxnColumns   = `shard, id, key, kind, call, reverses, at`
	EntryColumns = `shard, txn, leg, account, bucket, book, unit, amount`
)

// Values are those of all rows of a write, one row after the other, each an
// int64 or a string.
type Values [Writes][]any

// Of lists what a decided batch changes.
func Of(w *charging.Writes) (*Values, error) {
	v := &Values{
		InsertAccounts: flat(w.NewAccounts, func(a *charging.Account) []any {
			return []any{int64(a.Key.Shard), int64(a.Key.ID), string(a.State), Micros(a.OpenedAt)}
		}),
		UpdateAccounts: flat(w.Accounts, func(a *charging.Account) []any {
			return []any{int64(a.Key.Shard), int64(a.Key.ID), string(a.State)}
		}),
		InsertBuckets: flat(w.NewBuckets, func(b *charging.Bucket) []any {
			return []any{
				int64(b.Account.Shard), int64(b.Account.ID), b.ID, string(b.Kind), string(b.Unit),
				int64(b.Balance), int64(b.Held), Micros(b.ExpiresAt), Micros(b.CreatedAt), b.Extension, int64(b.Overdraft),
			}
		}),
		UpdateBuckets: flat(w.Buckets, func(b *charging.Bucket) []any {
			return []any{int64(b.Account.Shard), int64(b.Account.ID), b.ID, int64(b.Balance), int64(b.Held), int64(b.Overdraft)}
		}),
		InsertUsages: flat(w.NewUsages, usage),
		UpdateUsages: flat(w.Usages, usage),
		UpdateHolds: flat(w.Holds, func(h *charging.Hold) []any {
			return []any{
				int64(h.Key.Shard), int64(h.Key.ID), encodeParts(h.Parts), encodeGrants(h.Grants),
				Micros(h.LeaseUntil), h.Elapsed.Microseconds(), Micros(h.MeterStartedAt),
			}
		}),
		RenewHolds: flat(w.Renewed, func(h *charging.Hold) []any {
			return []any{int64(h.Key.Shard), int64(h.Key.ID), Micros(h.LeaseUntil), h.Elapsed.Microseconds(), Micros(h.MeterStartedAt)}
		}),
		DeleteHolds: flat(w.GoneHolds, func(k charging.CallKey) []any { return []any{int64(k.Shard), int64(k.ID)} }),
		InsertTxns: flat(w.Transactions, func(t charging.Booking) []any {
			return []any{int64(t.Shard), int64(t.ID), t.Key, string(t.Kind), callOf(t), int64(t.Reverses), Micros(t.At)}
		}),
		InsertEntries: flat(w.Transactions, entries),
		InsertReceipts: flat(w.Receipts, func(r *charging.Receipt) []any {
			return []any{
				int64(r.Shard), r.Channel, r.Reference, int64(r.Account.Shard), int64(r.Account.ID),
				string(r.Bucket), string(r.Unit), int64(r.Amount), r.Extension, int64(r.Txn), Micros(r.At),
			}
		}),
	}
	for _, h := range w.NewHolds {
		values, err := newHold(h)
		if err != nil {
			return nil, err
		}
		v[InsertHolds] = append(v[InsertHolds], values...)
	}
	for _, c := range w.Closed {
		values, err := closed(c)
		if err != nil {
			return nil, err
		}
		v[InsertCDRs] = append(v[InsertCDRs], values...)
	}
	return v, nil
}

// flat lists the values of all rows, one after the other.
func flat[T any](list []T, values func(T) []any) []any {
	var out []any
	for _, v := range list {
		out = append(out, values(v)...)
	}
	return out
}

func usage(u *charging.Usage) []any {
	return []any{
		int64(u.Account.Shard), int64(u.Account.ID), int64(u.Subscription), int64(u.InUse),
		int64(u.Now.Month), int64(u.Now.Calls), int64(u.Now.Spent), int64(u.Now.Held),
		int64(u.Before.Month), int64(u.Before.Calls), int64(u.Before.Spent), int64(u.Before.Held),
	}
}

func entries(t charging.Booking) []any {
	out := make([]any, 0, 8*len(t.Entries))
	for leg, e := range t.Entries {
		out = append(out, int64(t.Shard), int64(t.ID), int64(leg), e.Account.Customer, e.Account.Bucket, string(e.Account.Book), string(e.Unit), e.Amount)
	}
	return out
}

func newHold(h *charging.Hold) ([]any, error) {
	texts := h.Texts
	if texts == nil {
		var err error
		if texts, err = (Texts{}).HoldTexts(h.Bill, h.Draft); err != nil {
			return nil, fmt.Errorf("hold of %s: %w", h.Key.ID, err)
		}
	}
	return []any{
		int64(h.Key.Shard), int64(h.Key.ID), int64(h.Account), int64(h.Subscription), int64(h.Tariff), int64(h.Node),
		encodeParts(h.Parts), encodeGrants(h.Grants), Micros(h.OpenedAt), Micros(h.LeaseUntil), h.Elapsed.Microseconds(),
		Micros(h.MeterStartedAt), texts[0], texts[1],
	}, nil
}

// callOf is the call that a transaction settles, 0 when it is of none.
func callOf(t charging.Booking) int64 {
	if t.Kind != ledger.KindCall {
		return 0
	}
	call, err := cdr.ParseID(t.Key)
	if err != nil {
		return 0 // Audit will call it an orphan
	}
	return int64(call)
}
