package portable_test

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/internal/store/portable"
)

var _ payment.Store = (*portable.Store)(nil)

// till is a payment service over the world's store and books.
type till struct {
	*payment.Service
	over *sandbox.Provider
	w    *world
}

func newTill(t *testing.T, w *world) till {
	t.Helper()
	over, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	var ids atomic.Int64
	ids.Store(1 << 50)
	next := func() int64 { return ids.Add(1) }
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	bank := billing.New(w.store, w.charging, next, clock, slog.New(slog.DiscardHandler))
	return till{payment.New(w.store, bank, []payment.Provider{over}, next, clock, slog.New(slog.DiscardHandler)), over, w}
}

func (k till) ask(t *testing.T, amount money.Amount) payment.Payment {
	t.Helper()
	asked, err := k.Ask(t.Context(), "tea", amount, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return asked.Payment
}

func (k till) tell(t *testing.T, id payment.ID, reference string, amount money.Amount) error {
	header, body, err := k.over.Pay(payment.Notice{Payment: id, Reference: reference, Amount: amount, Currency: "CNY", PaidAt: june})
	if err != nil {
		return err
	}
	_, err = k.Notify(t.Context(), sandbox.Name, header, body)
	return err
}

func (k till) cash(t *testing.T) (cash money.Amount) {
	t.Helper()
	c, _, err := k.w.store.Find(t.Context(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	view, err := k.w.charging.Balances(t.Context(), c.Shard, charging.AccountID(c.Account))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range view.Buckets {
		if b.Kind == charging.Cash {
			cash += b.Balance
		}
	}
	return cash
}

func (k till) kinds(t *testing.T, id payment.ID) (out []payment.Kind) {
	t.Helper()
	events, err := k.w.store.PaymentEvents(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Seq != i+1 {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		out = append(out, e.Kind)
	}
	return out
}

const teaSite = `
customers: [{code: tea, name: 杭州示例茶业有限公司}, {code: rice, name: 示例米业}]
`

// A payment that eight notifications tell of at once is booked once; it is
// refunded once by eight commands; what was stored comes back as it was.
func TestPayments(t *testing.T) { on(t, testPayments) }

func testPayments(t *testing.T, w *world) {
	w.apply(t, teaSite)
	k := newTill(t, w)
	p := k.ask(t, 200*money.Yuan)
	if got, ok, err := w.store.Payment(t.Context(), p.ID); err != nil || !ok || cmp.Diff(p, got) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(p, got))
	}
	before := k.cash(t)
	at := func(f func(i int) error) {
		t.Helper()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if err := f(i); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	at(func(int) error { return k.tell(t, p.ID, "r1", 200*money.Yuan) })
	if got := k.cash(t) - before; got != 200*money.Yuan {
		t.Errorf("booked %s", got)
	}
	refunds := make([]payment.Refund, 8)
	at(func(i int) (err error) {
		refunds[i], err = k.Refund(t.Context(), p.ID, 50*money.Yuan, "first", "陈会计: 退租")
		return err
	})
	for _, r := range refunds {
		if r.ID != refunds[0].ID || r.State != payment.Done {
			t.Errorf("%+v beside %+v", r, refunds[0])
		}
	}
	if got := k.cash(t) - before; got != 150*money.Yuan {
		t.Errorf("%s left of 200 − 50", got)
	}
	want := []payment.Kind{payment.WasOpened, payment.WasPaid, payment.WasBooked, payment.RefundAsked, payment.RefundedPart}
	if got := k.kinds(t, p.ID); !slices.Equal(got, want) {
		t.Errorf("events %v", got)
	}
	if _, err := k.Refund(t.Context(), p.ID, 150*money.Yuan+money.Fen, "second", "陈会计: 退租"); fault.CodeOf(err) != fault.RefundOver {
		t.Errorf("refunded more than came: %v", err)
	}
	report, err := charging.Audit(t.Context(), w.db)
	if err != nil || !report.OK() {
		t.Errorf("the books: %+v, %v", report, err)
	}
}

// The job ends what nobody paid and books what waits, each once.
func TestDuePayments(t *testing.T) { on(t, testDuePayments) }

func testDuePayments(t *testing.T, w *world) {
	w.apply(t, teaSite)
	k := newTill(t, w)
	open, paid, off := k.ask(t, money.Yuan), k.ask(t, 2*money.Yuan), k.ask(t, 3*money.Yuan)
	if err := k.tell(t, paid.ID, "r", 2*money.Yuan); err != nil {
		t.Fatal(err)
	}
	for range 2 { // providers say it more than once
		if err := k.tell(t, off.ID, "r", money.Yuan); err != nil {
			t.Fatal(err)
		}
	}
	toldStaff(t, w.store, billing.PaymentOff, off.ID.String())
	// As a process leaves it that died before it booked.
	waits := k.ask(t, 4*money.Yuan)
	err := w.store.ChangePayment(t.Context(), waits.ID, func(f *payment.File) (payment.Writes, error) {
		p := f.Payment
		p.State, p.Received, p.Currency, p.Reference, p.PaidAt, p.DueAt, p.Events = payment.Paid, p.Amount, "CNY", "r", june, june, 2
		return payment.Writes{Payment: p, Events: []payment.Event{{Shard: p.Shard, Payment: p.ID, Seq: 2, At: june, Kind: payment.WasPaid, State: payment.Paid}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} { // the one that waits; then none until the others expire
		if done, err := k.Turn(t.Context(), w.store, 1); err != nil || done != want {
			t.Errorf("turn %d: %d done, %v", i+1, done, err)
		}
	}
	w.set(june.Add(time.Hour))
	if done, err := k.Turn(t.Context(), w.store, 1); err != nil || done != 1 {
		t.Errorf("after an hour: %d done, %v", done, err)
	}
	want := map[payment.ID]payment.State{open.ID: payment.Expired, paid.ID: payment.Paid, off.ID: payment.Differs, waits.ID: payment.Paid}
	list, err := w.store.Payments(t.Context(), payment.Filter{Customer: "tea"})
	if err != nil || len(list) != len(want) || list[0].ID != waits.ID {
		t.Fatalf("%d payments, %v", len(list), err)
	}
	for _, p := range list {
		if p.State != want[p.ID] || (p.State == payment.Paid) != p.Booked() {
			t.Errorf("%s is %s, booked by %s", p.ID, p.State, p.Txn)
		}
	}
	if k.cash(t) != 6*money.Yuan {
		t.Errorf("cash %s", k.cash(t))
	}
	for f, n := range map[payment.Filter]int{{State: payment.Differs}: 1, {Customer: "rice"}: 0, {Limit: 3}: 3, {Customer: "tea", State: payment.Paid}: 2} {
		if list, err := w.store.Payments(t.Context(), f); err != nil || len(list) != n {
			t.Errorf("%+v: %d, %v", f, len(list), err)
		}
	}
	if _, err := w.store.Payments(t.Context(), payment.Filter{Customer: "coffee"}); fault.CodeOf(err) != fault.CustomerNotFound {
		t.Error(err)
	}
	if _, err := w.store.PaymentEvents(t.Context(), 5); fault.CodeOf(err) != fault.PaymentNotFound {
		t.Error(err)
	}
}

// What a change says is written whole or not at all.
func TestPaymentChangesAreWhole(t *testing.T) { on(t, testPaymentChangesAreWhole) }

func testPaymentChangesAreWhole(t *testing.T, w *world) {
	w.apply(t, teaSite)
	k := newTill(t, w)
	p := k.ask(t, money.Yuan)
	// Its event has a number that is taken.
	twice := payment.Event{Shard: p.Shard, Payment: p.ID, Seq: 1, At: june, Kind: payment.WasClosed, State: payment.Closed}
	err := w.store.ChangePayment(t.Context(), p.ID, func(f *payment.File) (payment.Writes, error) {
		changed := f.Payment
		changed.State = payment.Closed
		return payment.Writes{Payment: changed, Events: []payment.Event{twice}}, nil
	})
	if got, _, rerr := w.store.Payment(t.Context(), p.ID); err == nil || rerr != nil || got.State != payment.Created {
		t.Errorf("%v, %v, %s", err, rerr, got.State)
	}
	err = w.store.ChangePayment(t.Context(), p.ID, func(*payment.File) (payment.Writes, error) { return payment.Writes{}, fmt.Errorf("no") })
	if err == nil {
		t.Error("an error was lost")
	}
	if err := w.store.ChangePayment(t.Context(), 5, nil); fault.CodeOf(err) != fault.PaymentNotFound {
		t.Error(err)
	}
}
