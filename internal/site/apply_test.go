package site

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/tariff"
)

// memory is a Store and a Bank that keeps the State itself.
type memory struct {
	state    State
	revision int
	updates  int // how often the writer was taken
	bankDown error
}

func newMemory() *memory {
	return &memory{state: State{
		Segments: number.Segments{}, Trunks: map[string]catalog.Trunk{}, Tariffs: map[string][]tariff.Version{},
		Plans: map[string]catalog.Plan{}, Customers: map[string]catalog.Customer{},
		Targets: map[catalog.CustomerID]map[string]catalog.Target{}, Rentals: map[string]Rental{}, Booked: map[Payment]Booked{},
	}}
}

func (m *memory) State(context.Context, Names) (State, error) { return m.state, nil }

func (m *memory) Update(_ context.Context, _ Names, decide func(State) (Writes, error)) error {
	m.updates++
	w, err := decide(m.state)
	if err != nil || w.Empty() {
		return err
	}
	m.revision++
	s := &m.state
	if w.Operator != nil {
		s.Operator = *w.Operator
	}
	for _, f := range w.Features {
		s.Features = append(slices.DeleteFunc(s.Features, func(x catalog.Feature) bool { return x.Code == f.Code }), f)
	}
	s.Segments = s.Segments.With(w.Segments)
	for _, t := range w.Trunks {
		s.Trunks[t.Code] = t
	}
	for _, v := range w.Tariffs {
		s.Tariffs[v.Code] = append(s.Tariffs[v.Code], v)
	}
	for _, p := range w.Plans {
		s.Plans[p.Code] = p
	}
	for _, c := range w.Customers {
		s.Customers[c.Code] = c
	}
	for _, t := range w.Targets {
		if s.Targets[t.Customer] == nil {
			s.Targets[t.Customer] = map[string]catalog.Target{}
		}
		s.Targets[t.Customer][t.Phone] = t
	}
	for _, r := range w.Rentals {
		r.Profile = s.Rentals[r.Digits].Profile
		s.Rentals[r.Digits] = r
	}
	for _, p := range w.Profiles {
		for digits, r := range s.Rentals {
			if r.ID == p.Number {
				r.Profile = p.Profile
				s.Rentals[digits] = r
			}
		}
	}
	return nil
}

func (m *memory) TopUp(_ context.Context, t charging.TopUp) (charging.Credit, error) {
	if m.bankDown != nil {
		return charging.Credit{}, m.bankDown
	}
	m.state.Booked[Payment{t.Channel, t.Reference}] = Booked{Account: t.Account, Bucket: t.Bucket, Amount: t.Amount, Seconds: t.Seconds, Extension: t.Extension}
	return charging.Credit{}, nil
}

// placed is what each line of a conflict begins with: file, line and path.
var placed = regexp.MustCompile(`(?m)^site\.yaml:\d+: [a-z_]+\[[^:]+: `)

var june = time.Date(2026, 6, 1, 12, 0, 0, 0, calendar.Shanghai)

func applier(m *memory) *Applier {
	next := int64(m.revision) * 1000
	return New(m, m, func() int64 { next++; return next }, func() time.Time { return june })
}

func parsed(t *testing.T, source string) *Site {
	t.Helper()
	s, err := Parse("site.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A dry run says what applying does, and applying again does nothing.
func TestPlanApplyApplyAgain(t *testing.T) {
	t.Parallel()
	s, m := parsed(t, string(read(t, example))), newMemory()
	planned, err := applier(m).Plan(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if m.revision != 0 || len(m.state.Customers) != 0 {
		t.Fatal("the dry run wrote")
	}
	done, err := applier(m).Apply(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planned, done); diff != "" {
		t.Errorf("planned and done differ:\n%s", diff)
	}
	golden(t, "testdata/example.changes", lines(done))
	if len(m.state.Booked) != 6 || len(m.state.Rentals) != 4 {
		t.Errorf("%d payments, %d numbers", len(m.state.Booked), len(m.state.Rentals))
	}
	again, err := applier(m).Apply(t.Context(), s)
	if err != nil || Changed(again) || len(again) != len(done) {
		t.Errorf("the second time: %v\n%s", err, lines(again))
	}
	if m.revision != 1 || m.updates != 1 {
		t.Errorf("revision %d, %d updates: applying what is so must neither wake nodes nor hold the writer", m.revision, m.updates)
	}
	for _, r := range m.state.Rentals {
		if r.Profile.Version != 1 {
			t.Errorf("%s: profile version %d", r.Digits, r.Profile.Version)
		}
	}
	for _, c := range m.state.Customers {
		if c.Shard != charging.ShardOf(int64(c.ID)) || c.Account == 0 {
			t.Errorf("customer %+v", c)
		}
	}
}

// Bands of a published version can neither be left out nor change their order.
func TestPublishedBands(t *testing.T) {
	t.Parallel()
	const night, noon = `{name: night, from: "22:00", to: "06:00", first: {seconds: 60, price: 0.05}}`, `{name: noon, from: "12:00", to: "13:00", first: {seconds: 60, price: 0.08}}`
	with := func(bands string) *Site {
		return parsed(t, strings.Replace(small, "price: 0.10}}]", "price: 0.10}, bands: ["+bands+"]}]", 1))
	}
	m := newMemory()
	if _, err := applier(m).Apply(t.Context(), with(night+", "+noon)); err != nil {
		t.Fatal(err)
	}
	if changes, err := applier(m).Apply(t.Context(), with(night+", "+noon)); err != nil || Changed(changes) {
		t.Errorf("the same again: %v\n%s", err, lines(changes))
	}
	for bands, want := range map[string]string{
		noon + ", " + night: "bands is night, noon, the file says noon, night",
		night:               "bands is night, noon, the file says (none)",
	} {
		if _, err := applier(m).Apply(t.Context(), with(bands)); fault.CodeOf(err) != fault.TariffPublished || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant %s", bands, err, want)
		}
	}
}

// A price of a feature that is in force stays for ever; what is to come is the
// file's, and what orders were placed at need not stand in it any more.
func TestFeaturePrices(t *testing.T) {
	t.Parallel()
	with := func(prices string) *Site {
		return parsed(t, small+"features: [{code: menu, name: 语音导航, english: Voice menu, prices: ["+prices+"]}]\n")
	}
	const spring, june1, july, autumn = "{effective: 2026-03-01, month: 20}", "{effective: 2026-06-01, year: 250}", "{effective: 2026-07-01, year: 300}", "{effective: 2026-09-01, once: 5}"
	m := newMemory()
	for _, step := range []struct {
		prices string
		code   fault.Code
		stored string
	}{
		{spring + "," + july, "", "03-01=240.00 07-01=300.00"},
		{spring + "," + july, "", "03-01=240.00 07-01=300.00"},
		{spring + "," + autumn, "", "03-01=240.00 09-01=0.00"}, // July is not yet: it may go
		{"{effective: 2026-03-01, month: 21}", fault.FeaturePublished, "03-01=240.00 09-01=0.00"},
		{"{effective: 2026-02-01, month: 20}", fault.FeaturePast, "03-01=240.00 09-01=0.00"},
		{june1, "", "03-01=240.00 06-01=250.00"}, // today's, and spring's stays
		{spring, "", "03-01=240.00 06-01=250.00"},
	} {
		if _, err := applier(m).Apply(t.Context(), with(step.prices)); fault.CodeOf(err) != step.code {
			t.Errorf("%s: %v, want %s", step.prices, err, step.code)
		}
		f, _ := m.state.Features.Find("menu")
		var stored []string
		for _, p := range f.Prices {
			stored = append(stored, p.From.In(calendar.Shanghai).Format("01-02=")+p.Year.String())
		}
		if got := strings.Join(stored, " "); got != step.stored {
			t.Errorf("%s: stored %s, want %s", step.prices, got, step.stored)
		}
	}
}

// What a version of a plan leaves out is as it was before; one that is in force
// stays, and those to come are the file's.
func TestPlanVersions(t *testing.T) {
	t.Parallel()
	with := func(versions string) *Site {
		return parsed(t, strings.Replace(small, "max_concurrent: 3}", "max_concurrent: 3, fee: 500, versions: ["+versions+"]}", 1))
	}
	m := newMemory()
	for _, step := range []struct {
		versions string
		code     fault.Code
		stored   string
	}{
		{"{effective: 2026-09-01, number_fee: 5}, {effective: 2026-03-01, fee: 600}", "", "03-01=600.00+0.00 09-01=600.00+5.00"},
		{"{effective: 2026-03-01, fee: 600}, {effective: 2026-10-01, fee: 700}", "", "03-01=600.00+0.00 10-01=700.00+0.00"},
		{"{effective: 2026-03-01, fee: 601}", fault.PlanPublished, "03-01=600.00+0.00 10-01=700.00+0.00"},
		{"{effective: 2026-02-01, fee: 601}", fault.PlanVersionPast, "03-01=600.00+0.00 10-01=700.00+0.00"},
		{"", "", "03-01=600.00+0.00"},
	} {
		if _, err := applier(m).Apply(t.Context(), with(step.versions)); fault.CodeOf(err) != step.code {
			t.Errorf("%s: %v, want %s", step.versions, err, step.code)
		}
		var stored []string
		for _, v := range m.state.Plans["q"].Versions {
			stored = append(stored, v.From.In(calendar.Shanghai).Format("01-02=")+v.Fee.String()+"+"+v.NumberFee.String())
		}
		if got := strings.Join(stored, " "); got != step.stored {
			t.Errorf("%s: stored %s, want %s", step.versions, got, step.stored)
		}
	}
	if changes, err := applier(m).Apply(t.Context(), with("")); err != nil || Changed(changes) {
		t.Errorf("the same again: %v\n%s", err, lines(changes))
	}
}

func lines(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

const small = `
operator: {name: 示例}
trunks: [{code: out, inbound: [203.0.113.5], outbound: {address: 203.0.113.9:5060}}]
tariffs: [{code: t, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}]
plans:
  - {code: p, name: 买断, kind: buyout, tariff: t}
  - {code: q, name: 买断二, kind: buyout, tariff: t, max_concurrent: 3}
customers:
  - code: acme
    name: 示例公司
    top_ups: [{channel: bank, reference: r1, amount: 100}]
    targets: [{phone: 13800138000, trunk: out}, {phone: 13900139000, trunk: out}]
    numbers: [{number: 4001234567, plan: p, targets: [13800138000]}]
`

// What a changed file changes, and what of it is refused.
func TestUpdatesAndConflicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		old, new string // replaced in small
		changes  string // those that are not unchanged
		conflict string
	}{
		{name: "nothing", old: "x-nothing", new: ""},
		{name: "names", old: "示例公司", new: "示例集团",
			changes: "update customer acme: name 示例公司 → 示例集团"},
		{name: "plan of a number", old: "plan: p, targets", new: "plan: q, max_concurrent: 0, targets",
			changes: "update number 4001234567: plan p → q; max_concurrent (none) → no limit"},
		{name: "who rings", old: "targets: [13800138000]}]", new: "targets: [13900139000, 13800138000], on_busy: [13900139000]}]",
			changes: "update profile of 4001234567: targets 13800138000 over out → 13900139000 over out, 13800138000 over out; on_busy (none) → 13900139000 over out"},
		{name: "a customer is suspended", old: "name: 示例公司", new: "name: 示例公司\n    state: suspended",
			changes: "update customer acme: state active → suspended"},
		{name: "a number is suspended", old: "plan: p, targets", new: "plan: p, state: suspended, targets",
			changes: "update number 4001234567: state active → suspended"},
		{name: "new prices from a later day", old: "price: 0.10}}]", new: "price: 0.10}}, {effective: 2026-07-01, first: {seconds: 60, price: 0.108}}]",
			changes: "create tariff t from 2026-07-01: connection 0.00; first 0.108 per 60 s; next 0.108 per 60 s"},
		{name: "trunk moves", old: "203.0.113.9:5060}", new: "203.0.113.10:5060, transport: tcp}",
			changes: "update trunk out: outbound 203.0.113.9:5060 over udp → 203.0.113.10:5060 over tcp"},
		{name: "another payment", old: "amount: 100}]", new: "amount: 100}, {channel: bank, reference: r2, amount: 5.5, bucket: bonus}]",
			changes: "create top-up bank r2: customer acme; amount 5.50; bucket bonus"},

		{name: "caps", old: "plan: p, targets", new: "plan: p, monthly_cap: 300, monthly_calls: 5000, targets",
			changes: "update number 4001234567: monthly_cap (none) → 300.00; monthly_calls (none) → 5000"},
		{name: "terms of a plan", old: "kind: buyout, tariff: t}", new: "kind: buyout, tariff: t, overdraft: 5}",
			changes: "update plan p: overdraft (none) → 5.00"},
		{name: "call time", old: "amount: 100}]", new: "amount: 100}, {channel: gift, reference: r2, seconds: 600}, {channel: bank, reference: r3, amount: 5, extension: 8001}]",
			changes: "create top-up gift r2: customer acme; seconds 600; bucket package\ncreate top-up bank r3: customer acme; amount 5.00; bucket extension; extension 8001"},

		{name: "bands in a published version", old: "price: 0.10}}]", new: "price: 0.10}, bands: [{name: night, from: \"22:00\", to: \"06:00\", first: {seconds: 60, price: 0.05}}]}]",
			conflict: "tariff t of 2026-01-01 is published and cannot change: band night time is (none), the file says 22:00-06:00 — add a new version with a later effective date\n" +
				"tariff t of 2026-01-01 is published and cannot change: band night connection is (none), the file says 0.00 — add a new version with a later effective date\n"},
		{name: "a booked payment becomes time", old: "amount: 100}]", new: "seconds: 600}]",
			conflict: "top-up bank r1 was booked with amount 100.00, the file says (none) — use another reference for another payment\n" +
				"top-up bank r1 was booked with seconds (none), the file says 600 — use another reference for another payment\n" +
				"top-up bank r1 was booked with bucket cash, the file says package — use another reference for another payment"},
		{name: "published prices", old: "price: 0.10", new: "price: 0.12",
			conflict: "tariff t of 2026-01-01 is published and cannot change: first is 0.10 per 60 s, the file says 0.12 per 60 s — add a new version with a later effective date\n" +
				"tariff t of 2026-01-01 is published and cannot change: next is 0.10 per 60 s, the file says 0.12 per 60 s — add a new version with a later effective date"},
		{name: "prices before the newest", old: "2026-01-01", new: "2025-01-01",
			conflict: "tariff t: a new version from 2025-01-01 would come before the newest one, of 2026-01-01 — choose an effective date after 2026-01-01"},
		{name: "another owner", old: "code: acme", new: "code: other",
			conflict: "top-up bank r1 was booked for another account — use the reference of this customer's own payment\n" +
				"number 400-123-4567 belongs to customer acme — remove it here, or close it for acme first"},
		{name: "a step that is none", old: "plan: p, targets", new: "plan: p, state: sold, targets",
			conflict: "number 400-123-4567 cannot go from active to sold — go through the states in between: suspended, frozen, closing"},
		{name: "a booked payment", old: "amount: 100", new: "amount: 200, bucket: bonus",
			conflict: "top-up bank r1 was booked with amount 100.00, the file says 200.00 — use another reference for another payment\n" +
				"top-up bank r1 was booked with bucket cash, the file says bonus — use another reference for another payment"},
		{name: "a package that is over", old: "amount: 100}]", new: "amount: 100}, {channel: bank, reference: r2, amount: 5, bucket: package, expires_on: 2026-05-31}]",
			conflict: "top-up bank r2 expires on 2026-05-31, which is past — set a later expires_on, or remove the top-up"},
		{name: "an address of a trunk that is not described", old: "code: out, inbound", new: "code: new, inbound",
			conflict: "203.0.113.5 stands under trunk out already"},
		{name: "no price yet", old: "tariffs: [{code: t, versions: [{effective: 2026-01-01", new: "tariffs: [{code: later, versions: [{effective: 2026-06-02",
			conflict: "number 400-123-4567 is active, but tariff later of its plan starts only on 2026-06-02 — add a version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			if _, err := applier(m).Apply(t.Context(), parsed(t, small)); err != nil {
				t.Fatal(err)
			}
			source := strings.Replace(small, c.old, c.new, 1)
			if c.name == "an address of a trunk that is not described" || c.name == "no price yet" {
				source = strings.NewReplacer("trunk: out", "trunk: new", "tariff: t", "tariff: later").Replace(source)
				if c.name == "no price yet" {
					source = strings.ReplaceAll(source, "trunk: new", "trunk: out")
				} else {
					source = strings.ReplaceAll(source, "tariff: later", "tariff: t")
				}
			}
			s := parsed(t, source)
			planned, planErr := applier(m).Plan(t.Context(), s)
			before := m.revision
			done, err := applier(m).Apply(t.Context(), s)
			if c.conflict != "" {
				if err == nil || !strings.HasPrefix(placed.ReplaceAllString(err.Error(), ""), c.conflict) || fault.KindOf(err) != fault.KindConflict ||
					len(placed.FindAllString(err.Error(), -1)) != strings.Count(err.Error(), "\n")+1 {
					t.Errorf("kind %s, error\n%v\nwant\n%s", fault.KindOf(err), err, c.conflict)
				}
				if planErr == nil || planErr.Error() != err.Error() {
					t.Errorf("the dry run said: %v", planErr)
				}
				if m.revision != before {
					t.Error("something was written all the same")
				}
				return
			}
			if err != nil || planErr != nil {
				t.Fatal(err, planErr)
			}
			var changed []Change
			for _, change := range done {
				if change.Action != Unchanged {
					changed = append(changed, change)
				}
			}
			if got := strings.TrimSpace(lines(changed)); got != c.changes {
				t.Errorf("changes\n%s\nwant\n%s", got, c.changes)
			}
			if diff := cmp.Diff(planned, done); diff != "" {
				t.Errorf("planned and done differ:\n%s", diff)
			}
			if again, err := applier(m).Apply(t.Context(), s); err != nil || Changed(again) {
				t.Errorf("the second time: %v\n%s", err, lines(again))
			}
		})
	}
}

// Who rings is published as a new version; the versions before stay.
// A file that names no state leaves the stored ones as they are.
func TestStatesStandWhenTheFileNamesNone(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"suspended", "frozen", "closing"} {
		m := newMemory()
		stopped := strings.Replace(small, "plan: p, targets", "plan: p, state: "+state+", targets", 1)
		stopped = strings.Replace(stopped, "name: 示例公司", "name: 示例公司\n    state: frozen", 1)
		for _, source := range []string{small, stopped, small} {
			if _, err := applier(m).Apply(t.Context(), parsed(t, source)); err != nil {
				t.Fatal(err)
			}
		}
		if r := m.state.Rentals["4001234567"]; string(r.State) != state {
			t.Errorf("the number was %s and is %s", state, r.State)
		}
		if c := m.state.Customers["acme"]; c.State != catalog.CustomerFrozen {
			t.Errorf("the customer was frozen and is %s", c.State)
		}
	}
}

func TestProfileVersions(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i, phone := range []string{"13800138000", "13900139000", "13800138000"} {
		source := strings.Replace(small, "targets: [13800138000]}]", "targets: ["+phone+"]}]", 1)
		if _, err := applier(m).Apply(t.Context(), parsed(t, source)); err != nil {
			t.Fatal(err)
		}
		r := m.state.Rentals["4001234567"]
		if r.Profile.Version != i+1 || r.Profile.Targets[0].Phone != phone {
			t.Errorf("version %d rings %v, want %d and %s", r.Profile.Version, r.Profile.Targets, i+1, phone)
		}
	}
}

// A payment that fails leaves a site that applying again completes.
func TestBankIsDown(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.bankDown = errors.New("the disk is full")
	s := parsed(t, small)
	if _, err := applier(m).Apply(t.Context(), s); !errors.Is(err, m.bankDown) {
		t.Fatalf("error %v", err)
	}
	m.bankDown = nil
	changes, err := applier(m).Apply(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range changes {
		if c.Action != Unchanged {
			names = append(names, c.Entity+" "+c.Name)
		}
	}
	if len(names) != 1 || names[0] != "top-up bank r1" {
		t.Errorf("applying again did %v", names)
	}
}

// Whatever files follow one another: a dry run equals what applying does, the
// same file again does nothing, and a refused file changes nothing.
func TestAnyFilesInAnyOrder(t *testing.T) {
	edits := [][2]string{
		{"price: 0.10", "price: 0.20"}, {"示例公司", "示例集团"}, {"plan: p, targets", "plan: q, targets"},
		{"plan: p, targets", "plan: p, state: suspended, targets"}, {"plan: p, targets", "plan: p, state: frozen, targets"},
		{"plan: p, targets", "plan: p, state: closing, targets"}, {"amount: 100", "amount: 50"}, {"reference: r1", "reference: r9"},
		{"code: acme", "code: other"}, {"4001234567", "4006543210"}, {"targets: [13800138000]}]", "targets: [13900139000]}]"},
		{"2026-01-01", "2026-05-01"}, {"trunk: out}]", "trunk: out, review: refused}]"}, {"203.0.113.5]", "203.0.113.6]"},
	}
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		for range rapid.IntRange(1, 5).Draw(t, "files") {
			source := small
			for range rapid.IntRange(0, 3).Draw(t, "edits") {
				e := rapid.SampledFrom(edits).Draw(t, "edit")
				source = strings.Replace(source, e[0], e[1], 1)
			}
			s, err := Parse("site.yaml", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			planned, planErr := applier(m).Plan(context.Background(), s)
			before, booked := m.revision, len(m.state.Booked)
			done, err := applier(m).Apply(context.Background(), s)
			if (err == nil) != (planErr == nil) || lines(planned) != lines(done) {
				t.Fatalf("planned %v\n%sdone %v\n%s", planErr, lines(planned), err, lines(done))
			}
			if err != nil {
				if m.revision != before || len(m.state.Booked) != booked {
					t.Fatalf("refused, yet written: %v", err)
				}
				continue
			}
			if again, err := applier(m).Apply(context.Background(), s); err != nil || Changed(again) {
				t.Fatalf("again: %v\n%s", err, lines(again))
			}
		}
	})
}
