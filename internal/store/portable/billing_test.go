package portable_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
)

var (
	_ billing.Bank = (*charging.Service)(nil)
)

const billedSite = `
%s
trunks: [{code: c, inbound: [203.0.113.0/28], outbound: {address: 203.0.113.10:5060}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: 套餐, tariff: minute, collection: automatic, %s}]
customers:
  - code: tea
    name: 杭州示例茶业有限公司
    low_balance: 20
    top_ups: [%s]
    targets: [{phone: "13800138000", trunk: c}]
    numbers: [{number: 400-123-4567, plan: p, targets: ["13800138000"]}]
`

func shanghai(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// books runs the billing of a world, as its clock says.
type books struct {
	*world
	t   *testing.T
	svc *billing.Service
}

func bill(t *testing.T, w *world, opened, rules, plan, topUps string) *books {
	t.Helper()
	w.set(shanghai(opened))
	w.apply(t, fmt.Sprintf(billedSite, rules, plan, topUps))
	n := int64(1 << 50)
	newID := func() int64 { n++; return n }
	return &books{w, t, billing.New(w.store, w.charging, newID, func() time.Time { return w.now }, nil)}
}

// at runs the billing at an instant, says what it did as lines, and checks
// that a preview said the same and that a second run does nothing.
func (b *books) at(when string) []string {
	b.t.Helper()
	b.set(shanghai(when))
	preview, err := b.svc.Preview(b.t.Context(), b.now)
	if err != nil {
		b.t.Fatal(err)
	}
	planned := lines(preview)
	report, err := b.svc.Run(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	did := lines(report)
	if !slices.Equal(planned, did) {
		b.t.Fatalf("%s: previewed\n%s\ndid\n%s", when, strings.Join(planned, "\n"), strings.Join(did, "\n"))
	}
	before := b.totals()
	again, err := b.svc.Run(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, line := range lines(again) {
		if !strings.HasSuffix(line, "short") {
			b.t.Errorf("%s: the second run: %s", when, line)
		}
	}
	if after := b.totals(); !slices.Equal(before, after) {
		b.t.Errorf("%s: the second run moved money: %v, was %v", when, after, before)
	}
	return did
}

func (b *books) want(when string, want ...string) {
	b.t.Helper()
	if got := b.at(when); !slices.Equal(got, want) {
		b.t.Errorf("%s:\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// lines are what a run did; what lies ahead and what is earned is left out.
func lines(r billing.Report) (out []string) {
	for _, f := range r.Failed {
		out = append(out, "failed: "+f.Error)
	}
	for _, i := range r.Items {
		switch i.Kind {
		case billing.MinimumAhead, billing.RenewalAhead, billing.ExpiryAhead, billing.FeeEarned:
			continue
		}
		parts := []string{string(i.Kind)}
		if i.Minimum != 0 {
			parts = append(parts, i.Minimum.String()+"-"+i.Consumption.String())
		}
		if i.Amount != 0 {
			parts = append(parts, i.Amount.String())
		}
		if i.Seconds != 0 {
			parts = append(parts, fmt.Sprint(i.Seconds, "s"))
		}
		if i.From != "" {
			parts = append(parts, i.From)
		}
		if i.Until != "" {
			parts = append(parts, i.Until)
		}
		if i.Stage != "" {
			parts = append(parts, string(i.Was)+">"+string(i.Stage))
		}
		if i.Kind == billing.LowBalance {
			parts = append(parts, i.Balance.String()+"<="+i.Threshold.String())
		}
		if i.Short {
			parts = append(parts, "short")
		}
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

func (b *books) totals() (out []string) {
	b.t.Helper()
	for _, total := range storetest.Audited(b.t, b.db).Totals {
		out = append(out, fmt.Sprintf("%s %d %s", total.Name, total.Amount, total.Unit))
	}
	return out
}

func (b *books) total(name string, unit ledger.Unit) int64 {
	b.t.Helper()
	for _, total := range storetest.Audited(b.t, b.db).Totals {
		if total.Name == name && total.Unit == unit {
			return total.Amount
		}
	}
	return 0
}

func (b *books) pay(amount money.Amount, reference string) charging.Credit {
	b.t.Helper()
	line := b.load(b.t).Lines["4001234567"]
	c, err := b.charging.TopUp(b.t.Context(), charging.TopUp{
		Shard: line.Bill.Shard, Account: line.Bill.Account, Bucket: charging.Cash, Amount: amount,
		Channel: "bank", Reference: reference, At: b.now,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// call makes a call of some length now and says why it was refused, if it was.
func (b *books) call(long time.Duration) cdr.Cause {
	b.t.Helper()
	snap := b.load(b.t)
	line := snap.Lines["4001234567"]
	bill := line.Bill
	bill.Tariff, bill.MinGrant = snap.Tariffs[0], max(time.Minute, long)
	id := cdr.ID(b.now.UnixMicro())
	rec := cdr.Record{Call: id, Number: line.Number, Customer: int64(line.Customer), StartedAt: b.now, Node: 1}
	answer := make(chan charging.Answer, 1)
	b.charging.Reserve(charging.ReserveRequest{Call: id, Bill: bill, At: b.now, Draft: rec}, func(a charging.Answer, err error) {
		if err != nil {
			b.t.Error(err)
		}
		answer <- a
	})
	a := <-answer
	rec.Cause, rec.EndedAt = cdr.Answered, b.now.Add(long)
	done := make(chan struct{})
	if a.Refused != "" {
		rec.Cause, rec.EndedAt = a.Refused, b.now
		b.charging.Record(rec, func(error) { close(done) })
	} else {
		rec.AnsweredAt, rec.Talk, rec.Billable = b.now, long, long
		b.charging.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(_ cdr.Record, err error) {
			if err != nil {
				b.t.Error(err)
			}
			close(done)
		})
	}
	<-done
	return a.Refused
}

const noRules = "operator: {name: 示例通信}"

func TestAnnualTerm(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-03-10 15:00", noRules,
			"kind: annual, fee: 365, term_months: 12, package_amount: 100, package_seconds: 600, number_fee: 50",
			"{channel: bank, reference: a, amount: 500}")
		// 50 once, 365 for the term: 500 − 415 = 85 are left.
		b.want("2026-03-10 15:10", "fee_once 50.00", "term_begins 365.00 2026-03-10 2027-03-09")
		b.want("2026-03-10 23:59")
		if got := b.total("deferred/plans", ledger.CNY); got != 365_000_000 {
			t.Errorf("deferred %d", got)
		}
		// A day is earned when it is over: 365 yuan over 365 days are 1 a day.
		b.at("2026-03-11 00:00")
		if got := b.total("revenue/plans", ledger.CNY); got != 1_000_000 {
			t.Errorf("earned after one day: %d", got)
		}
		// Nobody ran it for 9 days: all of them are earned.
		b.at("2026-03-20 12:00")
		if got := b.total("revenue/plans", ledger.CNY); got != 10_000_000 {
			t.Errorf("earned after ten days: %d", got)
		}
		// The term ends; 85 do not pay for the next, and the package expires.
		b.want("2027-03-10 00:00", "expired 100.00 2027-03-09", "expired 600s 2027-03-09", "term_renewed 365.00 2027-03-10 2028-03-09 short")
		if got := b.total("deferred/plans", ledger.CNY); got != 0 {
			t.Errorf("deferred %d after the term", got)
		}
		// Paid late: the next term begins where the old one ended.
		b.pay(300*money.Yuan, "b")
		b.want("2027-03-15 10:00", "term_renewed 365.00 2027-03-10 2028-03-09")
		if got := b.total("revenue/plans", ledger.CNY); got != 369_986_338 {
			t.Errorf("earned %d: 365, and of 365 over 366 days five days", got)
		}
	})
}

func TestRollOver(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-01-31 09:00", noRules,
			"kind: annual, fee: 10, term_months: 1, package_amount: 8, leftover: rolls_over",
			"{channel: bank, reference: a, amount: 25}")
		b.want("2026-01-31 09:01", "term_begins 10.00 2026-01-31 2026-02-27")
		// February has no 31st: the term ends before its last day, and the next
		// one on the 31st again. What is left of 8 goes into the next package.
		b.want("2026-02-28 00:00", "rolled_over 8.00 2026-02-27", "term_renewed 10.00 2026-02-28 2026-03-30")
		if got := b.total("bucket/package", ledger.CNY); got != 16_000_000 {
			t.Errorf("packages %d", got)
		}
		// 25 − 20 = 5 do not pay for April: the package waits, and is not lost.
		b.want("2026-03-31 00:00", "low_balance 5.00<=20.00", "term_renewed 10.00 2026-03-31 2026-04-29 short")
		b.pay(10*money.Yuan, "b")
		b.want("2026-04-03 00:00", "rolled_over 16.00 2026-03-30", "term_renewed 10.00 2026-03-31 2026-04-29")
		if got := b.total("revenue/expired", ledger.CNY); got != 0 {
			t.Errorf("expired %d", got)
		}
	})
}

// A flat plan's fee is earned by the day; renewed early, the next term begins
// where the running one ends.
func TestFlatTermRenewedEarly(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-06-15 08:00", "arrears: {grace_days: 7}", "kind: flat, fee: 30, term_months: 1", "{channel: bank, reference: a, amount: 60}")
		// June has 30 days: 1 yuan a day. 60 − 30 = 30 are left.
		b.want("2026-06-15 08:01", "term_begins 30.00 2026-06-15 2026-07-14")
		b.set(shanghai("2026-06-20 12:00"))
		item, err := b.svc.Renew(t.Context(), "4001234567")
		if err != nil || item.From != "2026-07-15" || item.Until != "2026-08-14" || item.Amount != 30*money.Yuan {
			t.Errorf("renewed %+v, %v", item, err)
		}
		if _, err := b.svc.Renew(t.Context(), "4001234567"); fault.CodeOf(err) != fault.CreditTooLow {
			t.Errorf("renewed without credit: %v", err)
		}
		// Nothing is owed before its day, and a flat plan needs no credit: no
		// arrears with a balance of 0.
		b.want("2026-06-20 12:01", "low_balance 0.00<=20.00", "stage_changed active>low")
		if got := b.total("revenue/plans", ledger.CNY); got != 5_000_000 {
			t.Errorf("earned in five days: %d", got)
		}
		b.want("2026-07-15 00:00")
		// The second term has 31 days, July's 15th to August's 14th.
		b.want("2026-07-16 00:00")
		if got := b.total("revenue/plans", ledger.CNY); got != 30_000_000+30_000_000/31 {
			t.Errorf("earned in 31 days: %d", got)
		}
		b.want("2026-08-15 00:00", "stage_changed low>grace", "term_renewed 30.00 2026-08-15 2026-09-14 short")
		if got := b.total("deferred/plans", ledger.CNY); got != 0 {
			t.Errorf("deferred %d", got)
		}
	})
}

func TestMinimumConsumption(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-04-20 10:00", noRules,
			"kind: annual, fee: 0, term_months: 12, minimum: 50, minimum_period: monthly",
			"{channel: bank, reference: a, amount: 100}")
		b.want("2026-04-20 10:01", "term_begins 2026-04-20 2027-04-19")
		b.want("2026-05-01 00:05") // April was partial: exempt
		b.set(shanghai("2026-05-20 09:00"))
		if cause := b.call(3 * time.Minute); cause != "" {
			t.Fatalf("refused: %s", cause)
		}
		// 50 − 3 × 0.10 = 49.70
		b.want("2026-06-01 00:05", "minimum 50.00-0.30 49.70 2026-05-01 2026-05-31")
		// 100 − 0.30 − 49.70 = 50: June's 50 can just be paid, July's not.
		b.want("2026-07-01 00:05", "low_balance 0.00<=20.00", "minimum 50.00-0.00 50.00 2026-06-01 2026-06-30")
		b.want("2026-08-01 00:05", "minimum 50.00-0.00 50.00 2026-07-01 2026-07-31 short")
		b.pay(50*money.Yuan, "b")
		b.want("2026-08-02 00:05", "minimum 50.00-0.00 50.00 2026-07-01 2026-07-31")
	})
}

func TestArrears(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		rules := "arrears: {at_most: 0.09, grace_days: 7, suspended_days: 30, frozen_days: 30, closing_days: 90, quarantine_days: 90}"
		b := bill(t, w, "2026-03-01 10:00", rules, "kind: buyout", "{channel: bank, reference: a, amount: 30}")
		b.want("2026-03-01 10:01")
		b.call(110 * time.Minute) // 30 − 11 = 19
		b.want("2026-03-02 10:00", "low_balance 19.00<=20.00", "stage_changed active>low")
		b.call(190 * time.Minute)
		b.want("2026-03-03 10:00", "stage_changed low>grace")
		if cause := b.call(time.Minute); cause != cdr.NoCredit {
			t.Errorf("in grace: %q", cause)
		}
		b.want("2026-03-10 09:59")
		b.want("2026-03-10 10:00", "stage_changed grace>suspended")
		if cause := b.call(time.Minute); cause != cdr.NumberSuspended {
			t.Errorf("suspended: %q", cause)
		}
		// The operator applies its file again: the arrears stay.
		b.apply(t, fmt.Sprintf(billedSite, rules, "kind: buyout, number_fee: 0", "{channel: bank, reference: a, amount: 30}"))
		b.set(b.now.Add(time.Hour))
		if cause := b.call(time.Minute); cause != cdr.NumberSuspended {
			t.Errorf("after applying: %q", cause)
		}
		// A top-up opens it for the very next call, before any job runs.
		if c := b.pay(money.Yuan, "b"); !c.Restored {
			t.Errorf("credit %+v", c)
		}
		b.set(b.now.Add(time.Second))
		if cause := b.call(time.Minute); cause != "" {
			t.Errorf("after the top-up: %q", cause)
		}
		b.want("2026-03-10 12:00", "stage_changed suspended>low")
		b.call(9 * time.Minute)
		b.want("2026-03-11 00:00", "stage_changed low>grace")
		b.want("2026-03-18 00:00", "stage_changed grace>suspended")
		b.want("2026-04-17 00:00", "stage_changed suspended>frozen")
		b.want("2026-05-17 00:00", "stage_changed frozen>closing")
		b.want("2026-08-14 23:59")
		b.want("2026-08-15 00:00", "stage_changed closing>quarantine", "number_lost")
		if line := b.load(t).Lines["4001234567"]; line.State != "quarantine" || line.Customer != 0 {
			t.Errorf("released: %+v", line)
		}
		b.want("2026-11-12 23:59")
		b.want("2026-11-13 00:00", "number_rested")
		if line, ok := b.load(t).Lines["4001234567"]; ok {
			t.Errorf("for sale again, and known to calls: %+v", line)
		}
		var life []string
		events, err := b.store.History(t.Context(), "4001234567")
		for _, e := range events {
			life = append(life, fmt.Sprintf("%s>%s %s %s", e.Was, e.State, e.Why, e.At.In(calendar.Shanghai).Format("2006-01-02")))
		}
		want := []string{">active site 2026-03-01", "active>quarantine arrears 2026-08-15", "quarantine>available rested 2026-11-13"}
		if !slices.Equal(life, want) || err != nil {
			t.Errorf("history %q, want %q, %v", life, want, err)
		}
	})
}

// What the operator stopped stays stopped, whatever is paid.
func TestArrearsLeaveTheOperatorsStates(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		rules := "arrears: {grace_days: 0}"
		b := bill(t, w, "2026-03-01 10:00", rules, "kind: buyout", "")
		line := b.load(t).Lines["4001234567"]
		if err := b.charging.SetAccountState(context.Background(), line.Bill.Shard, line.Bill.Account, charging.AccountFrozen); err != nil {
			t.Fatal(err)
		}
		b.want("2026-03-02 10:00", "low_balance 0.00<=20.00")
		if c := b.pay(100*money.Yuan, "b"); c.Restored {
			t.Error("a top-up undid the operator's freeze")
		}
		if cause := b.call(time.Minute); cause != cdr.NumberFrozen {
			t.Errorf("frozen: %q", cause)
		}
	})
}

func TestJobsAreClaimedByOneNode(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := bill(t, w, "2026-03-01 10:00", noRules, "kind: buyout, number_fee: 5", "{channel: bank, reference: a, amount: 30}")
		turn := func(node int) bool {
			_, ran, err := b.svc.Turn(t.Context(), b.store, node, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return ran
		}
		if !turn(1) || turn(1) || turn(2) {
			t.Error("within the hour it runs once")
		}
		b.set(b.now.Add(time.Hour))
		if !turn(2) {
			t.Error("an hour later it runs again")
		}
		run, ok, err := b.store.LastRun(t.Context(), billing.JobName)
		if err != nil || !ok || run.Node != 2 || !run.FinishedAt.Equal(b.now) || run.Error != "" {
			t.Errorf("last run %+v, %t, %v", run, ok, err)
		}
	})
}
