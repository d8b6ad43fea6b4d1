package storetest

import (
	"slices"
	"strings"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

func accounts(k *till) {
	key := charging.AccountKey{Shard: shard, ID: 1}
	first, again := &charging.OpenOp{Key: key, At: Start}, &charging.OpenOp{Key: key, At: Start.Add(time.Hour)}
	k.commit(first)
	k.commit(again)
	if !first.Opened || again.Opened {
		k.Errorf("opened %t, then %t", first.Opened, again.Opened)
	}
	k.commit(&charging.StateOp{Key: key, State: charging.AccountSuspended})
	k.commit(&charging.OpenOp{Key: key, At: Start})
	v, err := k.store.Account(k.Context(), key)
	if err != nil || v.State != charging.AccountSuspended || !v.OpenedAt.Equal(Start) {
		k.Errorf("account = %+v, %v", v, err)
	}
	missing := &charging.StateOp{Key: charging.AccountKey{Shard: shard, ID: 9}, State: charging.AccountActive}
	k.try(missing)
	if fault.CodeOf(missing.Err()) != fault.AccountNotFound {
		k.Errorf("state of no account: %v", missing.Err())
	}
	if v, err := k.store.Account(k.Context(), missing.Key); v != nil || err != nil {
		k.Errorf("no account = %+v, %v", v, err)
	}
	k.audit()
}

func topUps(k *till) {
	k.open(1)
	k.open(2)
	topUp := func(account charging.AccountID, change func(*charging.TopUp)) *charging.TopUpOp {
		op := &charging.TopUpOp{
			TopUp: charging.TopUp{
				Shard: shard, Account: account, Bucket: charging.Cash, Amount: 100 * money.Yuan,
				Channel: "wechat", Reference: "4200001", At: Start,
			},
			Txn: ledger.ID(k.id()), Bucket: k.id(),
		}
		if change != nil {
			change(&op.TopUp)
		}
		return op
	}
	first := topUp(1, nil)
	twin := topUp(1, nil) // the same notification twice in one batch
	k.commit(first, twin)
	again := topUp(1, nil)
	k.commit(again)
	if first.Booked != first.Txn || twin.Booked != first.Txn || again.Booked != first.Txn {
		k.Errorf("one payment was booked as %s, %s, %s", first.Booked, twin.Booked, again.Booked)
	}
	// The reference is spent: another amount, bucket or account is a conflict.
	for _, op := range []*charging.TopUpOp{
		topUp(1, func(t *charging.TopUp) { t.Amount++ }),
		topUp(1, func(t *charging.TopUp) { t.Bucket = charging.Bonus }),
		topUp(2, nil),
	} {
		k.try(op)
		if fault.CodeOf(op.Err()) != fault.TopUpReferenceReused {
			k.Errorf("reference used again for %+v: %v", op.TopUp, op.Err())
		}
	}
	// The same reference at another channel is another payment.
	k.commit(topUp(1, func(t *charging.TopUp) { t.Channel = "alipay" }))
	day := Start.AddDate(0, 0, 1)
	inPackage := func(ref string, expires time.Time) *charging.TopUpOp {
		return topUp(1, func(t *charging.TopUp) { t.Reference, t.Bucket, t.ExpiresAt = ref, charging.Package, expires })
	}
	k.commit(inPackage("p1", day), inPackage("p2", day), inPackage("p3", day.AddDate(1, 0, 0)), inPackage("p4", time.Time{}))
	// 2 × 100 in cash; 2 × 100 that expire together; the other expiries apart.
	k.wantLeft(1, "cash 200.00", "package 200.00", "package 100.00", "package 100.00")
	k.wantLeft(2)
	for name, change := range map[string]func(*charging.TopUp){
		"nothing":           func(t *charging.TopUp) { t.Amount = 0 },
		"less than nothing": func(t *charging.TopUp) { t.Amount = -1 },
		"too much":          func(t *charging.TopUp) { t.Amount = 1 << 62 },
		"no such bucket":    func(t *charging.TopUp) { t.Bucket = "gold" },
		"cash that expires": func(t *charging.TopUp) { t.ExpiresAt = day },
		"expired already":   func(t *charging.TopUp) { t.Bucket, t.ExpiresAt = charging.Package, Start },
		"no reference":      func(t *charging.TopUp) { t.Reference = "" },
		"control character": func(t *charging.TopUp) { t.Reference = "a\nb" },
		"long reference":    func(t *charging.TopUp) { t.Reference = strings.Repeat("a", 129) },
		"bad channel":       func(t *charging.TopUp) { t.Channel = "We Chat" },
		"no account":        func(t *charging.TopUp) { t.Account = 99 },
	} {
		op := topUp(1, func(t *charging.TopUp) { t.Reference = "bad"; change(t) })
		k.try(op)
		if kind := fault.KindOf(op.Err()); kind != fault.KindInvalid && kind != fault.KindNotFound {
			k.Errorf("%s: %v", name, op.Err())
		}
	}
	k.audit()
}

func charges(k *till) {
	for i, c := range []struct {
		name   string
		tariff tariff.Version
		long   time.Duration
		have   money.Amount
		charge string
		left   string
		lines  []cdr.Line
	}{
		{
			name: "61 s = 2 minutes × 0.10", tariff: Minute, long: 61 * time.Second, have: 10 * money.Yuan,
			charge: "0.20", left: "cash 9.80",
			lines: []cdr.Line{
				{Bucket: "cash", Tariff: "t1", Version: 1, Rule: "first", Increments: 1, Seconds: 60, Price: 100_000, Amount: 100_000},
				{Bucket: "cash", Tariff: "t1", Version: 1, Rule: "next", Increments: 1, Seconds: 60, Price: 100_000, Amount: 100_000},
			},
		},
		{
			name: "answered and hung up at once = 1 minute", tariff: Minute, long: 0, have: 10 * money.Yuan,
			charge: "0.10", left: "cash 9.90",
			lines: []cdr.Line{{Bucket: "cash", Tariff: "t1", Version: 1, Rule: "first", Increments: 1, Seconds: 60, Price: 100_000, Amount: 100_000}},
		},
		{
			name: "14 s in 6 s steps = 3 × 0.0108", tariff: Tariff(2, 0, 6, 10_800, 6, 10_800), long: 14 * time.Second, have: money.Yuan,
			charge: "0.0324", left: "cash 0.9676",
			lines: []cdr.Line{
				{Bucket: "cash", Tariff: "t2", Version: 1, Rule: "first", Increments: 1, Seconds: 6, Price: 10_800, Amount: 10_800},
				{Bucket: "cash", Tariff: "t2", Version: 1, Rule: "next", Increments: 2, Seconds: 6, Price: 10_800, Amount: 21_600},
			},
		},
		{
			// 0.05 + 0.22 for 3 minutes, and 200 s is one 0.11 more: 0.38
			name: "connection, first 3 minutes, 1 next", tariff: Tariff(3, 50_000, 180, 220_000, 60, 110_000), long: 200 * time.Second, have: money.Yuan,
			charge: "0.38", left: "cash 0.62",
			lines: []cdr.Line{
				{Bucket: "cash", Tariff: "t3", Version: 1, Rule: "connection", Increments: 1, Price: 50_000, Amount: 50_000},
				{Bucket: "cash", Tariff: "t3", Version: 1, Rule: "first", Increments: 1, Seconds: 180, Price: 220_000, Amount: 220_000},
				{Bucket: "cash", Tariff: "t3", Version: 1, Rule: "next", Increments: 1, Seconds: 60, Price: 110_000, Amount: 110_000},
			},
		},
		{
			name: "a flat plan costs nothing and says so", tariff: Tariff(4, 0, 60, 0, 60, 0), long: 200 * time.Second, have: money.Yuan,
			charge: "0.00", left: "cash 1.00",
			lines: []cdr.Line{
				{Bucket: "cash", Tariff: "t4", Version: 1, Rule: "first", Increments: 1, Seconds: 60},
				{Bucket: "cash", Tariff: "t4", Version: 1, Rule: "next", Increments: 3, Seconds: 60},
			},
		},
		{
			// 5 yuan pays for 50 minutes, the longest that was granted is 4:
			// the clock ran late, and the call is charged for what was granted.
			name: "longer than granted = what was granted, 4 × 0.10", tariff: Minute, long: time.Hour, have: 5 * money.Yuan,
			charge: "0.40", left: "cash 4.60",
			lines: []cdr.Line{
				{Bucket: "cash", Tariff: "t1", Version: 1, Rule: "first", Increments: 1, Seconds: 60, Price: 100_000, Amount: 100_000},
				{Bucket: "cash", Tariff: "t1", Version: 1, Rule: "next", Increments: 3, Seconds: 60, Price: 100_000, Amount: 300_000},
			},
		},
	} {
		account, call := charging.AccountID(i+1), cdr.ID(1000+i)
		b := bill(account, c.tariff)
		k.open(account)
		k.topUp(account, charging.Cash, c.have, time.Time{})
		k.commit(reserve(call, b, Start))
		k.commit(extend(call, b, 1, 50*time.Second, Start.Add(50*time.Second)))
		k.commit(extend(call, b, 2, 110*time.Second, Start.Add(110*time.Second)))
		op := k.settle(call, b, Start, c.long)
		k.commit(op)
		if got := op.Record.Charge.String(); got != c.charge {
			k.Errorf("%s: charged %s, want %s", c.name, got, c.charge)
		}
		if !slices.Equal(op.Record.Lines, c.lines) {
			k.Errorf("%s: lines\n%+v, want\n%+v", c.name, op.Record.Lines, c.lines)
		}
		if op.Capped != (c.long == time.Hour) {
			k.Errorf("%s: capped %t", c.name, op.Capped)
		}
		k.wantLeft(account, c.left)
	}
	k.audit()
}

func refusals(k *till) {
	k.open(1)
	b := bill(1, Minute)
	refused := func(call cdr.ID, want cdr.Cause) {
		k.Helper()
		op := reserve(call, b, Start)
		k.commit(op)
		if op.Answer.Refused != want || (want != "" && op.Answer.Granted != 0) {
			k.Fatalf("answer %+v, want refused %q", op.Answer, want)
		}
	}
	refused(1, cdr.NoCredit)
	k.topUp(1, charging.Cash, 99_999, time.Time{})
	refused(2, cdr.NoCredit) // a micro-yuan short of the first minute
	k.topUp(1, charging.Cash, 900_001, time.Time{})
	key := charging.AccountKey{Shard: shard, ID: 1}
	for state, want := range map[charging.AccountState]cdr.Cause{
		charging.AccountSuspended: cdr.NumberSuspended,
		charging.AccountFrozen:    cdr.NumberFrozen,
	} {
		k.commit(&charging.StateOp{Key: key, State: state})
		refused(3, want)
	}
	k.commit(&charging.StateOp{Key: key, State: charging.AccountActive})
	b.MaxConcurrent = 2
	refused(4, "")
	refused(5, "")
	refused(6, cdr.TooManyCalls)
	refused(4, "") // asked again, the call that is held is answered as before
	k.commit(k.settle(4, b, Start, -1))
	refused(7, "") // its place is free again
	unknown := reserve(8, bill(77, Minute), Start)
	k.try(unknown)
	if fault.CodeOf(unknown.Err()) != fault.AccountNotFound {
		k.Errorf("unknown account: %v", unknown.Err())
	}
	other := bill(1, Minute)
	other.Shard = (shard + 1) % charging.Shards
	misplaced := reserve(9, other, Start)
	k.try(misplaced)
	if fault.KindOf(misplaced.Err()) != fault.KindInternal {
		k.Errorf("a bill in a shard that is not its customer's: %v", misplaced.Err())
	}
	k.audit()
}

func grants(k *till) {
	type want struct {
		granted, extendAt time.Duration
		final             bool
	}
	check := func(name string, a charging.Answer, w want) {
		k.Helper()
		if a.Refused != "" || a.Granted != w.granted || a.ExtendAt != w.extendAt || a.Final != w.final {
			k.Errorf("%s: %+v, want %+v", name, a, w)
		}
	}
	// With 100 yuan one call never nears the end: 1 minute, then as much again
	// each time, at most 10 minutes; asked for 10 s before the end.
	k.open(1)
	k.topUp(1, charging.Cash, 100*money.Yuan, time.Time{})
	b := bill(1, Minute)
	r := reserve(1, b, Start)
	k.commit(r)
	check("reserve", r.Answer, want{60 * time.Second, 50 * time.Second, false})
	elapsed := r.Answer.ExtendAt
	for i, minutes := range []int{2, 4, 8, 16, 26, 36} {
		e := extend(1, b, i+1, elapsed, Start.Add(elapsed))
		k.commit(e)
		check("extend", e.Answer, want{time.Duration(minutes) * time.Minute, time.Duration(minutes)*time.Minute - 10*time.Second, false})
		elapsed = e.Answer.ExtendAt
	}
	k.wantLeft(1, "cash 100.00 held 3.60")

	// 0.25 yuan pays for two minutes. The grant of the first leaves 0.15; the
	// second takes 0.10 of it and is final; then there is no more.
	k.open(2)
	k.topUp(2, charging.Cash, 250_000, time.Time{})
	b = bill(2, Minute)
	r = reserve(2, b, Start)
	k.commit(r)
	check("low: reserve", r.Answer, want{60 * time.Second, 50 * time.Second, false})
	e := extend(2, b, 1, 50*time.Second, Start)
	k.commit(e)
	check("low: the last minute", e.Answer, want{120 * time.Second, 110 * time.Second, true})
	e = extend(2, b, 2, 110*time.Second, Start)
	k.commit(e)
	check("low: nothing; ask once more half way", e.Answer, want{120 * time.Second, 115 * time.Second, true})
	e = extend(2, b, 3, 117*time.Second, Start)
	k.commit(e)
	check("low: nothing, and no time to ask again", e.Answer, want{120 * time.Second, 115 * time.Second, true})
	k.topUp(2, charging.Cash, money.Yuan, time.Time{})
	e = extend(2, b, 4, 118*time.Second, Start)
	k.commit(e)
	// 1.05 available, one open call: half of it is 5 minutes, the step is 2.
	check("low: a top-up came", e.Answer, want{240 * time.Second, 230 * time.Second, false})

	// Three calls of one minute each leave 0.40 of 0.70; an extension may take a
	// quarter of what is available, or one minute.
	k.open(5)
	k.topUp(5, charging.Cash, 700_000, time.Time{})
	b = bill(5, Minute)
	for call := cdr.ID(51); call <= 53; call++ {
		k.commit(reserve(call, b, Start))
	}
	k.wantLeft(5, "cash 0.70 held 0.30")
	more := func(call cdr.ID, sequence int) charging.Answer {
		e := extend(call, b, sequence, 0, Start)
		k.commit(e)
		return e.Answer
	}
	check("shared: a quarter of 0.40 is the minute asked for", more(51, 1), want{120 * time.Second, 110 * time.Second, false})
	check("shared: a quarter of 0.30 is less than one minute, which is given", more(51, 2), want{180 * time.Second, 170 * time.Second, false})
	check("shared: again", more(52, 1), want{120 * time.Second, 110 * time.Second, false})
	check("shared: the last one", more(53, 1), want{120 * time.Second, 110 * time.Second, true})
	k.topUp(5, charging.Cash, 1_250_000, time.Time{})
	// 1.25 available, three open: a quarter is 0.3125, 3 minutes of the 3 that
	// the step would be; then 0.95, a quarter of which is 2 minutes of 6.
	check("shared: three minutes", more(51, 3), want{360 * time.Second, 350 * time.Second, false})
	check("shared: two minutes of the step's six", more(51, 4), want{480 * time.Second, 470 * time.Second, false})

	// A minute costs 0.60 in 6 s steps of 0.06; 0.20 pays for 18 s.
	k.open(3)
	k.topUp(3, charging.Cash, 200_000, time.Time{})
	r = reserve(3, bill(3, Tariff(5, 0, 6, 60_000, 6, 60_000)), Start)
	k.commit(r)
	check("shrunk to what can be paid", r.Answer, want{18 * time.Second, 12 * time.Second, true})

	// A flat plan on an empty account is never final.
	k.open(4)
	b = bill(4, Tariff(6, 0, 60, 0, 60, 0))
	r = reserve(4, b, Start)
	k.commit(r)
	check("flat", r.Answer, want{60 * time.Second, 50 * time.Second, false})
	e = extend(4, b, 1, 50*time.Second, Start)
	k.commit(e)
	check("flat: more", e.Answer, want{120 * time.Second, 110 * time.Second, false})
	k.commit(k.settle(4, b, Start, 100*time.Second))

	// The bill's own smallest grant, rounded up to whole increments: 90 s are
	// 2 minutes.
	b = bill(1, Minute)
	b.MinGrant = 90 * time.Second
	r = reserve(5, b, Start)
	k.commit(r)
	check("own smallest grant", r.Answer, want{120 * time.Second, 110 * time.Second, false})
	k.audit()
}

func buckets(k *till) {
	far, near := Start.AddDate(0, 2, 0), Start.AddDate(0, 1, 0)
	k.open(1)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	k.topUp(1, charging.Bonus, 120_000, time.Time{})
	k.topUp(1, charging.Package, 50_000, far)
	k.topUp(1, charging.Package, 150_000, near)
	b := bill(1, Minute)
	b.MinGrant = 4 * time.Minute
	k.commit(reserve(1, b, Start))
	// 0.40: the package that expires sooner 0.15, the later one 0.05, bonus
	// 0.12, cash 0.08.
	k.wantLeft(1, "cash 1.00 held 0.08", "bonus 0.12 held 0.12", "package 0.05 held 0.05", "package 0.15 held 0.15")
	op := k.settle(1, b, Start, 4*time.Minute)
	k.commit(op)
	k.wantLeft(1, "cash 0.92", "bonus 0.00", "package 0.00", "package 0.00")
	line := func(bucket, rule string, n int64, amount money.Amount, shared bool) cdr.Line {
		return cdr.Line{Bucket: bucket, Tariff: "t1", Version: 1, Rule: rule, Increments: n, Seconds: 60, Price: 100_000, Amount: amount, Shared: shared}
	}
	want := []cdr.Line{
		line("package", "first", 1, 100_000, false), // 0.05 of the sooner package is left
		line("package", "next", 1, 50_000, true),    // minute 2: 0.05 of it …
		line("package", "next", 0, 50_000, true),    // … and 0.05 of the later
		line("bonus", "next", 1, 100_000, false),    // minute 3
		line("bonus", "next", 1, 20_000, true),      // minute 4: the bonus' last 0.02 …
		line("cash", "next", 0, 80_000, true),       // … and cash
	}
	if !slices.Equal(op.Record.Lines, want) {
		k.Errorf("lines\n%+v, want\n%+v", op.Record.Lines, want)
	}
	// A shorter call than was held gives back what it did not use.
	k.topUp(1, charging.Bonus, 150_000, time.Time{})
	k.commit(reserve(2, b, Start))
	k.wantLeft(1, "cash 0.92 held 0.25", "bonus 0.15 held 0.15", "package 0.00", "package 0.00")
	k.commit(k.settle(2, b, Start, 30*time.Second))
	k.wantLeft(1, "cash 0.92", "bonus 0.05", "package 0.00", "package 0.00")
	// The operator may take cash first.
	k.rules.CashBeforeBonus = true
	k.commit(reserve(3, b, Start))
	k.commit(k.settle(3, b, Start, 30*time.Second))
	k.wantLeft(1, "cash 0.82", "bonus 0.05", "package 0.00", "package 0.00")
	r := Audited(k, k.store)
	totals := map[string]int64{}
	for _, t := range r.Totals {
		totals[t.Name] = t.Amount
	}
	// in: 1 + 0.12 + 0.05 + 0.15 + 0.15 = 1.47; calls: 0.40 + 0.10 + 0.10
	if totals["receipts/bank"] != -1_470_000 || totals["revenue/calls"] != 600_000 {
		k.Errorf("totals %v", totals)
	}
}

// A package that expires during a call pays for what it had held for it, and
// for nothing new.
func expiredPackage(k *till) {
	expires := Start.Add(90 * time.Second)
	k.open(1)
	k.topUp(1, charging.Package, 500_000, expires)
	k.topUp(1, charging.Cash, money.Yuan, time.Time{})
	b := bill(1, Minute)
	k.commit(reserve(1, b, Start))
	k.wantLeft(1, "package 0.50 held 0.10", "cash 1.00")
	k.commit(extend(1, b, 1, 100*time.Second, Start.Add(100*time.Second))) // 1 minute more, after the expiry
	k.wantLeft(1, "package 0.50 held 0.10", "cash 1.00 held 0.10")
	op := k.settle(1, b, Start, 110*time.Second)
	k.commit(op)
	k.wantLeft(1, "package 0.40", "cash 0.90")
	late := reserve(2, b, Start.Add(10*time.Minute))
	k.commit(late)
	k.wantLeft(1, "package 0.40", "cash 0.90 held 0.10")
	k.audit()
}
