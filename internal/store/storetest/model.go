package storetest

import (
	"context"
	"fmt"
	"maps"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// machineTariffs are what the machine's calls are rated by. Tests begin at
// 17:00 in Shanghai, and the bands change a few minutes later.
var machineTariffs = []tariff.Version{
	Minute,
	Tariff(2, 0, 6, 10_800, 6, 10_800),
	Tariff(3, 50_000, 180, 220_000, 60, 110_000),
	Tariff(4, 0, 60, 0, 60, 0),
	Tariff(5, 1, 1, 3, 1, 1_801),
	Tariff(6, 0, 60, 300_000, 60, 0),
	banded(7, 0, 60, 120_000, 60, 120_000),
	banded(8, 20_000, 6, 15_000, 6, 15_000),
	banded(9, 0, 60, 0, 60, 0),
}

// banded is Minute with a band from 17:03 to 17:20 in Shanghai, and a class
// that has the band's prices but from 17:08 to 17:12, which costs nothing.
func banded(id tariff.ID, connection money.Amount, first int, firstPrice money.Amount, next int, nextPrice money.Amount) tariff.Version {
	v, other := Minute, Tariff(0, connection, first, firstPrice, next, nextPrice)
	rate := tariff.Rate{Connection: connection, First: other.First, Next: other.Next}
	free := tariff.Rate{First: tariff.Increment{Length: time.Minute}, Next: tariff.Increment{Length: time.Minute}}
	at := func(minute int) time.Duration { return time.Duration(17*60+minute) * time.Minute }
	v.ID, v.Code = id, fmt.Sprintf("t%d", id)
	v.Bands = []tariff.Band{{Name: "five", From: at(3), To: at(20), Rate: rate}}
	v.Classes = []tariff.Class{{Name: "far", Rate: rate, Bands: []tariff.Band{{Name: "free", From: at(8), To: at(12), Rate: free}}}}
	return v
}

// The terms of a subscription never change in the machine: the first has no
// cap, the second one of money, the third one of calls.
const (
	capAmount = 400_000
	capCalls  = 3
)

// overdraftOf is how far calls may take an account's cash below zero.
func overdraftOf(account charging.AccountID) money.Amount {
	if account == accountsOfMachine {
		return 250_000
	}
	return 0
}

func (m *machine) drawBill() charging.Bill {
	b := bill(m.account(), rapid.SampledFrom(machineTariffs).Draw(m.T, "tariff"))
	b.Subscription = charging.SubscriptionID(rapid.IntRange(1, 3).Draw(m.T, "subscription"))
	switch b.Subscription {
	case 2:
		b.CapAmount = capAmount
	case 3:
		b.CapCalls = capCalls
	}
	b.Overdraft = overdraftOf(b.Account)
	b.Class = rapid.SampledFrom([]string{"", "", "far"}).Draw(m.T, "class")
	b.Extension = rapid.Int64Range(0, 2).Draw(m.T, "extension")
	b.MaxConcurrent = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(m.T, "concurrent")
	b.MinGrant = rapid.SampledFrom([]time.Duration{0, time.Second, 200 * time.Second}).Draw(m.T, "least")
	return b
}

// meterOf is when a call's meter started: as its hold was told, or at some
// time since it was reserved.
func (m *machine) meterOf(c *modelCall) time.Time {
	if !c.meter.IsZero() {
		return c.meter
	}
	return c.opened.Add(time.Duration(rapid.Int64Range(0, int64(m.now.Sub(c.opened)/time.Microsecond)).Draw(m.T, "rang")) * time.Microsecond)
}

// close checks what a call that ended was charged: the increments of its
// tariff, each paid once, or nothing when it was not answered.
func (m *machine) close(c *modelCall, rec *cdr.Record, meter time.Time, talked bool, long time.Duration) {
	c.closed, c.talked, c.charge = true, talked, rec.Charge
	m.charged += rec.Charge
	for _, l := range rec.Lines {
		m.used += l.Used
		if l.Bucket == string(charging.Extension) {
			m.wallets[wallet{c.bill.Account, c.bill.Extension}] -= int64(l.Amount) + l.Used*second
		}
	}
	switch {
	case !talked:
		if rec.Charge != 0 || len(rec.Lines) != 0 {
			m.Fatalf("a call that nobody answered was charged %s: %+v", rec.Charge, rec.Lines)
		}
	case rec.Billable != min(long.Truncate(time.Microsecond), c.granted):
		m.Fatalf("it lasted %s of %s granted, billable are %s", long, c.granted, rec.Billable)
	case meter.Sub(c.opened) <= charging.LongestRing:
		if err := Rated(&c.bill.Tariff, c.bill.Class, meter, rec); err != nil {
			m.Fatalf("%s reserved at %s, answered at %s for %s: %v\n%+v", c.bill.Tariff.Code, c.opened, meter, rec.Billable, err, rec.Lines)
		}
	}
}

// free is the money that an account has for a call, held or not by none.
func (m *machine) free(b *charging.Bill) money.Amount {
	v, err := m.store.Account(context.Background(), charging.AccountKey{Shard: shard, ID: b.Account})
	if err != nil || v == nil {
		m.Fatalf("account: %v, %v", v, err)
	}
	var sum money.Amount
	for _, x := range v.Buckets {
		expired := !x.ExpiresAt.IsZero() && !m.now.Before(x.ExpiresAt)
		foreign := x.Kind == charging.Extension && x.Extension != b.Extension
		if x.Unit == ledger.CNY && !expired && !foreign {
			sum += max(0, x.Balance-x.Held)
		}
	}
	return sum
}

// refused checks that a call was refused for a reason. free was there before
// the batch; only when the call was alone in it, it is known to have been
// there for it.
func (m *machine) refused(b *charging.Bill, why cdr.Cause, free money.Amount, alone bool) {
	open, answered := 0, 0
	for _, c := range m.calls {
		if c.bill.Account == b.Account && c.bill.Subscription == b.Subscription {
			switch {
			case !c.closed:
				open++
			case c.talked:
				answered++
			}
		}
	}
	switch {
	case !alone:
	case why == cdr.NoCredit:
		bound := b.Tariff.Meter(b.Class, m.now).Within(charging.LongestRing, time.Minute)
		if least, err := bound.Dearest.Cost(0); err != nil || free >= least && b.MinGrant <= time.Minute {
			m.Fatalf("refused with %s, the first increment costs %s at most, %v", free, least, err)
		}
	case why == cdr.TooManyCalls && (b.MaxConcurrent == 0 || open < b.MaxConcurrent),
		why == cdr.CapReached && b.CapAmount == 0 && (b.CapCalls == 0 || open+answered < b.CapCalls):
		m.Fatalf("refused as %s with %d open and %d answered: %+v", why, open, answered, b)
	}
}

// check is what must hold at every moment.
func (m *machine) check() {
	report := Audited(m.T, m.store)
	m.checkBalances()
	m.checkCaps()
	books := m.books()
	for _, t := range report.Totals {
		want, known := books[ledger.Book(t.Name)]
		if known && t.Amount != want {
			m.Fatalf("%s is %d, want %d", t.Name, t.Amount, want)
		}
	}
	for id, c := range m.calls {
		if !c.closed {
			continue
		}
		rec, ok, err := m.store.CDR(context.Background(), id)
		if err != nil || !ok || rec.Call != id {
			m.Fatalf("%s is closed; its CDR: %t, %v", id, ok, err)
		}
	}
	if code := fault.CodeOf(m.unknownSettle()); code != fault.HoldNotFound {
		m.Fatalf("settling a call that never was: %q", code)
	}
}

// checkBalances compares what is left with what came and was charged, and
// finds that only cash is overdrawn, never further than was allowed.
func (m *machine) checkBalances() {
	var left, seconds money.Amount
	wallets := map[wallet]int64{}
	for account := range charging.AccountID(accountsOfMachine) {
		v, err := m.store.Account(context.Background(), charging.AccountKey{Shard: shard, ID: account + 1})
		if err != nil || v == nil {
			m.Fatalf("account: %v, %v", v, err)
		}
		for _, b := range v.Buckets {
			var lowest money.Amount
			if b.Kind == charging.Cash {
				lowest = -overdraftOf(account + 1)
			}
			if b.Balance-b.Held < lowest {
				m.Fatalf("%s of account %d has %s, holds %s", b.Kind, account+1, b.Balance, b.Held)
			}
			worth := int64(b.Balance)
			if b.Unit == ledger.SEC {
				seconds += b.Balance
				worth *= second
			} else {
				left += b.Balance
			}
			if b.Kind == charging.Extension {
				wallets[wallet{account + 1, b.Extension}] += worth
			}
		}
	}
	if !maps.Equal(wallets, m.wallets) {
		m.Fatalf("sub-wallets have %v, want %v", wallets, m.wallets)
	}
	p := &m.posted
	if left != m.came+p.gifts-m.charged-p.fees-p.refunds-p.expired || int64(seconds) != m.issued-m.used-p.expiredTime {
		m.Fatalf("%s and %d s are left; %s and %d s came, %s and %d s were charged, postings are %+v", left, seconds, m.came, m.issued, m.charged, m.used, *p)
	}
}

// wallet names the sub-wallet of an extension.
type wallet struct {
	account   charging.AccountID
	extension int64
}

// second tells seconds of included time from micro-yuan where one number
// counts both.
const second = 1 << 40

// checkCaps finds that no subscription passed its cap. All of the machine
// happens within a month.
func (m *machine) checkCaps() {
	type key struct {
		account      charging.AccountID
		subscription charging.SubscriptionID
	}
	spent, calls := map[key]money.Amount{}, map[key]int{}
	for _, c := range m.calls {
		k := key{c.bill.Account, c.bill.Subscription}
		spent[k] += c.charge
		if !c.closed || c.talked {
			calls[k]++
		}
		if c.bill.CapAmount > 0 && spent[k] > c.bill.CapAmount || c.bill.CapCalls > 0 && calls[k] > c.bill.CapCalls {
			m.Fatalf("subscription %d of account %d: %d calls, charged %s", k.subscription, k.account, calls[k], spent[k])
		}
	}
}
