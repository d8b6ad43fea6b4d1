package portable_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/site"
	"sibai/internal/store/portable"
	"sibai/internal/store/postgres"
	"sibai/internal/store/sqlite"
	"sibai/test/pgtest"
)

var (
	_ site.Store       = (*portable.Store)(nil)
	_ directory.Source = (*portable.Store)(nil)
	_ site.Bank        = (*charging.Service)(nil)
)

var june = time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)

// database is what a store offers to the business.
type database interface {
	charging.Store
	Read() *sql.DB
	Write(ctx context.Context, f func(context.Context, *sql.Tx) error) error
	Close() error
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// on runs a test on each database.
func on(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{AnyDisk: true})
		if err != nil {
			t.Fatal(err)
		}
		test(t, setup(t, db, portable.NewSQLite))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.Database(t), postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		test(t, setup(t, db, portable.NewPostgres))
	})
}

type world struct {
	db       database
	over     func(*sql.DB, portable.Write) *portable.Store
	store    *portable.Store
	charging *charging.Service
	applier  *site.Applier
	mu       sync.Mutex // guards now, which other goroutines read
	now      time.Time
}

// set moves the clock.
func (w *world) set(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at
}

func setup(t *testing.T, db database, over func(*sql.DB, portable.Write) *portable.Store) *world {
	t.Helper()
	w := &world{now: june, db: db, over: over}
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	w.charging = charging.New(w.db, charging.Config{Node: 1, Now: clock}, ids, nil)
	w.charging.Start()
	t.Cleanup(w.charging.Stop)
	w.store = over(w.db.Read(), w.db.Write)
	w.applier = site.New(w.store, w.charging, ids.Next, clock)
	return w
}

func example(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../../../examples/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

func (w *world) apply(t *testing.T, source string) []site.Change {
	t.Helper()
	s, err := site.Parse("site.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	planned, err := w.applier.Plan(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	done, err := w.applier.Apply(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planned, done); diff != "" {
		t.Errorf("planned and done differ:\n%s", diff)
	}
	return done
}

func (w *world) load(t *testing.T) directory.Snapshot {
	t.Helper()
	snap, err := w.store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// What is applied is what is stored: every field comes back, so that the same
// file changes nothing.
func TestApplyTwice(t *testing.T) { on(t, testApplyTwice) }

func testApplyTwice(t *testing.T, w *world) {
	if !site.Changed(w.apply(t, example(t))) {
		t.Fatal("nothing was done")
	}
	first := w.load(t)
	again := w.apply(t, example(t))
	if site.Changed(again) {
		for _, c := range again {
			if c.Action != site.Unchanged {
				t.Errorf("the second time: %s", c)
			}
		}
	}
	if diff := cmp.Diff(first, w.load(t), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("the second time changed rows:\n%s", diff)
	}
}

// What is applied serves the next call: line, bill, profile, trunks.
func TestDirectoryAfterApply(t *testing.T) { on(t, testDirectoryAfterApply) }

func testDirectoryAfterApply(t *testing.T, w *world) {
	d := directory.New(w.store, time.Hour, nil)
	if err := d.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Find("4001234567", june); ok {
		t.Fatal("an empty store knows a number")
	}
	w.apply(t, example(t))
	if err := d.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	line, ok := d.Find("4001234567", june)
	if !ok || line.State != number.Active || line.CustomerName != "杭州示例茶业有限公司" {
		t.Fatalf("line %+v", line)
	}
	b := line.Bill
	if b.MaxConcurrent != 10 || b.MinGrant != time.Minute || b.Tariff.Code != "standard" || b.Tariff.Version != 1 || b.Tariff.First.Price != money.Yuan/10 ||
		b.Shard != charging.ShardOf(line.Customer) || b.Account == 0 || b.Subscription == 0 {
		t.Errorf("bill %+v", b)
	}
	want := routing.Profile{
		Version: 1, Distribution: routing.Sequential, RingTimeout: 20 * time.Second, MaxForwards: 3,
		Targets: []routing.Target{
			{Phone: "057188886666", Trunk: "pbx"},
			{Phone: "13800138000", Trunk: "carrier", RingFor: 30 * time.Second},
		}, // the phone of on_no_answer is not approved yet
	}
	if diff := cmp.Diff(want, line.Profile); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if line, _ := d.Find("4006168168", june); line.Bill.MaxConcurrent != 20 {
		t.Errorf("bought concurrency %d", line.Bill.MaxConcurrent)
	}
	if line, _ := d.Find("4008005678", june); line.Bill.CapAmount != 300*money.Yuan || line.Bill.CapCalls != 5000 {
		t.Errorf("caps %s, %d", line.Bill.CapAmount, line.Bill.CapCalls)
	}
	if l, _ := d.Line("4002003000"); l.PlanKind != catalog.Flat {
		t.Errorf("kind %s", l.PlanKind)
	}
	if code, ok := d.InboundTrunk(netip.MustParseAddrPort("192.0.2.77:5060")); !ok || code != "pbx" {
		t.Errorf("inbound %s %v", code, ok)
	}
	if to, ok := d.OutboundTrunk("pbx"); !ok || to.Transport != catalog.TCP || to.Address.String() != "192.0.2.10:5060" {
		t.Errorf("outbound %v %v", to, ok)
	}

	// Another plan: its overdraft, and its tariff with bands, classes and holidays.
	w.apply(t, strings.Replace(example(t), "plan: buyout\n", "plan: minutes-6000\n", 1))
	if err := d.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	line, _ = d.Find("4008005678", june)
	v := line.Bill.Tariff
	if line.Bill.Overdraft != 2*money.Yuan || len(v.Bands) != 2 || len(v.Classes) != 1 || len(v.Holidays) != 3 {
		t.Errorf("under another plan: overdraft %s, %+v", line.Bill.Overdraft, v)
	}
	night := v.Meter("", time.Date(2026, 6, 1, 22, 0, 0, 0, calendar.Shanghai))
	if cost, err := night.Cost(time.Minute); err != nil || cost != 60_000 {
		t.Errorf("a minute of night costs %s, %v", cost, err)
	}

	// Approved and moved: known at the next refresh, without a new profile.
	w.apply(t, strings.NewReplacer("review: pending", "review: approved", "{phone: \"13900139000\", trunk: carrier", "{phone: \"13900139000\", trunk: pbx").Replace(example(t)))
	if err := d.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	line, _ = d.Find("4001234567", june)
	if len(line.Profile.OnNoAnswer) != 1 || line.Profile.OnNoAnswer[0].Trunk != "pbx" {
		t.Errorf("after the approval: %+v", line.Profile)
	}
}

// Accounts and payments are there with the rows, and a customer's state is
// its account's.
func TestMoneyAfterApply(t *testing.T) { on(t, testMoneyAfterApply) }

func testMoneyAfterApply(t *testing.T, w *world) {
	balances := func() (charging.AccountState, map[string]int64) {
		line := w.load(t).Lines["4001234567"]
		view, err := w.charging.Balances(t.Context(), line.Bill.Shard, line.Bill.Account)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]int64{}
		for _, b := range view.Buckets {
			out[fmt.Sprint(b.Kind, " ", b.Unit, " ", b.Extension)] += int64(b.Balance)
		}
		return view.State, out
	}
	want := map[string]int64{
		"package CNY 0": 600_000_000, "cash CNY 0": 200_000_000, "bonus CNY 0": 20_000_000,
		"package SEC 0": 36_000, "extension CNY 8001": 50_000_000,
	}
	for range 2 {
		w.apply(t, example(t))
		state, got := balances()
		if diff := cmp.Diff(want, got); diff != "" || state != charging.AccountActive {
			t.Errorf("account %s, balances (-want +got):\n%s", state, diff)
		}
	}
	suspended := strings.Replace(example(t), "name: 杭州示例茶业有限公司", "name: 杭州示例茶业有限公司\n    state: suspended", 1)
	w.apply(t, suspended)
	state, got := balances()
	if diff := cmp.Diff(want, got); diff != "" || state != charging.AccountSuspended {
		t.Errorf("suspended: account %s, balances (-want +got):\n%s", state, diff)
	}
}

// A conflict, and a failure in the middle, leave nothing behind.
func TestNothingIsWrittenByHalves(t *testing.T) { on(t, testNothingIsWrittenByHalves) }

func testNothingIsWrittenByHalves(t *testing.T, w *world) {
	w.apply(t, example(t))
	before := w.load(t)
	changed := strings.NewReplacer("name: 买断\n", "name: 新买断\n", "first: {seconds: 60, price: 0.10}", "first: {seconds: 60, price: 0.11}").Replace(example(t))
	s, err := site.Parse("site.yaml", []byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.applier.Apply(t.Context(), s); fault.CodeOf(err) != fault.TariffPublished {
		t.Fatalf("error %v", err)
	}
	if after := w.load(t); after.Revision != before.Revision {
		t.Error("the revision moved")
	}

	// A writer that fails after everything was written.
	broken := w.over(w.db.Read(), func(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
		return w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := f(ctx, tx); err != nil {
				return err
			}
			return errors.New("power cut")
		})
	})
	var n int64 = 1 << 40
	next := func() int64 { n++; return n }
	s, err = site.Parse("site.yaml", []byte(strings.Replace(example(t), "name: 买断\n", "name: 新买断\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.New(broken, w.charging, next, nil).Apply(t.Context(), s); err == nil {
		t.Fatal("no error")
	}
	if after := w.load(t); after.Revision != before.Revision {
		t.Error("half of it was written")
	}
}

// The revision moves with a change only, and a published profile stays when
// the next is published.
func TestRevisionAndVersions(t *testing.T) { on(t, testRevisionAndVersions) }

func testRevisionAndVersions(t *testing.T, w *world) {
	revision := func() int64 {
		r, err := w.store.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	start := revision()
	w.apply(t, example(t))
	if revision() != start+1 {
		t.Errorf("revision %d after one change to %d", revision(), start)
	}
	w.apply(t, example(t))
	if revision() != start+1 {
		t.Error("the revision moved without a change")
	}
	w.apply(t, strings.Replace(example(t), "ring_timeout: 20s", "ring_timeout: 15s", 1))
	if l := w.load(t).Lines["4001234567"]; l.Profile.Version != 2 || l.Profile.RingTimeout != 15*time.Second {
		t.Errorf("profile %+v", l.Profile)
	}
	var kept int
	if err := w.db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM profile WHERE version = 1 AND body LIKE '%20000000000%'").Scan(&kept); err != nil || kept != 1 {
		t.Errorf("version 1 is kept %d times, %v", kept, err)
	}
}

// Many rows go in several statements; nothing is lost at the seams.
func TestManyNumbers(t *testing.T) { on(t, testManyNumbers) }

func testManyNumbers(t *testing.T, w *world) {
	var b strings.Builder
	b.WriteString(`
trunks: [{code: out, outbound: {address: 203.0.113.9:5060}}]
tariffs: [{code: t, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans: [{code: p, name: 买断, kind: buyout, tariff: t}]
customers:
`)
	const customers, each = 601, 2
	for c := range customers {
		fmt.Fprintf(&b, "  - {code: c%d, name: 示例, targets: [{phone: %d, trunk: out}], numbers: [", c, 13800000000+c)
		for n := range each {
			fmt.Fprintf(&b, "{number: 400%07d, plan: p, targets: [%d]},", c*each+n, 13800000000+c)
		}
		b.WriteString("]}\n")
	}
	w.apply(t, b.String())
	if site.Changed(w.apply(t, b.String())) {
		t.Error("the second time changed something")
	}
	lines := w.load(t).Lines
	if len(lines) != customers*each {
		t.Fatalf("%d lines", len(lines))
	}
	shards := map[int]bool{}
	for digits, l := range lines {
		if len(l.Profile.Targets) != 1 || l.Bill.Account == 0 {
			t.Fatalf("%s: %+v", digits, l)
		}
		shards[l.Bill.Shard] = true
	}
	if len(shards) < charging.Shards/2 {
		t.Errorf("customers are spread over %d shards only", len(shards))
	}
}

// A number for sale is unknown to calls; one that rests is known, as not open.
func TestInventory(t *testing.T) { on(t, testInventory) }

func testInventory(t *testing.T, w *world) {
	err := w.db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO number VALUES (5, '4001234567', 'available', '3-3-4', 'mobile', 'mobile', 0, 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := w.load(t).Lines["4001234567"]; ok {
		t.Errorf("for sale: %+v", l)
	}
	set := func(state number.State) {
		t.Helper()
		if err := w.db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE number SET state = '"+string(state)+"' WHERE id = 5")
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	set(number.Quarantine)
	if l, ok := w.load(t).Lines["4001234567"]; !ok || l.State != number.Quarantine || l.Customer != 0 {
		t.Errorf("at rest: %+v %v", l, ok)
	}
	set(number.Available)
	// It is sold and opened in one go, and keeps its id.
	w.apply(t, example(t))
	if l := w.load(t).Lines["4001234567"]; l.ID != 5 || l.State != number.Active || l.Customer == 0 {
		t.Errorf("after the sale: %+v", l)
	}
}

func TestReadOnly(t *testing.T) { on(t, testReadOnly) }

func testReadOnly(t *testing.T, w *world) {
	s, err := site.Parse("site.yaml", []byte(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	reader := site.New(w.over(w.db.Read(), nil), nil, func() int64 { return 1 }, nil)
	if _, err := reader.Plan(t.Context(), s); err != nil {
		t.Errorf("a dry run needs no writer: %v", err)
	}
	if _, err := reader.Apply(t.Context(), s); fault.CodeOf(err) != fault.StoreFailed {
		t.Errorf("error %v", err)
	}
}
