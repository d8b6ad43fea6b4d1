package payment_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// after says which states may follow each other; drawn from doc.go, not from
// the program's table.
var after = map[payment.State][]payment.State{
	payment.Created:        {payment.Paid, payment.Differs, payment.Closed, payment.Expired},
	payment.Closed:         {payment.Paid, payment.Differs},
	payment.Expired:        {payment.Paid, payment.Differs},
	payment.Differs:        {payment.Paid},
	payment.Paid:           {payment.PartlyRefunded, payment.Refunded},
	payment.PartlyRefunded: {payment.Refunded},
}

// Whatever happens in whatever order, with the bank, the store and the provider
// failing now and then: no event leads where doc.go does not, the customer has
// exactly what came less what went back, and no more goes back than came.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, over := closing(nil)
		ctx := context.Background()
		var ids []payment.ID
		for range rapid.IntRange(1, 3).Draw(t, "payments") {
			ids = append(ids, w.ask(t, money.Amount(rapid.IntRange(1, 4).Draw(t, "asked"))*money.Yuan).Payment.ID)
		}
		one := rapid.SampledFrom(ids)
		sum := rapid.SampledFrom([]money.Amount{money.Fen, money.Yuan, 2 * money.Yuan, 3 * money.Yuan, 4 * money.Yuan})
		known := func(err error) { // an error of our own is an answer; others come from what fails here
			var f *fault.Error
			if err != nil && !errors.As(err, &f) && !errors.Is(err, errBank) && !errors.Is(err, errAway) && err.Error() != "no answer" {
				t.Fatalf("unexpected: %v", err)
			}
			if fault.CodeOf(err) == fault.Internal {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"pay": func(t *rapid.T) {
				_, err := w.tell("right", one.Draw(t, "id"), rapid.SampledFrom([]string{"r1", "r1", "r2"}).Draw(t, "ref"), sum.Draw(t, "sum"),
					rapid.SampledFrom([]string{"CNY", "CNY", "USD"}).Draw(t, "currency"))
				known(err)
			},
			"pay right": func(t *rapid.T) {
				id := one.Draw(t, "id")
				_, err := w.tell("right", id, "r1", w.store.files[id].Payment.Amount, "CNY")
				known(err)
			},
			"forge": func(t *rapid.T) {
				id := one.Draw(t, "id")
				before := fmt.Sprint(w.store.files[id])
				if _, err := w.tell("wrong", id, "r1", sum.Draw(t, "sum"), "CNY"); fault.CodeOf(err) != fault.NotificationForged || fmt.Sprint(w.store.files[id]) != before {
					t.Fatalf("forged: %v", err)
				}
			},
			"close": func(t *rapid.T) { _, err := w.service.Close(ctx, one.Draw(t, "id")); known(err) },
			"take":  func(t *rapid.T) { _, err := w.service.Take(ctx, one.Draw(t, "id"), "陈会计"); known(err) },
			"refund": func(t *rapid.T) {
				_, err := w.service.Refund(ctx, one.Draw(t, "id"), sum.Draw(t, "sum"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), "陈会计: 退租")
				known(err)
			},
			"turn": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute)
				_, _ = w.service.Turn(ctx, w.store, 1) // what failed is due again
			},
			"spend": func(t *rapid.T) {
				if sum := sum.Draw(t, "sum"); w.bank.spent+sum <= w.bank.cash {
					w.bank.spent += sum
				}
			},
			"bank":  func(t *rapid.T) { w.bank.away = rapid.Bool().Draw(t, "away") },
			"store": func(t *rapid.T) { w.store.away = rapid.Bool().Draw(t, "away") },
			"provider": func(t *rapid.T) {
				w.over.says = rapid.SampledFrom([]payment.RefundState{payment.Done, payment.Failed, payment.Taken, ""}).Draw(t, "says")
			},
			"pay unheard": func(t *rapid.T) {
				id := one.Draw(t, "id")
				if !over.shut[id] { // nobody pays an order that ended
					over.came[id] = payment.Notice{Payment: id, Reference: "r1", Amount: sum.Draw(t, "sum"), Currency: payment.Currency, PaidAt: w.now}
				}
			},
			"orders": func(t *rapid.T) {
				over.err = rapid.SampledFrom([]error{nil, payment.ErrUnmade, fault.New(fault.ProviderUnreachable), fault.New(fault.ProviderRefused)}).Draw(t, "err")
			},
			"": func(t *rapid.T) { w.check(t, false) },
		})
		// Everything comes back, and what was begun ends.
		w.bank.away, w.store.away, over.err = false, false, nil
		for range 3 {
			w.over.says = payment.Done
			w.now = w.now.Add(2 * time.Hour)
			if _, err := w.service.Turn(ctx, w.store, 1); err != nil {
				t.Fatal(err)
			}
		}
		w.check(t, true)
	})
}

// check compares every payment with its events, and, when nothing is under way
// any more, the customer's cash with what came and went.
func (w *world) check(t *rapid.T, settled bool) {
	var due money.Amount
	for id, f := range w.store.files {
		p := f.Payment
		state := payment.Created
		for i, e := range f.Events {
			if e.Seq != i+1 {
				t.Fatalf("%s: event %d has the number %d", id, i+1, e.Seq)
			}
			if e.State != state {
				ok := false
				for _, s := range after[state] {
					ok = ok || s == e.State
				}
				if !ok {
					t.Fatalf("%s went from %s to %s by %s", id, state, e.State, e.Kind)
				}
			}
			state = e.State
		}
		if state != p.State || p.Events != len(f.Events) {
			t.Fatalf("%s is %s with %d events; they say %s and are %d", id, p.State, p.Events, state, len(f.Events))
		}
		var going, gone money.Amount
		for _, r := range f.Refunds {
			switch r.State {
			case payment.Done:
				gone += r.Amount
			case payment.Failed:
			default:
				going += r.Amount
				if settled {
					t.Fatalf("%s is %s still", r.ID, r.State)
				}
			}
			if out, ok := w.over.paidOut[r.ID]; ok && (r.State == payment.Failed || r.State == payment.Undoing || out != r.Amount) {
				t.Fatalf("%s is %s, and %s went out", r.ID, r.State, out)
			}
		}
		if p.Refunding != going || p.Refunded != gone || going+gone > p.Received {
			t.Fatalf("%s: received %s, refunding %s of %s, refunded %s of %s", id, p.Received, p.Refunding, going, p.Refunded, gone)
		}
		if (p.State == payment.Refunded) != (p.Booked() && gone == p.Received) {
			t.Fatalf("%s is %s with %s of %s refunded", id, p.State, gone, p.Received)
		}
		if settled && !p.DueAt.IsZero() {
			t.Fatalf("%s is %s and due still", id, p.State)
		}
		if settled && p.State == payment.Paid && !p.Booked() {
			t.Fatalf("%s is not booked", id)
		}
		if p.Booked() {
			due += p.Received - gone
		}
	}
	if settled && w.bank.cash != due {
		t.Fatalf("the customer has %s of %s", w.bank.cash, due)
	}
	if w.bank.cash-w.bank.spent < 0 {
		t.Fatalf("cash %s, spent %s", w.bank.cash, w.bank.spent)
	}
}
