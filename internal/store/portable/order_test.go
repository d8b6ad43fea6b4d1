package portable_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/contract"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/inventory"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/site"
	"sibai/internal/store/portable"
	"sibai/internal/store/storetest"
)

var _ order.Store = (*portable.Store)(nil)

const orderSite = `
operator: {name: 示例通信}
trunks: [{code: c, inbound: [203.0.113.0/28], outbound: {address: 203.0.113.10:5060}}]
tariffs: [{code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
floors: [{prefix: "4006", amount: 600, minimums: 3}]
discounts: [{code: august, name: 八月优惠, english: August, from: 2026-08-01, until: 2026-08-31, plans: [year], grades: [eight], percent: 25}]
features:
  - {code: menu, name: 语音导航, english: Voice menu, meter: platform, included: [flat], prices: [{effective: 2026-01-01, month: 10}, {effective: 2026-07-01, month: 12}]}
  - {code: queue, name: 排队, english: Queue, meter: platform, needs: [menu], prices: [{effective: 2026-01-01, once: 50, year: 100.01}]}
  - {code: tone, name: 彩铃, english: Ring-back tone, excludes: [menu], prices: [{effective: 2026-01-01, once: 30}]}
plans:
  - {code: year, name: 包年, kind: annual, tariff: minute, collection: automatic, fee: 600, term_months: 12, package_amount: 600, number_fee: 20, versions: [{effective: 2026-07-01, fee: 720, package_amount: 650}, {effective: 2027-01-01, fee: 900, number_fee: 0}]}
  - {code: buy, name: 买断, kind: buyout, tariff: minute, collection: automatic, fee: 1000}
  - {code: flat, name: 不限量, kind: flat, tariff: minute, collection: automatic, fee: 3000, term_months: 12}
customers:
  - {code: tea, name: 杭州示例茶业有限公司}
`

// desk takes orders over the world's store and books.
type desk struct {
	*order.Service
	till  till
	bills *billing.Service
	w     *world
	codes map[order.ID]string
	mu    sync.Mutex
}

// Reach implements order.Sender: short messages are set up.
func (d *desk) Reach(h order.Handler) (string, bool) { return h.Phone, true }

// SendCode implements order.Sender.
func (d *desk) SendCode(_ context.Context, o order.Order, code string, _ time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.codes[o.ID] = code
	return nil
}

var orderTerms = order.Terms{Lock: 30 * time.Minute, Documents: 15 * 24 * time.Hour, LapseFee: 50 * money.Yuan, Trunk: "c", MaxItems: 10, MaxLocks: 3}

// newDesk opens a shop with the numbers 400-600-1000 to 1009, whose grades cost
// nothing but for 400-600-1008: 88 yuan and 30 a month.
func newDesk(t *testing.T, w *world) *desk {
	t.Helper()
	w.apply(t, orderSite)
	stock := inventory.New(w.store, counter(), func() time.Time { return june })
	if _, err := stock.Add(t.Context(), tenNumbers(), "generate", false); err != nil {
		t.Fatal(err)
	}
	if err := stock.SetGrades(t.Context(), number.Grades{{Code: "eight", Name: "尾号 8", Form: "8", Fee: 88 * money.Yuan, Minimum: 30 * money.Yuan}}); err != nil {
		t.Fatal(err)
	}
	d := &desk{till: newTill(t, w), w: w, codes: map[order.ID]string{}}
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	d.bills = billing.New(w.store, w.charging, counter(), clock, slog.New(slog.DiscardHandler))
	printer, err := contract.New("", orderTerms)
	if err != nil {
		t.Fatal(err)
	}
	d.Service = order.New(order.Parts{
		Store: w.store, Bank: w.charging, Biller: d.bills, Payments: d.till.Service, Printer: printer, Sender: d,
		NewID: counter(), Now: clock, Log: slog.New(slog.DiscardHandler),
	}, orderTerms)
	return d
}

func counter() func() int64 {
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		panic(err)
	}
	return ids.Next
}

func tenNumbers() (list []inventory.Item) {
	for i := range 10 {
		list = append(list, inventory.Item{Digits: fmt.Sprintf("400600100%d", i)})
	}
	return list
}

func wish(plan string, numbers ...string) order.Wish {
	w := order.Wish{Company: "新客户有限公司", Handler: order.Handler{Name: "王小明", Phone: "138 0013 8000", Email: "wang@example.com"}}
	for _, n := range numbers {
		w.Items = append(w.Items, order.WishItem{Number: n, Plan: plan, Targets: []string{"010-88886666"}})
	}
	return w
}

func (d *desk) place(t *testing.T, w order.Wish) order.Order {
	t.Helper()
	placed, err := d.Place(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Open(t.Context(), placed.Order.ID.String(), placed.Key); err != nil || got.ID != placed.Order.ID {
		t.Fatalf("the link: %v", err)
	}
	if _, err := d.Open(t.Context(), placed.Order.ID.String(), placed.Key+"x"); fault.CodeOf(err) != fault.OrderNotFound {
		t.Errorf("a wrong key: %v", err)
	}
	return placed.Order
}

func (d *desk) sign(t *testing.T, o order.Order) order.Order {
	t.Helper()
	if _, err := d.SendCode_(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	shown, err := d.Contract(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o, err = d.Sign(t.Context(), o.ID, order.Signing{Name: "王小明", Code: d.codes[o.ID], Document: hex.EncodeToString(shown.Hash[:]), Address: "192.0.2.1"})
	if err != nil || o.State != order.Signed {
		t.Fatalf("%s, %v", o.State, err)
	}
	return o
}

// SendCode_ asks the service for a code; the desk itself is its Sender.
func (d *desk) SendCode_(ctx context.Context, id order.ID) (order.Order, error) {
	return d.Service.SendCode(ctx, id)
}

// pay pays what is asked for an order.
func (d *desk) pay(t *testing.T, o order.Order) order.Order {
	t.Helper()
	asked, _, err := d.AskPayment(t.Context(), o.ID, "")
	if err != nil || asked == nil {
		t.Fatalf("%v, %v", asked, err)
	}
	if err := d.till.tell(t, asked.Payment.ID, "r"+asked.Payment.ID.String(), asked.Payment.Amount); err != nil {
		t.Fatal(err)
	}
	o, err = d.Settle(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (d *desk) book(t *testing.T, name string) money.Amount {
	t.Helper()
	for _, total := range storetest.Audited(t, d.w.db).Totals {
		if total.Name == name && total.Unit == ledger.CNY {
			return money.Amount(total.Amount)
		}
	}
	return 0
}

func (d *desk) state(t *testing.T, digits string) number.State {
	t.Helper()
	wares, err := d.w.store.Wares(t.Context(), []string{digits})
	if err != nil {
		t.Fatal(err)
	}
	return wares.Numbers[digits].State
}

func (d *desk) turn(t *testing.T) {
	t.Helper()
	if _, err := d.Turn(t.Context(), d.w.store, 1); err != nil {
		t.Fatal(err)
	}
}

// The whole way: the number is locked, paid, reviewed, open; each yuan is where
// it belongs all the time, and billing takes the first terms from the order.
func TestOrderToOpenNumber(t *testing.T) { on(t, testOrderToOpenNumber) }

func testOrderToOpenNumber(t *testing.T, w *world) {
	d := newDesk(t, w)
	o := d.place(t, wish("year", "400-600-1008", "4006001001"))
	// 8: 600 + 20 + 88 and three minimums are less than 600; 1: 600 + 20.
	if got := o.Sum(); got != (708+600+620+600)*money.Yuan {
		t.Fatalf("to be paid: %s", got)
	}
	if d.state(t, "4006001008") != number.Locked {
		t.Error("the number is not locked")
	}
	if _, _, err := d.AskPayment(t.Context(), o.ID, ""); fault.CodeOf(err) != fault.OrderState {
		t.Errorf("paid before it is signed: %v", err)
	}
	o = d.pay(t, d.sign(t, o))
	if o.State != order.Paid || d.state(t, "4006001008") != number.Sold {
		t.Fatalf("%s, %s", o.State, d.state(t, "4006001008"))
	}
	if held, cash := d.book(t, "deferred/orders"), d.book(t, "bucket/cash"); held != 1328*money.Yuan || cash != 1200*money.Yuan {
		t.Errorf("%s wait, %s are cash", held, cash)
	}
	if again, err := d.Settle(t.Context(), o.ID); err != nil || again.Events != o.Events {
		t.Errorf("settled twice: %v", err)
	}
	signed, err := d.SignedContract(t.Context(), o)
	if err != nil || !bytes.HasPrefix(signed.PDF, []byte("%PDF")) {
		t.Fatalf("the signed contract: %v", err)
	}
	if found, ok, err := d.Verify(t.Context(), signed.PDF); err != nil || !ok || found.ID != o.ID {
		t.Errorf("the signed contract is not known: %v", err)
	}
	if _, ok, _ := d.Verify(t.Context(), append(bytes.Clone(signed.PDF), ' ')); ok {
		t.Error("a changed contract is taken for the signed one")
	}

	for _, step := range []struct {
		do   func() (order.Order, error)
		want order.State
	}{
		{func() (order.Order, error) { return d.HandIn(t.Context(), o.ID, "customer") }, order.Reviewing},
		{func() (order.Order, error) { return d.AskAgain(t.Context(), o.ID, "li", "营业执照不清晰") }, order.Paid},
		{func() (order.Order, error) { return d.HandIn(t.Context(), o.ID, "customer") }, order.Reviewing},
		{func() (order.Order, error) { return d.Vet(t.Context(), o.ID, "li") }, order.Vetted},
		{func() (order.Order, error) { return d.OpenNumbers(t.Context(), o.ID, "zhou") }, order.Open},
		{func() (order.Order, error) { return d.OpenNumbers(t.Context(), o.ID, "zhou") }, order.Open},
	} {
		if o, err = step.do(); err != nil || o.State != step.want {
			t.Fatalf("%s, %v; want %s", o.State, err, step.want)
		}
	}
	for book, want := range map[string]money.Amount{"deferred/orders": 0, "deferred/plans": 1200 * money.Yuan, "revenue/numbers": 128 * money.Yuan, "bucket/cash": 1200 * money.Yuan} {
		if got := d.book(t, book); got != want {
			t.Errorf("%s is %s, want %s", book, got, want)
		}
	}
	line := w.load(t).Lines["4006001008"]
	if line.State != number.Active || line.CustomerName != "新客户有限公司" || len(line.Profile.Targets) != 1 || line.Profile.Targets[0].Phone != "01088886666" {
		t.Errorf("a call would find %+v", line)
	}
	events, err := w.store.OrderEvents(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	if got := strings.Join(kinds, " "); got != "placed code_sent signed payment_asked taking paid handed_in asked_again handed_in vetted opened" {
		t.Errorf("what became of it: %s", got)
	}
	history, err := w.store.History(t.Context(), "4006001008")
	if err != nil || len(history) != 4 || history[3].State != number.Active || history[3].Why != "order" {
		t.Errorf("its history: %+v, %v", history, err)
	}
}

// Two want one number: exactly one gets it, and the other is told.
func TestOrderedAtTheSameMoment(t *testing.T) { on(t, testOrderedAtTheSameMoment) }

func testOrderedAtTheSameMoment(t *testing.T, w *world) {
	d := newDesk(t, w)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			wanted := wish("year", "4006001001", "4006001002")
			if i%2 == 1 {
				wanted = wish("buy", "4006001002")
			}
			_, errs[i] = d.Place(t.Context(), wanted)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case fault.CodeOf(err) != fault.NumberTaken:
			t.Errorf("a loser was told %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d got the number", won)
	}
}

// Nobody pays: the numbers are for sale again when the lock ends, and money that
// comes later stays the customer's.
func TestLockEnds(t *testing.T) { on(t, testLockEnds) }

func testLockEnds(t *testing.T, w *world) {
	d := newDesk(t, w)
	late, paid := d.place(t, wish("buy", "4006001001")), d.place(t, wish("buy", "4006001002"))
	late, paid = d.sign(t, late), d.sign(t, paid)
	asked, _, err := d.AskPayment(t.Context(), paid.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	w.set(june.Add(29 * time.Minute))
	d.turn(t)
	if d.state(t, "4006001001") != number.Locked {
		t.Error("released before its time")
	}
	// The money is there in time, nobody settles before the lock is over.
	if err := d.till.tell(t, asked.Payment.ID, "x", asked.Payment.Amount); err != nil {
		t.Fatal(err)
	}
	d.turn(t)
	w.set(june.Add(31 * time.Minute))
	d.turn(t)
	if got, _ := d.Read(t.Context(), late.ID); got.State != order.Expired || d.state(t, "4006001001") != number.Available {
		t.Errorf("%s, %s", got.State, d.state(t, "4006001001"))
	}
	if got, _ := d.Read(t.Context(), paid.ID); got.State != order.Paid || d.state(t, "4006001002") != number.Sold {
		t.Errorf("%s, %s", got.State, d.state(t, "4006001002"))
	}
	if _, err := d.Place(t.Context(), wish("year", "4006001001")); err != nil {
		t.Errorf("ordered again: %v", err)
	}
}

// Paid, and no documents for 15 days: the number is released and the payment goes
// back, less the fee.
func TestOrderLapses(t *testing.T) { on(t, testOrderLapses) }

func testOrderLapses(t *testing.T, w *world) {
	d := newDesk(t, w)
	lapses, refused := d.pay(t, d.sign(t, d.place(t, wish("year", "4006001008")))), d.pay(t, d.sign(t, d.place(t, wish("buy", "4006001002"))))
	if refused, err := d.HandIn(t.Context(), refused.ID, "customer"); err != nil || refused.DueAt != (time.Time{}) {
		t.Fatal(err)
	}
	if _, err := d.Refuse(t.Context(), refused.ID, "li", " "); fault.CodeOf(err) != fault.ReasonMissing {
		t.Errorf("refused without a reason: %v", err)
	}
	refused, err := d.Refuse(t.Context(), refused.ID, "li", "行业不符")
	if err != nil || !refused.Returned {
		t.Fatalf("%+v, %v", refused, err)
	}
	w.set(june.Add(14 * 24 * time.Hour))
	d.turn(t)
	if d.state(t, "4006001008") != number.Sold {
		t.Error("released before its time")
	}
	w.set(june.Add(15*24*time.Hour + time.Minute))
	d.turn(t)
	d.turn(t)
	if got, _ := d.Read(t.Context(), lapses.ID); got.State != order.Lapsed || !got.Returned || d.state(t, "4006001008") != number.Available {
		t.Errorf("%+v, %s", got, d.state(t, "4006001008"))
	}
	for book, want := range map[string]money.Amount{
		"deferred/orders": 0, "revenue/orders": 50 * money.Yuan, "bucket/cash": 0,
		"receipts/sandbox": 708*money.Yuan + 600*money.Yuan + 1600*money.Yuan, "refunds/sandbox": 0,
	} {
		got := d.book(t, book)
		if book == "refunds/sandbox" {
			want = -(708*money.Yuan + 600*money.Yuan + 1600*money.Yuan - 50*money.Yuan)
		}
		if got != want && got != -want {
			t.Errorf("%s is %s, want %s", book, got, want)
		}
	}
	if line, ok := w.load(t).Lines["4006001008"]; ok {
		t.Errorf("a released number is still somebody's: %+v", line)
	}
}

// Less came than asked for: staff take it, the order waits, and what is missing
// is asked for.
func TestUnderpaidOrder(t *testing.T) { on(t, testUnderpaidOrder) }

func testUnderpaidOrder(t *testing.T, w *world) {
	d := newDesk(t, w)
	o := d.sign(t, d.place(t, wish("buy", "4006001001")))
	asked, _, err := d.AskPayment(t.Context(), o.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.till.tell(t, asked.Payment.ID, "x", 1500*money.Yuan); err != nil {
		t.Fatal(err)
	}
	if _, err := d.till.Take(t.Context(), asked.Payment.ID, "陈会计"); err != nil {
		t.Fatal(err)
	}
	if o, err = d.Settle(t.Context(), o.ID); err != nil || o.State != order.Signed {
		t.Fatalf("%s, %v", o.State, err)
	}
	more, _, err := d.AskPayment(t.Context(), o.ID, "")
	if err != nil || more.Payment.Amount != 100*money.Yuan {
		t.Fatalf("%+v, %v", more, err)
	}
	if err := d.till.tell(t, more.Payment.ID, "y", 100*money.Yuan); err != nil {
		t.Fatal(err)
	}
	if o, err = d.Settle(t.Context(), o.ID); err != nil || o.State != order.Paid {
		t.Fatalf("%s, %v", o.State, err)
	}
}

// Only the payment that was asked for last can be made: one that another takes the
// place of, and that of an order that is cancelled, end. Money that comes for them
// all the same is the customer's.
func TestPaymentsOfOrdersEnd(t *testing.T) { on(t, testPaymentsOfOrdersEnd) }

func testPaymentsOfOrdersEnd(t *testing.T, w *world) {
	d := newDesk(t, w)
	o := d.sign(t, d.place(t, wish("buy", "4006001001")))
	ask := func() payment.ID {
		t.Helper()
		asked, _, err := d.AskPayment(t.Context(), o.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		return asked.Payment.ID
	}
	state := func(id payment.ID, want payment.State) {
		t.Helper()
		if p, err := d.till.Read(t.Context(), id); err != nil || p.State != want {
			t.Errorf("%s, want %s, %v", p.State, want, err)
		}
	}
	first, second := ask(), ask()
	state(first, payment.Closed)
	state(second, payment.Created)
	for range 2 {
		if o, err := d.Cancel(t.Context(), o.ID, "customer", "too dear"); err != nil || o.State != order.Cancelled {
			t.Fatalf("%s, %v", o.State, err)
		}
	}
	state(second, payment.Closed)
	if err := d.till.tell(t, second, "late", 1600*money.Yuan); err != nil {
		t.Fatal(err)
	}
	if o, err := d.Settle(t.Context(), o.ID); err != nil || o.State != order.Cancelled {
		t.Errorf("%s, %v", o.State, err)
	}
	if p, err := d.till.Read(t.Context(), second); err != nil || !p.Booked() || p.Refundable() != 1600*money.Yuan {
		t.Errorf("%+v, %v", p, err)
	}

	// Two people press the button at the same moment: one of the two can be paid.
	o = d.sign(t, d.place(t, wish("buy", "4006001004")))
	var both sync.WaitGroup
	made := make([]*payment.Asked, 4)
	for i := range made {
		both.Go(func() {
			asked, _, err := d.AskPayment(t.Context(), o.ID, "")
			if err != nil {
				t.Error(err)
			}
			made[i] = asked
		})
	}
	both.Wait()
	payable := 0
	for _, asked := range made {
		if asked == nil {
			t.Fatal("nothing is asked for")
		}
		if p, err := d.till.Read(t.Context(), asked.Payment.ID); err != nil {
			t.Error(err)
		} else if p.State == payment.Created {
			payable++
		}
	}
	if payable != 1 {
		t.Errorf("%d of the payments of an order can be made", payable)
	}

	// What is paid is neither closed nor cancelled.
	o = d.pay(t, d.sign(t, d.place(t, wish("year", "4006001002", "4006001003"))))
	if _, err := d.Cancel(t.Context(), o.ID, "customer", ""); fault.CodeOf(err) != fault.OrderState {
		t.Errorf("a paid order: %v", err)
	}
}

func TestSigning(t *testing.T) { on(t, testSigning) }

func testSigning(t *testing.T, w *world) {
	d := newDesk(t, w)
	o := d.place(t, wish("buy", "4006001001"))
	shown, err := d.Contract(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	hash := hex.EncodeToString(shown.Hash[:])
	try := func(want fault.Code, s order.Signing) {
		t.Helper()
		if _, err := d.Sign(t.Context(), o.ID, s); fault.CodeOf(err) != want {
			t.Errorf("%+v: %v, want %s", s, err, want)
		}
	}
	try(fault.CodeOver, order.Signing{Name: "王小明", Code: "", Document: hash}) // none was sent
	if _, err := d.SendCode_(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SendCode_(t.Context(), o.ID); fault.CodeOf(err) != fault.CodeTooSoon {
		t.Errorf("two codes at once: %v", err)
	}
	right := d.codes[o.ID]
	try(fault.SignatureName, order.Signing{Name: "李四", Code: right, Document: hash})
	try(fault.ContractChanged, order.Signing{Name: "王小明", Code: right, Document: strings.Repeat("0", 64)})
	for range 5 {
		try(fault.CodeWrong, order.Signing{Name: "王小明", Code: "x" + right, Document: hash})
	}
	try(fault.CodeOver, order.Signing{Name: "王小明", Code: right, Document: hash})
	w.set(june.Add(2 * time.Minute))
	if _, err := d.SendCode_(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	w.set(june.Add(13 * time.Minute)) // ten minutes and more
	try(fault.CodeOver, order.Signing{Name: "王小明", Code: d.codes[o.ID], Document: hash})
	d.sign(t, o)
}

func TestWishes(t *testing.T) { on(t, testWishes) }

func testWishes(t *testing.T, w *world) {
	d := newDesk(t, w)
	bad := wish("none", "4006001001", "123", "4006001001")
	bad.Company, bad.Handler = " ", order.Handler{Name: "a\x00", Phone: "17012345678", Email: "a@b@c"}
	bad.Items[0].Targets = []string{"4008001234"}
	_, err := d.Place(t.Context(), bad)
	var problems order.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Field+" "+string(p.Fault.Code))
		if text := p.Fault.Error(); strings.Contains(text, "{") {
			t.Errorf("a place is not filled: %s", text)
		}
	}
	want := []string{
		"company value_empty", "name value_too_long", "phone mobile_invalid", "email email_invalid", "items[0].targets target_service_number",
		"items[1].number number_invalid", "items[2].number number_twice",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	for code, plan := range map[fault.Code]order.Wish{fault.PlanUnknown: wish("none", "4006001001"), fault.NumberNotStocked: wish("year", "4009999999")} {
		if _, err := d.Place(t.Context(), plan); !errors.As(err, &problems) || problems[0].Fault.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	for code, features := range map[fault.Code][]string{
		fault.FeatureUnknown: {"fax"}, fault.FeatureTwice: {"menu", "menu"}, fault.FeatureNeeds: {"queue"}, fault.FeatureExcludes: {"menu", "tone"},
	} {
		bad := wish("year", "4006001001")
		bad.Items[0].Features = features
		if _, err := d.Place(t.Context(), bad); !errors.As(err, &problems) || problems[0].Fault.Code != code || problems[0].Field != "items[0].features" {
			t.Errorf("%v, want %s", err, code)
		}
		menu, err := d.Offers(t.Context(), []string{"4006001001"}, features)
		if err != nil || len(menu.Wrong) != 1 || menu.Wrong[0].Fault.Code != code || len(menu.Features) != 3 || len(menu.Offers[0].Items) != 3 {
			t.Errorf("%+v, %v, want %s", menu, err, code)
		}
	}
	mine := wish("buy", "4006001001")
	mine.Customer, mine.Company = "tea", ""
	for i := range 3 {
		mine.Items[0].Number = tenNumbers()[i].Digits
		if o := d.place(t, mine); o.Code != "tea" || o.Company != "杭州示例茶业有限公司" {
			t.Errorf("%+v", o)
		}
	}
	mine.Items[0].Number = "4006001005"
	if _, err := d.Place(t.Context(), mine); fault.CodeOf(err) != fault.OrdersWaiting {
		t.Errorf("a fourth that waits: %v", err)
	}
}

// What the shop says a number costs is what is charged, to the fen, over one and
// three years without a call.
func TestQuoteIsCharged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan, digits string
		opens        string
		grade        money.Amount // what the number's grade costs then
		features     []string
		featured     money.Amount // what they cost in the first year
		term         money.Amount // the plan's, of the day of the order
		own          number.Word  // of the number alone
	}{
		{"year", "4006001008", "2026-06-20 10:00", 88 * money.Yuan, nil, 0, 600 * money.Yuan, number.Word{}},
		{"buy", "4006001008", "2026-06-20 10:00", 88 * money.Yuan, []string{"queue", "menu"}, 270_01 * money.Fen, 0, number.Word{}},
		{"flat", "4006001001", "2026-06-20 10:00", 0, []string{"menu", "queue"}, 150_01 * money.Fen, 3000 * money.Yuan, number.Word{}},
		{"year", "4006001008", "2026-07-01 00:30", 88 * money.Yuan, []string{"menu"}, 144 * money.Yuan, 720 * money.Yuan, number.Word{}},
		{"year", "4006001008", "2026-08-31 23:59", 66 * money.Yuan, []string{"tone"}, 30 * money.Yuan, 720 * money.Yuan, number.Word{}}, // the discount's last minute
		// A price by hand holds in a discount's days, with or without a grade, to the fen.
		{"year", "4006001008", "2026-08-31 23:59", 1234_56 * money.Fen, nil, 0, 720 * money.Yuan, number.Word{Priced: true, Fee: 1234_56 * money.Fen, Minimum: 45_67 * money.Fen}},
		{"buy", "4006001008", "2026-06-20 10:00", 0, nil, 0, 0, number.Word{Grade: number.Plain.Code, Priced: true, Minimum: 99_99 * money.Fen}},
		{"flat", "4006001001", "2026-06-01 00:00", 7 * money.Fen, nil, 0, 3000 * money.Yuan, number.Word{Grade: "eight", Priced: true, Fee: 7 * money.Fen, Minimum: 33_33 * money.Fen}},
	} {
		t.Run(c.plan+c.opens[:10]+c.own.Fee.String(), func(t *testing.T) {
			on(t, func(t *testing.T, w *world) {
				d := newDesk(t, w)
				w.set(shanghai(c.opens))
				if c.own.Priced {
					if err := inventory.New(w.store, counter(), nil).SetGrade(t.Context(), inventory.Override{Digits: c.digits, Word: c.own, Why: "谈定", Who: "he"}); err != nil {
						t.Fatal(err)
					}
				}
				wanted := wish(c.plan, c.digits)
				wanted.Customer, wanted.Items[0].Features = "tea", c.features
				o := d.place(t, wanted)
				if got := o.Items[0].Plan; got.TermMonths > 0 && got.Fee != c.term || len(got.Versions) > 0 {
					t.Fatalf("it was ordered at %s a term, want %s", got.Fee, c.term)
				}
				if sale := o.Items[0].Sale; sale.FeaturesOnce+sale.FeaturesYear != c.featured {
					t.Fatalf("its features cost %s and %s, want %s", sale.FeaturesOnce, sale.FeaturesYear, c.featured)
				}
				if got := o.Items[0].Sale.NumberFee; got != c.grade {
					t.Fatalf("the grade costs %s, want %s", got, c.grade)
				}
				if c.own.Priced && o.Items[0].Sale.Minimum != c.own.Minimum {
					t.Fatalf("its minimum is %s", o.Items[0].Sale.Minimum)
				}
				if _, err := d.bills.TopUp(t.Context(), "tea", charging.TopUp{Bucket: charging.Cash, Amount: 20_000 * money.Yuan, Channel: "bank", Reference: "rich"}); err != nil {
					t.Fatal(err)
				}
				o = d.sign(t, o)
				asked, o, err := d.AskPayment(t.Context(), o.ID, "")
				if err != nil || asked != nil || o.State != order.Paid {
					t.Fatalf("an account that has enough pays at once: %v, %s, %v", asked, o.State, err)
				}
				if _, err := d.HandIn(t.Context(), o.ID, "customer"); err != nil {
					t.Fatal(err)
				}
				if _, err := d.Vet(t.Context(), o.ID, "li"); err != nil {
					t.Fatal(err)
				}
				if o, err = d.OpenNumbers(t.Context(), o.ID, "zhou"); err != nil {
					t.Fatal(err)
				}
				for year, until := 1, shanghai(c.opens).AddDate(1, 0, 0); year <= 3; year, until = year+1, until.AddDate(1, 0, 0) {
					for at := w.now; at.Before(calendar.Midnight(until)); at = at.AddDate(0, 0, 10) {
						w.set(at)
						if _, err := d.bills.RunFor(t.Context(), "tea"); err != nil {
							t.Fatal(err)
						}
					}
					w.set(calendar.Midnight(until).Add(-time.Minute)) // of the day on which the next term begins
					if _, err := d.bills.RunFor(t.Context(), "tea"); err != nil {
						t.Fatal(err)
					}
					if year == 2 {
						continue
					}
					spent := 20_000*money.Yuan - d.book(t, "bucket/cash")
					want := o.Items[0].Quote.Over(year, shanghai(c.opens)).Total()
					if shanghai(c.opens).Day() == 1 { // the last month ends with the last minute
						want -= o.Items[0].Quote.Minimum
					}
					if spent != want {
						t.Errorf("%d years: %s were charged, %s were said", year, spent, want)
					}
				}
			})
		})
	}
}

// A version of a plan that was planned by hand prices orders from its day on, and not
// those before.
func TestPlannedByHand(t *testing.T) { on(t, testPlannedByHand) }

func testPlannedByHand(t *testing.T, w *world) {
	d := newDesk(t, w)
	prices := site.NewPrices(w.store, func() time.Time { return w.now })
	day := calendar.Midnight(shanghai("2026-06-25 00:00"))
	if _, err := prices.Add(t.Context(), "buy", catalog.PlanVersion{From: day, Fee: 1111_11 * money.Fen}, "he", false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at, digits, phone string
		fee               money.Amount
	}{
		{"2026-06-24 23:59", "4006001001", "13900000001", 1000 * money.Yuan},
		{"2026-06-25 00:00", "4006001002", "13900000002", 1111_11 * money.Fen},
	} {
		w.set(shanghai(c.at))
		wanted := wish("buy", c.digits)
		wanted.Handler.Phone = c.phone
		if o := d.place(t, wanted); o.Items[0].Plan.Fee != c.fee || o.Items[0].Quote.Once != c.fee {
			t.Errorf("%s: ordered at %s", c.at, o.Items[0].Plan.Fee)
		}
	}
	state, err := w.store.State(t.Context(), site.Names{})
	if v := state.Plans["buy"].Versions; err != nil || len(v) != 1 || v[0].By != "he" || v[0].Planned.IsZero() {
		t.Errorf("%+v, %v", v, err)
	}
}

// Numbers are gathered under a key: in their order, each once, no more than an
// order has, and for a while.
func TestCart(t *testing.T) { on(t, testCart) }

func testCart(t *testing.T, w *world) {
	d := newDesk(t, w)
	holds := func(key, want string) {
		t.Helper()
		if list, err := d.Cart(t.Context(), key); err != nil || strings.Join(list, " ") != want {
			t.Errorf("%s holds %v, %v; want %q", key, list, err, want)
		}
	}
	holds("mine", "")
	for _, n := range []string{"400-600-1003", "4006001001", "4006001003"} {
		if err := d.Gather(t.Context(), "mine", n); err != nil {
			t.Fatal(err)
		}
	}
	holds("mine", "4006001003 4006001001")
	holds("theirs", "")
	for typed, want := range map[string]fault.Code{"400": fault.NumberInvalid, "4009999999": fault.NumberNotStocked} {
		if err := d.Gather(t.Context(), "mine", typed); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", typed, err)
		}
	}
	w.set(june.Add(29 * 24 * time.Hour))
	if err := d.PutBack(t.Context(), "mine", "4006001003", "4006001009"); err != nil {
		t.Fatal(err)
	}
	w.set(june.Add(58 * 24 * time.Hour)) // of a change the days count
	holds("mine", "4006001001")
	w.set(june.Add(59 * 24 * time.Hour))
	holds("mine", "")
	var wg sync.WaitGroup
	errs := make([]error, len(tenNumbers()))
	if err := d.Gather(t.Context(), "mine", "4006001000"); err != nil {
		t.Fatal(err)
	}
	for i, n := range tenNumbers() {
		wg.Go(func() { errs[i] = d.Gather(t.Context(), "mine", n.Digits) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Cart(t.Context(), "mine"); err != nil || len(list) != 10 {
		t.Errorf("of ten at once it holds %v, %v", list, err)
	}
	stock := inventory.New(w.store, counter(), nil)
	if _, err := stock.Add(t.Context(), []inventory.Item{{Digits: "4006002000"}}, "import", false); err != nil {
		t.Fatal(err)
	}
	if err := d.Gather(t.Context(), "mine", "4006002000"); fault.CodeOf(err) != fault.CartFull {
		t.Errorf("an eleventh: %v", err)
	}
}

// A number costs what the operator says of it alone, from then on; what was said
// stays to be read.
func TestGradeByWord(t *testing.T) { on(t, testGradeByWord) }

func testGradeByWord(t *testing.T, w *world) {
	d := newDesk(t, w)
	stock := inventory.New(w.store, counter(), func() time.Time { return june })
	before := d.place(t, wish("buy", "4006001008"))
	for i, c := range []struct {
		digits string
		word   number.Word
		why    string
		code   fault.Code
	}{
		{"4006001002", number.Word{Grade: "eight"}, " 客户指定 ", ""},
		{"4006001008", number.Word{Grade: number.Plain.Code}, "老客户", ""},
		{"4006001003", number.Word{Fee: 5}, "恢复", ""}, // without a price of its own
		{"4006001003", number.Word{Grade: "nine"}, "x", fault.ValueNotAllowed},
		{"4006001003", number.Word{Grade: "eight"}, " ", fault.ReasonMissing},
		{"4006001003", number.Word{Priced: true, Fee: -money.Fen}, "x", fault.MoneyRange},
		{"4006001003", number.Word{Priced: true, Minimum: money.Fen / 2}, "x", fault.MoneyNotFen},
		{"4006001003", number.Word{Priced: true, Minimum: 1_000_000_000 * money.Yuan}, "x", fault.MoneyRange},
		{"4006001004", number.Word{Priced: true, Fee: 12_34 * money.Fen}, "熟客价", ""},
		{"4009999999", number.Word{Grade: "eight"}, "x", fault.NumberNotStocked},
	} {
		if err := stock.SetGrade(t.Context(), inventory.Override{Digits: c.digits, Word: c.word, Why: c.why, Who: "he"}); fault.CodeOf(err) != c.code {
			t.Errorf("%d: %v, want %s", i, err, c.code)
		}
	}
	if got, err := d.Read(t.Context(), before.ID); err != nil || got.Items[0].Sale.NumberFee != 88*money.Yuan {
		t.Errorf("an order before it: %+v, %v", got.Items, err)
	}
	menu, err := d.Offers(t.Context(), []string{"4006001002", "4006001008", "4006001003"}, nil)
	if err != nil || menu.Offers[0].Grade.Code != "eight" || menu.Offers[1].Grade.Code != number.Plain.Code || menu.Offers[2].Grade.Code != number.Plain.Code {
		t.Fatalf("%+v, %v", menu.Offers, err)
	}
	mine := wish("buy", "4006001002")
	mine.Handler.Phone = "13900139000"
	if o := d.place(t, mine); o.Items[0].Sale.NumberFee != 88*money.Yuan || o.Items[0].Sale.Minimum != 30*money.Yuan || o.Items[0].GradeName != "尾号 8" {
		t.Errorf("ordered as %+v", o.Items[0].Sale)
	}
	if err := stock.SetGrade(t.Context(), inventory.Override{Digits: "4006001002", Why: "恢复", Who: "li"}); err != nil {
		t.Fatal(err)
	}
	said, err := stock.Overrides(t.Context(), "4006001002")
	if err != nil || len(said) != 2 || said[0] != (inventory.Override{Digits: "4006001002", Word: number.Word{Grade: "eight"}, Why: "客户指定", Who: "he", At: said[0].At}) || said[1].Grade != "" || !said[0].At.Equal(june) {
		t.Errorf("%+v, %v", said, err)
	}
	own, err := stock.Own(t.Context())
	if err != nil || len(own) != 2 || own["4006001008"].Grade != number.Plain.Code || own["4006001004"] != (number.Word{Priced: true, Fee: 12_34 * money.Fen}) {
		t.Errorf("%v, %v", own, err)
	}
	index, err := stock.Index(t.Context())
	if err != nil || index.GradeOf("4006001008").Code != number.Plain.Code || index.GradeOf("4006001002").Code != number.Plain.Code {
		t.Errorf("the index: %v", err)
	}
	if got := index.GradeOf("4006001004"); got.Code != number.Plain.Code || got.Fee != 12_34*money.Fen || !got.Fixed {
		t.Errorf("priced by hand: %+v", got)
	}
}
