package charging

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

func (o *OpenOp) decide(d *decision) error {
	if o.Key.ID == 0 || o.Key.Shard < 0 || o.Key.Shard >= Shards {
		return broken("account %s in shard %d cannot be opened", o.Key.ID, o.Key.Shard)
	}
	if d.accounts[o.Key] != nil {
		return nil
	}
	a := &Account{Key: o.Key, State: AccountActive, OpenedAt: instant(o.At), mark: fresh}
	d.accounts[o.Key] = a
	d.accts = append(d.accts, a)
	o.Opened = true
	return nil
}

func (o *StateOp) decide(d *decision) error {
	switch o.State {
	case AccountActive, AccountSuspended, AccountFrozen:
	default:
		return fault.New(fault.ValueNotAllowed, "value", o.State, "allowed", "active, suspended, frozen")
	}
	a, err := d.account(o.Key)
	if err != nil || a.State == o.State {
		return err
	}
	d.touchAccount(a)
	a.State = o.State
	return nil
}

func (o *TopUpOp) decide(d *decision) error {
	t := &o.TopUp
	key := receiptKey(t)
	account := AccountKey{t.Shard, t.Account}
	if r := d.receipts[key]; r != nil {
		if r.Account != account || r.Bucket != t.Bucket || r.Amount != t.Amount {
			return fault.New(fault.TopUpReferenceReused, "channel", t.Channel, "reference", t.Reference)
		}
		o.Booked = r.Txn
		return nil
	}
	book, err := checkTopUp(t)
	if err != nil {
		return err
	}
	a, err := d.account(account)
	if err != nil {
		return err
	}
	at := instant(t.At)
	b := a.bucket(t.Bucket, instant(t.ExpiresAt))
	opened := b == nil
	if opened {
		b = &Bucket{
			Account: account, ID: o.Bucket, Kind: t.Bucket, Unit: ledger.CNY,
			ExpiresAt: instant(t.ExpiresAt), CreatedAt: at, mark: fresh,
		}
	}
	balance, err := b.Balance.Add(t.Amount)
	if err != nil {
		return fault.Wrap(err, fault.AmountOverflow)
	}
	booking := Booking{Shard: t.Shard, Transaction: ledger.Transaction{
		ID: o.Txn, Key: "topup/" + t.Channel + "/" + t.Reference, At: at, Kind: ledger.KindTopUp,
		Entries: []ledger.Entry{
			{Account: ledger.BookOf(book), Unit: ledger.CNY, Amount: -int64(t.Amount)},
			{Account: ledger.BucketOf(int64(t.Account), b.ID), Unit: ledger.CNY, Amount: int64(t.Amount)},
		},
	}}
	if err := booking.Validate(); err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	b.Balance = balance
	if opened {
		a.buckets = append(a.buckets, b)
		d.bkts = append(d.bkts, b)
	}
	d.touchBucket(b)
	d.writes.Transactions = append(d.writes.Transactions, booking)
	r := &Receipt{
		Shard: key.Shard, Channel: t.Channel, Reference: t.Reference,
		Account: account, Bucket: t.Bucket, Amount: t.Amount, Txn: o.Txn, At: at,
	}
	d.receipts[key] = r
	d.writes.Receipts = append(d.writes.Receipts, r)
	o.Booked = o.Txn
	return nil
}

// bucket finds where money of a kind and expiry goes. Money that expires on
// different days is kept apart.
func (a *Account) bucket(kind BucketKind, expires time.Time) *Bucket {
	for _, b := range a.buckets {
		if b.Kind == kind && b.Unit == ledger.CNY && b.ExpiresAt.Equal(expires) {
			return b
		}
	}
	return nil
}

// maxReference is the longest reference of a payment, in bytes.
const maxReference = 128

// maxTopUp bounds one payment; it keeps a slip of the finger from making a
// balance that no sum of prices can be compared with.
const maxTopUp = 1_000_000_000 * money.Yuan

func checkTopUp(t *TopUp) (ledger.Book, error) {
	if t.Amount <= 0 || t.Amount > maxTopUp {
		return "", fault.New(fault.MoneyRange, "value", t.Amount, "min", money.Micro, "max", maxTopUp)
	}
	switch t.Bucket {
	case Cash, Bonus:
		if !t.ExpiresAt.IsZero() {
			return "", fault.New(fault.ExpiryNotAllowed, "bucket", t.Bucket)
		}
	case Package:
		if !t.ExpiresAt.IsZero() && !t.At.Before(t.ExpiresAt) {
			return "", fault.New(fault.ValueNotAllowed, "value", t.ExpiresAt.Format(time.DateOnly), "allowed", "a day after "+t.At.Format(time.DateOnly))
		}
	default:
		return "", fault.New(fault.ValueNotAllowed, "value", t.Bucket, "allowed", "cash, bonus, package")
	}
	if t.Reference == "" || len(t.Reference) > maxReference || !utf8.ValidString(t.Reference) || strings.ContainsFunc(t.Reference, isControl) {
		return "", fault.New(fault.ValueNotAllowed, "value", fmt.Sprintf("reference %q", t.Reference), "allowed", "1 to 128 printable bytes")
	}
	book, err := ledger.Receipts(t.Channel)
	if err != nil {
		return "", fault.Wrap(errors.Unwrap(err), fault.ValueNotAllowed, "value", "channel "+t.Channel, "allowed", "lower case letters, digits, - and _")
	}
	return book, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
