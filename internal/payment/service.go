package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// Service takes payments. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	store     Store
	bank      Bank
	providers []Provider
	newID     func() int64
	now       func() time.Time
	log       *slog.Logger
	booked    func(ctx context.Context, p Payment)
}

// New makes a Service over the providers that are switched on. newID gives
// time-ordered ids, never the same twice; now nil means time.Now, log nil
// slog.Default.
func New(store Store, bank Bank, providers []Provider, newID func() int64, now func() time.Time, log *slog.Logger) *Service {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.Default()
	}
	return &Service{store: store, bank: bank, providers: providers, newID: newID, now: now, log: log}
}

// OnBooked has f told of each payment that this process books, after it is
// durable; f must not be slow. Who must not miss one asks the store now and then.
func (s *Service) OnBooked(f func(ctx context.Context, p Payment)) { s.booked = f }

// clock is the time as it is stored.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// provider finds a provider by its name; "" is the first one.
func (s *Service) provider(name string) (Provider, error) {
	names := make([]string, len(s.providers))
	for i, p := range s.providers {
		names[i] = p.Name()
	}
	if i := slices.Index(names, name); i >= 0 {
		return s.providers[i], nil
	}
	switch {
	case len(s.providers) == 0:
		return nil, fault.New(fault.ProviderNone)
	case name == "":
		return s.providers[0], nil
	}
	return nil, fault.New(fault.ProviderOff, "provider", name, "known", strings.Join(names, ", "))
}

// named is the provider with a name; nil when it is off.
func (s *Service) named(name string) Provider {
	i := slices.IndexFunc(s.providers, func(p Provider) bool { return p.Name() == name })
	if i < 0 {
		return nil
	}
	return s.providers[i]
}

// Asked is a new payment and the key of its link, which is kept nowhere.
type Asked struct {
	Payment Payment
	Key     string
}

// Ask asks a customer for a sum to top its account up with, payable for a while
// over a provider, "" being the first one. Faults: money_range, money_not_fen,
// provider_off, provider_none, customer_not_found.
func (s *Service) Ask(ctx context.Context, customer string, amount money.Amount, provider string, payable time.Duration) (Asked, error) {
	if err := checkSum(amount); err != nil {
		return Asked{}, err
	}
	over, err := s.provider(provider)
	if err != nil {
		return Asked{}, err
	}
	c, ok, err := s.store.Find(ctx, customer)
	if err != nil {
		return Asked{}, err
	}
	if !ok {
		return Asked{}, fault.New(fault.CustomerNotFound, "customer", customer)
	}
	// Who has the key of its link may see the payment and pay it, and nothing else.
	key := rand.Text()
	at := s.clock()
	p := Payment{
		ID: ID(s.newID()), Shard: c.Shard, Customer: c.ID, Code: c.Code, Purpose: TopUp, Provider: over.Name(), Amount: amount,
		Link: hashOf(key), State: Created, CreatedAt: at, ExpiresAt: at.Add(payable), DueAt: at.Add(payable), Events: 1,
	}
	e := Event{Shard: p.Shard, Payment: p.ID, Seq: 1, At: at, Kind: WasOpened, State: Created, Amount: amount, Currency: Currency}
	return Asked{p, key}, s.store.AddPayment(ctx, p, e)
}

// Open reads a payment for who has its link, and the name of its customer. A
// wrong key says payment_not_found, as an id that never was does.
func (s *Service) Open(ctx context.Context, payment, key string) (Payment, string, error) {
	id, err := ParseID(payment)
	if err != nil {
		return Payment{}, "", err
	}
	p, ok, err := s.store.Payment(ctx, id)
	if err != nil {
		return Payment{}, "", err
	}
	if !ok || !p.opens(key) {
		return Payment{}, "", fault.New(fault.PaymentNotFound, "payment", payment)
	}
	c, ok, err := s.store.Find(ctx, p.Code)
	if err == nil && !ok {
		err = fault.New(fault.CustomerNotFound, "customer", p.Code)
	}
	return p, c.Name, err
}

// Code is what the payer of a payment scans with the provider's app; empty when
// the provider has no such thing or is off, and when it is too late. Faults:
// provider_refused, provider_unreachable.
func (s *Service) Code(ctx context.Context, p Payment) (string, error) {
	coder, ok := s.named(p.Provider).(Coder)
	if !ok || p.StateAt(s.clock()) != Created {
		return "", nil
	}
	return coder.Code(ctx, p)
}

// Page is the address of the page at the provider where a payment is made, which
// leads to back afterwards; empty when the provider has no such thing or is off, and
// when it is too late.
func (s *Service) Page(p Payment, back string) (string, error) {
	pager, ok := s.named(p.Provider).(Pager)
	if !ok || p.StateAt(s.clock()) != Created {
		return "", nil
	}
	return pager.Page(p, back)
}

// Providers are the names of those that are on, the first one being the one that
// payments go over when nobody says another.
func (s *Service) Providers() []string {
	names := make([]string, len(s.providers))
	for i, p := range s.providers {
		names[i] = p.Name()
	}
	return names
}

// Notify deals with a notification that came in for a provider, and gives the
// answer that it wants. Doing it again changes nothing. The error says why it
// was refused; the provider hears of it in the answer.
func (s *Service) Notify(ctx context.Context, provider string, header http.Header, body []byte) (Answer, error) {
	over, err := s.provider(provider)
	if err != nil {
		return Answer{}, err
	}
	n, err := over.Read(header, body)
	if errors.Is(err, ErrNothing) {
		return over.Answer(nil), nil
	}
	if err == nil {
		err = s.hear(ctx, over.Name(), n)
	}
	return over.Answer(err), err
}

// hear writes what a provider says, and books it.
func (s *Service) hear(ctx context.Context, provider string, n Notice) error {
	var p Payment
	var what Kind
	err := s.store.ChangePayment(ctx, n.Payment, func(f *File) (Writes, error) {
		p = f.Payment
		if p.Provider != provider {
			return Writes{}, fault.New(fault.PaymentNotFound, "payment", n.Payment)
		}
		if what = p.hear(n, f.Events); what == "" {
			return Writes{}, nil
		}
		e := Event{Kind: what, Amount: n.Amount, Currency: n.Currency, Reference: n.Reference}
		if what != WasExtra {
			p.Received, p.Currency, p.Reference, p.PaidAt, p.DueAt = n.Amount, n.Currency, n.Reference, n.PaidAt, time.Time{}
		}
		if what == WasPaid {
			p.DueAt = s.clock()
		}
		w, err := s.write(&p, e)
		if what == WasOff || what == WasExtra {
			w.Notices = []billing.Notice{s.off(&p)}
		}
		return w, err
	})
	if err != nil {
		return err
	}
	if what == WasOff || what == WasExtra {
		s.log.Warn("a payment needs a look: what came is not what was asked for", "payment", p.ID.String(), "customer", p.Code,
			"event", string(what), "asked", p.Amount.String(), "came", n.Amount.String(), "currency", n.Currency)
	}
	return s.book(ctx, p)
}

// off tells the operator's staff of money that is not what was asked for.
func (s *Service) off(p *Payment) billing.Notice {
	return billing.Notice{ID: s.newID(), At: s.clock(), Item: billing.Item{Kind: billing.PaymentOff, Customer: p.Code, Subject: p.ID.String()}, Short: s.newID()}
}

// write is an event that happens to a payment now, which p shows already.
func (s *Service) write(p *Payment, e Event, refunds ...Refund) (Writes, error) {
	state, ok := p.State.next(e.Kind)
	if !ok {
		return Writes{}, fault.New(fault.PaymentState, "payment", p.ID, "state", p.State)
	}
	p.State = state
	p.Events++
	e.Shard, e.Payment, e.Seq, e.At, e.State = p.Shard, p.ID, p.Events, s.clock(), state
	return Writes{Payment: *p, Events: []Event{e}, Refunds: refunds}, nil
}

// book gives the customer what came, once; a payment that has nothing to book
// is left alone.
func (s *Service) book(ctx context.Context, p Payment) error {
	if p.State != Paid || p.Booked() {
		return nil
	}
	credit, err := s.bank.TopUp(ctx, p.Code, charging.TopUp{
		Bucket: charging.Cash, Amount: p.Received, Channel: p.Provider, Reference: p.ID.String(),
	})
	if err != nil {
		return err
	}
	noted := false
	err = s.store.ChangePayment(ctx, p.ID, func(f *File) (Writes, error) {
		p := f.Payment
		if noted = !p.Booked(); !noted {
			return Writes{}, nil
		}
		p.Txn, p.DueAt = credit.Txn, time.Time{}
		return s.write(&p, Event{Kind: WasBooked, Amount: p.Received, Currency: p.Currency, Reference: credit.Txn.String()})
	})
	if err == nil && noted {
		s.log.Info("a payment is booked", "payment", p.ID.String(), "customer", p.Code, "amount", p.Received.String(),
			"provider", p.Provider, "restored", credit.Restored)
		if s.booked != nil {
			s.booked(ctx, p)
		}
	}
	return err
}

// Take books what came for a payment though another sum was asked for; why is who
// says so and for what, and is kept with it. Doing it again changes nothing. Faults: payment_not_found, payment_state,
// payment_currency.
func (s *Service) Take(ctx context.Context, id ID, why string) (Payment, error) {
	var p Payment
	err := s.store.ChangePayment(ctx, id, func(f *File) (Writes, error) {
		p = f.Payment
		switch {
		case slices.ContainsFunc(f.Events, func(e Event) bool { return e.Kind == WasTaken }):
			return Writes{}, nil
		case p.State == Differs && p.Currency != Currency:
			return Writes{}, fault.New(fault.PaymentCurrency, "payment", p.ID, "currency", p.Currency)
		}
		p.DueAt = s.clock()
		return s.write(&p, Event{Kind: WasTaken, Amount: p.Received, Currency: p.Currency, Reference: p.Reference, Why: cut(why)})
	})
	if err != nil {
		return Payment{}, err
	}
	if err := s.book(ctx, p); err != nil {
		return Payment{}, err
	}
	return s.Read(ctx, id)
}

// Close ends a payment that nobody shall pay any more; the job ends the provider's
// order of it. Money that comes all the same is booked all the same. Doing it again
// changes nothing. Faults: payment_not_found, payment_state.
func (s *Service) Close(ctx context.Context, id ID) (p Payment, err error) {
	err = s.store.ChangePayment(ctx, id, func(f *File) (Writes, error) {
		p = f.Payment
		if p.State == Closed {
			return Writes{}, nil
		}
		p.DueAt = time.Time{}
		if _, ok := s.named(p.Provider).(Closer); ok {
			p.DueAt = s.clock()
		}
		return s.write(&p, Event{Kind: WasClosed})
	})
	return p, err
}

// Events lists what became of a payment, the oldest first.
func (s *Service) Events(ctx context.Context, id ID) ([]Event, error) {
	return s.store.PaymentEvents(ctx, id)
}

// Read reads a payment. Faults: payment_not_found.
func (s *Service) Read(ctx context.Context, id ID) (Payment, error) {
	p, ok, err := s.store.Payment(ctx, id)
	if err == nil && !ok {
		err = fault.New(fault.PaymentNotFound, "payment", id)
	}
	return p, err
}
