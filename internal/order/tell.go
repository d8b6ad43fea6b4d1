package order

import (
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/money"
)

// ByRealName is who leads an order when the real-name applications of its numbers do.
// What these ask for again the customer is told with the reasons by themselves.
const ByRealName = "realname"

// tells is what customers are told of events. What is not here is told nowhere.
var tells = map[Kind]billing.ItemKind{
	WasSigned: billing.OrderSigned, WasPaid: billing.OrderPaid, WasAskedMore: billing.OrderAsked, WasOpened: billing.OrderOpened,
	WasExpired: billing.OrderExpired, WasLapsed: billing.OrderLapsed, WasRefused: billing.OrderRefused, WasRefunded: billing.OrderRefunded,
}

// tell is what the customer is told of an event of an order, which shows it already;
// nothing of most.
func (s *Service) tell(o *Order, e *Event) []billing.Notice {
	kind, ok := tells[e.Kind]
	if e.Kind == WasReminded {
		kind, ok = billing.OrderEnding, true
		if e.State == Paid {
			kind = billing.OrderDocuments
		}
	}
	item := billing.Item{Kind: kind, Customer: o.Code, Subject: o.ID.String(), Number: o.Items[0].Digits, More: len(o.Items) - 1}
	switch e.Kind {
	case WasSigned:
		item.Until = clock(o.LockedUntil)
	case WasReminded:
		if item.Until = clock(o.LockedUntil); e.State == Paid {
			item.Until = clock(o.DocumentsBy)
		}
	case WasPaid:
		item.Until = clock(o.DocumentsBy)
	case WasAskedMore:
		item.Until, item.Why = clock(o.DocumentsBy), e.Why
		ok = e.Who != ByRealName
	case WasRefused:
		item.Why = e.Why
	case WasRefunded:
		amount, err := money.Parse(e.Why)
		item.Amount, ok = amount, err == nil && amount > 0
	}
	if !ok {
		return nil
	}
	return []billing.Notice{{Shard: o.Shard, ID: s.NewID(), Customer: o.Customer, At: e.At, Item: item, Short: s.NewID()}}
}

// clock is an instant in words, in Asia/Shanghai.
func clock(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04") }

// documentsDays are how many days before the documents must be there the customer is
// reminded of them.
var documentsDays = []int{7, 3, 1}

// lockReminder is when the customer is reminded that the numbers wait no longer: when
// a third of the lock is left.
func (s *Service) lockReminder(o *Order) time.Time { return o.LockedUntil.Add(-s.terms.Lock / 3) }

// documentsReminder is the next reminder of documents after an instant; where none is
// left, the end of the wait.
func documentsReminder(o *Order, after time.Time) time.Time {
	for _, days := range documentsDays {
		if at := o.DocumentsBy.AddDate(0, 0, -days); at.After(after) {
			return at
		}
	}
	return o.DocumentsBy
}

// reminder reports whether a reminder is due, and when the job looks at the order
// next after it.
func (s *Service) reminder(o *Order, at time.Time) (due bool, next time.Time) {
	switch o.StateAt(at) {
	case Locked, Signed:
		return o.RemindedAt.IsZero() && !at.Before(s.lockReminder(o)), o.LockedUntil
	case Paid:
		last := o.RemindedAt
		if begins := o.DocumentsBy.Add(-s.terms.Documents); last.Before(begins) {
			last = begins // what was asked for before counts no more
		}
		return at.Before(o.DocumentsBy) && !at.Before(documentsReminder(o, last)), documentsReminder(o, at)
	}
	return false, time.Time{}
}
