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

// PutBucket adds a bucket to its account, which is there already. Buckets of
// one account are put in the order of their ids.
func (l *Loaded) PutBucket(b *Bucket) {
	a := l.accounts[b.Account]
	a.buckets = append(a.buckets, b)
}

// PutUsage adds the usage of a subscription to its account, which is there
// already.
func (l *Loaded) PutUsage(u *Usage) {
	a := l.accounts[u.Account]
	a.usages = append(a.usages, u)
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
// its final values.
type Writes struct {
	NewAccounts  []*Account
	Accounts     []*Account // state changed
	NewBuckets   []*Bucket
	Buckets      []*Bucket // balance or held changed
	NewUsages    []*Usage
	Usages       []*Usage // in use changed
	NewHolds     []*Hold  // with Bill and Draft
	Holds        []*Hold  // parts, grants, lease, proof changed
	GoneHolds    []CallKey
	Transactions []Booking
	Closed       []*Closed
	Receipts     []*Receipt
}

// Empty reports whether nothing changed, so that nothing need be committed.
func (w *Writes) Empty() bool {
	return len(w.NewAccounts)+len(w.Accounts)+len(w.NewBuckets)+len(w.Buckets)+len(w.NewUsages)+len(w.Usages)+
		len(w.NewHolds)+len(w.Holds)+len(w.GoneHolds)+len(w.Transactions)+len(w.Closed)+len(w.Receipts) == 0
}
