package portable_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/money"
	"sibai/internal/notify"
	"sibai/internal/order"
)

// told lists what the customer of an order was told since the last time, the oldest
// first, and that each has its e-mail.
func (d *desk) told(t *testing.T, o order.Order, seen map[int64]bool) (list []billing.Item) {
	t.Helper()
	notices, err := d.w.store.Notices(t.Context(), billing.NoticeFilter{Customer: o.Code})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range slices.Backward(notices) {
		if seen[n.ID] || n.Item.Subject != o.ID.String() {
			continue
		}
		seen[n.ID] = true
		if m, ok, err := d.w.store.Message(t.Context(), notify.ID(n.ID)); err != nil || ok == (m.Address == "") || ok && m.Address != "wang@example.com" {
			t.Errorf("%s: %+v %v", n.Item.Kind, m, err)
		}
		list = append(list, n.Item)
	}
	return list
}

// A customer is told of each step of its order once, is reminded of what ends, and is
// written to at its handler's address from the signature on.
func TestOrderTold(t *testing.T) { on(t, testOrderTold) }

func testOrderTold(t *testing.T, w *world) {
	d := newDesk(t, w)
	day := 24 * time.Hour
	tells := func(o order.Order, seen map[int64]bool, want ...billing.ItemKind) []billing.Item {
		t.Helper()
		d.turn(t)
		d.turn(t) // each thing once
		list := d.told(t, o, seen)
		got := make([]billing.ItemKind, len(list))
		for i, item := range list {
			got[i] = item.Kind
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s told of %v, want %v", w.now.Sub(june), got, want)
		}
		return list
	}
	idle, paid := d.place(t, wish("year", "4006001002")), d.place(t, wish("year", "4006001008", "4006001004"))
	ofIdle, ofPaid := map[int64]bool{}, map[int64]bool{}
	tells(idle, ofIdle)
	paid = d.sign(t, paid)
	tells(paid, ofPaid, billing.OrderSigned)
	w.set(june.Add(20*time.Minute - time.Second))
	tells(idle, ofIdle)
	w.set(june.Add(20 * time.Minute))
	if list := tells(idle, ofIdle, billing.OrderEnding); len(list) == 1 && list[0].Until != "2026-06-01 12:30" {
		t.Errorf("it waits until %s", list[0].Until)
	}
	w.set(june.Add(21 * time.Minute)) // a signed one is looked at every minute
	list := tells(paid, ofPaid, billing.OrderEnding)
	if len(list) == 1 && (list[0].More != 1 || !strings.Contains(list[0].Text(true), "400-600-1008 +1")) {
		t.Errorf("%+v", list[0])
	}
	w.set(june.Add(25 * time.Minute))
	paid = d.pay(t, paid)
	tells(paid, ofPaid, billing.OrderPaid)
	w.set(june.Add(30 * time.Minute))
	tells(idle, ofIdle, billing.OrderExpired)
	begun := june.Add(25 * time.Minute)
	w.set(begun.Add(8*day - time.Minute))
	tells(paid, ofPaid)
	w.set(begun.Add(8 * day))
	tells(paid, ofPaid, billing.OrderDocuments)
	w.set(begun.Add(13 * day)) // the node was down: once, not twice
	tells(paid, ofPaid, billing.OrderDocuments)

	if _, err := d.HandIn(t.Context(), paid.ID, "customer"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AskAgain(t.Context(), paid.ID, "li", "照片模糊"); err != nil {
		t.Fatal(err)
	}
	if list := tells(paid, ofPaid, billing.OrderAsked); len(list) == 1 && !strings.HasSuffix(list[0].Text(false), "Why: 照片模糊") {
		t.Errorf("%s", list[0].Text(false))
	}
	w.set(begun.Add(20 * day)) // eight days before the new end
	tells(paid, ofPaid)
	w.set(begun.Add(27*day + time.Minute))
	tells(paid, ofPaid, billing.OrderDocuments)
	w.set(begun.Add(28*day + time.Minute))
	list = tells(paid, ofPaid, billing.OrderLapsed, billing.OrderRefunded)
	if len(list) == 2 && list[1].Amount <= money.Yuan {
		t.Errorf("%+v", list[1])
	}
}

// What real-name verification asks for again it tells itself.
func TestOrderToldOnce(t *testing.T) { on(t, testOrderToldOnce) }

func testOrderToldOnce(t *testing.T, w *world) {
	d := newDesk(t, w)
	o := d.pay(t, d.sign(t, d.place(t, wish("year", "4006001008"))))
	seen := map[int64]bool{}
	d.told(t, o, seen)
	if _, err := d.HandIn(t.Context(), o.ID, order.ByRealName); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AskAgain(t.Context(), o.ID, order.ByRealName, "照片模糊"); err != nil {
		t.Fatal(err)
	}
	if list := d.told(t, o, seen); len(list) != 0 {
		t.Errorf("told of %+v", list)
	}
	for _, step := range []func() (order.Order, error){
		func() (order.Order, error) { return d.HandIn(t.Context(), o.ID, "li") },
		func() (order.Order, error) { return d.Vet(t.Context(), o.ID, "li") },
		func() (order.Order, error) { return d.OpenNumbers(t.Context(), o.ID, "li") },
		func() (order.Order, error) { return d.OpenNumbers(t.Context(), o.ID, "li") },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if list := d.told(t, o, seen); len(list) != 1 || list[0].Kind != billing.OrderOpened {
		t.Errorf("told of %+v", list)
	}
}

// A term that ends within a week, and is followed by another, is told of once.
func TestTermEndsTold(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		d := newDesk(t, w)
		o := d.pay(t, d.sign(t, d.place(t, wish("year", "4006001008"))))
		for _, step := range []func() (order.Order, error){
			func() (order.Order, error) { return d.HandIn(t.Context(), o.ID, "li") },
			func() (order.Order, error) { return d.Vet(t.Context(), o.ID, "li") },
			func() (order.Order, error) { return d.OpenNumbers(t.Context(), o.ID, "li") },
		} {
			if _, err := step(); err != nil {
				t.Fatal(err)
			}
		}
		told := func(want int) {
			t.Helper()
			for range 2 {
				if _, err := d.bills.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			list, err := w.store.Notices(t.Context(), billing.NoticeFilter{Customer: o.Code, Kind: billing.TermEnds})
			if err != nil || len(list) != want {
				t.Fatalf("told %d times, want %d: %v", len(list), want, err)
			}
			if want > 0 && (list[0].Item.Number != "4006001008" || list[0].Item.Until != "2027-05-31" || list[0].Item.Amount == 0) {
				t.Errorf("%+v", list[0].Item)
			}
		}
		told(0)
		w.set(june.AddDate(1, 0, -8))
		told(0)
		w.set(june.AddDate(1, 0, -6))
		told(1)
		w.set(june.AddDate(1, 0, -2))
		told(1)
	})
}
