package storetest

import (
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// promises are calls that a node accepted while the store was away: kept as
// they were promised, whatever the account has, and below zero by no more.
func promises(k *till) {
	k.open(1)
	promise := func(call cdr.ID, minutes ...int) *charging.Promise {
		b := bill(1, Minute)
		p := &charging.Promise{
			Request: charging.ReserveRequest{Call: call, Bill: b, At: Start, Draft: draft(call, Start)}, Node: 1, Bucket: k.id(),
		}
		for _, m := range minutes {
			long := time.Duration(m) * time.Minute
			p.Grants = append(p.Grants, charging.Grant{Granted: long, ExtendAt: long - 10*time.Second})
			p.Amount = money.Amount(m) * 100_000
		}
		return p
	}
	settle := func(call cdr.ID, p *charging.Promise, long time.Duration) *charging.SettleOp {
		return &charging.SettleOp{Request: charging.SettleRequest{Bill: bill(1, Minute), Record: k.ended(call, Start, long)}, Promise: p, Txn: ledger.ID(k.id())}
	}
	lease := Start.Add(30 * time.Second)
	// Kept by itself, on an account that never had money; twice is once.
	k.commit(&charging.AdoptOp{Promise: promise(1, 1), LeaseUntil: lease})
	k.commit(&charging.AdoptOp{Promise: promise(1, 1), LeaseUntil: lease})
	k.wantLeft(1, "cash 0.00 held 0.10")
	// It grew before the store had it again.
	k.commit(&charging.AdoptOp{Promise: promise(1, 1, 2), LeaseUntil: lease})
	k.wantLeft(1, "cash 0.00 held 0.20")
	// Kept with an Extend, which the account cannot pay.
	e := &charging.ExtendOp{
		Request: charging.ExtendRequest{Call: 2, Bill: bill(1, Minute), Sequence: 1, Elapsed: 50 * time.Second, At: Start.Add(time.Minute)},
		Promise: promise(2, 1), LeaseUntil: lease,
	}
	k.commit(e)
	if e.Answer.Granted != time.Minute || !e.Answer.Final {
		k.Errorf("extended to %+v", e.Answer)
	}
	// Kept with its Settle, in one batch with another's.
	k.commit(settle(3, promise(3, 1), 30*time.Second), settle(1, promise(1, 1, 2), 70*time.Second))
	k.wantLeft(1, "cash -0.30 held 0.10")
	again := settle(3, promise(3, 1), time.Hour)
	k.commit(again)
	if again.Record.Charge != 100_000 || again.Record.Billable != 30*time.Second {
		k.Errorf("settled again: %+v", again.Record)
	}
	// Nobody answered: the store never held anything for it, and does not.
	k.commit(settle(4, promise(4, 5), -1))
	// The store had made the reservation after all, for less than was promised.
	k.topUp(1, charging.Cash, 500_000, time.Time{})
	k.commit(reserve(5, bill(1, Minute), Start))
	k.commit(settle(5, promise(5, 1, 2, 4), 200*time.Second))
	k.commit(settle(2, promise(2, 1), 10*time.Second))
	k.wantLeft(1, "cash -0.30")
	k.audit()
	// Once nothing is owed, no overdraft is left.
	k.topUp(1, charging.Cash, 300_000, time.Time{})
	v, err := k.store.Account(k.Context(), charging.AccountKey{Shard: shard, ID: 1})
	if err != nil || v.Buckets[0].Overdraft != 0 || v.Buckets[0].Balance != 0 {
		k.Errorf("%+v, %v", v, err)
	}
	k.audit()
}
