package portable_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
	"sibai/internal/store/portable"
	"sibai/internal/tasks"
)

var _ reconcile.Store = (*portable.Store)(nil)

// biller is the sandbox's own bill: lines that the test says.
type biller struct {
	lines  []reconcile.Line
	none   bool
	absent error
	asked  []string
}

func (b *biller) Name() string { return "sandbox" }

func (b *biller) ReadBill([]byte) ([]reconcile.Line, error) { return b.lines, nil }

func (b *biller) Bill(_ context.Context, day string) ([]byte, error) {
	b.asked = append(b.asked, day)
	if b.none || b.absent != nil {
		return nil, b.absent
	}
	return []byte("bill"), nil
}

// A day's bill is compared payment by payment and refund by refund; what differs is
// told with both sums, and stays settled when the day is compared anew.
func TestReconcile(t *testing.T) { on(t, testReconcile) }

func testReconcile(t *testing.T, w *world) {
	w.apply(t, teaSite)
	k := newTill(t, w)
	ctx := t.Context()
	day := calendar.Day(june)
	paid := func(reference string, amount money.Amount) payment.Payment {
		t.Helper()
		p := k.ask(t, amount)
		if err := k.tell(t, p.ID, reference, amount); err != nil {
			t.Fatal(err)
		}
		p, err := k.Read(ctx, p.ID)
		if err != nil || !p.Booked() {
			t.Fatalf("%+v, %v", p, err)
		}
		return p
	}
	same, more, lost := paid("a", 10*money.Yuan), paid("b", 20*money.Yuan), paid("c", 30*money.Yuan)
	back, err := k.Refund(ctx, same.ID, 3*money.Yuan, "r", "陈会计: 退租")
	if err != nil || back.State != payment.Done {
		t.Fatalf("%+v, %v", back, err)
	}
	waits := k.ask(t, 40*money.Yuan)
	line := func(p payment.Payment, reference string, amount money.Amount) reconcile.Line {
		return reconcile.Line{Payment: p.ID, Number: p.ID.String(), Reference: reference, Amount: amount, At: june}
	}
	of := &biller{lines: []reconcile.Line{
		line(same, "a", 10*money.Yuan), line(same, "a", 10*money.Yuan),
		line(more, "b", 21*money.Yuan), line(waits, "d", 40*money.Yuan),
		{Number: "SHOP-1", Reference: "e", Amount: 5 * money.Yuan, At: june},
		{Payment: same.ID, Number: same.ID.String(), Refund: back.ID, Back: back.ID.String(), Reference: "a", Amount: 3 * money.Yuan},
	}}
	w.later(48 * time.Hour)
	s := reconcile.New(w.store, []reconcile.Source{of}, func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	r, err := s.Compare(ctx, "sandbox", day, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]reconcile.Kind{
		same.ID.String(): reconcile.Twice, more.ID.String(): reconcile.OtherAmount, lost.ID.String(): reconcile.MissingThere,
		waits.ID.String(): reconcile.NotBooked, "SHOP-1": reconcile.UnknownHere,
	}
	for _, d := range r.Differences {
		if want[d.Number] != d.Kind || d.Back != "" {
			t.Errorf("%+v, want %s", d, want[d.Number])
		}
		delete(want, d.Number)
	}
	if len(want) > 0 || r.Same != 2 || r.Lines != 6 || r.Theirs != 83*money.Yuan || r.Ours != 57*money.Yuan || r.Open() != 5 {
		t.Errorf("%+v, without %v", r, want)
	}
	toldStaff(t, w.store, billing.BillDiffers, "sandbox")
	if _, err := s.Settle(ctx, "sandbox", day, 1, " ", "王会计"); fault.CodeOf(err) != fault.ReasonMissing {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := s.Settle(ctx, "sandbox", day, 6, "x", "王会计"); fault.CodeOf(err) != fault.DifferenceNotFound {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := s.Settle(ctx, "sandbox", day, 1, "另一系统的订单", "王会计"); err != nil {
		t.Fatal(err)
	}
	w.waits(t, tasks.Differences, 4)
	of.lines = append(of.lines, line(lost, "c", 30*money.Yuan)) // the bill is complete now
	if r, err = s.Compare(ctx, "sandbox", day, nil); err != nil || r.Open() != 3 || len(r.Differences) != 4 || r.Differences[0].Why != "另一系统的订单" {
		t.Errorf("again: %+v, %v", r, err)
	}
	toldStaff(t, w.store, billing.BillDiffers, "sandbox") // and not again
	read, err := s.Result(ctx, "sandbox", day)
	if err != nil || read.Open() != 3 || read.Theirs != r.Theirs || read.Differences[0].SettledBy != "王会计" {
		t.Errorf("read: %+v, %v", read, err)
	}
	if list, err := s.Results(ctx); err != nil || len(list) != 1 || len(list[0].Differences) != 4 {
		t.Errorf("%+v, %v", list, err)
	}
	for name, c := range map[string]struct {
		provider, day string
		want          fault.Code
	}{
		"a provider that is off": {"alipay", day, fault.ProviderOff}, "no day": {"sandbox", "June", fault.DateInvalid},
		"a day that is not over": {"sandbox", calendar.Day(w.now), fault.BillNotYet}, "another day's lines": {"sandbox", calendar.Day(june.AddDate(0, 0, -1)), fault.BillInvalid},
	} {
		if _, err := s.Compare(ctx, c.provider, c.day, nil); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The job makes up for days that were missed, once each, also those on which nothing
// happened; a day whose bill cannot be had is tried again.
func TestReconcileJob(t *testing.T) { on(t, testReconcileJob) }

func testReconcileJob(t *testing.T, w *world) {
	ctx := t.Context()
	of := &biller{none: true}
	s := reconcile.New(w.store, []reconcile.Source{of}, func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
	done, err := s.Turn(ctx, w.store, 1)
	if err != nil || done != 7 || len(of.asked) != 7 {
		t.Fatalf("%d of %v, %v", done, of.asked, err)
	}
	if again, err := s.Turn(ctx, w.store, 1); err != nil || again != 0 || len(of.asked) != 7 {
		t.Errorf("%d of %v, %v", again, of.asked, err)
	}
	w.later(24 * time.Hour)
	of.absent = errors.New("away")
	if done, err := s.Turn(ctx, w.store, 1); err == nil || done != 0 || !strings.Contains(err.Error(), "away") {
		t.Errorf("%d, %v", done, err)
	}
	of.absent = nil
	if done, err := s.Turn(ctx, w.store, 2); err != nil || done != 0 {
		t.Errorf("at once: %d, %v", done, err) // it waits a while
	}
	w.later(31 * time.Minute)
	if done, err := s.Turn(ctx, w.store, 2); err != nil || done != 1 {
		t.Errorf("later: %d, %v", done, err)
	}
}
