package charging_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
	"sibai/internal/tariff"
)

func drawnRate(t *rapid.T) tariff.Rate {
	inc := func() tariff.Increment {
		return tariff.Increment{
			Length: time.Duration(rapid.SampledFrom([]int{1, 6, 60, 90}).Draw(t, "seconds")) * time.Second,
			Price:  rapid.SampledFrom([]money.Amount{0, 1_801, 10_800, 100_000, 120_000}).Draw(t, "price"),
		}
	}
	r := tariff.Rate{Connection: rapid.SampledFrom([]money.Amount{0, 0, 20_000}).Draw(t, "connection"), First: inc()}
	r.Next = r.First
	if rapid.Bool().Draw(t, "next differs") {
		r.Next = inc()
	}
	return r
}

// drawnBands is a tariff with up to three bands that begin or end around noon.
func drawnBands(t *rapid.T) tariff.Version {
	r := drawnRate(t)
	v := tariff.Version{ID: 1, Code: "t", Version: 1, Connection: r.Connection, First: r.First, Next: r.Next}
	for i := range rapid.IntRange(0, 3).Draw(t, "bands") {
		b := tariff.Band{Name: fmt.Sprint("b", i), Rate: drawnRate(t)}
		minute := rapid.IntRange(0, 24*60-1)
		near := rapid.IntRange(11*60+50, 12*60+25)
		b.From = time.Duration(near.Draw(t, "from")) * time.Minute
		b.To = time.Duration(rapid.OneOf(near, minute).Draw(t, "to")+1) * time.Minute
		if b.From != b.To {
			v.Bands = append(v.Bands, b)
		}
	}
	return v
}

// Whenever within LongestRing a call is answered, and whoever takes what is
// left meanwhile, it is charged exactly the increments of the bands it was in.
func TestChargesTheBandsItWasIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := &drill{T: t, store: storetest.NewMemory(), ids: 1000}
		at := time.Date(2026, 3, 4, 12, 0, 0, 0, calendar.Shanghai)
		c.do(&charging.OpenOp{Key: charging.AccountKey{Shard: shard, ID: 1}, At: at})
		for range rapid.IntRange(1, 4).Draw(t, "buckets") {
			c.fill(at)
		}
		b := charging.Bill{
			Shard: shard, Account: 1, Subscription: 1, Tariff: drawnBands(t), Extension: 7,
			MinGrant:  time.Duration(rapid.SampledFrom([]int{1, 30, 60, 200}).Draw(t, "least")) * time.Second,
			Overdraft: rapid.SampledFrom([]money.Amount{0, 0, 300_000}).Draw(t, "overdraft"),
			CapAmount: rapid.SampledFrom([]money.Amount{0, 0, 250_000}).Draw(t, "cap"),
		}
		if b.Tariff.Validate() != nil {
			t.Skip("two bands alike")
		}
		granted, ok := c.reserve(1, &b, at)
		if !ok {
			return
		}
		c.rivals(at)
		ring := time.Duration(rapid.Int64Range(0, int64(charging.LongestRing/time.Microsecond)).Draw(t, "ring")) * time.Microsecond
		answered := at.Add(ring)
		for n := range rapid.IntRange(0, 3).Draw(t, "extensions") {
			elapsed := time.Duration(rapid.Int64Range(0, int64(min(granted, time.Hour))).Draw(t, "elapsed"))
			op := &charging.ExtendOp{Request: charging.ExtendRequest{
				Call: 1, Bill: b, Sequence: n + 1, Elapsed: elapsed, At: answered.Add(elapsed), MeterStartedAt: answered,
			}}
			c.do(op)
			granted = op.Answer.Granted
			c.rivals(answered)
			if rapid.Bool().Draw(t, "more comes") {
				c.fill(answered)
			}
		}
		talk := time.Duration(rapid.Int64Range(0, int64(min(granted, 2*time.Hour)/time.Microsecond)).Draw(t, "talk")) * time.Microsecond
		s := &charging.SettleOp{Txn: c.txn(), Request: charging.SettleRequest{Bill: b, Record: cdr.Record{
			Call: 1, Customer: customer, StartedAt: at, AnsweredAt: answered, EndedAt: answered.Add(talk), Talk: talk, Billable: talk, Cause: cdr.Answered,
		}}}
		c.do(s)
		if s.Record.Billable != talk {
			t.Fatalf("billable %s of %s", s.Record.Billable, talk)
		}
		if err := storetest.Rated(&b.Tariff, "", answered, &s.Record); err != nil {
			t.Fatal(err)
		}
		storetest.Audited(t, c.store)
	})
}

// drill is an account on a store of its own.
type drill struct {
	*rapid.T
	store *storetest.Memory
	ids   int64
}

func (c *drill) txn() ledger.ID { c.ids++; return ledger.ID(c.ids) }

func (c *drill) do(op charging.Op) {
	if err := c.store.Commit(context.Background(), charging.Rules{}, []charging.Op{op}); err != nil || op.Err() != nil {
		c.Fatalf("%T: %v, %v", op, err, op.Err())
	}
}

// fill tops up some bucket.
func (c *drill) fill(at time.Time) {
	t := charging.TopUp{Shard: shard, Account: 1, Channel: "bank", Reference: fmt.Sprint(c.txn()), At: at}
	t.Bucket = rapid.SampledFrom([]charging.BucketKind{charging.Cash, charging.Bonus, charging.Package, charging.Package, charging.Extension}).Draw(c.T, "bucket")
	switch t.Bucket {
	case charging.Package:
		t.ExpiresAt = at.Add(time.Duration(rapid.SampledFrom([]int{5, 15, 600}).Draw(c.T, "minutes")) * time.Minute)
	case charging.Extension:
		t.Extension = rapid.SampledFrom([]int64{7, 8}).Draw(c.T, "extension")
	}
	if t.Bucket != charging.Cash && t.Bucket != charging.Bonus && rapid.Bool().Draw(c.T, "time") {
		t.Seconds = rapid.Int64Range(1, 400).Draw(c.T, "worth")
	} else {
		t.Amount = money.Amount(rapid.Int64Range(1, 600_000).Draw(c.T, "worth"))
	}
	c.do(&charging.TopUpOp{TopUp: t, Txn: c.txn(), Bucket: int64(c.txn())})
}

func (c *drill) reserve(call cdr.ID, b *charging.Bill, at time.Time) (time.Duration, bool) {
	op := &charging.ReserveOp{
		Request:    charging.ReserveRequest{Call: call, Bill: *b, At: at, Draft: cdr.Record{Call: call, Customer: customer}},
		LeaseUntil: at.Add(time.Hour),
	}
	c.do(op)
	return op.Answer.Granted, op.Answer.Refused == ""
}

// rivals take all that is free.
func (c *drill) rivals(at time.Time) {
	if !rapid.Bool().Draw(c.T, "rivals") {
		return
	}
	tick := tariff.Increment{Length: time.Second, Price: 1}
	b := charging.Bill{
		Shard: shard, Account: 1, Subscription: 2, Extension: 7, MinGrant: 1 << 50, Overdraft: 1_000_000,
		Tariff: tariff.Version{ID: 2, Code: "rival", Version: 1, First: tick, Next: tick},
	}
	for range 3 {
		c.reserve(cdr.ID(c.txn()), &b, at)
	}
}
