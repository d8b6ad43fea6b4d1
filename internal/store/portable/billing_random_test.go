package portable_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

var errLost = errors.New("the answer was lost")

var lifeSeed = flag.Uint64("life", 0, "seed of the random life of TestRandomLives; 0 takes a new one")

// loss decides which answers get lost: what was asked for may have happened or
// not.
type loss struct{ r *rand.Rand }

func (l loss) next() (before, after bool) {
	n := l.r.IntN(100)
	return n < 7, n < 15
}

type flakyBank struct {
	billing.Bank
	loss
}

type flakyStore struct {
	billing.Store
	loss
}

func (f flakyBank) Post(ctx context.Context, p charging.Posting) (charging.Posted, error) {
	before, after := f.next()
	if before {
		return charging.Posted{}, errLost
	}
	posted, err := f.Bank.Post(ctx, p)
	if after {
		return charging.Posted{}, errLost
	}
	return posted, err
}

func (f flakyStore) Save(ctx context.Context, w billing.Writes) error {
	before, after := f.next()
	if before {
		return errLost
	}
	err := f.Store.Save(ctx, w)
	if after {
		return errLost
	}
	return err
}

// A customer with a random plan lives through random days: calls, some of them
// running while bills are made, top-ups, early renewals, days on which nothing
// runs, and answers that get lost. At the end the books are what the rows say.
func TestRandomLives(t *testing.T) {
	seed := *lifeSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	steps := 400
	if testing.Short() {
		steps = 120
	}
	on(t, func(t *testing.T, w *world) {
		steps := steps
		if strings.Contains(t.Name(), "PostgreSQL") {
			steps = min(steps, 60)
		}
		t.Logf("again with -life %d; %d steps", seed, steps)
		live(t, w, seed, steps)
	})
}

func randomPlan(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("kind: buyout, fee: %d, number_fee: %d", r.IntN(50), r.IntN(50))
	case 1:
		return fmt.Sprintf("kind: flat, fee: %d.%d, term_months: %d", r.IntN(100), r.IntN(1_000_000), 1+r.IntN(14))
	}
	return fmt.Sprintf("kind: annual, fee: %d.%06d, term_months: %d, package_amount: %d, package_seconds: %d, number_fee: %d, leftover: %s, minimum: %d, minimum_period: %s",
		r.IntN(100), r.IntN(1_000_000), 1+r.IntN(14), r.IntN(60), r.IntN(2)*r.IntN(6000), r.IntN(20),
		pick("expires", "rolls_over"), r.IntN(2)*r.IntN(40), pick("monthly", "yearly"))
}

func live(t *testing.T, w *world, seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 0))
	rules := []string{noRules, "arrears: {at_most: 0.09, grace_days: 5, suspended_days: 3000}"}[r.IntN(2)]
	plan := randomPlan(r)
	opened := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 0, 0, 0, time.UTC).Format("2006-01-02 15:04")
	b := bill(t, w, opened, rules, plan, "{channel: bank, reference: a, amount: 150}")
	t.Logf("opened %s: %s, %s", opened, plan, rules)
	lost := loss{rand.New(rand.NewPCG(seed, 1))}
	n := int64(1 << 51)
	newID := func() int64 { n++; return n }
	odd := billing.New(flakyStore{w.store, lost}, flakyBank{w.charging, lost}, newID, func() time.Time { return w.now }, nil)
	var open []func()
	for i := range steps {
		w.set(w.now.Add(time.Duration(r.Int64N(int64(4 * 24 * time.Hour)))).Truncate(time.Microsecond))
		switch r.IntN(8) {
		case 0:
			b.pay(money.Amount(1+r.Int64N(int64(60*money.Yuan))), fmt.Sprint("random ", i))
		case 1, 2:
			b.call(time.Duration(r.IntN(3600)) * time.Second)
		case 3:
			if end := b.begin(time.Duration(r.IntN(600)) * time.Second); end != nil {
				open = append(open, end)
			}
		case 4:
			if len(open) > 0 {
				open[0]()
				open = open[1:]
			}
		case 5:
			_, _ = b.svc.Renew(t.Context(), "4001234567") // may well be refused
		default:
			_, _ = odd.Run(t.Context()) // what is lost, the last run must mend
		}
	}
	for _, end := range open {
		end()
	}
	if _, err := b.svc.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := b.totals()
	b.booksAreTheRows()
	if _, err := b.svc.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := b.totals(); !slices.Equal(before, after) && !b.paysMore() {
		t.Errorf("a second run moved money: %v, was %v", after, before)
	}
}

// paysMore reports whether the customer's next term is due behind one that the
// last run took: one term is taken in a run.
func (b *books) paysMore() bool {
	b.t.Helper()
	for _, c := range b.customers() {
		for _, term := range c.Terms {
			if term.Seq > 0 && !term.End.IsZero() && term.End.Before(b.now) {
				return true
			}
		}
	}
	return false
}

func (b *books) customers() (out []*billing.Customer) {
	b.t.Helper()
	for shard := range charging.Shards {
		book, err := b.store.Book(b.t.Context(), shard, time.Unix(0, 0))
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, book.Customers...)
	}
	return out
}

// booksAreTheRows compares the operator's books with what terms and true-ups
// say, worked out here in another way.
func (b *books) booksAreTheRows() {
	b.t.Helper()
	var deferred, earned, numbers, minimum money.Amount
	for _, c := range b.customers() {
		for _, term := range c.Terms {
			switch {
			case term.PaidAt.IsZero():
			case term.Seq == 0:
				numbers += term.Fee
			default:
				days, past := int64(term.End.Sub(term.Start)/(24*time.Hour)), int64(b.now.Sub(term.Start)/(24*time.Hour))
				part := term.Fee
				if past < 0 {
					part = 0
				} else if past < days {
					part = money.Amount(int64(term.Fee) * past / days)
				}
				earned, deferred = earned+part, deferred+term.Fee-part
			}
		}
		for _, up := range c.TrueUps {
			used, _, err := b.store.Consumption(b.t.Context(), c.Shard, c.ID, c.AccountID(), up.Subscription, up.Start, up.End)
			if err != nil || used != up.Consumption || up.Amount != max(0, up.Minimum-used) {
				b.t.Errorf("true-up %+v: the calls of the period cost %s, %v", up, used, err)
			}
			if !up.PaidAt.IsZero() {
				minimum += up.Amount
			}
		}
	}
	for name, want := range map[string]money.Amount{
		"deferred/plans": deferred, "revenue/plans": earned, "revenue/numbers": numbers, "revenue/minimum": minimum,
	} {
		if got := b.total(name, ledger.CNY); got != int64(want) {
			b.t.Errorf("%s is %d, the rows say %d", name, got, want)
		}
	}
}

// begin starts a call and returns what ends it after some length; nil when it
// was refused.
func (b *books) begin(long time.Duration) func() {
	b.t.Helper()
	snap := b.load(b.t)
	line := snap.Lines["4001234567"]
	bill := line.Bill
	bill.Tariff, bill.MinGrant = snap.Tariffs[0], max(time.Minute, long)
	id, at := cdr.ID(b.now.UnixMicro()), b.now
	rec := cdr.Record{Call: id, Number: line.Number, Customer: int64(line.Customer), StartedAt: at, Node: 1}
	answer := make(chan charging.Answer, 1)
	b.charging.Reserve(charging.ReserveRequest{Call: id, Bill: bill, At: at, Draft: rec}, func(a charging.Answer, err error) {
		if err != nil {
			b.t.Error(err)
		}
		answer <- a
	})
	if a := <-answer; a.Refused != "" {
		return nil
	}
	return func() {
		rec.Cause, rec.AnsweredAt, rec.EndedAt, rec.Talk, rec.Billable = cdr.Answered, at, at.Add(long), long, long
		done := make(chan struct{})
		b.charging.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(_ cdr.Record, err error) {
			if err != nil {
				b.t.Error(err)
			}
			close(done)
		})
		<-done
	}
}
