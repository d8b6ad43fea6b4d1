package directory_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/call"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ call.Lines = (*directory.Directory)(nil)

// memory is a Source that tests change at will.
type memory struct {
	mu    sync.Mutex
	snap  directory.Snapshot
	err   error
	loads int
}

func (m *memory) Revision(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snap.Revision, m.err
}

func (m *memory) Load(context.Context) (directory.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	return m.snap, m.err
}

func (m *memory) set(s directory.Snapshot, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.snap, m.err = s, err
}

func (m *memory) loaded() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loads
}

var day = func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }

func version(id tariff.ID, n int, effective time.Time, price money.Amount) tariff.Version {
	i := tariff.Increment{Length: time.Minute, Price: price}
	return tariff.Version{ID: id, Code: "standard", Version: n, Effective: effective, First: i, Next: i}
}

func sample(revision int64) directory.Snapshot {
	return directory.Snapshot{
		Revision: revision,
		Lines: map[string]directory.Line{"4001234567": {
			Number: "4001234567", State: number.Active, Customer: 7, CustomerName: "示例公司",
			CustomerState: catalog.CustomerActive, PlanKind: catalog.Buyout, Tariff: "standard",
			Bill:    charging.Bill{Account: 70, Subscription: 700, MaxConcurrent: 10, MinGrant: time.Minute},
			Profile: routing.Profile{Version: 3, Targets: []routing.Target{{Phone: "13800138000", Trunk: "out"}}},
		}},
		Trunks:  []catalog.Trunk{{Code: "out", Outbound: catalog.Endpoint{Address: netip.MustParseAddrPort("203.0.113.9:5060"), Transport: catalog.UDP}}},
		Tariffs: []tariff.Version{version(2, 2, day(20), 200_000), version(1, 1, day(10), 100_000)},
	}
}

func started(t *testing.T, s directory.Snapshot) (*directory.Directory, *memory) {
	t.Helper()
	source := &memory{snap: s}
	d := directory.New(source, time.Hour, nil)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d, source
}

func TestTariffInForceIsChosenByTheInstant(t *testing.T) {
	t.Parallel()
	d, _ := started(t, sample(1))
	for _, c := range []struct {
		at    time.Time
		want  tariff.ID
		state number.State
	}{
		{day(9), 0, number.Sold}, // no price yet: not open yet
		{day(10), 1, number.Active},
		{day(20).Add(-time.Microsecond), 1, number.Active},
		{day(20), 2, number.Active},
		{day(300), 2, number.Active},
	} {
		line, ok := d.Find("4001234567", c.at)
		if !ok || line.Bill.Tariff.ID != c.want || line.State != c.state {
			t.Errorf("at %s: tariff %d, %s; want %d, %s", c.at, line.Bill.Tariff.ID, line.State, c.want, c.state)
		}
		if line.Bill.Account != 70 || line.Profile.Version != 3 || line.Customer != 7 {
			t.Errorf("the line is not whole: %+v", line)
		}
	}
	if _, ok := d.Find("4007654321", day(10)); ok {
		t.Error("found a number that nobody rents")
	}
	if v, ok := d.Tariff(2); !ok || v.Version != 2 {
		t.Errorf("Tariff(2) = %v %v", v, ok)
	}
}

func TestCustomerStopsItsNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number   number.State
		customer catalog.CustomerState
		want     number.State
	}{
		{number.Active, catalog.CustomerActive, number.Active},
		{number.Active, catalog.CustomerSuspended, number.Suspended},
		{number.Active, catalog.CustomerFrozen, number.Frozen},
		{number.Suspended, catalog.CustomerFrozen, number.Frozen},
		{number.Suspended, catalog.CustomerActive, number.Suspended},
		{number.Closing, catalog.CustomerFrozen, number.Closing},
		{number.Frozen, catalog.CustomerSuspended, number.Frozen},
	} {
		s := sample(1)
		line := s.Lines["4001234567"]
		line.State, line.CustomerState = c.number, c.customer
		s.Lines = map[string]directory.Line{line.Number: line}
		d, _ := started(t, s)
		if got, _ := d.Find(line.Number, day(11)); got.State != c.want {
			t.Errorf("number %s, customer %s: %s, want %s", c.number, c.customer, got.State, c.want)
		}
	}
}

func TestTrunks(t *testing.T) {
	t.Parallel()
	source := func(list ...string) (out []catalog.Source) {
		for _, text := range list {
			s, err := catalog.ParseSource(text)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return out
	}
	s := sample(1)
	s.Trunks = append(s.Trunks,
		catalog.Trunk{Code: "wide", Inbound: source("203.0.113.0/24", "2001:db8::/32")},
		catalog.Trunk{Code: "one", Inbound: source("203.0.113.10")},
		catalog.Trunk{Code: "port", Inbound: source("203.0.113.10:5070", "[2001:db8::1]:5060")},
		catalog.Trunk{Code: "all4", Inbound: source("0.0.0.0/0")},
	)
	d, _ := started(t, s)
	for from, want := range map[string]string{
		"203.0.113.5:5060":         "wide",
		"203.0.113.10:5060":        "one",
		"203.0.113.10:5070":        "port",
		"[::ffff:203.0.113.5]:1":   "wide",
		"198.51.100.1:5060":        "all4",
		"[2001:db8::1]:5060":       "port",
		"[2001:db8::1]:5061":       "wide",
		"[2001:db9::1]:5060":       "",
		"[fe80::1%eth0]:5060":      "",
		"[2001:db8::2%eth0]:5060":  "wide",
		"[::ffff:198.51.100.1]:60": "all4",
	} {
		got, ok := d.InboundTrunk(netip.MustParseAddrPort(from))
		if got != want || ok != (want != "") {
			t.Errorf("InboundTrunk(%s) = %q %v, want %q", from, got, ok, want)
		}
	}
	if to, ok := d.OutboundTrunk("out"); !ok || to.Address.Port() != 5060 {
		t.Errorf("OutboundTrunk(out) = %v %v", to, ok)
	}
	for _, code := range []string{"wide", "nowhere"} {
		if _, ok := d.OutboundTrunk(code); ok {
			t.Errorf("%s takes no calls", code)
		}
	}
	if _, ok := d.InboundTrunk(netip.AddrPort{}); ok {
		t.Error("no address has a trunk")
	}
}

func TestChangeIsSeenAndFailureIsSurvived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &memory{snap: sample(1)}
		d := directory.New(source, 0, nil)
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer d.Stop()

		source.set(sample(2), nil)
		time.Sleep(directory.DefaultInterval + time.Millisecond) // fake time
		synctest.Wait()
		if d.Revision() != 2 {
			t.Fatalf("revision %d a quarter of a second after the change", d.Revision())
		}
		loads := source.loaded()
		time.Sleep(10 * directory.DefaultInterval)
		synctest.Wait()
		if source.loaded() != loads {
			t.Error("loaded again though nothing changed")
		}

		down := errors.New("the disk is gone")
		source.set(sample(3), down)
		time.Sleep(2 * directory.DefaultInterval)
		synctest.Wait()
		if err := d.Health(); !errors.Is(err, down) {
			t.Errorf("Health = %v", err)
		}
		if _, ok := d.Find("4001234567", day(11)); !ok || d.Revision() != 2 {
			t.Error("the last snapshot does not serve on")
		}
		source.set(sample(3), nil)
		time.Sleep(2 * directory.DefaultInterval)
		synctest.Wait()
		if d.Health() != nil || d.Revision() != 3 {
			t.Errorf("after the failure: %v, revision %d", d.Health(), d.Revision())
		}
	})
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	down := errors.New("no store")
	d := directory.New(&memory{err: down}, 0, nil)
	if err := d.Start(t.Context()); !errors.Is(err, down) {
		t.Fatalf("Start = %v", err)
	}
	d.Stop()
	d, source := started(t, sample(1))
	if err := d.Start(t.Context()); err != nil || source.loaded() != 1 {
		t.Errorf("second start: %v, %d loads", err, source.loaded())
	}
	d.Stop()
	d.Stop()
	if _, ok := d.Line("4001234567"); !ok {
		t.Error("nothing is known after Stop")
	}
}

// Readers run beside swaps; the race detector watches.
func TestReadersNeverBlock(t *testing.T) {
	t.Parallel()
	d, source := started(t, sample(1))
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if line, ok := d.Find("4001234567", day(15)); !ok || line.Bill.Tariff.ID != 1 {
					t.Errorf("lost the line: %+v", line)
					return
				}
			}
		})
	}
	for revision := int64(2); revision < 200; revision++ {
		source.set(sample(revision), nil)
		if err := d.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
}

func TestRoutable(t *testing.T) {
	t.Parallel()
	list := func(trunk string, phones ...string) (out []routing.Target) {
		for _, p := range phones {
			out = append(out, routing.Target{Phone: p, Trunk: trunk})
		}
		return out
	}
	p := routing.Profile{Targets: list("old", "1", "2", "4"), OnBusy: list("old", "2"), OnNoAnswer: list("old", "3", "1")}
	got := directory.Routable(p, func(phone string) (catalog.Target, bool) {
		review := catalog.Approved
		if phone == "2" {
			review = catalog.Pending
		}
		return catalog.Target{Trunk: "new", Review: review}, phone != "4"
	})
	want := []any{list("new", "1"), list(""), list("new", "3", "1")}
	if fmt.Sprint(got.Targets, got.OnBusy, got.OnNoAnswer) != fmt.Sprint(want...) {
		t.Errorf("got %+v", got)
	}
	if len(p.Targets) != 3 || p.Targets[0].Trunk != "old" {
		t.Error("the published profile was changed")
	}
}

func BenchmarkFind(b *testing.B) {
	s := directory.Snapshot{Revision: 1, Lines: map[string]directory.Line{}, Tariffs: sample(1).Tariffs}
	for i := range 100_000 {
		digits := fmt.Sprintf("400%07d", i)
		s.Lines[digits] = directory.Line{Number: digits, State: number.Active, Tariff: "standard"}
	}
	d := directory.New(&memory{snap: s}, time.Hour, nil)
	if err := d.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, ok := d.Find("4000054321", day(11)); !ok {
			b.Fatal("not found")
		}
	}
}
