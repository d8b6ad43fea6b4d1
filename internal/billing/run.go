package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// Service bills. All methods are safe for concurrent use, also on several
// nodes of one store.
type Service struct {
	store Store
	bank  Bank
	newID func() int64
	now   func() time.Time
	log   *slog.Logger
}

// New makes a Service. newID gives time-ordered ids, never the same twice; now
// nil means time.Now; log may be nil.
func New(store Store, bank Bank, newID func() int64, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Service{store: store, bank: bank, newID: newID, now: now, log: log}
}

// workers is how many customers of a shard are billed at once: their postings
// share commits.
const workers = 16

// Run does all that is due now. Doing it again changes nothing. A customer
// that fails is named in the report and does not stop the others; the error is
// that the store could not be read or written.
func (s *Service) Run(ctx context.Context) (Report, error) { return s.run(ctx, s.now(), false, nil) }

// Preview says what Run would do at an instant, and what lies ahead. It writes
// nothing.
func (s *Service) Preview(ctx context.Context, at time.Time) (Report, error) {
	return s.run(ctx, at, true, nil)
}

// RunManual is Run, and a preview with dry, that also takes what is due of
// numbers whose plans leave that to the operator (catalog.Manual): of those with
// these ten digits, or of all with AllManual. NotRented when nobody rents one of
// them.
func (s *Service) RunManual(ctx context.Context, numbers []string, dry bool) (Report, error) {
	for _, digits := range numbers {
		if digits == AllManual {
			continue
		}
		_, ok, err := s.store.Owner(ctx, digits)
		if err != nil {
			return Report{}, err
		}
		if !ok {
			return Report{}, fault.New(fault.NotRented, "number", digits)
		}
	}
	return s.run(ctx, s.now(), dry, numbers)
}

// RunFor is Run for the customer with a code alone. CustomerNotFound.
func (s *Service) RunFor(ctx context.Context, code string) (Report, error) {
	c, err := s.customer(ctx, code)
	if err != nil {
		return Report{}, err
	}
	at := s.now().UTC().Truncate(time.Microsecond)
	report := Report{At: at}
	report.Items, report.Failed, err = s.shard(ctx, c.Shard, at, false, nil, c.ID)
	return report, err
}

// PreviewFor is Preview for the customer with a code alone. CustomerNotFound.
func (s *Service) PreviewFor(ctx context.Context, code string, at time.Time) (Report, error) {
	c, err := s.customer(ctx, code)
	if err != nil {
		return Report{}, err
	}
	at = at.UTC().Truncate(time.Microsecond)
	report := Report{At: at, Preview: true}
	report.Items, report.Failed, err = s.shard(ctx, c.Shard, at, true, nil, c.ID)
	return report, err
}

// AllManual stands for every number whose plan leaves its fees to the operator.
const AllManual = "all"

func (s *Service) run(ctx context.Context, at time.Time, dry bool, manual []string) (Report, error) {
	at = at.UTC().Truncate(time.Microsecond)
	report := Report{At: at, Preview: dry}
	for shard := range charging.Shards {
		items, failed, err := s.shard(ctx, shard, at, dry, manual, 0)
		report.Items = append(report.Items, items...)
		report.Failed = append(report.Failed, failed...)
		if err != nil {
			return report, fmt.Errorf("bill shard %d: %w", shard, err)
		}
	}
	rested, err := s.store.Rested(ctx, at, dry)
	for _, digits := range rested {
		report.Items = append(report.Items, Item{Kind: NumberRested, Number: digits})
	}
	slices.SortStableFunc(report.Items, func(x, y Item) int {
		return cmp.Or(cmp.Compare(x.Customer, y.Customer), cmp.Compare(x.Number, y.Number))
	})
	return report, err
}

// shard bills the customers of a shard, or only one of them.
func (s *Service) shard(ctx context.Context, shard int, at time.Time, dry bool, manual []string, only catalog.CustomerID) ([]Item, []Failure, error) {
	book, err := s.store.Book(ctx, shard, at.Add(-2*lookBack))
	if err != nil {
		return nil, nil, err
	}
	if only != 0 {
		book.Customers = slices.DeleteFunc(book.Customers, func(c *Customer) bool { return c.ID != only })
	}
	jobs := make([]*job, len(book.Customers))
	var due Writes
	for i, c := range book.Customers {
		for _, r := range c.Rentals {
			r.asked = slices.Contains(manual, r.Digits) || slices.Contains(manual, AllManual)
		}
		jobs[i] = &job{svc: s, c: c, at: at, dry: dry, rules: book.Arrears}
		if err := jobs[i].prepare(ctx, &due); err != nil {
			return nil, nil, err
		}
	}
	if !dry && !due.Empty() {
		if err := s.store.Save(ctx, due); err != nil {
			return nil, nil, err
		}
	}
	var wait sync.WaitGroup
	turn := make(chan struct{}, workers)
	for _, j := range jobs {
		turn <- struct{}{}
		wait.Go(func() {
			j.err = j.do(ctx)
			<-turn
		})
	}
	wait.Wait()
	var items []Item
	var failed []Failure
	var done Writes
	for _, j := range jobs {
		items = append(items, j.items...)
		done.Terms = append(done.Terms, j.writes.Terms...)
		done.TrueUps = append(done.TrueUps, j.writes.TrueUps...)
		done.Arrears = append(done.Arrears, j.writes.Arrears...)
		done.Notices = append(done.Notices, j.writes.Notices...)
		done.Release = append(done.Release, j.writes.Release...)
		if j.err != nil {
			failed = append(failed, Failure{j.c.Code, j.err.Error()})
			s.log.Error("a customer could not be billed", "customer", j.c.Code, "error", j.err)
		}
	}
	if dry || done.Empty() {
		return items, failed, nil
	}
	return items, failed, s.store.Save(ctx, done)
}

// job is the bills of one customer in one run.
type job struct {
	svc    *Service
	c      *Customer
	at     time.Time
	dry    bool
	rules  *catalog.Arrears
	items  []Item
	writes Writes
	moved  bool // money moved: the view is old
	err    error
}

func (j *job) note(i Item) {
	i.Customer = j.c.Code
	j.items = append(j.items, i)
}

// notify notes an item that somebody should be told of.
func (j *job) notify(i Item) {
	j.note(i)
	i.Customer = j.c.Code
	j.writes.Notices = append(j.writes.Notices, Notice{Shard: j.c.Shard, ID: j.svc.newID(), Customer: j.c.ID, At: j.at, Item: i, Short: j.svc.newID()})
	if !j.dry {
		j.svc.log.Info("billing notice", "kind", string(i.Kind), "customer", i.Customer, "stage", string(i.Stage), "balance", i.Balance.String())
	}
}

// prepare adds the rows of what is due, which are written before anything is
// taken.
func (j *job) prepare(ctx context.Context, due *Writes) error {
	for _, r := range j.c.Rentals {
		for _, t := range dueTerms(j.c, r, j.at, j.svc.newID) {
			due.Terms = append(due.Terms, t)
			if !slices.Contains(j.c.Terms, t) {
				j.c.Terms = append(j.c.Terms, t)
			}
		}
		if err := j.dueMinimum(ctx, r, due); err != nil {
			return err
		}
	}
	return nil
}

// dueMinimum adds the true-ups of the periods that are over, and in a preview
// says how the running one stands.
func (j *job) dueMinimum(ctx context.Context, r *Rental, due *Writes) error {
	first := j.c.term(r, 1)
	minimum, every := r.Subscription.Sale.MinimumUnder(r.Plan)
	if !r.billed() || minimum == 0 || first == nil || !first.paid() {
		return nil
	}
	over, running := periods(first.Start, every, j.at)
	for _, p := range over {
		if j.c.trueUp(r, p) != nil {
			continue
		}
		used, pending, err := j.consumption(ctx, r, p)
		if err != nil {
			return err
		}
		if pending {
			break // a call of the period still runs: its charge is not known yet
		}
		t := &TrueUp{
			Shard: j.c.Shard, Subscription: charging.SubscriptionID(r.Subscription.ID), Start: p.start, End: p.end,
			Customer: j.c.ID, Account: j.c.AccountID(), Number: r.Digits,
			Minimum: minimum, Consumption: used, Amount: shortfall(minimum, used), DueAt: j.at,
		}
		if t.Amount == 0 {
			t.PaidAt = j.at
		}
		j.c.TrueUps = append(j.c.TrueUps, t)
		due.TrueUps = append(due.TrueUps, t)
	}
	if !j.dry {
		return nil
	}
	used, _, err := j.consumption(ctx, r, running)
	if err == nil {
		j.note(Item{
			Kind: MinimumAhead, Number: r.Digits, Amount: shortfall(minimum, used), Minimum: minimum, Consumption: used,
			From: calendar.Day(running.start), Until: lastDay(running.end),
		})
	}
	return err
}

func (j *job) consumption(ctx context.Context, r *Rental, p period) (money.Amount, bool, error) {
	return j.svc.store.Consumption(ctx, j.c.Shard, j.c.ID, j.c.AccountID(), charging.SubscriptionID(r.Subscription.ID), p.start, p.end)
}

func (c *Customer) trueUp(r *Rental, p period) *TrueUp {
	for _, t := range c.TrueUps {
		if int64(t.Subscription) == r.Subscription.ID && t.Start.Equal(p.start) {
			return t
		}
	}
	return nil
}

// lastDay is the day before a midnight.
func lastDay(end time.Time) string { return calendar.Day(end.Add(-time.Second)) }

// do takes what is due from the account and sees how the customer stands.
func (j *job) do(ctx context.Context) error {
	return errors.Join(j.collect(ctx), j.earn(ctx), j.expire(ctx), j.stand(ctx))
}

// post books a posting; in a preview on the view alone.
func (j *job) post(ctx context.Context, p charging.Posting) (charging.Posted, error) {
	if j.dry {
		return j.c.View.Rehearse(p), nil
	}
	j.moved = true
	return j.svc.bank.Post(ctx, p)
}
