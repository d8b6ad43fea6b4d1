package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// collect takes the fees and true-ups that are due: what the account cannot
// pay stays due.
func (j *job) collect(ctx context.Context) error {
	var errs []error
	for _, r := range j.c.Rentals {
		for _, t := range j.c.Terms {
			if int64(t.Subscription) == r.Subscription.ID && t.due(j.at) && r.takes(t.Seq) {
				errs = append(errs, j.takeFee(ctx, r, t))
			}
		}
		for _, t := range j.c.TrueUps {
			if int64(t.Subscription) == r.Subscription.ID && t.PaidAt.IsZero() && r.billed() {
				errs = append(errs, j.takeMinimum(ctx, t))
			}
		}
	}
	return errors.Join(errs...)
}

func (j *job) takeFee(ctx context.Context, r *Rental, t *Term) error {
	months, _ := r.Subscription.Sale.TermUnder(r.Plan)
	try := *t
	if t.Seq == 1 {
		try.begin(j.at, months)
	}
	posted, err := j.post(ctx, try.posting(j.at, r.prepaid(t.Seq)))
	if err != nil {
		return fmt.Errorf("fee of %s: %w", t.Number, err)
	}
	if !posted.Short {
		if t.Seq == 1 {
			try.begin(posted.At, months)
		}
		try.Fee, try.PaidAt, try.EarnedUntil = posted.Amount, posted.At, try.Start
		if t.Seq == 0 {
			try.Start, try.End, try.EarnedUntil = posted.At, posted.At, posted.At
		}
		*t = try
		j.writes.Terms = append(j.writes.Terms, t)
	}
	item := Item{Kind: TermRenewed, Number: t.Number, Amount: try.Fee, Short: posted.Short}
	switch t.Seq {
	case 0:
		item.Kind = FeeOnce
	case 1:
		item.Kind = TermBegins
	}
	if t.Seq > 0 {
		item.From, item.Until = calendar.Day(try.Start), lastDay(try.End)
	}
	j.note(item)
	return nil
}

func (j *job) takeMinimum(ctx context.Context, t *TrueUp) error {
	posted, err := j.post(ctx, t.posting(j.at))
	if err != nil {
		return fmt.Errorf("minimum of %s: %w", t.Number, err)
	}
	if !posted.Short {
		t.PaidAt = posted.At
		j.writes.TrueUps = append(j.writes.TrueUps, t)
	}
	j.note(Item{
		Kind: MinimumTaken, Number: t.Number, Amount: t.Amount, Minimum: t.Minimum, Consumption: t.Consumption,
		From: calendar.Day(t.Start), Until: lastDay(t.End), Short: posted.Short,
	})
	return nil
}

// earn books the days of terms that are over: each day of each term is a
// posting of its own amount, whenever it is made.
func (j *job) earn(ctx context.Context) error {
	today := calendar.Midnight(j.at)
	for _, t := range j.c.Terms {
		until := today
		if t.End.Before(until) {
			until = t.End
		}
		if !t.paid() || t.Seq == 0 || !t.EarnedUntil.Before(until) {
			continue
		}
		from := t.EarnedUntil
		sum, err := j.earnDays(ctx, t, until)
		if sum > 0 {
			j.note(Item{Kind: FeeEarned, Number: t.Number, Amount: sum, From: calendar.Day(from), Until: lastDay(t.EarnedUntil)})
		}
		j.writes.Terms = append(j.writes.Terms, t)
		if err != nil {
			return fmt.Errorf("earn the fee of %s: %w", t.Number, err)
		}
	}
	return nil
}

func (j *job) earnDays(ctx context.Context, t *Term, until time.Time) (sum money.Amount, err error) {
	for ; t.EarnedUntil.Before(until); t.EarnedUntil = t.EarnedUntil.Add(day) {
		i := int64(t.EarnedUntil.Sub(t.Start) / day)
		part := t.earned(i+1) - t.earned(i)
		if part == 0 {
			continue
		}
		_, err := j.post(ctx, charging.Posting{
			Shard: t.Shard, Account: t.Account, Kind: ledger.KindEarned, Key: t.key() + "/" + calendar.Day(t.EarnedUntil), At: j.at,
			Books: []charging.BookEntry{{Book: ledger.DeferredPlans, Amount: -part}, {Book: ledger.RevenuePlans, Amount: part}},
		})
		if err != nil {
			return sum, err
		}
		sum += part
	}
	return sum, nil
}

// aheadOf is how far a preview looks ahead.
const aheadOf = 31 * day

// expire takes what expired packages have left, or moves it into the package
// of the next term. What running calls hold stays until they end.
func (j *job) expire(ctx context.Context) error {
	if j.c.View == nil {
		return nil
	}
	if j.dry {
		j.ahead()
	} else {
		j.remind()
	}
	for _, b := range j.c.View.Buckets {
		free := b.Balance - b.Held
		if b.Kind != charging.Package || b.ExpiresAt.IsZero() || j.at.Before(b.ExpiresAt) || free <= 0 {
			continue
		}
		into, wait := j.next(&b)
		if wait {
			continue
		}
		posted, err := j.post(ctx, charging.Posting{
			Shard: j.c.Shard, Account: j.c.AccountID(), Kind: ledger.KindExpiry,
			Key: ledger.BucketOf(j.c.Account, b.ID).String() + "/" + calendar.Day(j.at), At: j.at,
			Empty: &charging.Emptying{Bucket: b.ID, Into: into},
		})
		if err != nil {
			return fmt.Errorf("expire a package: %w", err)
		}
		if posted.Amount == 0 || posted.Again {
			continue
		}
		item := Item{Kind: Expired, Until: lastDay(b.ExpiresAt)}
		if into != 0 {
			item.Kind = RolledOver
		}
		item.quantity(b.Unit, posted.Amount)
		j.note(item)
	}
	return nil
}

func (i *Item) quantity(unit ledger.Unit, amount money.Amount) {
	if unit == ledger.SEC {
		i.Seconds = int64(amount)
	} else {
		i.Amount = amount
	}
}

// next finds the bucket that an expired one rolls over into; 0 when it
// expires. It waits while the next term is due and may still be paid.
func (j *job) next(b *charging.Bucket) (into int64, wait bool) {
	for _, t := range j.c.Terms {
		if t.CreditBucket != b.ID && t.SecondsBucket != b.ID {
			continue
		}
		r := j.rental(t.Subscription)
		if r == nil || !r.live() || !r.Plan.RollOver || r.Plan.TermMonths == 0 {
			return 0, false
		}
		next := j.c.term(r, t.Seq+1)
		if next == nil || !next.paid() {
			return 0, true
		}
		into = next.CreditBucket
		if b.Unit == ledger.SEC {
			into = next.SecondsBucket
		}
		for i := range j.c.View.Buckets {
			if j.c.View.Buckets[i].ID == into {
				return into, false
			}
		}
		if j.moved { // given in this run: the view is older
			if b.Unit == ledger.SEC && next.Seconds > 0 || b.Unit == ledger.CNY && next.Credit > 0 {
				return into, false
			}
		}
		return 0, false
	}
	return 0, false
}

func (j *job) rental(s charging.SubscriptionID) *Rental {
	for _, r := range j.c.Rentals {
		if r.Subscription.ID == int64(s) {
			return r
		}
	}
	return nil
}

// tellAhead is how long before a term ends its customer is told, once.
const tellAhead = 7 * day

// remind tells of terms that end soon and are followed by another.
func (j *job) remind() {
	for _, r := range j.c.Rentals {
		t := j.c.lastTerm(r)
		months, fee := r.Subscription.Sale.TermUnder(r.Plan)
		if !r.billed() || months == 0 || fee == 0 || t == nil || !t.paid() || !t.ToldAt.IsZero() || !j.at.Before(t.End) || t.End.Sub(j.at) >= tellAhead {
			continue
		}
		t.ToldAt = j.at
		j.writes.Terms = append(j.writes.Terms, t)
		j.writes.Notices = append(j.writes.Notices, Notice{
			Shard: j.c.Shard, ID: j.svc.newID(), Customer: j.c.ID, At: j.at,
			Short: j.svc.newID(), Item: Item{Kind: TermEnds, Customer: j.c.Code, Number: t.Number, Amount: fee, Until: lastDay(t.End)},
		})
	}
}

// ahead notes what a preview should warn of: renewals and expiries to come.
func (j *job) ahead() {
	for _, r := range j.c.Rentals {
		t := j.c.lastTerm(r)
		months, fee := r.Subscription.Sale.TermUnder(r.Plan)
		if r.billed() && months > 0 && t != nil && t.paid() && j.at.Before(t.End) && t.End.Sub(j.at) < aheadOf {
			j.note(Item{Kind: RenewalAhead, Number: r.Digits, Amount: fee, From: calendar.Day(t.End)})
		}
	}
	for i := range j.c.View.Buckets {
		b := &j.c.View.Buckets[i]
		if b.Kind == charging.Package && b.Balance > 0 && j.at.Before(b.ExpiresAt) && b.ExpiresAt.Sub(j.at) < aheadOf {
			item := Item{Kind: ExpiryAhead, Until: lastDay(b.ExpiresAt)}
			item.quantity(b.Unit, b.Balance)
			j.note(item)
		}
	}
}
