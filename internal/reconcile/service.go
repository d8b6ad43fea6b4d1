package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/payment"
)

// JobName is the name that nodes share the job by.
const JobName = "reconcile"

// Source is a provider whose bills can be read. An adapter implements it.
type Source interface {
	// Name is the provider's.
	Name() string
	// ReadBill reads a bill as the provider writes it. Faults: bill_invalid.
	ReadBill(file []byte) ([]Line, error)
}

// Downloader is a Source that hands its bills over by itself.
type Downloader interface {
	// Bill gets the bill of a day; empty when nothing happened on it. Faults:
	// provider_refused, provider_unreachable, bill_not_yet.
	Bill(ctx context.Context, day string) ([]byte, error)
}

// Store keeps results. An adapter implements it.
type Store interface {
	// OwnPayments reads payments of a provider that were paid in a span of time, others by
	// their ids, and the refunds of all of them that were made in the span or are
	// named.
	OwnPayments(ctx context.Context, provider string, from, until time.Time, payments []payment.ID, refunds []payment.RefundID) (Own, error)
	// ChangeResult lets f decide on the result of a day, nil before there is one, with
	// nobody else changing it meanwhile, and writes what f returns; nothing with nil.
	ChangeResult(ctx context.Context, provider, day string, f func(former *Result) (*Result, error)) error
	// Result reads one; ok is false when the day was not compared.
	Result(ctx context.Context, provider, day string) (r Result, ok bool, err error)
	// Results lists results, the newest day first.
	Results(ctx context.Context, limit int) ([]Result, error)
}

// Service compares bills. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	store   Store
	sources []Source
	now     func() time.Time
	log     *slog.Logger
}

// New makes a Service; now nil means time.Now, log nil slog.Default.
func New(store Store, sources []Source, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.Default()
	}
	return &Service{store, sources, now, log}
}

// Providers are the names of those whose bills can be read.
func (s *Service) Providers() []string {
	names := make([]string, len(s.sources))
	for i, from := range s.sources {
		names[i] = from.Name()
	}
	return names
}

// Compare compares the bill of a day, as a provider writes it. Doing it again replaces
// the result; what was settled and still differs stays so. Faults: provider_off,
// date_invalid, bill_invalid, bill_not_yet.
func (s *Service) Compare(ctx context.Context, provider, day string, bill []byte) (Result, error) {
	i := slices.IndexFunc(s.sources, func(from Source) bool { return from.Name() == provider })
	if i < 0 {
		return Result{}, fault.New(fault.ProviderOff, "provider", provider)
	}
	from, err := calendar.ParseDay(day)
	if err != nil {
		return Result{}, fault.Wrap(err, fault.DateInvalid, "value", day)
	}
	until := from.AddDate(0, 0, 1)
	if s.now().Before(until) {
		return Result{}, fault.New(fault.BillNotYet, "day", day)
	}
	lines, err := s.sources[i].ReadBill(bill)
	if err != nil {
		return Result{}, err
	}
	for _, l := range lines {
		if !l.At.IsZero() && (l.At.Before(from) || !l.At.Before(until)) {
			return Result{}, fault.New(fault.BillInvalid, "reason", "it has lines of "+calendar.Day(l.At)+", not of "+day+" alone")
		}
	}
	return s.result(ctx, provider, day, lines, from, until)
}

func (s *Service) result(ctx context.Context, provider, day string, lines []Line, from, until time.Time) (out Result, err error) {
	var payments []payment.ID
	var refunds []payment.RefundID
	for _, l := range lines {
		if l.Payment != 0 {
			payments = append(payments, l.Payment)
		}
		if l.Refund != 0 {
			refunds = append(refunds, l.Refund)
		}
	}
	own, err := s.store.OwnPayments(ctx, provider, from, until, payments, refunds)
	if err != nil {
		return Result{}, err
	}
	err = s.store.ChangeResult(ctx, provider, day, func(former *Result) (*Result, error) {
		out = compare(lines, own, from, until)
		out.Provider, out.Day, out.At = provider, day, s.now().UTC().Truncate(time.Microsecond)
		out.keep(former)
		return &out, nil
	})
	if err != nil {
		return Result{}, err
	}
	if n := out.Open(); n > 0 {
		s.log.WarnContext(ctx, "a provider's bill and the books differ", "provider", provider, "day", day, "differences", n, "theirs", out.Theirs.String(), "ours", out.Ours.String())
	}
	return out, nil
}

// maxWhy bounds a reason, in characters.
const maxWhy = 200

// Settle writes down that a difference was dealt with, by whom and how. Doing it again
// changes nothing. Faults: difference_not_found, reason_missing, value_too_long.
func (s *Service) Settle(ctx context.Context, provider, day string, seq int, why, who string) (Result, error) {
	why = strings.TrimSpace(why)
	if why == "" {
		return Result{}, fault.New(fault.ReasonMissing)
	}
	if utf8.RuneCountInString(why) > maxWhy {
		return Result{}, fault.New(fault.ValueTooLong, "limit", maxWhy)
	}
	var out Result
	err := s.store.ChangeResult(ctx, provider, day, func(r *Result) (*Result, error) {
		if r == nil || seq < 1 || seq > len(r.Differences) {
			return nil, fault.New(fault.DifferenceNotFound, "day", day, "seq", seq)
		}
		d := &r.Differences[seq-1]
		if d.SettledAt.IsZero() {
			d.SettledAt, d.SettledBy, d.Why = s.now().UTC().Truncate(time.Microsecond), who, why
		}
		out = *r
		return r, nil
	})
	return out, err
}

// Result reads what came of a day. Faults: difference_not_found when it was not
// compared.
func (s *Service) Result(ctx context.Context, provider, day string) (Result, error) {
	r, ok, err := s.store.Result(ctx, provider, day)
	if err == nil && !ok {
		err = fault.New(fault.DifferenceNotFound, "day", day, "seq", 0)
	}
	return r, err
}

// Results lists what came of the last days.
func (s *Service) Results(ctx context.Context) ([]Result, error) { return s.store.Results(ctx, 200) }

const (
	// ready is when the bills of the day before can be got, after midnight in China.
	ready = 10*time.Hour + 30*time.Minute
	// behind is how many days are made up for.
	behind = 7
	// hold bounds a run, until another node may try.
	hold = 30 * time.Minute
)

// Turn downloads and compares the bills of the last days that were not, if no other
// node does, and says how many were compared. One that fails keeps the others from
// nothing.
func (s *Service) Turn(ctx context.Context, jobs billing.Jobs, node int) (done int, err error) {
	at := s.now()
	last := calendar.Midnight(at)
	if at.Before(last.Add(ready)) {
		last = last.AddDate(0, 0, -1)
	}
	var due []func() error
	for _, from := range s.sources {
		over, ok := from.(Downloader)
		if !ok {
			continue
		}
		for n := behind; n >= 1; n-- {
			day := calendar.Day(last.AddDate(0, 0, -n))
			_, had, err := s.store.Result(ctx, from.Name(), day)
			if err != nil {
				return 0, err
			}
			if !had {
				due = append(due, func() error { return s.fetch(ctx, from.Name(), over, day) })
			}
		}
	}
	if len(due) == 0 {
		return 0, nil
	}
	claimed, err := jobs.Claim(ctx, JobName, node, at, at.Add(hold))
	if err != nil || !claimed {
		return 0, err
	}
	run := billing.JobRun{Name: JobName, Node: node, StartedAt: at}
	for _, fetch := range due {
		failed := fetch()
		if failed == nil {
			done++
		} else {
			run.Failed++
		}
		err = errors.Join(err, failed)
	}
	run.FinishedAt, run.Items = s.now(), done
	if err != nil {
		run.Error = err.Error()
	}
	return done, errors.Join(err, jobs.Finish(ctx, run, at.Add(hold)))
}

func (s *Service) fetch(ctx context.Context, provider string, over Downloader, day string) error {
	bill, err := over.Bill(ctx, day)
	if err != nil {
		return err
	}
	if len(bill) > 0 {
		_, err = s.Compare(ctx, provider, day, bill)
		return err
	}
	from, err := calendar.ParseDay(day)
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	_, err = s.result(ctx, provider, day, nil, from, from.AddDate(0, 0, 1))
	return err
}
