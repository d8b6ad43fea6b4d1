package portable_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/store/portable"
	"sibai/internal/whatif"
)

var _ whatif.Catalog = (*portable.Store)(nil)

// A number's calls, charged on each database, come to what was charged under
// their own plan, and every plan of the example is rated.
func TestWhatIf(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.apply(t, example(t))
		snap, err := w.store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		line := snap.Lines["4001234567"]
		bill := line.Bill
		for _, v := range snap.Tariffs {
			if v.Code == line.Tariff {
				bill.Tariff = v
			}
		}
		var charged money.Amount
		for i, seconds := range []int{1, 60, 61, 200} {
			charged += w.call(t, line.Customer, cdr.ID(i+1), bill, seconds)
		}
		from := calendar.Midnight(june)
		q := whatif.Question{Number: "4001234567", Period: whatif.Period{From: from, To: from.AddDate(0, 1, 0)}}
		h, err := whatif.Rate(t.Context(), w.db, w.store, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Plans) != 4 || h.Charged != charged || charged != 800_000 {
			t.Fatalf("%d plans, charged %s, really %s", len(h.Plans), h.Charged, charged)
		}
		for _, o := range h.Plans {
			if o.InForce != (o.Plan == "annual-600") || o.InForce && o.Calls != charged {
				t.Errorf("%s: in force %v, calls %s", o.Plan, o.InForce, o.Calls)
			}
		}
		all, err := w.store.Offers(t.Context(), "", "")
		if err != nil || len(all.Rentals) != 4 {
			t.Errorf("rented: %+v, %v", all.Rentals, err)
		}
		some, err := w.store.Offers(t.Context(), "", "hangzhou-tea")
		if err != nil || len(some.Rentals) != 2 || some.Rentals[0].Plan != "annual-600" || some.Rentals[0].Code != "hangzhou-tea" {
			t.Errorf("rented: %+v, %v", some.Rentals, err)
		}
		for _, c := range []struct{ number, customer, known string }{
			{"4009999999", "", "4001234567"}, {"", "nobody", "hangzhou-tea"},
		} {
			_, err := w.store.Offers(t.Context(), c.number, c.customer)
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.ReferenceMissing || !strings.Contains(f.Params["known"], c.known) {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

// call charges one call and says what it cost.
func (w *world) call(t *testing.T, customer catalog.CustomerID, call cdr.ID, bill charging.Bill, seconds int) money.Amount {
	t.Helper()
	long, at := time.Duration(seconds)*time.Second, june.Add(time.Duration(call)*time.Hour)
	bill.MinGrant = time.Hour
	rec := cdr.Record{
		Call: call, Number: "4001234567", Customer: int64(customer), SIPCallID: fmt.Sprint(call),
		StartedAt: at, AnsweredAt: at, EndedAt: at.Add(long), Billable: long, Talk: long, Cause: cdr.Answered,
	}
	reserve := &charging.ReserveOp{Request: charging.ReserveRequest{Call: call, Bill: bill, At: at, Draft: rec}, Node: 1, LeaseUntil: at.Add(time.Hour)}
	settle := &charging.SettleOp{Request: charging.SettleRequest{Bill: bill, Record: rec}, Txn: ledger.ID(call)}
	for _, op := range []charging.Op{reserve, settle} {
		if err := w.db.Commit(t.Context(), charging.Rules{MinGrant: time.Hour, MaxStep: time.Hour, Lead: time.Second}, []charging.Op{op}); err != nil || op.Err() != nil {
			t.Fatalf("%T: %v, %v", op, err, op.Err())
		}
	}
	return settle.Record.Charge
}
