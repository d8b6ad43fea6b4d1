package storetest

import (
	"context"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// posted is what postings of the machine come to on the operator's books.
type posted struct {
	fees, refunds money.Amount
	gifts         money.Amount
	expired       money.Amount
	expiredTime   int64
}

// fee takes a plan's fee and gives what it buys.
func (m *machine) fee() *step {
	p := charging.Posting{
		Shard: shard, Account: m.account(), Kind: ledger.KindPlan, Key: fmt.Sprint("fee/", m.id()), At: m.now,
		Take: money.Amount(rapid.Int64Range(0, 300_000).Draw(m.T, "fee")),
	}
	if p.Take > 0 {
		p.Books = []charging.BookEntry{{Book: ledger.DeferredPlans, Amount: p.Take}}
	}
	for range rapid.IntRange(0, 2).Draw(m.T, "gifts") {
		g := charging.Gift{
			Bucket: m.id(), Unit: ledger.CNY, Amount: money.Amount(rapid.Int64Range(1, 500).Draw(m.T, "gift")),
			ExpiresAt: m.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(m.T, "expires")) * time.Second),
		}
		if rapid.Bool().Draw(m.T, "time") {
			g.Unit = ledger.SEC
		} else {
			g.Amount *= 1000
		}
		p.Give = append(p.Give, g)
	}
	return m.posting(p, func(charging.Posted) {
		m.posted.fees += p.Take
		for _, g := range p.Give {
			if g.Unit == ledger.SEC {
				m.issued += int64(g.Amount)
			} else {
				m.posted.gifts += g.Amount
			}
		}
	})
}

// refund pays free cash back.
func (m *machine) refund() *step {
	p := charging.Posting{
		Shard: shard, Account: m.account(), Kind: ledger.KindRefund, Key: fmt.Sprint("refund/", m.id()), At: m.now,
		Take: money.Amount(rapid.Int64Range(1, 300_000).Draw(m.T, "refund")), CashOnly: true,
	}
	p.Books = []charging.BookEntry{{Book: ledger.Refunds, Amount: p.Take}}
	return m.posting(p, func(charging.Posted) { m.posted.refunds += p.Take })
}

// expire empties an expired package, or rolls what it leaves into another.
func (m *machine) expire() *step {
	account := m.account()
	v, err := m.store.Account(context.Background(), charging.AccountKey{Shard: shard, ID: account})
	if err != nil || v == nil {
		m.Fatalf("account: %v, %v", v, err)
	}
	var over, packages []charging.Bucket
	for _, b := range v.Buckets {
		if b.Kind == charging.Package {
			packages = append(packages, b)
			if !m.now.Before(b.ExpiresAt) {
				over = append(over, b)
			}
		}
	}
	if len(over) == 0 {
		return nil
	}
	from := rapid.SampledFrom(over).Draw(m.T, "expired")
	p := charging.Posting{
		Shard: shard, Account: account, Kind: ledger.KindExpiry, Key: fmt.Sprint("expiry/", m.id()), At: m.now,
		Empty: &charging.Emptying{Bucket: from.ID},
	}
	if to := rapid.SampledFrom(packages).Draw(m.T, "into"); to.ID != from.ID && to.Unit == from.Unit && rapid.Bool().Draw(m.T, "rolls over") {
		p.Empty.Into = to.ID
	}
	return m.posting(p, func(done charging.Posted) {
		switch {
		case p.Empty.Into != 0:
		case from.Unit == ledger.SEC:
			m.posted.expiredTime += int64(done.Amount)
		default:
			m.posted.expired += done.Amount
		}
	})
}

// posting is a step that books p; booked counts it.
func (m *machine) posting(p charging.Posting, booked func(charging.Posted)) *step {
	txn := ledger.ID(m.id())
	return &step{
		name:   string(p.Kind),
		remake: func() charging.Op { return &charging.PostOp{Posting: p, Txn: txn} },
		after: func(op charging.Op) func(charging.Op) error {
			m.must(op)
			done := op.(*charging.PostOp).Posted
			if done.Short || done.At.IsZero() {
				return nil // nothing was booked, and the key is still good
			}
			booked(done)
			return func(again charging.Op) error {
				got := again.(*charging.PostOp).Posted
				if got.Txn != done.Txn || got.Amount != done.Amount || !got.Again {
					return fmt.Errorf("posted %+v, was %+v", got, done)
				}
				return nil
			}
		},
	}
}

// arrears suspends an account that is out of credit, or opens it again.
func (m *machine) arrears() *step {
	op := charging.ArrearsOp{
		Key: charging.AccountKey{Shard: shard, ID: m.account()}, At: m.now,
		Open:   rapid.Bool().Draw(m.T, "open"),
		AtMost: money.Amount(rapid.Int64Range(0, 400_000).Draw(m.T, "at most")),
	}
	return &step{
		name:   "arrears",
		remake: func() charging.Op { o := op; return &o },
		after:  func(op charging.Op) func(charging.Op) error { m.must(op); return nil },
	}
}

// books is what the operator's books must show.
func (m *machine) books() map[ledger.Book]int64 {
	return map[ledger.Book]int64{
		ledger.RevenueCalls:    int64(m.charged),
		ledger.IncludedUsed:    m.used,
		ledger.IncludedIssued:  -m.issued,
		ledger.IncludedExpired: m.posted.expiredTime,
		ledger.RevenueExpired:  int64(m.posted.expired),
		ledger.CreditIssued:    -int64(m.posted.gifts),
		ledger.DeferredPlans:   int64(m.posted.fees),
		ledger.Refunds:         int64(m.posted.refunds),
	}
}
