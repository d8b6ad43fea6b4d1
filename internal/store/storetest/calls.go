package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

func unanswered(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	b := bill(1, Minute)
	k.commit(reserve(1, b, Start))
	op := k.settle(1, b, Start, -1)
	k.commit(op)
	if op.Record.Charge != 0 || op.Record.Lines != nil || op.Record.Cause != cdr.NoAnswer {
		k.Errorf("record %+v", op.Record)
	}
	k.wantLeft(1, "cash 1.00")
	// A settlement without a hold: nothing talked, so its record is kept.
	lone := k.settle(2, b, Start, -1)
	k.commit(lone)
	// Talked without a hold: nothing may be charged that was not reserved.
	talked := k.settle(3, b, Start, time.Minute)
	k.try(talked)
	if fault.CodeOf(talked.Err()) != fault.HoldNotFound {
		k.Errorf("talked without a hold: %v", talked.Err())
	}
	// The tariff of the reservation counts, whatever was published since.
	k.commit(reserve(4, b, Start))
	wrong := k.settle(4, bill(1, Tariff(9, 0, 60, 1, 60, 1)), Start, time.Minute)
	k.try(wrong)
	if fault.CodeOf(wrong.Err()) != fault.TariffMismatch {
		k.Errorf("settled with another tariff: %v", wrong.Err())
	}
	k.wantLeft(1, "cash 1.00 held 0.10")
	k.audit()
}

func recorded(k *till) {
	rec := draft(1, Start)
	rec.Customer, rec.Cause, rec.Status, rec.EndedAt = 0, cdr.UnknownNumber, 404, Start
	k.commit(&charging.RecordOp{Shard: 0, Record: rec})
	k.commit(&charging.RecordOp{Shard: 0, Record: rec})
	got, ok, err := k.store.CDR(k.Context(), 1)
	if err != nil || !ok || got.Cause != cdr.UnknownNumber || got.Customer != 0 {
		k.Errorf("CDR = %+v, %t, %v", got, ok, err)
	}
	if _, ok, err := k.store.CDR(k.Context(), 2); ok || err != nil {
		k.Errorf("a call that never was: %t, %v", ok, err)
	}
	// The answer to a Reserve was lost and the call recorded as refused: the
	// hold is given back with it.
	k.open(1)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	b := bill(1, Minute)
	k.commit(reserve(3, b, Start))
	lost := draft(3, Start)
	lost.Account, lost.Cause, lost.Status, lost.EndedAt = 1, cdr.ChargingDown, 503, Start
	k.commit(&charging.RecordOp{Shard: shard, Record: lost})
	k.wantLeft(1, "cash 1.00")
	late := k.settle(3, b, Start, -1)
	k.commit(late)
	if late.Record.Cause != cdr.ChargingDown {
		k.Errorf("settled after it was recorded: %+v", late.Record)
	}
	k.audit()
}

// Every operation sent again gives the same answer and changes nothing, also
// after the call is closed.
func replays(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 350_000, time.Time{})
	b := bill(1, Minute)
	at := Start.Add(123456789 * time.Nanosecond) // finer than a row keeps
	r, e1, e2 := reserve(1, b, at), extend(1, b, 1, 50*time.Second, at), extend(1, b, 2, 110*time.Second, at)
	s := k.settle(1, b, at, 130*time.Second+7)
	again := func() {
		k.Helper()
		r2, f1, f2 := reserve(1, b, at), extend(1, b, 1, 50*time.Second, at), extend(1, b, 2, 110*time.Second, at)
		before := Dump(k, k.store)
		k.commit(r2, f1, f2)
		if r2.Answer != r.Answer || f1.Answer != e1.Answer || f2.Answer != e2.Answer {
			k.Errorf("answers %+v %+v %+v\nwere %+v %+v %+v", r2.Answer, f1.Answer, f2.Answer, r.Answer, e1.Answer, e2.Answer)
		}
		if diff := cmp.Diff(before, Dump(k, k.store)); diff != "" {
			k.Errorf("replays changed rows:\n%s", diff)
		}
	}
	k.commit(r)
	k.commit(e1)
	k.commit(e2)
	again()
	k.commit(s)
	again()
	s2 := k.settle(1, b, at, 5*time.Minute) // another length: the first answer counts
	before := Dump(k, k.store)
	k.commit(s2)
	if !reflect.DeepEqual(s2.Record, s.Record) {
		k.Errorf("settled again:\n%s", cmp.Diff(s.Record, s2.Record))
	}
	if diff := cmp.Diff(before, Dump(k, k.store)); diff != "" {
		k.Errorf("settling again changed rows:\n%s", diff)
	}
	stored, ok, err := k.store.CDR(k.Context(), 1)
	if err != nil || !ok || !reflect.DeepEqual(stored, s.Record) {
		k.Errorf("stored record: %t, %v\n%s", ok, err, cmp.Diff(s.Record, stored))
	}
	// A question that was never asked before the end is refused now.
	late := extend(1, b, 3, 2*time.Minute, at)
	k.commit(late)
	if late.Answer.Refused != cdr.Answered || !late.Answer.Final {
		k.Errorf("extended after the end: %+v", late.Answer)
	}
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	skipped := extend(2, b, 2, 0, at)
	k.commit(reserve(2, b, at))
	k.try(skipped)
	if fault.CodeOf(skipped.Err()) != fault.SequenceOutOfOrder {
		k.Errorf("a sequence that skips one: %v", skipped.Err())
	}
	k.audit()
}

// A batch does what it can: one operation's failure is its own.
func oneBadOperation(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	b := bill(1, Minute)
	good, bad, after := reserve(1, b, Start), reserve(2, bill(55, Minute), Start), reserve(3, b, Start)
	k.try(good, bad, after)
	if good.Err() != nil || after.Err() != nil || bad.Err() == nil {
		k.Errorf("errors %v, %v, %v", good.Err(), bad.Err(), after.Err())
	}
	k.wantLeft(1, "cash 1.00 held 0.20")
	// Reserved, extended and settled in one batch: no hold is ever seen.
	k.commit(reserve(4, b, Start), extend(4, b, 1, 50*time.Second, Start), k.settle(4, b, Start, 90*time.Second))
	k.wantLeft(1, "cash 0.80 held 0.20")
	k.audit()
}

func reaped(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 10*money.Yuan, time.Time{})
	b := bill(1, Minute)
	for call := cdr.ID(1); call <= 4; call++ {
		k.commit(reserve(call, b, Start))
	}
	proof := func(call cdr.ID, elapsed time.Duration, meter, lease time.Time) {
		k.commit(&charging.RenewOp{Proof: charging.Proof{Call: call, Bill: b, Elapsed: elapsed, MeterStartedAt: meter}, LeaseUntil: lease})
	}
	answered := Start.Add(10 * time.Second)
	proof(1, 45*time.Second, answered, Start.Add(time.Minute))  // talked 45 s at least: 1 minute
	proof(2, 20*time.Minute, answered, Start.Add(time.Minute))  // more than was granted: 1 minute
	proof(3, 0, time.Time{}, Start.Add(time.Minute))            // rang only
	proof(4, 30*time.Second, answered, Start.Add(10*time.Hour)) // alive
	proof(1, 5*time.Second, answered, Start)                    // a late proof takes nothing back
	now := Start.Add(2 * time.Minute)
	reap := func() []*charging.ReapOp {
		lost, err := k.store.Lost(k.Context(), now, -1, 10)
		if err != nil {
			k.Fatal(err)
		}
		var ops []*charging.ReapOp
		for _, h := range lost {
			op := &charging.ReapOp{Lost: h, Now: now, Txn: ledger.ID(k.id())}
			ops = append(ops, op)
		}
		return ops
	}
	ops := reap()
	if len(ops) != 3 {
		k.Fatalf("%d calls are lost, want 3", len(ops))
	}
	// Between listing and settling a node comes back: call 3 is left alone.
	proof(3, 0, time.Time{}, now.Add(time.Minute))
	charge := map[cdr.ID]string{}
	for _, op := range ops {
		k.commit(op)
		if op.Reaped != (op.Lost.Key.ID != 3) {
			k.Errorf("%s reaped: %t", op.Lost.Key.ID, op.Reaped)
		}
		if op.Reaped {
			charge[op.Lost.Key.ID] = fmt.Sprint(op.Record.Charge, " ", op.Record.Billable, " ", op.Record.Recovered, " ", op.Record.Cause)
		}
	}
	if charge[1] != "0.10 45s true node_lost" || charge[2] != "0.10 1m0s true node_lost" {
		k.Errorf("reaped %v", charge)
	}
	now = now.Add(2 * time.Minute)
	for _, op := range reap() {
		k.commit(op)
		if op.Record.Charge != 0 || op.Record.Lines != nil || op.Record.Number != "4008001234" {
			k.Errorf("a call that only rang: %+v", op.Record)
		}
	}
	// The late node gets the reaper's answer.
	late := k.settle(1, b, Start, 10*time.Minute)
	k.commit(late)
	if late.Record.Cause != cdr.NodeLost || late.Record.Charge != 100_000 || !late.Record.AnsweredAt.Equal(answered) {
		k.Errorf("the late node got %+v", late.Record)
	}
	ext := extend(1, b, 1, time.Minute, Start)
	k.commit(ext)
	if ext.Answer.Refused != cdr.NodeLost {
		k.Errorf("the late node extended: %+v", ext.Answer)
	}
	// The node starts again under its number: its calls are lost whatever the
	// lease says; those of another node are not.
	mine, err := k.store.Lost(k.Context(), now, 1, 10)
	if err != nil || len(mine) != 1 {
		k.Fatalf("held for node 1: %d, %v", len(mine), err)
	}
	op := &charging.ReapOp{Lost: mine[0], Now: now, OfNode: true, Txn: ledger.ID(k.id())}
	k.commit(op)
	if !op.Reaped || op.Record.Charge != 100_000 {
		k.Errorf("own call after a restart: %+v", op.Record)
	}
	if none, err := k.store.Lost(k.Context(), now.Add(24*time.Hour), 1, 10); err != nil || len(none) != 0 {
		k.Errorf("still lost: %d, %v", len(none), err)
	}
	k.audit()
}

func records(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 10*money.Yuan, time.Time{})
	b := bill(1, Minute)
	for i := range 10 {
		call := cdr.ID(100 + i)
		at := Start.Add(time.Duration(i/2) * time.Minute) // pairs start at the same instant
		op := k.settle(call, b, at, -1)
		op.Request.Record.Number = []string{"4008001234", "4006005678"}[i%2]
		k.commit(op)
	}
	other := draft(500, Start.Add(time.Hour))
	other.Customer, other.Cause = 0, cdr.UnknownNumber
	k.commit(&charging.RecordOp{Shard: 0, Record: other})
	list := func(f charging.CDRFilter) []int {
		k.Helper()
		recs, err := k.store.CDRs(k.Context(), f)
		if err != nil {
			k.Fatal(err)
		}
		var ids []int
		for _, r := range recs {
			ids = append(ids, int(r.Call))
		}
		return ids
	}
	for name, c := range map[string]struct {
		filter charging.CDRFilter
		want   []int
	}{
		"all, the latest first": {charging.CDRFilter{}, []int{500, 109, 108, 107, 106, 105, 104, 103, 102, 101, 100}},
		"of a customer":         {charging.CDRFilter{Customer: customer, Limit: 3}, []int{109, 108, 107}},
		"the oldest first":      {charging.CDRFilter{Customer: customer, OldestFirst: true, Limit: 3}, []int{100, 101, 102}},
		"of a number":           {charging.CDRFilter{Customer: customer, Number: "4006005678", Limit: 2}, []int{109, 107}},
		"by cause":              {charging.CDRFilter{Cause: cdr.UnknownNumber}, []int{500}},
		"by caller":             {charging.CDRFilter{Caller: "nobody"}, nil},
		"in a time":             {charging.CDRFilter{Since: Start.Add(time.Minute), Before: Start.Add(2 * time.Minute)}, []int{103, 102}},
	} {
		if got := list(c.filter); !slices.Equal(got, c.want) {
			k.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	want := []int{109, 108, 107, 106, 105, 104, 103, 102, 101, 100}
	for _, oldest := range []bool{false, true} {
		if oldest {
			slices.Reverse(want)
		}
		if paged := k.pages(charging.CDRFilter{Customer: customer, Limit: 3, OldestFirst: oldest}); !slices.Equal(paged, want) {
			k.Errorf("pages %v, want %v", paged, want)
		}
	}
}

// pages reads a list page by page.
func (k *till) pages(f charging.CDRFilter) (calls []int) {
	k.Helper()
	for {
		recs, err := k.store.CDRs(k.Context(), f)
		if err != nil {
			k.Fatal(err)
		}
		if len(recs) == 0 {
			return calls
		}
		for _, r := range recs {
			calls = append(calls, int(r.Call))
		}
		f.After = &recs[len(recs)-1]
	}
}

// An audit sees one instant, whatever is committed while it reads.
func snapshot(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 10*money.Yuan, time.Time{})
	b := bill(1, Minute)
	if _, ok := k.store.(*Memory); ok {
		k.Skip("this store reads while nothing is written")
	}
	err := k.store.Inspect(k.Context(), func(in charging.Inspection) error {
		count := func() (n int) {
			for _, err := range in.Holds() {
				if err != nil {
					k.Error(err)
				}
				n++
			}
			return n
		}
		before := count()
		k.commit(reserve(1, b, Start))
		if after := count(); after != before {
			k.Errorf("saw %d holds, then %d", before, after)
		}
		return nil
	})
	if err != nil {
		k.Error(err)
	}
	k.audit()
}
