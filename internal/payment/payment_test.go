package payment_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// world is a service over parts that a test can move.
type world struct {
	store   *memory
	bank    *bank
	over    *provider
	now     time.Time
	service *payment.Service
}

func setup() *world {
	w := &world{
		store: &memory{files: map[payment.ID]payment.File{}},
		bank:  &bank{txns: map[string]ledger.ID{}, moved: map[ledger.ID]money.Amount{}},
		over:  &provider{says: payment.Done, paidOut: map[payment.RefundID]money.Amount{}},
		now:   june,
	}
	ids := int64(1 << 40)
	w.service = payment.New(w.store, w.bank, []payment.Provider{w.over}, func() int64 { ids++; return ids }, func() time.Time { return w.now }, nil)
	return w
}

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatal(...any)
}

func (w *world) ask(t fataler, amount money.Amount) payment.Asked {
	t.Helper()
	asked, err := w.service.Ask(context.Background(), "tea", amount, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

// tell sends a notification, signed as sign says.
func (w *world) tell(sign string, id payment.ID, reference string, amount money.Amount, currency string) (payment.Answer, error) {
	h := http.Header{"Signature": {sign}}
	return w.service.Notify(context.Background(), "fake", h, []byte(fmt.Sprintf("%s %s %s %s", id, reference, amount, currency)))
}

func (w *world) kinds(id payment.ID) string {
	var out []string
	for _, e := range w.store.files[id].Events {
		out = append(out, string(e.Kind))
	}
	return strings.Join(out, " ")
}

// Each row is the life of one payment of ¥200: what happens to it, one thing
// after the other, and what there is in the end.
func TestLives(t *testing.T) {
	t.Parallel()
	const asked = 200 * money.Yuan
	pay := func(reference string, amount money.Amount, currency string) func(*world, payment.ID) error {
		return func(w *world, id payment.ID) error {
			_, err := w.tell("right", id, reference, amount, currency)
			return err
		}
	}
	right := pay("r1", asked, "CNY")
	forged := func(w *world, id payment.ID) error {
		_, err := w.tell("wrong", id, "r1", asked, "CNY")
		return err
	}
	closed := func(w *world, id payment.ID) error {
		_, err := w.service.Close(context.Background(), id)
		return err
	}
	late := func(w *world, _ payment.ID) error {
		w.now = w.now.Add(2 * time.Hour)
		_, err := w.service.Turn(context.Background(), w.store, 1)
		return err
	}
	take := func(w *world, id payment.ID) error {
		_, err := w.service.Take(context.Background(), id, "陈会计")
		return err
	}
	refund := func(amount money.Amount, key string) func(*world, payment.ID) error {
		return func(w *world, id payment.ID) error {
			_, err := w.service.Refund(context.Background(), id, amount, key, "陈会计: 退租")
			return err
		}
	}
	says := func(s payment.RefundState) func(*world, payment.ID) error {
		return func(w *world, _ payment.ID) error { w.over.says = s; return nil }
	}
	used := func(amount money.Amount) func(*world, payment.ID) error {
		return func(w *world, _ payment.ID) error { w.bank.spent += amount; return nil }
	}
	type step struct {
		do   func(*world, payment.ID) error
		code fault.Code // of the error that it gives
	}
	for _, c := range []struct {
		name  string
		steps []step
		state payment.State
		cash  money.Amount
		kinds string
	}{
		{"paid", []step{{do: right}}, payment.Paid, asked, "opened paid booked"},
		{"told three times", []step{{do: right}, {do: right}, {do: right}}, payment.Paid, asked, "opened paid booked"},
		{"forged", []step{{forged, fault.NotificationForged}}, payment.Created, 0, "opened"},
		{"forged after the right one", []step{{do: right}, {forged, fault.NotificationForged}}, payment.Paid, asked, "opened paid booked"},
		{"a fen too little", []step{{do: pay("r1", asked-money.Fen, "CNY")}}, payment.Differs, 0, "opened differs"},
		{"too much", []step{{do: pay("r1", asked+money.Yuan, "CNY")}}, payment.Differs, 0, "opened differs"},
		{"too little, taken twice", []step{{do: pay("r1", asked-money.Fen, "CNY")}, {do: take}, {do: take}}, payment.Paid, asked - money.Fen, "opened differs taken booked"},
		{"dollars", []step{{do: pay("r1", asked, "USD")}, {take, fault.PaymentCurrency}}, payment.Differs, 0, "opened differs"},
		{"right after too little", []step{{do: pay("r1", 1*money.Yuan, "CNY")}, {do: right}, {do: right}}, payment.Differs, 0, "opened differs extra"},
		{"paid twice", []step{{do: right}, {do: pay("r2", asked, "CNY")}, {do: pay("r2", asked, "CNY")}}, payment.Paid, asked, "opened paid booked extra"},
		{"late after it was closed", []step{{do: closed}, {do: closed}, {do: right}}, payment.Paid, asked, "opened closed paid booked"},
		{"late after it expired", []step{{do: late}, {do: late}, {do: right}}, payment.Paid, asked, "opened expired paid booked"},
		{"late and wrong", []step{{do: late}, {do: pay("r1", money.Yuan, "CNY")}}, payment.Differs, 0, "opened expired differs"},
		{"never expires once paid", []step{{do: right}, {do: late}}, payment.Paid, asked, "opened paid booked"},
		{"closed after it was paid", []step{{do: right}, {closed, fault.PaymentState}}, payment.Paid, asked, "opened paid booked"},
		{"taken though right", []step{{do: right}, {take, fault.PaymentState}}, payment.Paid, asked, "opened paid booked"},
		{"refunded before it was paid", []step{{refund(asked, "a"), fault.PaymentState}}, payment.Created, 0, "opened"},
		{"refunded whole", []step{{do: right}, {do: refund(asked, "a")}, {do: refund(asked, "a")}, {refund(asked, "b"), fault.RefundOver}},
			payment.Refunded, 0, "opened paid booked refund_asked refunded_whole"},
		{"refunded in parts", []step{{do: right}, {do: refund(50*money.Yuan, "a")}, {refund(150*money.Yuan+money.Fen, "b"), fault.RefundOver}, {do: refund(150*money.Yuan, "c")}},
			payment.Refunded, 0, "opened paid booked refund_asked refunded_part refund_asked refunded_whole"},
		{"the same key, another sum", []step{{do: right}, {do: refund(50*money.Yuan, "a")}, {refund(60*money.Yuan, "a"), fault.RefundKeyReused}},
			payment.PartlyRefunded, 150 * money.Yuan, "opened paid booked refund_asked refunded_part"},
		{"half a fen", []step{{do: right}, {refund(5_000, "a"), fault.MoneyRange}, {refund(money.Yuan+1, "a"), fault.MoneyNotFen}}, payment.Paid, asked, "opened paid booked"},
		{"a refund without a key", []step{{do: right}, {refund(asked, ""), fault.ValueNotAllowed}}, payment.Paid, asked, "opened paid booked"},
		{"refund of what was used", []step{{do: right}, {do: used(money.Yuan)}, {refund(asked, "a"), fault.RefundUnpaid}, {refund(asked, "a"), fault.RefundUnpaid}, {do: refund(199*money.Yuan, "b")}},
			payment.PartlyRefunded, money.Yuan, "opened paid booked refund_asked refund_failed refund_asked refunded_part"},
		{"refund refused", []step{{do: right}, {do: says(payment.Failed)}, {refund(asked, "a"), fault.RefundRefused}, {do: says(payment.Done)}, {refund(asked, "a"), fault.RefundRefused}},
			payment.Paid, asked, "opened paid booked refund_asked refund_failed"},
		{"refund that the provider will not do yet", []step{{do: right}, {do: says("")}, {do: refund(asked, "a")}, {do: refund(asked, "a")}, {refund(asked, "b"), fault.RefundOver}, {do: says(payment.Done)}, {do: late}},
			payment.Refunded, 0, "opened paid booked refund_asked refund_waits refunded_whole"},
		{"refund that takes long", []step{{do: right}, {do: says(payment.Taken)}, {do: refund(asked, "a")}, {do: says(payment.Done)}, {do: late}},
			payment.Refunded, 0, "opened paid booked refund_asked refunded_whole"},
		{"paid again after it was refunded", []step{{do: right}, {do: refund(asked, "a")}, {do: right}, {do: pay("r2", asked, "CNY")}},
			payment.Refunded, 0, "opened paid booked refund_asked refunded_whole extra"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup()
			id := w.ask(t, asked).Payment.ID
			for i, s := range c.steps {
				if err := s.do(w, id); fault.CodeOf(err) != s.code {
					t.Fatalf("step %d: %v, want %q", i+1, err, s.code)
				}
			}
			if p := w.store.files[id].Payment; p.State != c.state || w.bank.cash != c.cash || w.kinds(id) != c.kinds {
				t.Errorf("%s, cash %s, %s; want %s, cash %s, %s", p.State, w.bank.cash, w.kinds(id), c.state, c.cash, c.kinds)
			}
		})
	}
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	w := setup()
	for _, c := range []struct {
		customer, provider string
		amount             money.Amount
		code               fault.Code
	}{
		{"tea", "", 5_000, fault.MoneyRange},
		{"tea", "", -money.Yuan, fault.MoneyRange},
		{"tea", "", money.Yuan + 1, fault.MoneyNotFen},
		{"tea", "", 108_000, fault.MoneyNotFen},
		{"tea", "wechat", money.Yuan, fault.ProviderOff},
		{"coffee", "", money.Yuan, fault.CustomerNotFound},
	} {
		if _, err := w.service.Ask(t.Context(), c.customer, c.amount, c.provider, time.Hour); fault.CodeOf(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	off := payment.New(w.store, w.bank, nil, nil, nil, nil)
	if _, err := off.Ask(t.Context(), "tea", money.Yuan, "", time.Hour); fault.CodeOf(err) != fault.ProviderNone {
		t.Errorf("without providers: %v", err)
	}
	if _, err := off.Notify(t.Context(), "fake", nil, nil); fault.CodeOf(err) != fault.ProviderNone {
		t.Errorf("a notification of a provider that is off: %v", err)
	}
}

// Only the whole link opens a payment.
func TestLink(t *testing.T) {
	t.Parallel()
	w := setup()
	one, two := w.ask(t, money.Yuan), w.ask(t, money.Yuan)
	if p, name, err := w.service.Open(t.Context(), one.Payment.ID.String(), one.Key); err != nil || p.ID != one.Payment.ID || name != "测试" {
		t.Errorf("%+v, %s, %v", p, name, err)
	}
	for _, c := range [][2]string{
		{one.Payment.ID.String(), two.Key}, {one.Payment.ID.String(), ""}, {one.Payment.ID.String(), one.Key[:21]},
		{payment.ID(1).String(), one.Key}, {"pay_", one.Key}, {"", ""},
	} {
		if _, _, err := w.service.Open(t.Context(), c[0], c[1]); fault.CodeOf(err) != fault.PaymentNotFound {
			t.Errorf("%q: %v", c, err)
		}
	}
}

// What was paid while the bank was away, or the store failed in the middle, is
// told again or booked by the job: once.
func TestBookedLater(t *testing.T) {
	t.Parallel()
	w := setup()
	one, two := w.ask(t, money.Yuan).Payment.ID, w.ask(t, 2*money.Yuan).Payment.ID
	w.bank.away = true
	for _, id := range []payment.ID{one, two} {
		if a, err := w.tell("right", id, "r", w.store.files[id].Payment.Amount, "CNY"); err == nil || a.Status == 200 {
			t.Errorf("the provider hears %d, %v", a.Status, err)
		}
	}
	if _, err := w.service.Turn(t.Context(), w.store, 1); err == nil || w.bank.cash != 0 {
		t.Errorf("booked %s, %v", w.bank.cash, err)
	}
	w.bank.away = false
	if a, err := w.tell("right", one, "r", money.Yuan, "CNY"); err != nil || a.Status != 200 || w.bank.cash != money.Yuan {
		t.Errorf("told again: %d, %v, cash %s", a.Status, err, w.bank.cash)
	}
	w.store.away = true // the bank books, and it cannot be noted
	if _, err := w.service.Turn(t.Context(), w.store, 1); err == nil || w.bank.cash != 3*money.Yuan {
		t.Errorf("cash %s, %v", w.bank.cash, err)
	}
	w.store.away = false
	for range 2 {
		if _, err := w.service.Turn(t.Context(), w.store, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.kinds(two); w.bank.cash != 3*money.Yuan || got != "opened paid booked" {
		t.Errorf("cash %s, %s", w.bank.cash, got)
	}
	if due, _ := w.store.DuePayments(t.Context(), june.Add(time.Minute), 9); len(due) > 0 {
		t.Errorf("still due: %v", due)
	}
}

// Two who carry one refund at once refund once, and whoever hears of it last
// says the same; a refusal that both hear gives back once.
func TestTwoCarryOneRefund(t *testing.T) {
	t.Parallel()
	for _, says := range []payment.RefundState{payment.Done, payment.Failed} {
		w := setup()
		id := w.ask(t, 2*money.Yuan).Payment.ID
		if _, err := w.tell("right", id, "r1", 2*money.Yuan, "CNY"); err != nil {
			t.Fatal(err)
		}
		w.over.says = says
		var other payment.Refund
		var otherErr error
		w.over.during = func() { other, otherErr = w.service.Refund(t.Context(), id, money.Yuan, "a", "陈会计: 退租") }
		r, err := w.service.Refund(t.Context(), id, money.Yuan, "a", "陈会计: 退租")
		p := w.store.files[id].Payment
		if r.ID != other.ID || r.State != says || other.State != says || fault.CodeOf(err) != fault.CodeOf(otherErr) || p.Refunding != 0 {
			t.Errorf("%s: %+v, %v; %+v, %v; refunding %s", says, r, err, other, otherErr, p.Refunding)
		}
		want := map[payment.RefundState]money.Amount{payment.Done: money.Yuan, payment.Failed: 0}[says]
		if p.Refunded != want || w.bank.cash != 2*money.Yuan-want {
			t.Errorf("%s: refunded %s, cash %s", says, p.Refunded, w.bank.cash)
		}
	}
}

// What one provider says of another's payment is not acted on.
func TestAnothersPayment(t *testing.T) {
	t.Parallel()
	w := setup()
	id := w.ask(t, money.Yuan).Payment.ID
	file := w.store.files[id]
	file.Payment.Provider = "other"
	w.store.files[id] = file
	if _, err := w.tell("right", id, "r1", money.Yuan, "CNY"); fault.CodeOf(err) != fault.PaymentNotFound || w.kinds(id) != "opened" {
		t.Errorf("%v, %s", err, w.kinds(id))
	}
}
