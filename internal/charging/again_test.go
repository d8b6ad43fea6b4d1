package charging_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

// A batch whose outcome is not known, or that lost a race for its rows, is
// decided again on other rows. Whatever its operations were answered before
// must not show.
func TestDecidedAgainOnOtherRows(t *testing.T) {
	t.Parallel()
	at := storetest.Start
	b := charging.Bill{Shard: shard, Account: 1, Subscription: 1, MaxConcurrent: 1, Tariff: storetest.Minute}
	ended := cdr.Record{
		Call: 1, Customer: customer, StartedAt: at, AnsweredAt: at, EndedAt: at.Add(10 * time.Minute),
		Talk: 10 * time.Minute, Billable: 10 * time.Minute, Cause: cdr.Answered,
	}
	open := func() charging.Op { return &charging.OpenOp{Key: charging.AccountKey{Shard: shard, ID: 1}, At: at} }
	freeze := func() charging.Op {
		return &charging.StateOp{Key: charging.AccountKey{Shard: shard, ID: 1}, State: charging.AccountFrozen}
	}
	pay := func(amount money.Amount, reference string, txn ledger.ID) func() charging.Op {
		return func() charging.Op {
			return &charging.TopUpOp{Txn: txn, Bucket: 7, TopUp: charging.TopUp{
				Shard: shard, Account: 1, Bucket: charging.Cash, Amount: amount, Channel: "bank", Reference: reference, At: at,
			}}
		}
	}
	reserve := func(call cdr.ID) func() charging.Op {
		return func() charging.Op {
			return &charging.ReserveOp{
				Request:    charging.ReserveRequest{Call: call, Bill: b, At: at, Draft: cdr.Record{Call: call, Customer: customer}},
				LeaseUntil: at.Add(time.Minute),
			}
		}
	}
	extend := func() charging.Op {
		return &charging.ExtendOp{Request: charging.ExtendRequest{Call: 1, Bill: b, Sequence: 1, Elapsed: 50 * time.Second, At: at.Add(50 * time.Second)}}
	}
	settle := func(txn ledger.ID) func() charging.Op {
		return func() charging.Op {
			return &charging.SettleOp{Txn: txn, Request: charging.SettleRequest{Bill: b, Record: ended}}
		}
	}
	record := func() charging.Op {
		return &charging.RecordOp{Shard: shard, Record: cdr.Record{Call: 1, Customer: customer, Account: 1, Cause: cdr.Busy, EndedAt: at}}
	}
	states := [][]func() charging.Op{
		{},
		{open},
		{open, freeze},
		{open, pay(150_000, "1", 11)},
		{open, pay(9_000_000, "1", 11)},
		{open, pay(9_000_000, "1", 11), reserve(2)},
		{open, pay(150_000, "1", 11), reserve(1)},
		{open, pay(9_000_000, "1", 11), reserve(1)},
		{open, pay(9_000_000, "1", 11), reserve(1), extend},
		{open, pay(9_000_000, "1", 11), reserve(1), settle(21)},
		{open, pay(9_000_000, "1", 11), record},
	}
	for name, make := range map[string]func() charging.Op{
		"top-up": pay(150_000, "1", 31), "reserve": reserve(1), "extend": extend, "settle": settle(32), "record": record, "state": freeze,
	} {
		for i, first := range states {
			for j, then := range states {
				twice, once := make(), make()
				commit(t, in(t, first), twice)
				commit(t, in(t, then), twice)
				commit(t, in(t, then), once)
				if diff := cmp.Diff(once, twice, cmpopts.IgnoreUnexported(charging.ReserveOp{}, charging.ExtendOp{}, charging.SettleOp{}, charging.RecordOp{}, charging.StateOp{}, charging.TopUpOp{})); diff != "" {
					t.Errorf("%s in state %d, then in %d (-once +twice):\n%s", name, i, j, diff)
				}
				if got, want := fmt.Sprint(twice.Err()), fmt.Sprint(once.Err()); got != want {
					t.Errorf("%s in state %d, then in %d: error %s, want %s", name, i, j, got, want)
				}
			}
		}
	}
}

// in makes a store in a state.
func in(t *testing.T, state []func() charging.Op) charging.Store {
	t.Helper()
	s := storetest.NewMemory()
	for _, op := range state {
		commit(t, s, op())
	}
	return s
}

func commit(t *testing.T, s charging.Store, op charging.Op) {
	t.Helper()
	if err := s.Commit(context.Background(), charging.Rules{}, []charging.Op{op}); err != nil {
		t.Fatal(err)
	}
}
