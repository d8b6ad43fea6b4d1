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
	o.Booked, o.Restored = 0, false
	t := &o.TopUp
	key := receiptKey(t)
	account := AccountKey{t.Shard, t.Account}
	if r := d.receipts[key]; r != nil {
		if r.Account != account || r.Bucket != t.Bucket || r.Extension != t.Extension || r.Unit != t.unit() || r.Amount != t.quantity() {
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
	b := a.bucket(t)
	opened := b == nil
	if opened {
		b = &Bucket{
			Account: account, ID: o.Bucket, Kind: t.Bucket, Unit: t.unit(), Extension: t.Extension,
			ExpiresAt: instant(t.ExpiresAt), CreatedAt: at, mark: fresh,
		}
	}
	balance, err := b.Balance.Add(t.quantity())
	if err != nil {
		return fault.Wrap(err, fault.AmountOverflow)
	}
	booking := Booking{Shard: t.Shard, Transaction: ledger.Transaction{
		ID: o.Txn, Key: "topup/" + t.Channel + "/" + t.Reference, At: at, Kind: ledger.KindTopUp,
		Entries: []ledger.Entry{
			{Account: ledger.BookOf(book), Unit: b.Unit, Amount: -int64(t.quantity())},
			{Account: ledger.BucketOf(int64(t.Account), b.ID), Unit: b.Unit, Amount: int64(t.quantity())},
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
		Account: account, Bucket: t.Bucket, Unit: b.Unit, Amount: t.quantity(), Extension: t.Extension, Txn: o.Txn, At: at,
	}
	d.receipts[key] = r
	d.writes.Receipts = append(d.writes.Receipts, r)
	o.Booked = o.Txn
	if a.State == AccountArrears && t.Bucket != Extension && a.credit(at, 0) {
		d.touchAccount(a) // service is back with the payment's own commit
		a.State = AccountActive
		o.Restored = true
	}
	return nil
}

// unit is what the top-up counts.
func (t *TopUp) unit() ledger.Unit {
	if t.Seconds != 0 {
		return ledger.SEC
	}
	return ledger.CNY
}

// quantity is how much came in, in the top-up's unit.
func (t *TopUp) quantity() money.Amount {
	if t.Seconds != 0 {
		return money.Amount(t.Seconds)
	}
	return t.Amount
}

// bucket finds where a top-up goes. What expires on different days is kept
// apart.
func (a *Account) bucket(t *TopUp) *Bucket {
	expires := instant(t.ExpiresAt)
	for _, b := range a.buckets {
		if b.Kind == t.Bucket && b.Unit == t.unit() && b.Extension == t.Extension && b.ExpiresAt.Equal(expires) {
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

// MaxTopUpSeconds bounds the included call time of one top-up: 60 years.
const MaxTopUpSeconds = 2_000_000_000

// checkTopUp says which book the top-up comes from.
func checkTopUp(t *TopUp) (ledger.Book, error) {
	switch {
	case t.Seconds != 0 && t.Amount != 0:
		return "", fault.New(fault.ValueNotAllowed, "value", fmt.Sprintf("%s yuan and %d seconds", t.Amount, t.Seconds), "allowed", "one of the two")
	case t.Seconds < 0 || t.Seconds > MaxTopUpSeconds:
		return "", fault.New(fault.ValueRange, "value", t.Seconds, "min", 1, "max", MaxTopUpSeconds)
	case t.Seconds == 0 && (t.Amount <= 0 || t.Amount > maxTopUp):
		return "", fault.New(fault.MoneyRange, "value", t.Amount, "min", money.Micro, "max", maxTopUp)
	}
	if err := checkTopUpBucket(t); err != nil {
		return "", err
	}
	if t.Reference == "" || len(t.Reference) > maxReference || !utf8.ValidString(t.Reference) || strings.ContainsFunc(t.Reference, isControl) {
		return "", fault.New(fault.ValueNotAllowed, "value", fmt.Sprintf("reference %q", t.Reference), "allowed", "1 to 128 printable bytes")
	}
	book, err := ledger.Receipts(t.Channel)
	if err != nil {
		return "", fault.Wrap(errors.Unwrap(err), fault.ValueNotAllowed, "value", "channel "+t.Channel, "allowed", "lower case letters, digits, - and _")
	}
	if t.Seconds != 0 { // no money came in
		book = ledger.IncludedIssued
	}
	return book, nil
}

func checkTopUpBucket(t *TopUp) error {
	switch t.Bucket {
	case Cash, Bonus:
		if t.Seconds != 0 {
			return fault.New(fault.ValueNotAllowed, "value", t.Bucket, "allowed", "package, extension")
		}
	case Package, Extension:
	default:
		return fault.New(fault.ValueNotAllowed, "value", t.Bucket, "allowed", "cash, bonus, package, extension")
	}
	if (t.Bucket == Extension) != (t.Extension > 0) || t.Extension < 0 {
		return fault.New(fault.ValueNotAllowed, "value", fmt.Sprintf("%s %d", t.Bucket, t.Extension), "allowed", "an extension of 1 or more with the bucket extension, and with no other")
	}
	switch {
	case t.ExpiresAt.IsZero():
	case t.Bucket != Package:
		return fault.New(fault.ExpiryNotAllowed, "bucket", t.Bucket)
	case !t.At.Before(t.ExpiresAt):
		return fault.New(fault.ValueNotAllowed, "value", t.ExpiresAt.Format(time.DateOnly), "allowed", "a day after "+t.At.Format(time.DateOnly))
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
