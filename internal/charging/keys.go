package charging

// Keys are the rows that a batch needs.
type Keys struct {
	Accounts []AccountKey // with their buckets and usages
	Calls    []CallKey    // hold, or else the closed call
	Receipts []ReceiptKey

	seenAccounts map[AccountKey]struct{}
	seenCalls    map[CallKey]struct{}
}

// ReceiptKey names a payment.
type ReceiptKey struct {
	Shard              int
	Channel, Reference string
}

// KeysOf lists what a store must load for a batch, each row once.
func KeysOf(ops []Op) *Keys {
	k := &Keys{
		seenAccounts: make(map[AccountKey]struct{}, len(ops)),
		seenCalls:    make(map[CallKey]struct{}, len(ops)),
	}
	for _, op := range ops {
		op.keys(k)
	}
	return k
}

func (k *Keys) account(key AccountKey) {
	if _, ok := k.seenAccounts[key]; !ok && key.ID != 0 {
		k.seenAccounts[key] = struct{}{}
		k.Accounts = append(k.Accounts, key)
	}
}

func (k *Keys) call(key CallKey) {
	if _, ok := k.seenCalls[key]; !ok {
		k.seenCalls[key] = struct{}{}
		k.Calls = append(k.Calls, key)
	}
}

func (o *ReserveOp) keys(k *Keys) {
	b := &o.Request.Bill
	k.account(AccountKey{b.Shard, b.Account})
	k.call(CallKey{b.Shard, o.Request.Call})
}

func (o *ExtendOp) keys(k *Keys) {
	b := &o.Request.Bill
	k.account(AccountKey{b.Shard, b.Account})
	k.call(CallKey{b.Shard, o.Request.Call})
}

func (o *RenewOp) keys(k *Keys) { k.call(CallKey{o.Proof.Bill.Shard, o.Proof.Call}) }

func (o *SettleOp) keys(k *Keys) {
	b := &o.Request.Bill
	k.account(AccountKey{b.Shard, b.Account})
	k.call(CallKey{b.Shard, o.Request.Record.Call})
}

func (o *RecordOp) keys(k *Keys) {
	k.account(AccountKey{o.Shard, AccountID(o.Record.Account)})
	k.call(CallKey{o.Shard, o.Record.Call})
}

func (o *ReapOp) keys(k *Keys) {
	k.account(AccountKey{o.Lost.Key.Shard, o.Lost.Account})
	k.call(o.Lost.Key)
}

func (o *OpenOp) keys(k *Keys)  { k.account(o.Key) }
func (o *StateOp) keys(k *Keys) { k.account(o.Key) }

func (o *TopUpOp) keys(k *Keys) {
	k.account(AccountKey{o.TopUp.Shard, o.TopUp.Account})
	k.Receipts = append(k.Receipts, receiptKey(&o.TopUp))
}

func receiptKey(t *TopUp) ReceiptKey {
	return ReceiptKey{shardOfText(t.Channel, t.Reference), t.Channel, t.Reference}
}

func (o *ReserveOp) shard() int { return o.Request.Bill.Shard }
func (o *ExtendOp) shard() int  { return o.Request.Bill.Shard }
func (o *RenewOp) shard() int   { return o.Proof.Bill.Shard }
func (o *SettleOp) shard() int  { return o.Request.Bill.Shard }
func (o *RecordOp) shard() int  { return o.Shard }
func (o *ReapOp) shard() int    { return o.Lost.Key.Shard }
func (o *OpenOp) shard() int    { return o.Key.Shard }
func (o *StateOp) shard() int   { return o.Key.Shard }
func (o *TopUpOp) shard() int   { return o.TopUp.Shard }
