package payment_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/payment"
)

var june = time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)

// memory is a payment.Store without a database, and the jobs.
type memory struct {
	mu    sync.Mutex
	files map[payment.ID]payment.File
	away  bool // every write fails
}

var errAway = errors.New("the store is away")

func (m *memory) Find(_ context.Context, code string) (catalog.Customer, bool, error) {
	return catalog.Customer{ID: 7, Shard: 3, Code: code, Name: "测试"}, code == "tea", nil
}

func (m *memory) AddPayment(_ context.Context, p payment.Payment, e payment.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[p.ID] = payment.File{Payment: p, Events: []payment.Event{e}}
	return nil
}

func (m *memory) Payment(_ context.Context, id payment.ID) (payment.Payment, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	return f.Payment, ok, nil
}

func (m *memory) ChangePayment(_ context.Context, id payment.ID, f func(*payment.File) (payment.Writes, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	file, ok := m.files[id]
	if !ok {
		return fault.New(fault.PaymentNotFound, "payment", id)
	}
	file.Events, file.Refunds = slices.Clone(file.Events), slices.Clone(file.Refunds)
	w, err := f(&file)
	if err != nil || len(w.Events)+len(w.Refunds) == 0 {
		return err
	}
	if m.away {
		return errAway
	}
	file = m.files[id]
	file.Payment = w.Payment
	file.Events = append(slices.Clone(file.Events), w.Events...)
	file.Refunds = slices.Clone(file.Refunds)
	for _, r := range w.Refunds {
		if i := slices.IndexFunc(file.Refunds, func(x payment.Refund) bool { return x.ID == r.ID }); i >= 0 {
			file.Refunds[i] = r
		} else {
			file.Refunds = append(file.Refunds, r)
		}
	}
	m.files[id] = file
	return nil
}

func (m *memory) PaymentEvents(_ context.Context, id payment.ID) ([]payment.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[id].Events, nil
}

func (m *memory) Payments(context.Context, payment.Filter) ([]payment.Payment, error) {
	return nil, errors.New("not asked for in these tests")
}

func (m *memory) DuePayments(_ context.Context, at time.Time, limit int) (ids []payment.ID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, f := range m.files {
		if due := f.Payment.DueAt; !due.IsZero() && !due.After(at) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(limit, len(ids))], nil
}

func (m *memory) DueRefunds(_ context.Context, at time.Time, limit int) (list []payment.Refund, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.files {
		for _, r := range f.Refunds {
			if !r.DueAt.IsZero() && !r.DueAt.After(at) {
				list = append(list, r)
			}
		}
	}
	slices.SortFunc(list, func(a, b payment.Refund) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))], nil
}

func (m *memory) Claim(context.Context, string, int, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (m *memory) Finish(context.Context, billing.JobRun, time.Time) error { return nil }

func (m *memory) LastRun(context.Context, string) (billing.JobRun, bool, error) {
	return billing.JobRun{}, false, nil
}

// bank is a payment.Bank that books once by reference, and can be away.
type bank struct {
	cash  money.Amount
	spent money.Amount
	txns  map[string]ledger.ID
	moved map[ledger.ID]money.Amount
	away  bool
}

var errBank = errors.New("charging is away")

func (b *bank) once(key string, amount money.Amount) (ledger.ID, bool) {
	if t, ok := b.txns[key]; ok {
		return t, true
	}
	t := ledger.ID(len(b.txns) + 1)
	b.txns[key], b.moved[t] = t, amount
	b.cash += amount
	return t, false
}

func (b *bank) TopUp(_ context.Context, customer string, t charging.TopUp) (charging.Credit, error) {
	if b.away {
		return charging.Credit{}, errBank
	}
	txn, again := b.once("topup/"+t.Channel+"/"+t.Reference, t.Amount)
	return charging.Credit{Txn: txn, Amount: t.Amount, Again: again}, nil
}

func (b *bank) Refund(_ context.Context, customer string, amount money.Amount, channel, reference string) (charging.Posted, error) {
	if b.away {
		return charging.Posted{}, errBank
	}
	key := "refund/" + channel + "/" + reference
	if _, ok := b.txns[key]; !ok && amount > b.cash-b.spent {
		return charging.Posted{Short: true}, fault.New(fault.RefundTooMuch, "customer", customer, "amount", amount)
	}
	txn, again := b.once(key, -amount)
	return charging.Posted{Txn: txn, Amount: amount, Again: again}, nil
}

func (b *bank) Reverse(_ context.Context, txn ledger.ID) (charging.Posted, error) {
	if b.away {
		return charging.Posted{}, errBank
	}
	t, again := b.once("reversal/"+txn.String(), -b.moved[txn])
	return charging.Posted{Txn: t, Again: again}, nil
}

// provider reads "payment reference micro currency" signed "right", and answers
// refunds as it is told to.
type provider struct {
	says    payment.RefundState // Taken: it works on it; "": no answer comes
	paidOut map[payment.RefundID]money.Amount
	during  func() // happens once, while it is asked for a refund
}

func (*provider) Name() string { return "fake" }

func (*provider) Read(h http.Header, body []byte) (payment.Notice, error) {
	if h.Get("Signature") != "right" {
		return payment.Notice{}, fault.New(fault.NotificationForged)
	}
	f := strings.Fields(string(body))
	id, err := payment.ParseID(f[0])
	if err != nil {
		return payment.Notice{}, err
	}
	amount, err := money.Parse(f[2])
	return payment.Notice{Payment: id, Reference: f[1], Amount: amount, Currency: f[3], PaidAt: june}, err
}

func (*provider) Answer(err error) payment.Answer {
	if err != nil {
		return payment.Answer{Status: 500}
	}
	return payment.Answer{Status: 200}
}

func (p *provider) Refund(_ context.Context, _ payment.Payment, r payment.Refund) (payment.RefundAnswer, error) {
	if during := p.during; during != nil {
		p.during = nil
		during()
	}
	switch p.says {
	case payment.Done:
		p.paidOut[r.ID] = r.Amount
		return payment.RefundAnswer{State: payment.Done, Reference: "out-" + r.ID.String()}, nil
	case payment.Failed:
		if _, ok := p.paidOut[r.ID]; ok {
			return payment.RefundAnswer{State: payment.Done}, nil
		}
		return payment.RefundAnswer{State: payment.Failed, Why: "refused"}, nil
	case payment.Taken:
		return payment.RefundAnswer{State: payment.Taken}, nil
	}
	return payment.RefundAnswer{}, fault.New(fault.ProviderRefused, "provider", "fake", "reason", "NOT_ENOUGH")
}
