package storetest

import (
	"slices"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// post books on account 1.
func (k *till) post(kind ledger.Kind, key string, change func(*charging.Posting)) *charging.PostOp {
	op := &charging.PostOp{
		Posting: charging.Posting{Shard: shard, Account: 1, Kind: kind, Key: key, At: Start},
		Txn:     ledger.ID(k.id()),
	}
	change(&op.Posting)
	return op
}

func (k *till) wantBooks(want ...charging.Total) {
	k.Helper()
	got := Audited(k, k.store).Totals
	for _, w := range want {
		if !slices.Contains(got, w) {
			k.Errorf("the books have no %+v: %+v", w, got)
		}
	}
}

func postings(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 500*money.Yuan, time.Time{})
	k.topUp(1, charging.Bonus, 200*money.Yuan, time.Time{})
	end := Start.AddDate(1, 0, 0)
	fee := func(p *charging.Posting) {
		p.Take = 600 * money.Yuan
		p.Books = []charging.BookEntry{{Book: ledger.DeferredPlans, Amount: p.Take}}
		p.Give = []charging.Gift{
			{Bucket: 1 << 40, Unit: ledger.CNY, Amount: 50 * money.Yuan, ExpiresAt: end},
			{Bucket: 1<<40 + 1, Unit: ledger.SEC, Amount: 3600, ExpiresAt: end},
		}
	}
	// 600 of 700: the bonus of 200 first, then 400 of the cash.
	first := k.post(ledger.KindPlan, "sub_1/1", fee)
	twin := k.post(ledger.KindPlan, "sub_1/1", fee)
	k.commit(first, twin)
	again := k.post(ledger.KindPlan, "sub_1/1", fee)
	again.Posting.At = Start.Add(time.Hour)
	k.commit(again)
	if first.Posted.Txn != first.Txn || first.Posted.Again || twin.Posted.Txn != first.Txn || !again.Posted.Again ||
		again.Posted.Txn != first.Txn || again.Posted.Amount != 600*money.Yuan || !again.Posted.At.Equal(Start) {
		k.Errorf("posted %+v, %+v, %+v", first.Posted, twin.Posted, again.Posted)
	}
	k.wantLeft(1, "cash 100.00", "bonus 0.00", "package 50.00", "package 0.0036")

	// What it cannot pay is not booked at all; the key is still good.
	short := k.post(ledger.KindPlan, "sub_1/2", fee)
	short.Posting.Give[0].Bucket, short.Posting.Give[1].Bucket = 1<<40+2, 1<<40+3
	k.commit(short)
	if !short.Posted.Short || short.Posted.Txn != 0 {
		k.Errorf("a fee beyond the balance: %+v", short.Posted)
	}
	k.wantLeft(1, "cash 100.00", "bonus 0.00", "package 50.00", "package 0.0036")

	// A day's part of the fee moves between the operator's books only.
	k.commit(k.post(ledger.KindEarned, "sub_1/1/2026-03-02", func(p *charging.Posting) {
		p.Books = []charging.BookEntry{{Book: ledger.DeferredPlans, Amount: -1_643_835}, {Book: ledger.RevenuePlans, Amount: 1_643_835}}
	}))
	// A refund is of cash, never of bonus or package: 80 are there, then not.
	k.topUp(1, charging.Bonus, 10*money.Yuan, time.Time{})
	refund := func(p *charging.Posting) {
		p.Take, p.CashOnly = 80*money.Yuan, true
		p.Books = []charging.BookEntry{{Book: "refunds/bank", Amount: p.Take}}
	}
	one, two := k.post(ledger.KindRefund, "bank/1", refund), k.post(ledger.KindRefund, "bank/2", refund)
	k.commit(one, two)
	if one.Posted.Short || !two.Posted.Short {
		k.Errorf("refunds: %+v, %+v", one.Posted, two.Posted)
	}
	// What costs nothing moves nothing and is done all the same.
	nothing := k.post(ledger.KindPlan, "sub_2/1", func(*charging.Posting) {})
	k.commit(nothing)
	k.commit(nothing)
	if nothing.Posted.Txn != 0 || !nothing.Posted.Again {
		k.Errorf("a fee of nothing: %+v", nothing.Posted)
	}
	k.wantBooks(
		charging.Total{Name: "deferred/plans", Unit: ledger.CNY, Amount: 600_000_000 - 1_643_835},
		charging.Total{Name: "revenue/plans", Unit: ledger.CNY, Amount: 1_643_835},
		charging.Total{Name: "issued/credit", Unit: ledger.CNY, Amount: -50_000_000},
		charging.Total{Name: "included/issued", Unit: ledger.SEC, Amount: -3600},
		charging.Total{Name: "refunds/bank", Unit: ledger.CNY, Amount: 80_000_000},
	)
	k.undone()
	for name, bad := range map[string]func(*charging.Posting){
		"takes less than it books": func(p *charging.Posting) {
			p.Take, p.Books = 1, []charging.BookEntry{{Book: ledger.RevenuePlans, Amount: 2}}
		},
		"a gift of nothing": func(p *charging.Posting) { p.Give = []charging.Gift{{Bucket: 7, Unit: ledger.CNY}} },
		"no such bucket":    func(p *charging.Posting) { p.Empty = &charging.Emptying{Bucket: 12345} },
		"not expired":       func(p *charging.Posting) { p.Empty = &charging.Emptying{Bucket: 1 << 40} },
	} {
		op := k.post(ledger.KindExpiry, "bad", bad)
		k.try(op)
		if op.Err() == nil {
			k.Errorf("%s: booked %+v", name, op.Posted)
		}
	}
}

// undone is a top-up that is reversed, as far as its money is there.
func (k *till) undone() {
	k.Helper()
	topUp := &charging.TopUpOp{TopUp: charging.TopUp{
		Shard: shard, Account: 1, Bucket: charging.Cash, Amount: 30 * money.Yuan, Channel: "wechat", Reference: "slip", At: Start,
	}, Txn: ledger.ID(k.id()), Bucket: k.id()}
	k.commit(topUp)
	v, err := k.store.Account(k.Context(), charging.AccountKey{Shard: shard, ID: 1})
	if err != nil {
		k.Fatal(err)
	}
	cash := v.Buckets[0]
	entry := func(amount money.Amount) *ledger.Transaction {
		return &ledger.Transaction{ID: topUp.Txn, Kind: ledger.KindTopUp, Entries: []ledger.Entry{
			{Account: ledger.BookOf("receipts/wechat"), Unit: ledger.CNY, Amount: -int64(amount)},
			{Account: ledger.BucketOf(1, cash.ID), Unit: ledger.CNY, Amount: int64(amount)},
		}}
	}
	reverse := func(key string, amount money.Amount) *charging.PostOp {
		return k.post(ledger.KindReversal, key, func(p *charging.Posting) { p.Reverse = entry(amount) })
	}
	done, again, short := reverse("a", 30*money.Yuan), reverse("a", 30*money.Yuan), reverse("b", cash.Balance)
	k.commit(done, again, short)
	if done.Posted.Txn != done.Txn || !again.Posted.Again || !short.Posted.Short {
		k.Errorf("reversed %+v, %+v; beyond the balance %+v", done.Posted, again.Posted, short.Posted)
	}
	call := reverse("c", 1)
	call.Posting.Reverse.Kind = ledger.KindCall
	k.try(call)
	if call.Err() == nil {
		k.Error("a call's settlement was reversed")
	}
}

// emptied is credit that expires: what a call holds of it stays the call's.
func emptied(k *till) {
	k.open(1)
	day := Start.AddDate(0, 0, 1)
	give := func(id int64, amount money.Amount, expires time.Time) charging.Gift {
		return charging.Gift{Bucket: id, Unit: ledger.CNY, Amount: amount, ExpiresAt: expires}
	}
	old, next := int64(1<<40), int64(1<<40+1)
	k.commit(k.post(ledger.KindPlan, "a", func(p *charging.Posting) {
		p.Give = []charging.Gift{give(old, money.Yuan, day), give(next, 5*money.Yuan, day.AddDate(1, 0, 0))}
	}))
	at := day.Add(-time.Second)
	b := bill(1, Minute)
	k.commit(reserve(100, b, at)) // holds 0.10 of the old package
	k.wantLeft(1, "package 1.00 held 0.10", "package 5.00")
	empty := func(key string, from, into int64) *charging.PostOp {
		op := k.post(ledger.KindExpiry, key, func(p *charging.Posting) {
			p.At, p.Empty = day, &charging.Emptying{Bucket: from, Into: into}
		})
		k.commit(op)
		return op
	}
	if op := empty("old/1", old, 0); op.Posted.Amount != 900_000 {
		k.Errorf("expired %+v", op.Posted)
	}
	k.wantLeft(1, "package 0.10 held 0.10", "package 5.00")
	if op := empty("old/2", old, 0); op.Posted.Txn != 0 || op.Posted.Short {
		k.Errorf("there was nothing left: %+v", op.Posted)
	}
	k.commit(k.settle(100, b, at, -1)) // nobody answered: 0.10 is back
	if op := empty("old/2", old, next); op.Posted.Amount != 100_000 {
		k.Errorf("rolled over %+v", op.Posted)
	}
	k.wantLeft(1, "package 0.00", "package 5.10")
	if op := empty("old/1", old, 0); !op.Posted.Again || op.Posted.Amount != 900_000 {
		k.Errorf("again %+v", op.Posted)
	}
	k.wantBooks(charging.Total{Name: "revenue/expired", Unit: ledger.CNY, Amount: 900_000})
}

// arrears are undone by a payment, in its own commit; what the operator set
// is not.
func arrears(k *till) {
	k.open(1)
	key := charging.AccountKey{Shard: shard, ID: 1}
	suspend := func(atMost money.Amount, owing bool) bool {
		op := &charging.ArrearsOp{Key: key, At: Start, AtMost: atMost, Owing: owing}
		k.commit(op)
		return op.Done
	}
	calls := cdr.ID(0)
	call := func() cdr.Cause {
		calls++
		op := reserve(calls, bill(1, Minute), Start)
		k.commit(op)
		if op.Answer.Refused == "" {
			k.commit(k.settle(calls, bill(1, Minute), Start, -1))
		}
		return op.Answer.Refused
	}
	pay := func(bucket charging.BucketKind, amount money.Amount) bool {
		op := &charging.TopUpOp{TopUp: charging.TopUp{
			Shard: shard, Account: 1, Bucket: bucket, Amount: amount, Channel: "bank", Reference: time.Duration(k.id()).String(), At: Start,
		}, Txn: ledger.ID(k.id()), Bucket: k.id()}
		if bucket == charging.Extension {
			op.TopUp.Extension = 8001
		}
		k.commit(op)
		return op.Restored
	}
	first, again := suspend(0, false), suspend(0, false)
	if !first || !again || call() != cdr.NumberSuspended {
		k.Error("an account without credit is not suspended")
	}
	if pay(charging.Extension, money.Yuan) || call() != cdr.NumberSuspended {
		k.Error("an extension's wallet opened the account")
	}
	if !pay(charging.Cash, money.Yuan) || call() != "" {
		k.Error("a top-up did not restore service at once")
	}
	// The top-up came before the suspension: it wins.
	if suspend(0, false) || call() != "" {
		k.Error("an account with credit was suspended")
	}
	if !suspend(money.Yuan, false) || call() != cdr.NumberSuspended {
		k.Error("1.00 is not more than 1.00")
	}
	k.commit(&charging.ArrearsOp{Key: key, At: Start, Open: true})
	if call() != "" {
		k.Error("not opened")
	}
	if !suspend(0, true) || call() != cdr.NumberSuspended {
		k.Error("an account that owes a fee is not suspended")
	}
	for _, state := range []charging.AccountState{charging.AccountFrozen, charging.AccountSuspended} {
		k.commit(&charging.StateOp{Key: key, State: state})
		if pay(charging.Cash, money.Yuan) || suspend(0, true) {
			k.Errorf("%s by the operator was changed", state)
		}
		k.commit(&charging.ArrearsOp{Key: key, At: Start, Open: true})
		if call() == "" {
			k.Errorf("%s by the operator was undone", state)
		}
	}
	k.audit()
}
