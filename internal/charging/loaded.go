package charging

// Loaded is what a store found for the Keys of a batch. Rows that do not
// exist are not put. Decide changes it; it is used for one batch.
type Loaded struct {
	accounts map[AccountKey]*Account
	holds    map[CallKey]*Hold
	closed   map[CallKey]*Closed
	receipts map[ReceiptKey]*Receipt
}

// NewLoaded makes room for what keys name.
func NewLoaded(k *Keys) *Loaded {
	return &Loaded{
		accounts: make(map[AccountKey]*Account, len(k.Accounts)),
		holds:    make(map[CallKey]*Hold, len(k.Calls)),
		closed:   make(map[CallKey]*Closed),
		receipts: make(map[ReceiptKey]*Receipt),
	}
}

// PutAccount adds an account; its buckets and usages are put after it.
func (l *Loaded) PutAccount(a *Account) { l.accounts[a.Key] = a }

// PutBucket adds a bucket to its account, which is there already; without it
// the bucket is left out. An account has its buckets in the order of their ids.
func (l *Loaded) PutBucket(b *Bucket) {
	a := l.accounts[b.Account]
	if a == nil {
		return
	}
	a.buckets = append(a.buckets, b)
	for i := len(a.buckets) - 1; i > 0 && a.buckets[i].ID < a.buckets[i-1].ID; i-- {
		a.buckets[i], a.buckets[i-1] = a.buckets[i-1], a.buckets[i]
	}
}

// PutUsage adds the usage of a subscription to its account, which is there
// already; without it the usage is left out.
func (l *Loaded) PutUsage(u *Usage) {
	if a := l.accounts[u.Account]; a != nil {
		a.usages = append(a.usages, u)
	}
}

// PutHold adds an open hold.
func (l *Loaded) PutHold(h *Hold) { l.holds[h.Key] = h }

// PutClosed adds a call that ended.
func (l *Loaded) PutClosed(c *Closed) { l.closed[c.Key] = c }

// PutReceipt adds a payment that was booked.
func (l *Loaded) PutReceipt(r *Receipt) {
	l.receipts[ReceiptKey{r.Shard, r.Channel, r.Reference}] = r
}

// Writes is what a decided batch changes. Each row is in one list, once, with
// its final values. The proof of a hold (how long the call has lasted, when its
// meter started, the end of its lease) is the exception: a renewal comes without
// the account that guards the hold, so what another node proved meanwhile must
// not be taken back. A store writes the later of each, and a meter's first start.
type Writes struct {
	NewAccounts  []*Account
	Accounts     []*Account // state changed
	NewBuckets   []*Bucket
	Buckets      []*Bucket // balance or held changed
	NewUsages    []*Usage
	Usages       []*Usage // in use changed
	NewHolds     []*Hold  // with Bill and Draft
	Holds        []*Hold  // parts, grants, lease, proof changed
	Renewed      []*Hold  // lease and proof changed, and nothing else
	GoneHolds    []CallKey
	Transactions []Booking
	Closed       []*Closed
	Receipts     []*Receipt
}

// Empty reports whether nothing changed, so that nothing need be committed.
func (w *Writes) Empty() bool {
	return len(w.NewAccounts)+len(w.Accounts)+len(w.NewBuckets)+len(w.Buckets)+len(w.NewUsages)+len(w.Usages)+
		len(w.NewHolds)+len(w.Holds)+len(w.Renewed)+len(w.GoneHolds)+len(w.Transactions)+len(w.Closed)+len(w.Receipts) == 0
}
