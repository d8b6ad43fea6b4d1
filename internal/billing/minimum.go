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

// TrueUp is what a number owes beyond its calls, for one period: the three
// figures of the minimum consumption (低消补差).
type TrueUp struct {
	Shard        int
	Subscription charging.SubscriptionID
	Start, End   time.Time // of the period, midnights in Asia/Shanghai
	Customer     catalog.CustomerID
	Account      charging.AccountID
	Number       string
	Minimum      money.Amount
	Consumption  money.Amount // what its calls of the period cost
	Amount       money.Amount // the shortfall, never below zero
	DueAt        time.Time
	PaidAt       time.Time // zero while it is due
}

// shortfall is what is missing to a minimum.
func shortfall(minimum, consumption money.Amount) money.Amount { return max(0, minimum-consumption) }

func (t *TrueUp) posting(at time.Time) charging.Posting {
	return charging.Posting{
		Shard: t.Shard, Account: t.Account, Kind: ledger.KindMinimum,
		Key: fmt.Sprintf("%s/%s", t.Subscription, calendar.Day(t.Start)), At: at,
		Take: t.Amount, Books: []charging.BookEntry{{Book: ledger.RevenueMinimum, Amount: t.Amount}},
	}
}

// period is a span of whole days that a minimum is counted in.
type period struct{ start, end time.Time }

// lookBack bounds how long after its end a period is still trued up, when no
// run happened meanwhile.
const lookBack = 400 * day

// firstPeriod is the first period that a minimum counts for a number that
// began at an instant: not the partial month that it began in; of a yearly
// minimum the year from its first day.
func firstPeriod(began time.Time, every catalog.Period) period {
	start := calendar.Midnight(began)
	d := start.In(calendar.Shanghai).Day()
	if every == catalog.Yearly {
		return period{start, monthsAfter(start, 12, d)}
	}
	if d != 1 {
		start = monthsAfter(start, 1, 1)
	}
	return period{start, monthsAfter(start, 1, 1)}
}

// next is the period after p; day is that of the month on which years begin.
func (p period) next(every catalog.Period, day int) period {
	if every == catalog.Yearly {
		return period{p.end, monthsAfter(p.end, 12, day)}
	}
	return period{p.end, monthsAfter(p.end, 1, 1)}
}

// periods lists those that are over at an instant and not older than lookBack,
// and the one that runs, which may lie ahead.
func periods(began time.Time, every catalog.Period, at time.Time) (over []period, running period) {
	anchor := calendar.Midnight(began).In(calendar.Shanghai).Day()
	p := firstPeriod(began, every)
	for ; !at.Before(p.end); p = p.next(every, anchor) {
		if at.Sub(p.end) < lookBack {
			over = append(over, p)
		}
	}
	return over, p
}
