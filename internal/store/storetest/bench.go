package storetest

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Bench measures durable operations on a store: callers that each reserve,
// extend and settle one call after the other, on accounts of their own. One
// iteration is one call of three operations. It reports operations a second
// and CPU milliseconds per 1,000 operations of the whole process.
func Bench(b *testing.B, open func(testing.TB) charging.Store) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) { benchCalls(b, open(b), callers) })
	}
}

func benchCalls(b *testing.B, store charging.Store, callers int) {
	k := &till{TB: b, store: store, ids: 1 << 32}
	for i := range callers {
		k.fund(charging.AccountID(i+1), 1_000_000*money.Yuan)
	}
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		b.Fatal(err)
	}
	s := charging.New(store, charging.Config{Node: 1}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Stop()
	var calls atomic.Int64
	cpu, began := cpuTime(b), time.Now()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			c := caller{s: s, bill: bill(charging.AccountID(i+1), Minute), done: make(chan error, 1)}
			for calls.Add(1) <= int64(b.N) {
				if err := c.call(cdr.ID(ids.Next()), k); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	ops := float64(3 * b.N)
	b.ReportMetric(ops/time.Since(began).Seconds(), "ops/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Milliseconds())/ops*1000, "cpu-ms/1000ops")
}

// fund opens an account with cash.
func (k *till) fund(account charging.AccountID, amount money.Amount) {
	k.Helper()
	k.commit(
		&charging.OpenOp{Key: charging.AccountKey{Shard: shard, ID: account}, At: Start},
		&charging.TopUpOp{
			TopUp: charging.TopUp{
				Shard: shard, Account: account, Bucket: charging.Cash, Amount: amount,
				Channel: "bank", Reference: fmt.Sprint("fund ", account), At: Start,
			},
			Txn: ledger.ID(k.id()), Bucket: k.id(),
		})
}

// caller makes one call after the other and waits for each answer.
type caller struct {
	s    *charging.Service
	bill charging.Bill
	done chan error
}

func (c *caller) call(call cdr.ID, k *till) error {
	refused := func(a charging.Answer, err error) {
		if err == nil && a.Refused != "" {
			err = fmt.Errorf("%s was refused: %s", call, a.Refused)
		}
		c.done <- err
	}
	c.s.Reserve(charging.ReserveRequest{Call: call, Bill: c.bill, At: Start, Draft: draft(call, Start)}, refused)
	if err := <-c.done; err != nil {
		return err
	}
	c.s.Extend(charging.ExtendRequest{Call: call, Bill: c.bill, Sequence: 1, Elapsed: 50 * time.Second, At: Start}, refused)
	if err := <-c.done; err != nil {
		return err
	}
	c.s.Settle(charging.SettleRequest{Bill: c.bill, Record: k.ended(call, Start, 75*time.Second)},
		func(_ cdr.Record, err error) { c.done <- err })
	return <-c.done
}

func cpuTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
