package storetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// answer writes what Reserve or Extend said: "60s", "120s final", "60s capped"
// where a cap made it final, or the refusal.
func answer(a charging.Answer) string {
	switch {
	case a.Refused != "":
		return string(a.Refused)
	case a.CapReached:
		return a.Granted.String() + " capped"
	case a.Final:
		return a.Granted.String() + " final"
	}
	return a.Granted.String()
}

// asks reserves and says what the answer was.
func (k *till) asks(call cdr.ID, b charging.Bill, at time.Time) string {
	k.Helper()
	op := reserve(call, b, at)
	k.commit(op)
	k.audit()
	return answer(op.Answer)
}

// more extends and says what the answer was.
func (k *till) more(call cdr.ID, b charging.Bill, sequence int, elapsed time.Duration, at time.Time) string {
	k.Helper()
	op := extend(call, b, sequence, elapsed, at)
	k.commit(op)
	k.audit()
	return answer(op.Answer)
}

// ends settles a call that talked for long, or never with -1.
func (k *till) ends(call cdr.ID, b charging.Bill, at time.Time, long time.Duration) *cdr.Record {
	k.Helper()
	op := k.settle(call, b, at, long)
	k.commit(op)
	k.audit()
	return &op.Record
}

func (k *till) is(what, got, want string) {
	k.Helper()
	if got != want {
		k.Fatalf("%s: %s, want %s", what, got, want)
	}
}

// monthlyAmount is a cap of 0.25 yuan a month on calls of 0.10 a minute.
func monthlyAmount(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 1000*money.Yuan, time.Time{})
	b := bill(1, Minute)
	b.CapAmount = 250_000
	late := time.Date(2026, 3, 31, 15, 59, 59, 999_999_000, time.UTC) // a microsecond before April in Shanghai
	k.is("first call", k.asks(1, b, late), "1m0s")
	k.is("at 50 s 0.15 of the cap is left, a share of it is 0.075: one more minute, the last", k.more(1, b, 1, 50*time.Second, late.Add(50*time.Second)), "2m0s capped")
	k.is("at 110 s", k.more(1, b, 2, 110*time.Second, late.Add(110*time.Second)), "2m0s capped")
	k.is("another call at the cap", k.asks(2, b, late), "monthly_cap_reached")
	other := b
	other.Subscription = 2
	k.is("another number of the account", k.asks(3, other, late), "1m0s")
	april := late.Add(time.Microsecond)
	k.is("a call of April", k.asks(4, b, april), "1m0s")
	k.is("charge of March's call, that ended in April", k.ends(1, b, late, 2*time.Minute).Charge.String(), "0.20")
	k.is("March is used up", k.asks(5, b, late), "monthly_cap_reached")
	k.is("April is not: 0.15 is left, for one minute", k.asks(6, b, april), "1m0s capped")
	k.is("0.05 of April is left", k.asks(7, b, april), "monthly_cap_reached")
	k.ends(6, b, april, -1)
	k.is("what an unanswered call gave back", k.asks(8, b, april), "1m0s capped")
	cheap := b
	cheap.Tariff = Tariff(4, 0, 60, 0, 60, 0)
	k.is("a free call at the cap", k.asks(9, cheap, april), "1m0s")
	k.wantLeft(1, "cash 999.80 held 0.30")
}

// forgottenMonth is a call that is still up when its month is not counted any
// more: it is charged, and the books are right.
func forgottenMonth(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 1000*money.Yuan, time.Time{})
	b := bill(1, Minute)
	b.CapAmount, b.CapCalls = 150_000, 1
	month := func(n int) time.Time { return Start.AddDate(0, n, 0) }
	k.is("March", k.asks(1, b, month(0)), "1m0s capped")
	k.is("April", k.asks(2, b, month(1)), "1m0s capped")
	k.is("May", k.asks(3, b, month(2)), "1m0s capped")
	k.is("June", k.asks(4, b, month(3)), "1m0s capped")
	k.is("March's call ends", k.ends(1, b, month(0), time.Second).Charge.String(), "0.10")
	k.ends(2, b, month(1), -1)
	k.is("May is still counted", k.asks(5, b, month(2)), "monthly_cap_reached")
	k.ends(3, b, month(2), -1)
	k.is("and given back", k.asks(6, b, month(2)), "1m0s capped")
	k.wantLeft(1, "cash 999.90 held 0.20")
}

// sharedCap is two calls at once under one cap: they cannot pass it together,
// and what one gives back the other may use.
func sharedCap(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 1000*money.Yuan, time.Time{})
	b := bill(1, Minute)
	b.CapAmount = 350_000
	k.is("first", k.asks(1, b, Start), "1m0s")
	k.is("second", k.asks(2, b, Start), "1m0s")
	k.is("the first takes what is left", k.more(1, b, 1, 50*time.Second, Start), "2m0s capped")
	k.is("the second gets nothing", k.more(2, b, 1, 50*time.Second, Start), "1m0s capped")
	k.is("a third is refused", k.asks(3, b, Start), "monthly_cap_reached")
	k.ends(1, b, Start, time.Second)
	k.is("the first used a minute only", k.more(2, b, 2, 55*time.Second, Start), "2m0s capped")
	k.ends(2, b, Start, 90*time.Second)
	k.wantLeft(1, "cash 999.70")
}

// monthlyCalls is a cap of two answered calls a month.
func monthlyCalls(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 10*money.Yuan, time.Time{})
	b := bill(1, Minute)
	b.CapCalls = 2
	late := time.Date(2026, 12, 31, 15, 0, 0, 0, time.UTC)
	k.is("first", k.asks(1, b, late), "1m0s")
	k.ends(1, b, late, -1) // nobody answered: it does not count
	k.is("second", k.asks(2, b, late), "1m0s")
	k.ends(2, b, late, 0)
	k.is("third", k.asks(3, b, late), "1m0s")
	k.is("fourth, while the third rings", k.asks(4, b, late), "monthly_cap_reached")
	k.ends(3, b, late, -1)
	k.is("fifth", k.asks(5, b, late), "1m0s")
	k.ends(5, b, late, time.Second)
	k.is("sixth", k.asks(6, b, late), "monthly_cap_reached")
	k.is("in the new year", k.asks(7, b, late.Add(time.Hour)), "1m0s")
	k.wantLeft(1, "cash 9.80 held 0.10")
}

// overdraft lets a call run 0.20 yuan below zero, and no call begin there.
func overdraft(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 150_000, time.Time{})
	cut := bill(1, Minute)
	k.is("without an overdraft", k.asks(1, cut, Start), "1m0s final")
	k.is("at 50 s 0.05 is left", k.more(1, cut, 1, 50*time.Second, Start), "1m0s final")
	k.ends(1, cut, Start, -1)
	b := cut
	b.Overdraft = 200_000
	k.is("with one", k.asks(2, b, Start), "1m0s")
	k.is("at 50 s", k.more(2, b, 1, 50*time.Second, Start), "2m0s")
	k.wantLeft(1, "cash 0.15 held 0.20")
	k.is("no call begins below zero", k.asks(3, b, Start), "insufficient_credit")
	k.is("at 110 s 0.15 of it is left: one more minute, the last", k.more(2, b, 2, 110*time.Second, Start), "3m0s final")
	k.is("at 170 s", k.more(2, b, 3, 170*time.Second, Start), "3m0s final")
	k.is("charge", k.ends(2, b, Start, 3*time.Minute).Charge.String(), "0.30")
	k.wantLeft(1, "cash -0.15")
	k.is("it owes", k.asks(4, b, Start), "insufficient_credit")
	k.topUp(1, charging.Cash, 249_999, time.Time{})
	k.is("a micro-yuan short of a minute", k.asks(5, b, Start), "insufficient_credit")
	k.topUp(1, charging.Cash, 1, time.Time{})
	k.is("a minute", k.asks(6, cut, Start), "1m0s final")
	k.ends(6, cut, Start, 0)
	for bucket := range k.buckets() {
		if bucket.Overdraft != 0 {
			k.Fatalf("nothing is owed, and the bucket may go %s below zero", bucket.Overdraft)
		}
	}
}

// sharedOverdraft is several calls at once that run into one overdraft: all
// they take together stays within it.
func sharedOverdraft(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 400_000, time.Time{})
	b := bill(1, Minute)
	b.Overdraft = 350_000
	for call := cdr.ID(1); call <= 4; call++ {
		k.is("a minute each", k.asks(call, b, Start), "1m0s")
	}
	for call := cdr.ID(1); call <= 3; call++ {
		k.more(call, b, 1, 50*time.Second, Start)
	}
	k.is("0.05 of the overdraft is left", k.more(4, b, 1, 50*time.Second, Start), "1m0s final")
	k.wantLeft(1, "cash 0.40 held 0.70")
	for call := cdr.ID(1); call <= 4; call++ {
		k.ends(call, b, Start, time.Hour)
	}
	k.wantLeft(1, "cash -0.30")
}

// noCashNoOverdraft is an account of packages only.
func noCashNoOverdraft(k *till) {
	k.open(1)
	k.topUp(1, charging.Package, 150_000, Start.AddDate(0, 1, 0))
	b := bill(1, Minute)
	b.Overdraft = 200_000
	k.is("a minute", k.asks(1, b, Start), "1m0s final")
	k.is("no more", k.more(1, b, 1, 50*time.Second, Start), "1m0s final")
}

// buckets lists all buckets of the store.
func (k *till) buckets() map[charging.Bucket]bool {
	k.Helper()
	out := map[charging.Bucket]bool{}
	err := k.store.Inspect(context.Background(), func(in charging.Inspection) error {
		for b, err := range in.Buckets() {
			if err != nil {
				return err
			}
			out[b] = true
		}
		return nil
	})
	if err != nil {
		k.Fatal(err)
	}
	return out
}

// pays books a top-up with its unit and extension, and says why not.
func (k *till) pays(t charging.TopUp, reference string) string {
	k.Helper()
	t.Shard, t.Account, t.Channel, t.Reference, t.At = shard, 1, "bank", reference, Start
	op := &charging.TopUpOp{TopUp: t, Txn: ledger.ID(k.id()), Bucket: k.id()}
	k.try(op)
	k.audit()
	return string(fault.CodeOf(op.Err()))
}

// includedTime is call time that is topped up and used before money.
func includedTime(k *till) {
	k.open(1)
	end := Start.AddDate(0, 1, 0)
	for i, c := range []struct {
		t    charging.TopUp
		want fault.Code
	}{
		{charging.TopUp{Bucket: charging.Package, Seconds: 150, ExpiresAt: end}, ""},
		{charging.TopUp{Bucket: charging.Package, Seconds: 150, ExpiresAt: end}, ""}, // into the same bucket
		{charging.TopUp{Bucket: charging.Cash, Amount: 1_000_000}, ""},
		{charging.TopUp{Bucket: charging.Cash, Seconds: 60}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Bonus, Seconds: 60}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Package, Seconds: 60, Amount: 1}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Package, Seconds: -60}, fault.ValueRange},
		{charging.TopUp{Bucket: charging.Package, Seconds: charging.MaxTopUpSeconds + 1}, fault.ValueRange},
		{charging.TopUp{Bucket: charging.Extension, Seconds: 60}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Package, Amount: 1, Extension: 7}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Extension, Amount: 1, Extension: -7}, fault.ValueNotAllowed},
		{charging.TopUp{Bucket: charging.Extension, Amount: 1, Extension: 7, ExpiresAt: end}, fault.ExpiryNotAllowed},
	} {
		k.is(fmt.Sprintf("%+v", c.t), k.pays(c.t, fmt.Sprint(i)), string(c.want))
	}
	k.is("the same again", k.pays(charging.TopUp{Bucket: charging.Package, Seconds: 150, ExpiresAt: end}, "0"), "")
	k.is("a reference of time for money", k.pays(charging.TopUp{Bucket: charging.Package, Amount: 150, ExpiresAt: end}, "0"), string(fault.TopUpReferenceReused))
	b := bill(1, Minute)
	k.is("first", k.asks(1, b, Start), "1m0s")
	rec := k.ends(1, b, Start, 61*time.Second) // it was cut at 60 s
	k.is("a minute of time", fmt.Sprint(rec.Charge, " ", rec.Lines[0].Unit, " ", rec.Lines[0].Used), "0.00 SEC 60")
	k.is("second", k.asks(2, b, Start), "1m0s")
	k.is("its share of 180 s is 90", k.more(2, b, 1, 50*time.Second, Start), "2m0s")
	rec = k.ends(2, b, Start, 110*time.Second)
	k.is("two minutes of time", fmt.Sprint(rec.Charge, " ", rec.Lines[0].Used, " ", rec.Lines[1].Used), "0.00 60 60")
	b.CapAmount = 50_000
	k.is("included time is under no cap of money", k.asks(3, b, Start), "1m0s")
	k.is("the last minute of time; then the cap ends the call", k.more(3, b, 1, 50*time.Second, Start), "2m0s capped")
	k.is("at 110 s", k.more(3, b, 2, 110*time.Second, Start), "2m0s capped")
	k.ends(3, b, Start, 2*time.Minute)
	k.wantLeft(1, "package 0.00", "cash 1.00")
	k.is("none is left", k.asks(4, b, Start), "monthly_cap_reached")
}

// extensionWallet is a sub-wallet: it pays first for its own calls and never
// for others.
func extensionWallet(k *till) {
	k.open(1)
	for i, t := range []charging.TopUp{
		{Bucket: charging.Extension, Amount: 150_000, Extension: 7},
		{Bucket: charging.Extension, Amount: 100_000, Extension: 8},
		{Bucket: charging.Extension, Seconds: 60, Extension: 8},
		{Bucket: charging.Cash, Amount: 250_000},
	} {
		k.is("top-up", k.pays(t, fmt.Sprint(i)), "")
	}
	b := bill(1, Minute)
	seven, eight := b, b
	seven.Extension, eight.Extension = 7, 8
	k.is("a call of 7", k.asks(1, seven, Start), "1m0s")
	k.is("0.05 of its own and 0.05 of cash", k.more(1, seven, 1, 50*time.Second, Start), "2m0s")
	rec := k.ends(1, seven, Start, 2*time.Minute)
	k.is("lines", lineWords(rec), "extension 0.10, extension 0.05, cash 0.05")
	k.is("a call of 8", k.asks(2, eight, Start), "1m0s")
	k.is("of its own", lineWords(k.ends(2, eight, Start, 0)), "extension 0.10")
	k.is("a call of nobody", k.asks(3, b, Start), "1m0s")
	k.is("cash", lineWords(k.ends(3, b, Start, 0)), "cash 0.10")
	k.is("another", k.asks(4, b, Start), "1m0s final")
	k.ends(4, b, Start, 0)
	k.is("there are 60 s of 8, not for this one", k.asks(5, b, Start), "insufficient_credit")
	k.is("nor for 7", k.asks(6, seven, Start), "insufficient_credit")
	k.is("for 8", k.asks(7, eight, Start), "1m0s final")
	k.wantLeft(1, "extension 0.00", "extension 0.00", "extension 0.00006 held 0.00006", "cash 0.00")
}

func lineWords(r *cdr.Record) string {
	words := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		words[i] = l.Bucket + " " + l.Amount.String()
	}
	return strings.Join(words, ", ")
}

// bands is a call that rang into the night and whose node was lost: it is
// rated by the bands that stand with its hold.
func bands(k *till) {
	k.open(1)
	k.topUp(1, charging.Cash, 10*money.Yuan, time.Time{})
	night := tariff.Increment{Length: time.Minute, Price: 60_000}
	b := bill(1, Minute)
	b.Class = "far"
	b.Tariff.Classes = []tariff.Class{{
		Name: "far", Rate: tariff.Rate{Connection: 20_000, First: b.Tariff.First, Next: b.Tariff.Next},
		Bands: []tariff.Band{{Name: "night", From: 22 * time.Hour, To: 6 * time.Hour, Rate: tariff.Rate{First: night, Next: night}}},
	}}
	evening := time.Date(2026, 3, 2, 13, 58, 0, 0, time.UTC) // 21:58 in Shanghai
	k.is("by the dearer band", k.asks(1, b, evening), "1m0s")
	k.wantLeft(1, "cash 10.00 held 0.12")
	answered := evening.Add(2 * time.Minute)
	k.commit(&charging.RenewOp{Proof: charging.Proof{Call: 1, Bill: b, Elapsed: 45 * time.Second, MeterStartedAt: answered}})
	lost, err := k.store.Lost(k.Context(), evening.Add(time.Hour), -1, 10)
	if err != nil || len(lost) != 1 {
		k.Fatalf("%d lost, %v", len(lost), err)
	}
	op := &charging.ReapOp{Lost: lost[0], Now: evening.Add(time.Hour), Txn: ledger.ID(k.id())}
	k.commit(op)
	k.is("at night", op.Record.Charge.String(), "0.06")
	if err := Rated(&b.Tariff, "far", answered, &op.Record); err != nil {
		k.Fatal(err)
	}
	k.audit()
}
