package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Start is the instant that tests begin at.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Minute is the tariff that 400 numbers are sold with: 0.10 yuan for each
// started minute.
var Minute = Tariff(1, 0, 60, 100_000, 60, 100_000)

// Tariff makes a version from its prices in micro-yuan and lengths in seconds.
func Tariff(id tariff.ID, connection money.Amount, first int, firstPrice money.Amount, next int, nextPrice money.Amount) tariff.Version {
	return tariff.Version{
		ID: id, Code: fmt.Sprintf("t%d", id), Version: 1, Connection: connection,
		First: tariff.Increment{Length: time.Duration(first) * time.Second, Price: firstPrice},
		Next:  tariff.Increment{Length: time.Duration(next) * time.Second, Price: nextPrice},
	}
}

// customer is the customer of most tests; shard is its shard.
const customer = 4711

var shard = charging.ShardOf(customer)

// till does operations on a store for a test and fails it on errors.
type till struct {
	testing.TB
	store charging.Store
	rules charging.Rules
	ids   int64
}

func (k *till) id() int64 { k.ids++; return k.ids }

// commit does operations in one batch; each must succeed.
func (k *till) commit(ops ...charging.Op) {
	k.Helper()
	k.try(ops...)
	for _, op := range ops {
		if op.Err() != nil {
			k.Fatalf("%T: %v", op, op.Err())
		}
	}
}

// try does operations in one batch; each may fail for itself.
func (k *till) try(ops ...charging.Op) {
	k.Helper()
	if err := k.store.Commit(context.Background(), k.rules, ops); err != nil {
		k.Fatalf("commit: %v", err)
	}
}

func (k *till) open(account charging.AccountID) {
	k.Helper()
	k.commit(&charging.OpenOp{Key: charging.AccountKey{Shard: shard, ID: account}, At: Start})
}

func (k *till) topUp(account charging.AccountID, bucket charging.BucketKind, amount money.Amount, expires time.Time) {
	k.Helper()
	n := k.id()
	k.commit(&charging.TopUpOp{
		TopUp: charging.TopUp{
			Shard: shard, Account: account, Bucket: bucket, Amount: amount,
			Channel: "bank", Reference: fmt.Sprint("ref ", n), At: Start, ExpiresAt: expires,
		},
		Txn: ledger.ID(k.id()), Bucket: k.id(),
	})
}

// bill is for an account, its only subscription, and a tariff.
func bill(account charging.AccountID, v tariff.Version) charging.Bill {
	return charging.Bill{Shard: shard, Account: account, Subscription: charging.SubscriptionID(account), Tariff: v}
}

func reserve(call cdr.ID, b charging.Bill, at time.Time) *charging.ReserveOp {
	return &charging.ReserveOp{
		Request: charging.ReserveRequest{Call: call, Bill: b, At: at, Draft: draft(call, at)},
		Node:    1, LeaseUntil: at.Add(30 * time.Second),
	}
}

func draft(call cdr.ID, at time.Time) cdr.Record {
	return cdr.Record{
		Call: call, Node: 1, Trunk: "unicom", Number: "4008001234", Caller: "13800138000", CallerRaw: "+8613800138000",
		SIPCallID: fmt.Sprint(int64(call), "@test"), Customer: customer, StartedAt: at,
		Steps: []cdr.Step{{Code: "number_found", Args: map[string]string{"number": "4008001234"}}},
	}
}

func extend(call cdr.ID, b charging.Bill, sequence int, elapsed time.Duration, at time.Time) *charging.ExtendOp {
	return &charging.ExtendOp{
		Request:    charging.ExtendRequest{Call: call, Bill: b, Sequence: sequence, Elapsed: elapsed, At: at},
		LeaseUntil: at.Add(30 * time.Second),
	}
}

// settle ends a call that was answered at at and talked for long; a negative
// length is a call that nobody answered.
func (k *till) settle(call cdr.ID, b charging.Bill, at time.Time, long time.Duration) *charging.SettleOp {
	return &charging.SettleOp{Request: charging.SettleRequest{Bill: b, Record: k.ended(call, at, long)}, Txn: ledger.ID(k.id())}
}

// ended is the record of a call at its end.
func (*till) ended(call cdr.ID, at time.Time, long time.Duration) cdr.Record {
	rec := draft(call, at)
	rec.Cause, rec.Status, rec.EndedAt = cdr.NoAnswer, 480, at.Add(20*time.Second)
	rec.Legs = []cdr.Leg{{Target: "13900139000", Trunk: "unicom", InvitedAt: at, EndedAt: rec.EndedAt, Status: 487, Outcome: "no_answer"}}
	if long >= 0 {
		rec.Cause, rec.Status, rec.EndedBy = cdr.Answered, 200, cdr.Caller
		rec.RingingAt, rec.AnsweredAt, rec.EndedAt = at, at, at.Add(long)
		rec.Talk, rec.Billable = long, long
		rec.Legs[0].AnsweredAt, rec.Legs[0].Outcome, rec.Legs[0].Status = at, "answered", 200
	}
	return rec
}

// left lists what the buckets of an account have: "cash 9.70", "cash 9.70
// held 0.10", in the order of their making.
func (k *till) left(account charging.AccountID) []string {
	k.Helper()
	v, err := k.store.Account(context.Background(), charging.AccountKey{Shard: shard, ID: account})
	if err != nil || v == nil {
		k.Fatalf("account %s: %v, %v", account, v, err)
	}
	var list []string
	for _, b := range v.Buckets {
		s := fmt.Sprintf("%s %s", b.Kind, b.Balance)
		if b.Held != 0 {
			s += fmt.Sprintf(" held %s", b.Held)
		}
		list = append(list, s)
	}
	return list
}

func (k *till) wantLeft(account charging.AccountID, want ...string) {
	k.Helper()
	if got := k.left(account); !slices.Equal(got, want) {
		k.Fatalf("buckets are %q, want %q", got, want)
	}
}

// audit fails the test unless every promise is kept.
func (k *till) audit() {
	k.Helper()
	Audited(k, k.store)
}

// Audited fails the test unless the store keeps every promise, and returns the
// report.
func Audited(t rapid.TB, store charging.Store) *charging.Report {
	t.Helper()
	r, err := charging.Audit(context.Background(), store)
	if err != nil {
		t.Fatalf("audit: %v", err)
	}
	for _, c := range r.Checks {
		if !c.OK {
			t.Errorf("%s (%s): %d of %d bad, first: %s", c.Name, c.Says, c.Bad, c.Rows, c.FirstBad)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return r
}
