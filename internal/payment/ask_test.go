package payment_test

import (
	"context"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// asker is a provider that can be asked what came.
type asker struct {
	*provider
	came  map[payment.ID]payment.Notice
	err   error
	asked int
}

func (a *asker) Ask(_ context.Context, p payment.Payment) (payment.Notice, bool, error) {
	a.asked++
	n, ok := a.came[p.ID]
	return n, ok && a.err == nil, a.err
}

// Before a payment expires its provider is asked: what came is booked though no
// notification did, what came differently is kept apart, and while there is no
// answer nothing expires, nor is the provider asked twice in one turn.
func TestAskedBeforeItExpires(t *testing.T) {
	t.Parallel()
	w := setup()
	over := &asker{provider: w.over, came: map[payment.ID]payment.Notice{}, err: fault.New(fault.ProviderUnreachable, "provider", "fake")}
	ids := int64(1 << 40)
	w.service = payment.New(w.store, w.bank, []payment.Provider{over}, func() int64 { ids++; return ids }, func() time.Time { return w.now }, nil)
	ask := func() payment.ID { return w.ask(t, 3*money.Yuan).Payment.ID }
	wrong, paid, short, open := ask(), ask(), ask(), ask()
	tells := func(about, id payment.ID, amount money.Amount) {
		over.came[about] = payment.Notice{Payment: id, Reference: "r" + about.String(), Amount: amount, Currency: payment.Currency, PaidAt: w.now}
	}
	tells(paid, paid, 3*money.Yuan)
	tells(short, short, money.Yuan)
	tells(wrong, paid, 3*money.Yuan) // of another payment than was asked for
	turn := func() error {
		_, err := w.service.Turn(t.Context(), w.store, 1)
		return err
	}
	if err := turn(); err != nil || over.asked != 0 {
		t.Errorf("asked %d times before the time was over, %v", over.asked, err)
	}
	w.now = w.now.Add(time.Hour)
	if err := turn(); err == nil || over.asked != 1 || w.bank.cash != 0 {
		t.Errorf("without an answer: asked %d times, %v, cash %s", over.asked, err, w.bank.cash)
	}
	over.err = nil
	if err := turn(); err == nil || w.bank.cash != 3*money.Yuan {
		t.Errorf("an answer about another payment is taken, or holds the others up: %v, cash %s", err, w.bank.cash)
	}
	delete(over.came, wrong)
	for range 2 {
		if err := turn(); err != nil {
			t.Error(err)
		}
	}
	for id, want := range map[payment.ID]payment.State{paid: payment.Paid, short: payment.Differs, open: payment.Expired, wrong: payment.Expired} {
		if p, err := w.service.Read(t.Context(), id); err != nil || p.State != want || (want == payment.Paid) != p.Booked() {
			t.Errorf("%s, want %s, booked %v, %v", p.State, want, p.Booked(), err)
		}
	}
	// The notification comes after all.
	if _, err := w.tell("right", paid, "r"+paid.String(), 3*money.Yuan, payment.Currency); err != nil || w.bank.cash != 3*money.Yuan {
		t.Errorf("told again: %v, cash %s", err, w.bank.cash)
	}
}
