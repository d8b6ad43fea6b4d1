package billing

import (
	"fmt"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// Term is a fee of a subscription: of the term number Seq of an annual or flat
// plan, or with Seq 0 what is paid once (the right to the number, a buyout).
type Term struct {
	Shard        int
	Subscription charging.SubscriptionID
	Seq          int
	Customer     catalog.CustomerID
	Account      charging.AccountID
	Number       string // ten digits
	Plan         string // code of the plan
	Fee          money.Amount
	// Credit and Seconds are what the fee buys, each in a bucket of its own.
	Credit        money.Amount
	CreditBucket  int64
	Seconds       int64
	SecondsBucket int64
	DueAt         time.Time
	PaidAt        time.Time // zero while it is due
	// Start and End are midnights in Asia/Shanghai. Start of a first term is
	// zero while it is due: it begins on the day on which it is paid.
	Start, End time.Time
	// EarnedUntil: the days before it stand in revenue.
	EarnedUntil time.Time
	ToldAt      time.Time // that the term ends soon; zero: not yet
}

func (t *Term) key() string { return fmt.Sprintf("%s/%d", t.Subscription, t.Seq) }

// due reports whether the fee is owed at an instant: one that could not be
// paid early is not before its day.
func (t *Term) due(at time.Time) bool { return !t.paid() && !at.Before(t.DueAt) }

func (t *Term) paid() bool { return !t.PaidAt.IsZero() }

const day = 24 * time.Hour // Asia/Shanghai has no summer time

// earned is what of the fee belongs to the first days of the term: the parts
// of all days sum to the fee.
func (t *Term) earned(days int64) money.Amount {
	n := int64(t.End.Sub(t.Start) / day)
	if days >= n {
		return t.Fee
	}
	fee := int64(t.Fee)
	return money.Amount(fee/n*days + fee%n*days/n)
}

// monthsAfter is the day a number of months after a midnight, on the given day
// of the month, or the month's last when it is shorter.
func monthsAfter(start time.Time, months, dayOfMonth int) time.Time {
	y, m, _ := start.In(calendar.Shanghai).Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, calendar.Shanghai)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(dayOfMonth, last)-1)
}

// dueTerms lists the fees that a rental owes at an instant and has no row for,
// and those of its due rows whose plan has other figures now.
func dueTerms(c *Customer, r *Rental, at time.Time, newID func() int64) []*Term {
	if !r.takes(0) {
		return nil
	}
	var out []*Term
	term := func(seq int) *Term {
		return &Term{
			Shard: c.Shard, Subscription: charging.SubscriptionID(r.Subscription.ID), Seq: seq, Customer: c.ID, Account: c.AccountID(),
			Number: r.Digits, DueAt: at,
		}
	}
	once := r.Subscription.Sale.OnceUnder(r.Plan)
	months, fee := r.Subscription.Sale.TermUnder(r.Plan)
	if r.prepaid(0) {
		once = r.Subscription.Sale.Once
	}
	if paid := c.term(r, 0); paid == nil && once > 0 {
		t := term(0)
		t.Plan, t.Fee = r.Plan.Code, once
		out = append(out, t)
	} else if paid != nil && !paid.paid() && once != paid.Fee {
		paid.Plan, paid.Fee = r.Plan.Code, once
		out = append(out, paid)
	}
	if months == 0 {
		return out
	}
	last := c.lastTerm(r)
	switch {
	case last == nil:
		last = term(1)
	case !last.paid(): // its figures are the plan's of today
	case at.Before(last.End), !r.billed():
		return out
	default:
		start := last.End
		last = term(last.Seq + 1)
		last.Start = start
	}
	before := *last
	if r.prepaid(last.Seq) {
		fee = r.Subscription.Sale.Term
	}
	last.Plan, last.Fee, last.Credit, last.Seconds = r.Plan.Code, fee, r.Plan.Package, r.Plan.Seconds
	if last.CreditBucket == 0 {
		last.CreditBucket, last.SecondsBucket = newID(), newID()
	}
	if last.Seq > 1 {
		last.End = monthsAfter(last.Start, months, c.anchor(r, last.Start))
	}
	if before != *last {
		out = append(out, last)
	}
	return out
}

// anchor is the day of the month on which the terms of a rental begin.
func (c *Customer) anchor(r *Rental, start time.Time) int {
	if first := c.term(r, 1); first != nil && first.paid() {
		start = first.Start
	}
	return start.In(calendar.Shanghai).Day()
}

// posting takes the fee of a due term at an instant, from the account or, when
// it is prepaid, from what its order paid, and gives what it buys.
func (t *Term) posting(at time.Time, prepaid bool) charging.Posting {
	p := charging.Posting{Shard: t.Shard, Account: t.Account, Kind: ledger.KindPlan, Key: t.key(), At: at}
	book := ledger.DeferredPlans
	if t.Seq == 0 {
		p.Kind, book = ledger.KindNumber, ledger.RevenueNumbers
	}
	if t.Fee > 0 {
		p.Books = []charging.BookEntry{{Book: book, Amount: t.Fee}}
		if prepaid {
			p.Books = append(p.Books, charging.BookEntry{Book: ledger.DeferredOrders, Amount: -t.Fee})
		} else {
			p.Take = t.Fee
		}
	}
	if t.Credit > 0 {
		p.Give = append(p.Give, charging.Gift{Bucket: t.CreditBucket, Unit: ledger.CNY, Amount: t.Credit, ExpiresAt: t.End})
	}
	if t.Seconds > 0 {
		p.Give = append(p.Give, charging.Gift{Bucket: t.SecondsBucket, Unit: ledger.SEC, Amount: money.Amount(t.Seconds), ExpiresAt: t.End})
	}
	return p
}

// begin sets the days of a first term that is paid at an instant.
func (t *Term) begin(at time.Time, months int) {
	t.Start = calendar.Midnight(at)
	t.End = monthsAfter(t.Start, months, t.Start.In(calendar.Shanghai).Day())
}
