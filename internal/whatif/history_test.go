package whatif_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/storetest"
	"sibai/internal/tariff"
	"sibai/internal/whatif"
)

const (
	customer = 4711
	digits   = "4008001234"
)

var account = charging.AccountKey{Shard: charging.ShardOf(customer), ID: 1}

// shop is a catalog.
type shop whatif.Offers

func (s shop) Offers(context.Context, string, string) (whatif.Offers, error) {
	return whatif.Offers(s), nil
}

func commit(t rapid.TB, store charging.Store, ops ...charging.Op) {
	t.Helper()
	if err := store.Commit(context.Background(), charging.Rules{MinGrant: time.Minute, MaxStep: time.Minute, Lead: time.Second}, ops); err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if op.Err() != nil {
			t.Fatalf("%T: %v", op, op.Err())
		}
	}
}

func topUp(t rapid.TB, store charging.Store, n int64, top charging.TopUp) {
	t.Helper()
	top.Shard, top.Account, top.Channel, top.Reference, top.At = account.Shard, account.ID, "bank", fmt.Sprint(n), storetest.Start
	commit(t, store, &charging.TopUpOp{TopUp: top, Txn: ledger.ID(900_000 + n), Bucket: n})
}

// call is charged as a node would charge it.
func call(t rapid.TB, store charging.Store, id cdr.ID, v tariff.Version, at time.Time, long time.Duration) cdr.Record {
	t.Helper()
	bill := charging.Bill{Shard: account.Shard, Account: account.ID, Subscription: 1, Tariff: v, MinGrant: time.Hour}
	rec := cdr.Record{
		Call: id, Number: digits, Customer: customer, StartedAt: at, AnsweredAt: at, EndedAt: at.Add(long),
		Talk: long, Billable: long, Cause: cdr.Answered,
	}
	reserve := &charging.ReserveOp{Request: charging.ReserveRequest{Call: id, Bill: bill, At: at, Draft: rec}, LeaseUntil: at.Add(time.Hour)}
	commit(t, store, reserve)
	if reserve.Answer.Refused != "" {
		t.Fatalf("call %d is refused: %s", id, reserve.Answer.Refused)
	}
	settle := &charging.SettleOp{Request: charging.SettleRequest{Bill: bill, Record: rec}, Txn: ledger.ID(id)}
	commit(t, store, settle)
	return settle.Record
}

func drawRate(t *rapid.T) tariff.Rate {
	length := func() time.Duration {
		return time.Duration(rapid.SampledFrom([]int{1, 6, 30, 60, 180}).Draw(t, "length")) * time.Second
	}
	price := func() money.Amount { return money.Amount(rapid.Int64Range(0, 400_000).Draw(t, "price")) }
	return tariff.Rate{
		Connection: money.Amount(rapid.SampledFrom([]int64{0, 20_001}).Draw(t, "connection")),
		First:      tariff.Increment{Length: length(), Price: price()}, Next: tariff.Increment{Length: length(), Price: price()},
	}
}

// The plan that was in force comes to what was really charged, to the
// micro-yuan and the second, whatever tariff, package and calls there were.
func TestPlanInForceIsWhatWasCharged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var versions []tariff.Version
		for i := range rapid.IntRange(1, 3).Draw(t, "versions") {
			r := drawRate(t)
			v := tariff.Version{
				ID: tariff.ID(i + 1), Code: "t", Version: i + 1, Effective: storetest.Start.AddDate(0, 0, 40*i-1),
				Connection: r.Connection, First: r.First, Next: r.Next,
			}
			if rapid.Bool().Draw(t, "banded") {
				v.Bands = []tariff.Band{{Name: "night", From: 22 * time.Hour, To: 6 * time.Hour, Rate: drawRate(t)}}
			}
			versions = append(versions, v)
		}
		plan := catalog.Plan{Code: "own", Name: "own", Kind: catalog.Annual, Tariff: "t", Fee: 600 * money.Yuan, TermMonths: 12}
		store := storetest.NewMemory()
		commit(t, store, &charging.OpenOp{Key: account, At: storetest.Start})
		topUp(t, store, 1, charging.TopUp{Bucket: charging.Cash, Amount: 10_000_000 * money.Yuan})
		switch rapid.SampledFrom([]string{"none", "money", "time"}).Draw(t, "package") {
		case "money":
			plan.Package = money.Amount(rapid.Int64Range(1, 5_000_000).Draw(t, "amount"))
			topUp(t, store, 2, charging.TopUp{Bucket: charging.Package, Amount: plan.Package})
		case "time":
			plan.Seconds = rapid.Int64Range(1, 2000).Draw(t, "seconds")
			topUp(t, store, 2, charging.TopUp{Bucket: charging.Package, Seconds: plan.Seconds})
		}
		var charged money.Amount
		var included int64
		at := storetest.Start
		calls := rapid.IntRange(1, 12).Draw(t, "calls")
		for i := range calls {
			at = at.Add(time.Duration(rapid.Int64Range(3600, 20*86400).Draw(t, "gap")) * time.Second)
			v, _ := tariff.InForce(versions, at)
			rec := call(t, store, cdr.ID(i+1), v, at, time.Duration(rapid.Int64Range(0, 3_000_000).Draw(t, "long"))*time.Millisecond)
			charged += rec.Charge
			for _, l := range rec.Lines {
				included += l.Used
			}
		}
		from := calendar.Midnight(storetest.Start)
		q := whatif.Question{Number: digits, Period: whatif.Period{From: from, To: from.AddDate(1, 0, 0)}}
		h, err := whatif.Rate(context.Background(), store, shop{
			Plans: []catalog.Plan{plan}, Tariffs: map[string][]tariff.Version{"t": versions},
			Rentals: []whatif.Rental{{Number: digits, Customer: customer, Code: "acme", Plan: "own"}},
		}, q)
		if err != nil {
			t.Fatal(err)
		}
		o := h.Plans[0]
		if o.Calls != charged || o.IncludedSeconds != included || h.Charged != charged || o.Answered != int64(calls) {
			t.Fatalf("what-if %s and %d s of %d calls, charged %s and %d s of %d", o.Calls, o.IncludedSeconds, o.Answered, charged, included, calls)
		}
		if want := 600*money.Yuan + charged - o.FromPackage; o.Total != want || !o.InForce {
			t.Fatalf("total %s, want %s", o.Total, want)
		}
		view, err := store.Account(context.Background(), account)
		if err != nil {
			t.Fatal(err)
		}
		if cash := 10_000_000*money.Yuan - view.Buckets[0].Balance; cash != o.Beyond {
			t.Fatalf("cash paid %s, what-if says %s", cash, o.Beyond)
		}
		if len(view.Buckets) > 1 && view.Buckets[1].Balance != o.PackageLeft {
			t.Fatalf("the package has %d left, what-if says %d", view.Buckets[1].Balance, o.PackageLeft)
		}
		sums(t, h)
	})
}

// sums checks that the parts of every outcome sum to its total and that each
// has its words in both languages.
func sums(t rapid.TB, h whatif.History) {
	t.Helper()
	list := append([]whatif.Outcome{}, h.Plans...)
	for _, n := range h.Numbers {
		list = append(list, n.Plans...)
		if n.Advice != nil {
			list = append(list, n.Advice.Plans...)
		}
	}
	for _, l := range []explain.Lang{explain.ZH, explain.EN} {
		whatif.Fill(list, l)
		for _, o := range list {
			var sum money.Amount
			for _, p := range o.Parts {
				sum += p.Amount
				if p.Text == "" || containsPlace(p.Text) {
					t.Fatalf("%s says %q", p.Code, p.Text)
				}
			}
			if sum != o.Total {
				t.Fatalf("%s: parts sum to %s, not %s", o.Plan, sum, o.Total)
			}
		}
	}
}

func containsPlace(s string) bool {
	for _, r := range s {
		if r == '{' || r == '}' {
			return true
		}
	}
	return false
}

// fixed is a source of calls with one answered call for each length.
type fixed []cdr.Record

func (f fixed) CDRs(_ context.Context, filter charging.CDRFilter) ([]cdr.Record, error) {
	var out []cdr.Record
	for _, r := range f {
		if !r.StartedAt.Before(filter.Since) && r.StartedAt.Before(filter.Before) && (filter.After == nil || r.Call > filter.After.Call) {
			out = append(out, r)
		}
	}
	return out[:min(len(out), filter.Page())], nil
}

func answered(day string, long time.Duration, n int) (list fixed) {
	at, err := calendar.ParseDay(day)
	if err != nil {
		panic(err)
	}
	for i := range n {
		begins := at.Add(10*time.Hour + time.Duration(i)*time.Second)
		list = append(list, cdr.Record{StartedAt: begins, AnsweredAt: begins, EndedAt: begins.Add(long), Billable: long, Talk: long})
	}
	return list
}

func TestPlansOfAPeriod(t *testing.T) {
	t.Parallel()
	minute := storetest.Minute
	for _, c := range []struct {
		says     string
		plan     catalog.Plan
		from, to string // first and last day
		calls    fixed
		total    money.Amount
		left     money.Amount
	}{
		{"opened 20 April: April is exempt. May: 3 × 0.10 = 0.30 of 50, so 49.70. Calls 5 × 0.10 in April + 0.30 = 0.80; 50.50 in all",
			catalog.Plan{Minimum: 50 * money.Yuan, MinimumPeriod: catalog.Monthly}, "2026-04-20", "2026-05-31",
			append(answered("2026-04-21", time.Minute, 5), answered("2026-05-04", time.Minute, 3)...), 50_500_000, 0},
		{"the month is not over: no true-up, 2 × 2 × 0.10 = 0.40",
			catalog.Plan{Minimum: 50 * money.Yuan, MinimumPeriod: catalog.Monthly}, "2026-05-01", "2026-05-30",
			answered("2026-05-04", 61*time.Second, 2), 400_000, 0},
		{"more than the minimum was consumed: 6 × 0.10 = 0.60 and max(0, 0.50 − 0.60) = 0",
			catalog.Plan{Minimum: 500_000, MinimumPeriod: catalog.Monthly}, "2026-05-01", "2026-05-31",
			answered("2026-05-04", time.Minute, 6), 600_000, 0},
		{"a year's minimum at the anniversary: max(0, 10 − 0.10) = 9.90, and the call 0.10",
			catalog.Plan{Minimum: 10 * money.Yuan, MinimumPeriod: catalog.Yearly}, "2026-04-20", "2027-04-19",
			answered("2026-05-04", time.Minute, 1), 10 * money.Yuan, 0},
		{"30 of 365 days of a fee of 730: 60; a package of 365 gives 30, 0.20 of it is used, so 29.80 are left; 60 + 0.20 − 0.20",
			catalog.Plan{Kind: catalog.Annual, Fee: 730 * money.Yuan, TermMonths: 12, Package: 365 * money.Yuan}, "2026-11-01", "2026-11-30",
			answered("2026-11-04", time.Minute, 2), 60 * money.Yuan, 29_800_000},
		{"150 s of included time of a month's term: two calls of 60 s; 30 s do not pay for a minute, so the third costs 0.10; the fee is 9",
			catalog.Plan{Kind: catalog.Annual, Fee: 9 * money.Yuan, TermMonths: 1, Seconds: 150}, "2026-11-01", "2026-11-30",
			answered("2026-11-04", time.Minute, 3), 9_100_000, 30},
		{"each term has a package of its own: November's 0.30 pays for 2 × 0.10 and 0.10 goes, December's pays for 3 of 4 calls: 0.10 and two fees of 1",
			catalog.Plan{Kind: catalog.Annual, Fee: money.Yuan, TermMonths: 1, Package: 300_000}, "2026-11-01", "2026-12-31",
			append(answered("2026-11-04", time.Minute, 2), answered("2026-12-04", time.Minute, 4)...), 2_100_000, 100_000},
		{"a buyout has no term: 3 × 0.10, the number's fee is paid once and not in it",
			catalog.Plan{Kind: catalog.Buyout, NumberFee: 3000 * money.Yuan}, "2026-11-01", "2026-11-30",
			answered("2026-11-04", time.Second, 3), 300_000, 0},
	} {
		plan := c.plan
		plan.Code, plan.Tariff = "p", "t"
		for i := range c.calls {
			c.calls[i].Call = cdr.ID(i + 1)
		}
		from, _ := calendar.ParseDay(c.from)
		to, _ := calendar.ParseDay(c.to)
		h, err := whatif.Rate(t.Context(), c.calls, shop{
			Plans: []catalog.Plan{plan}, Tariffs: map[string][]tariff.Version{"t": {minute}},
			Rentals: []whatif.Rental{{Number: digits, Customer: customer}},
		}, whatif.Question{Number: digits, Period: whatif.Period{From: from, To: to.AddDate(0, 0, 1)}})
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		sums(t, h)
		if o := h.Plans[0]; o.Total != c.total || o.PackageLeft != c.left {
			t.Errorf("%s: total %s, package left %d, want %s and %d", c.says, o.Total, o.PackageLeft, c.total, c.left)
		}
	}
}

// More calls than a page are all rated, and those of two numbers add up.
func TestManyCallsOfTwoNumbers(t *testing.T) {
	t.Parallel()
	calls := answered("2026-11-04", time.Second, 4500)
	for i := range calls {
		calls[i].Call = cdr.ID(i + 1)
	}
	from, _ := calendar.ParseDay("2026-11-01")
	h, err := whatif.Rate(t.Context(), calls, shop{
		Plans: []catalog.Plan{{Code: "p", Tariff: "t"}}, Tariffs: map[string][]tariff.Version{"t": {storetest.Minute}},
		Rentals: []whatif.Rental{{Number: digits}, {Number: "4006000000"}},
	}, whatif.Question{Period: whatif.Period{From: from, To: from.AddDate(0, 1, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 450 * money.Yuan; h.Plans[0].Total != want || h.Plans[0].Answered != 9000 {
		t.Errorf("%s of %d calls, want %s", h.Plans[0].Total, h.Plans[0].Answered, want)
	}
	sums(t, h)
}

func TestQuestionsThatHaveNoAnswer(t *testing.T) {
	t.Parallel()
	from, _ := calendar.ParseDay("2026-11-01")
	good := whatif.Question{Number: digits, Plans: []string{"a", "b"}, Period: whatif.Period{From: from, To: from.AddDate(0, 1, 0)}}
	offers := shop{
		Plans: []catalog.Plan{{Code: "a", Tariff: "t"}, {Code: "b", Tariff: "t"}, {Code: "lost", Tariff: "gone"}}, Tariffs: map[string][]tariff.Version{"t": {storetest.Minute}},
		Rentals: []whatif.Rental{{Number: digits}},
	}
	for _, c := range []struct {
		change func(*whatif.Question)
		want   fault.Code
	}{
		{func(*whatif.Question) {}, fault.PeriodWithoutCalls},
		{func(q *whatif.Question) { q.Period.To = q.Period.From }, fault.PeriodOrder},
		{func(q *whatif.Question) { q.Period.To = q.Period.From.AddDate(10, 0, 1) }, fault.PeriodOrder},
		{func(q *whatif.Question) { q.Plans = []string{"c"} }, fault.ReferenceMissing},
		{func(q *whatif.Question) { q.Plans = []string{"lost"} }, fault.ReferenceMissing}, // it names no tariff that there is
	} {
		q := good
		c.change(&q)
		_, err := whatif.Rate(t.Context(), fixed{}, offers, q)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
