package charging

import (
	"context"

	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"

	"time"
)

// Posting moves money, or included call time, of one account for a reason that
// is no call and no payment: a fee, a day's part of it, a true-up, credit that
// expires, a refund. Idempotent by Kind and Key: a posting that was booked is
// left as it is, whatever the second one says.
type Posting struct {
	Shard   int
	Account AccountID
	Kind    ledger.Kind
	Key     string // what it is for, once for ever, such as sub_…/3
	At      time.Time
	// Take is the money that the account pays, all of it or nothing: from its
	// free bonus and cash in their order, or with CashOnly from cash alone.
	Take     money.Amount
	CashOnly bool
	// Books is where money goes, and with a minus where it comes from; it sums
	// to Take.
	Books []BookEntry
	// Give are buckets that the account gets.
	Give []Gift
	// Empty takes what an expired bucket has left.
	Empty *Emptying
	// Reverse books the opposite of a transaction of the account, with the kind
	// reversal; of a call's none can be made, for its CDR would be wrong.
	Reverse *ledger.Transaction
}

// BookEntry is money on one of the operator's books.
type BookEntry struct {
	Book   ledger.Book
	Amount money.Amount // not zero
}

// Gift is a package bucket of its own that an account gets with a plan. Its
// other side is issued/credit, or included/issued.
type Gift struct {
	Bucket    int64 // id of the new bucket
	Unit      ledger.Unit
	Amount    money.Amount // in Unit, more than zero
	ExpiresAt time.Time
}

// Emptying takes what an expired bucket has free; what open holds have
// reserved on it stays.
type Emptying struct {
	Bucket int64
	// Into is the bucket that gets it, of the same account and unit; 0 books it
	// as expired.
	Into int64
}

// Posted is what became of a posting.
type Posted struct {
	Txn    ledger.ID    // 0 when nothing moved
	Amount money.Amount // taken or emptied, in the unit of the bucket
	At     time.Time    // when it was booked
	Again  bool         // it had been booked before
	// Short is set when the account cannot pay: nothing was booked.
	Short bool
}

// PostOp books a Posting.
type PostOp struct {
	outcome
	Posting Posting
	Txn     ledger.ID
	Posted  Posted
}

func (o *PostOp) receipt() ReceiptKey {
	// The slash is in no payment channel's name.
	return ReceiptKey{o.Posting.Shard, "/" + string(o.Posting.Kind), o.Posting.Key}
}

func (o *PostOp) keys(k *Keys) {
	k.account(AccountKey{o.Posting.Shard, o.Posting.Account})
	k.Receipts = append(k.Receipts, o.receipt())
}

func (o *PostOp) shard() int { return o.Posting.Shard }

// Post books a posting. That the account cannot pay is no error but Short.
func (s *Service) Post(ctx context.Context, p Posting) (Posted, error) {
	op := &PostOp{Posting: p, Txn: ledger.ID(s.ids.Next())}
	if err := s.wait(ctx, op); err != nil {
		return Posted{}, err
	}
	return op.Posted, nil
}

func (o *PostOp) decide(d *decision) error {
	o.Posted = Posted{}
	p := &o.Posting
	key, account := o.receipt(), AccountKey{p.Shard, p.Account}
	if r := d.receipts[key]; r != nil {
		if r.Account != account {
			return broken("%s %s was posted on %s, not on %s", p.Kind, p.Key, r.Account.ID, p.Account)
		}
		o.Posted = Posted{Txn: r.Txn, Amount: r.Amount, At: r.At, Again: true}
		return nil
	}
	if err := checkPosting(p); err != nil {
		return err
	}
	a, err := d.account(account)
	if err != nil {
		return err
	}
	plan, err := d.post(a, p)
	if err != nil || plan == nil {
		o.Posted.Short = err == nil && p.Empty == nil
		return err
	}
	at := instant(p.At)
	txn := o.Txn
	if len(plan.entries) == 0 {
		txn = 0
	} else {
		booking := Booking{Shard: p.Shard, Transaction: ledger.Transaction{
			ID: txn, Key: string(p.Kind) + "/" + p.Key, At: at, Kind: p.Kind, Entries: plan.entries,
		}}
		if p.Reverse != nil {
			booking.Reverses = p.Reverse.ID
		}
		if err := booking.Validate(); err != nil {
			return broken("%s %s: %w", p.Kind, p.Key, err)
		}
		d.writes.Transactions = append(d.writes.Transactions, booking)
	}
	for _, m := range plan.moves {
		m.bucket.Balance += m.amount
		d.touchBucket(m.bucket)
	}
	for _, b := range plan.opened {
		a.buckets = append(a.buckets, b)
		d.bkts = append(d.bkts, b)
	}
	r := &Receipt{
		Shard: key.Shard, Channel: key.Channel, Reference: key.Reference,
		Account: account, Unit: plan.unit, Amount: plan.amount, Txn: txn, At: at,
	}
	d.receipts[key] = r
	d.writes.Receipts = append(d.writes.Receipts, r)
	o.Posted = Posted{Txn: txn, Amount: plan.amount, At: at}
	return nil
}

// checkPosting refuses what the program should never have made.
func checkPosting(p *Posting) error {
	sum := -p.Take
	for _, e := range p.Books {
		sum += e.Amount
	}
	switch {
	case p.Shard < 0 || p.Shard >= Shards || p.Key == "" || p.Kind == "" || len(p.Key) > maxReference:
		return broken("a posting %s %q in shard %d", p.Kind, p.Key, p.Shard)
	case p.Take < 0 || sum != 0:
		return broken("%s %s takes %s and books differ by %s", p.Kind, p.Key, p.Take, sum)
	case p.Reverse != nil && (p.Kind != ledger.KindReversal || p.Reverse.Kind == ledger.KindCall || p.Empty != nil || p.Take != 0 || len(p.Books)+len(p.Give) > 0):
		return broken("%s %s cannot reverse %s %s", p.Kind, p.Key, p.Reverse.Kind, p.Reverse.ID)
	case p.Empty != nil && (p.Take != 0 || len(p.Books)+len(p.Give) > 0):
		return broken("%s %s empties a bucket and does more", p.Kind, p.Key)
	}
	for _, g := range p.Give {
		if g.Amount <= 0 || g.Bucket == 0 || (g.Unit != ledger.CNY && g.Unit != ledger.SEC) {
			return broken("%s %s gives %d %s", p.Kind, p.Key, g.Amount, g.Unit)
		}
	}
	return nil
}

// posting is what a Posting does to the rows.
type posting struct {
	entries []ledger.Entry
	moves   []move
	opened  []*Bucket
	amount  money.Amount
	unit    ledger.Unit
}

type move struct {
	bucket *Bucket
	amount money.Amount
}

func (p *posting) move(b *Bucket, amount money.Amount) {
	p.moves = append(p.moves, move{b, amount})
	p.entries = append(p.entries, ledger.Entry{Account: ledger.BucketOf(int64(b.Account.ID), b.ID), Unit: b.Unit, Amount: int64(amount)})
}

func (p *posting) book(book ledger.Book, unit ledger.Unit, amount money.Amount) {
	p.entries = append(p.entries, ledger.Entry{Account: ledger.BookOf(book), Unit: unit, Amount: int64(amount)})
}

// post works a posting out; nil when the account cannot pay, or has nothing to
// empty. No row is changed yet.
func (d *decision) post(a *Account, p *Posting) (*posting, error) {
	switch {
	case p.Empty != nil:
		return a.emptied(p)
	case p.Reverse != nil:
		return a.reversed(p.Reverse)
	}
	out := &posting{amount: p.Take, unit: ledger.CNY}
	at := instant(p.At)
	left := p.Take
	for _, b := range d.rules.drawOrder(a) {
		if left == 0 {
			break
		}
		if b.Kind != Cash && (b.Kind != Bonus || p.CashOnly) {
			continue
		}
		if part := min(left, b.free(at)); part > 0 {
			out.move(b, -part)
			left -= part
		}
	}
	if left > 0 {
		return nil, nil
	}
	for _, e := range p.Books {
		out.book(e.Book, ledger.CNY, e.Amount)
	}
	for _, g := range p.Give {
		b := &Bucket{
			Account: a.Key, ID: g.Bucket, Kind: Package, Unit: g.Unit, Balance: g.Amount,
			ExpiresAt: instant(g.ExpiresAt), CreatedAt: at, mark: fresh,
		}
		out.opened = append(out.opened, b)
		book := ledger.CreditIssued
		if g.Unit == ledger.SEC {
			book = ledger.IncludedIssued
		}
		out.book(book, g.Unit, -g.Amount)
		out.entries = append(out.entries, ledger.Entry{Account: ledger.BucketOf(int64(a.Key.ID), b.ID), Unit: b.Unit, Amount: int64(g.Amount)})
	}
	return out, nil
}

func (a *Account) emptied(p *Posting) (*posting, error) {
	from, into := a.byID(p.Empty.Bucket), a.byID(p.Empty.Into)
	switch {
	case from == nil:
		return nil, broken("%s has no bucket %d to empty", a.Key.ID, p.Empty.Bucket)
	case !from.expired(instant(p.At)):
		return nil, broken("bucket %d of %s has not expired", from.ID, a.Key.ID)
	case p.Empty.Into != 0 && (into == nil || into == from || into.Unit != from.Unit):
		return nil, broken("bucket %d of %s cannot take what %d leaves", p.Empty.Into, a.Key.ID, from.ID)
	}
	free := from.Balance - from.Held
	if free <= 0 {
		return nil, nil
	}
	out := &posting{amount: free, unit: from.Unit}
	out.move(from, -free)
	if into == nil {
		book := ledger.RevenueExpired
		if from.Unit == ledger.SEC {
			book = ledger.IncludedExpired
		}
		out.book(book, from.Unit, free)
		return out, nil
	}
	if _, err := into.Balance.Add(free); err != nil {
		return nil, fault.Wrap(err, fault.AmountOverflow)
	}
	out.move(into, free)
	return out, nil
}

// reversed takes back what a transaction gave, and gives back what it took;
// nil when a bucket has not so much free any more.
func (a *Account) reversed(t *ledger.Transaction) (*posting, error) {
	out := &posting{unit: ledger.CNY}
	for _, e := range t.Entries {
		amount := -money.Amount(e.Amount)
		if e.Account.Book != "" {
			out.book(e.Account.Book, e.Unit, amount)
			continue
		}
		b := a.byID(e.Account.Bucket)
		if b == nil || e.Account.Customer != int64(a.Key.ID) || b.Unit != e.Unit {
			return nil, broken("%s is not of %s", t.ID, a.Key.ID)
		}
		if amount < 0 && b.Balance-b.Held < -amount {
			return nil, nil
		}
		if _, err := b.Balance.Add(amount); err != nil {
			return nil, fault.Wrap(err, fault.AmountOverflow)
		}
		out.move(b, amount)
		out.amount += amount
		out.unit = e.Unit
	}
	return out, nil
}

func (a *Account) byID(bucket int64) *Bucket {
	for _, b := range a.buckets {
		if b.ID == bucket {
			return b
		}
	}
	return nil
}

// Rehearse does a posting on the view alone, for a preview: what it would
// answer, with the view's balances moved as it would move them. Without an
// account nothing can be paid.
func (v *AccountView) Rehearse(p Posting) Posted {
	if v == nil {
		return Posted{Short: p.Take > 0}
	}
	a := &Account{Key: v.Key, State: v.State}
	for i := range v.Buckets {
		a.buckets = append(a.buckets, &v.Buckets[i])
	}
	plan, err := (&decision{}).post(a, &p)
	if err != nil || plan == nil {
		return Posted{Short: p.Empty == nil}
	}
	for _, m := range plan.moves {
		m.bucket.Balance += m.amount
	}
	for _, b := range plan.opened {
		v.Buckets = append(v.Buckets, *b)
	}
	return Posted{Amount: plan.amount, At: instant(p.At)}
}
