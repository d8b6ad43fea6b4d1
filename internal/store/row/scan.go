package row

import (
	"encoding/json"
	"errors"
	"fmt"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// The columns that the functions below read, in their order.
const (
	AccountColumns = `shard, id, state, opened_at`
	BucketColumns  = `shard, account, id, kind, unit, balance, held, expires_at, created_at, extension, overdraft`
	UsageColumns   = `shard, account, subscription, in_use, month, calls, spent, held, before_month, before_calls, before_spent, before_held`
	HoldColumns    = `shard, id, account, subscription, tariff, node, parts, grants, opened_at, lease_until, elapsed, meter_started_at`
	ReceiptColumns = `shard, channel, reference, account_shard, account, bucket, unit, amount, extension, txn, at`
)

// Scanner is a row of a result.
type Scanner interface{ Scan(to ...any) error }

// ScanAccount reads AccountColumns.
func ScanAccount(from Scanner) (*charging.Account, error) {
	a := &charging.Account{}
	var opened int64
	err := from.Scan(&a.Key.Shard, &a.Key.ID, &a.State, &opened)
	a.OpenedAt = Instant(opened)
	return a, err
}

// ScanBucket reads BucketColumns.
func ScanBucket(from Scanner, b *charging.Bucket) error {
	var expires, created int64
	err := from.Scan(&b.Account.Shard, &b.Account.ID, &b.ID, &b.Kind, &b.Unit, &b.Balance, &b.Held, &expires, &created, &b.Extension, &b.Overdraft)
	b.ExpiresAt, b.CreatedAt = Instant(expires), Instant(created)
	return err
}

// ScanUsage reads UsageColumns.
func ScanUsage(from Scanner, u *charging.Usage) error {
	return from.Scan(&u.Account.Shard, &u.Account.ID, &u.Subscription, &u.InUse,
		&u.Now.Month, &u.Now.Calls, &u.Now.Spent, &u.Now.Held, &u.Before.Month, &u.Before.Calls, &u.Before.Spent, &u.Before.Held)
}

// ScanReceipt reads ReceiptColumns.
func ScanReceipt(from Scanner) (*charging.Receipt, error) {
	r := &charging.Receipt{}
	var at int64
	err := from.Scan(&r.Shard, &r.Channel, &r.Reference, &r.Account.Shard, &r.Account.ID, &r.Bucket, &r.Unit, &r.Amount, &r.Extension, &r.Txn, &at)
	r.At = Instant(at)
	return r, err
}

// ScanHold reads HoldColumns, and into more what follows them.
func ScanHold(from Scanner, h *charging.Hold, more ...any) error {
	var parts, grants string
	var opened, lease, elapsed, meter int64
	err := from.Scan(append([]any{&h.Key.Shard, &h.Key.ID, &h.Account, &h.Subscription, &h.Tariff, &h.Node, &parts, &grants, &opened, &lease, &elapsed, &meter}, more...)...)
	if err != nil {
		return err
	}
	if h.Parts, err = decodeParts(parts); err != nil {
		return fmt.Errorf("parts of %s: %w", h.Key.ID, err)
	}
	if h.Grants, err = decodeGrants(grants); err != nil {
		return fmt.Errorf("grants of %s: %w", h.Key.ID, err)
	}
	h.OpenedAt, h.LeaseUntil, h.MeterStartedAt, h.Elapsed = Instant(opened), Instant(lease), Instant(meter), Length(elapsed)
	return nil
}

// ScanLost reads HoldColumns, bill and draft.
func ScanLost(from Scanner) (*charging.Hold, error) {
	h := &charging.Hold{Bill: &charging.Bill{}, Draft: &cdr.Record{}}
	var bill, draft string
	if err := ScanHold(from, h, &bill, &draft); err != nil {
		return nil, err
	}
	if err := errors.Join(json.Unmarshal([]byte(bill), h.Bill), json.Unmarshal([]byte(draft), h.Draft)); err != nil {
		return nil, fmt.Errorf("hold of %s: %w", h.Key.ID, err)
	}
	return h, nil
}
