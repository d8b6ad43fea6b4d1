package demo

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/tasks"
)

// The demo's past leaves an order in every state, customers in the stages of
// arrears, a frozen number, applications in every review, payments that came, came
// short and did not come, and calls; and the books are right.
func TestStory(t *testing.T) {
	if testing.Short() {
		t.Skip("contracts and documents take some seconds")
	}
	t.Parallel()
	ctx := t.Context()
	cfg := Settings()
	cfg.Data = t.TempDir()
	cast, err := Furnish(ctx, cfg, Site(netip.MustParseAddrPort("127.0.0.2:5060"), netip.MustParseAddrPort("127.0.0.1:5062")), true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(cast.Orders) != len(lives) || len(cast.Office) != len(identity.StaffRoles()) || len(cast.Console) != len(identity.MemberRoles()) || cast.Password == "" {
		t.Errorf("%+v", cast)
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	now := time.Now()
	states := map[order.State]int{}
	list, err := store.Catalog.Orders(ctx, order.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]billing.Stage{}
	for i := range list {
		states[list[i].StateAt(now)]++
		book, err := store.Catalog.Book(ctx, list[i].Shard, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range book.Customers {
			stages[c.Name] = c.Arrears.Stage
			for _, r := range c.Rentals {
				if frozen := c.Name == "广州示例贸易有限公司"; frozen != (r.State == number.Frozen) {
					t.Errorf("%s of %s is %s", r.Digits, c.Name, r.State)
				}
			}
		}
	}
	for _, state := range order.States() {
		if state != order.Paying && states[state] == 0 { // that lasts no longer than a booking
			t.Errorf("no order is %s", state)
		}
	}
	for company, want := range map[string]billing.Stage{"北京示例装饰有限公司": billing.StageClosing, "成都示例餐饮有限公司": billing.StageSuspended} {
		if stages[company] != want {
			t.Errorf("%s is %s, want %s", company, stages[company], want)
		}
	}
	for _, state := range []realname.State{realname.Draft, realname.VendorReview, realname.CarrierReview, realname.Asked, realname.Approved, realname.Rejected} {
		if found, err := store.Catalog.RealNames(ctx, realname.Filter{State: state}); err != nil || len(found) == 0 {
			t.Errorf("no application is %s: %v", state, err)
		}
	}
	if waiting, err := store.Catalog.Tasks(ctx, now); err != nil || waiting[tasks.Claims] != 1 || waiting[tasks.Differences] != 1 || waiting[tasks.Chats] != 2 {
		t.Errorf("waiting: %v, %v", waiting, err)
	}
	if keys, err := store.Catalog.APIKeys(ctx); err != nil || len(keys) != 2 {
		t.Errorf("keys: %v, %v", keys, err)
	}
	seen := map[payment.State]bool{}
	payments, err := store.Catalog.Payments(ctx, payment.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range payments {
		seen[p.State] = true
	}
	for _, state := range []payment.State{payment.Paid, payment.Differs, payment.Expired, payment.Created, payment.Refunded} {
		if !seen[state] {
			t.Errorf("no payment is %s", state)
		}
	}
	calls, err := store.Money.CDRs(ctx, charging.CDRFilter{Limit: charging.MaxCDRs})
	if err != nil {
		t.Fatal(err)
	}
	causes := map[cdr.Cause]int{}
	for i := range calls {
		causes[calls[i].Cause]++
		if calls[i].EndedAt.After(now) || (calls[i].Cause == cdr.Answered) != (calls[i].Charge > 0) {
			t.Errorf("%+v", calls[i])
		}
	}
	if causes[cdr.Answered] < 40 || causes[cdr.NoAnswer] < 5 || causes[cdr.Busy] < 2 {
		t.Errorf("calls: %v", causes)
	}
	report, err := charging.Audit(ctx, store.Money)
	if err != nil || !report.OK() {
		t.Errorf("the books: %+v, %v", report, err)
	}
}
