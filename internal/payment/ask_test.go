package payment_test

import (
	"context"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// closer is a provider that has orders, which it closes.
type closer struct {
	*provider
	came  map[payment.ID]payment.Notice
	err   error
	asked int
	shut  map[payment.ID]bool
}

func (c *closer) Close(_ context.Context, p payment.Payment) (payment.Notice, bool, error) {
	c.asked++
	n, came := c.came[p.ID]
	if c.err == nil && !came {
		c.shut[p.ID] = true
	}
	return n, came && c.err == nil, c.err
}

// closing is a world whose provider has orders that it closes.
func closing(err error) (*world, *closer) {
	w := setup()
	over := &closer{provider: w.over, came: map[payment.ID]payment.Notice{}, shut: map[payment.ID]bool{}, err: err}
	w.serve(over)
	return w, over
}

// serve has the world served over other providers.
func (w *world) serve(providers ...payment.Provider) {
	ids := int64(1 << 40)
	w.service = payment.New(w.store, w.bank, providers, func() int64 { ids++; return ids }, func() time.Time { return w.now }, nil)
}

// Before a payment expires its provider is asked: what came is booked though no
// notification did, what came differently is kept apart, and while there is no
// answer nothing expires, nor is the provider asked twice in one turn.
func TestAskedBeforeItExpires(t *testing.T) {
	t.Parallel()
	w, over := closing(fault.New(fault.ProviderUnreachable, "provider", "fake"))
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
		if over.shut[id] != (want == payment.Expired) {
			t.Errorf("the order of one that is %s is shut: %v", want, over.shut[id])
		}
		if p, err := w.service.Read(t.Context(), id); err != nil || p.State != want || (want == payment.Paid) != p.Booked() {
			t.Errorf("%s, want %s, booked %v, %v", p.State, want, p.Booked(), err)
		}
	}
	// The notification comes after all.
	if _, err := w.tell("right", paid, "r"+paid.String(), 3*money.Yuan, payment.Currency); err != nil || w.bank.cash != 3*money.Yuan {
		t.Errorf("told again: %v, cash %s", err, w.bank.cash)
	}
}

// A payment that was closed has its order at the provider closed by the job, however
// often that takes; money that came for it meanwhile is booked.
func TestClosedAtTheProvider(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.ProviderUnreachable, "provider", "fake")
	refused := fault.New(fault.ProviderRefused, "provider", "fake", "reason", "NO_AUTH")
	for _, c := range []struct {
		name  string
		turns func(w *world, over *closer, id payment.ID, turn func(wantErr bool))
		kinds string
		state payment.State
		cash  money.Amount
	}{
		{"at once", func(_ *world, _ *closer, _ payment.ID, turn func(bool)) { turn(false) }, "opened closed shut", payment.Closed, 0},
		{"after it was away", func(_ *world, over *closer, _ payment.ID, turn func(bool)) {
			over.err = away
			turn(true)
			turn(true)
			over.err = nil
			turn(false)
		}, "opened closed shut", payment.Closed, 0},
		{"paid before it was told", func(w *world, over *closer, id payment.ID, turn func(bool)) {
			over.came[id] = payment.Notice{Payment: id, Reference: "r1", Amount: 3 * money.Yuan, Currency: payment.Currency, PaidAt: w.now}
			turn(false)
		}, "opened closed paid booked", payment.Paid, 3 * money.Yuan},
		{"nobody scanned it yet", func(w *world, over *closer, _ payment.ID, turn func(bool)) {
			over.err = payment.ErrUnmade
			turn(false)
			turn(false) // it rests
			w.now = w.now.Add(time.Hour)
			turn(false)
		}, "opened closed left shut", payment.Closed, 0},
		{"scanned after it was closed", func(w *world, over *closer, id payment.ID, turn func(bool)) {
			over.err = payment.ErrUnmade
			turn(false)
			over.err = nil
			over.came[id] = payment.Notice{Payment: id, Reference: "r1", Amount: 3 * money.Yuan, Currency: payment.Currency, PaidAt: w.now}
			w.now = w.now.Add(time.Hour)
			turn(false)
		}, "opened closed left paid booked", payment.Paid, 3 * money.Yuan},
		{"refused for good", func(w *world, over *closer, _ payment.ID, turn func(bool)) {
			over.err = refused
			turn(true)
			w.now = w.now.Add(24 * time.Hour)
			turn(true)
			w.now = w.now.Add(time.Hour)
			turn(false)
		}, "opened closed left", payment.Closed, 0},
		{"its provider is switched off", func(w *world, _ *closer, _ payment.ID, turn func(bool)) {
			w.serve()
			turn(false)
		}, "opened closed left", payment.Closed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, over := closing(nil)
			id := w.ask(t, 3*money.Yuan).Payment.ID
			for range 2 {
				if _, err := w.service.Close(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			c.turns(w, over, id, func(wantErr bool) {
				t.Helper()
				if _, err := w.service.Turn(t.Context(), w.store, 1); (err != nil) != wantErr {
					t.Errorf("%v", err)
				}
			})
			asked := over.asked
			w.now = w.now.Add(100 * time.Hour)
			if done, err := w.service.Turn(t.Context(), w.store, 1); done != 0 || err != nil || over.asked != asked {
				t.Errorf("it has no end: %d, %v", done, err)
			}
			if p, err := w.service.Read(t.Context(), id); err != nil || p.State != c.state || w.kinds(id) != c.kinds || w.bank.cash != c.cash {
				t.Errorf("%s with %s, cash %s, %v", p.State, w.kinds(id), w.bank.cash, err)
			}
		})
	}
}
