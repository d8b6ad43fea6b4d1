package shelf_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/shelf"
	"sibai/internal/tariff"
	"sibai/internal/whatif"
)

// store is what the shelf follows.
type store struct {
	mu       sync.Mutex
	stock    map[string]bool
	events   map[string]time.Time
	grades   number.Grades
	segments number.Segments
	offers   whatif.Offers
	revision int64
	whole    int  // how often everything was read
	many     bool // too much changed
	fails    error
	own      number.Own
}

func (s *store) Index(context.Context) (*number.Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole++
	return number.NewIndexOwn(s.grades, maps.Clone(s.own), maps.All(s.stock)), s.fails
}

func (s *store) Changed(_ context.Context, since time.Time) (map[string]bool, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for digits, at := range s.events {
		if !at.Before(since) {
			out[digits] = s.stock[digits]
		}
	}
	return out, !s.many, s.fails
}

func (s *store) Own(context.Context) (number.Own, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.own), s.fails
}

func (s *store) Grades(context.Context) (number.Grades, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grades, s.fails
}

func (s *store) Segments(context.Context) (number.Segments, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments, s.fails
}

func (s *store) Standing(_ context.Context, digits string) (inventory.Standing, error) {
	return inventory.Standing{}, fault.New(fault.NumberNotStocked, "number", digits)
}

func (s *store) Revision(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision, s.fails
}

func (s *store) Plans(context.Context) (whatif.Offers, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers, s.fails
}

func (s *store) Floors(context.Context) (catalog.Floors, error) {
	return catalog.Floors{{Prefix: "4008", Amount: 800 * money.Yuan, Minimums: 3}}, nil
}

func (*store) Discounts(context.Context) (catalog.Discounts, error) {
	return catalog.Discounts{
		{Code: "now", Name: "本周优惠", English: "This week", From: began, Until: began.AddDate(0, 0, 7), Plans: []string{"buyout"}, Grades: []string{"pairs"}, Percent: 10},
		{Code: "next", Name: "下周优惠", English: "Next week", From: began.AddDate(0, 0, 7), Until: began.AddDate(0, 0, 14), Amount: 100 * money.Yuan},
	}, nil
}

func (s *store) became(digits string, free bool, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock[digits], s.events[digits] = free, at
}

var began = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func versions(price money.Amount) []tariff.Version {
	one := tariff.Increment{Length: time.Minute, Price: price}
	return []tariff.Version{{ID: 1, Code: "t", Version: 1, Effective: began.AddDate(-1, 0, 0), First: one, Next: one}}
}

// seeded is a store with a few numbers and the three kinds of plan. A plain
// minute costs ¥0.12, the carrier takes ¥0.06.
func seeded() *store {
	return &store{
		stock: map[string]bool{"4008261122": true, "4008261123": true, "4006189688": false}, events: map[string]time.Time{},
		grades:   number.Grades{{Code: "pairs", Name: "对子", Form: "AABB", Fee: 1400 * money.Yuan, Minimum: 100 * money.Yuan}},
		segments: number.DefaultSegments(), revision: 1,
		offers: whatif.Offers{
			Tariffs: map[string][]tariff.Version{"minute": versions(120_000), "zero": versions(0), "carrier": versions(60_000)},
			Plans: []catalog.Plan{
				{Code: "annual", Name: "包年", Kind: catalog.Annual, Tariff: "minute", Fee: 600 * money.Yuan, TermMonths: 12, Package: 600 * money.Yuan},
				{Code: "buyout", Name: "买断", Kind: catalog.Buyout, Tariff: "minute", NumberFee: 900 * money.Yuan},
				{Code: "flat", Name: "不限量", Kind: catalog.Flat, Tariff: "zero", Fee: 1800 * money.Yuan, TermMonths: 12},
				{Code: "future", Name: "以后", Kind: catalog.Buyout, Tariff: "none"},
				{Code: "our-cost", Name: "成本", Kind: catalog.Buyout, Tariff: "carrier"},
			},
		},
	}
}

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func setup(t *testing.T, cfg shelf.Config) (*store, *clock, *shelf.Shelf) {
	t.Helper()
	s, c := seeded(), &clock{at: began}
	x := shelf.New(s, s, cfg, c.now, slog.New(slog.DiscardHandler))
	if err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, c, x
}

func free(t *testing.T, x *shelf.Shelf) []string {
	t.Helper()
	found, err := x.Search(number.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range found.Entries {
		list = append(list, e.Digits+" "+e.Grade.Code)
	}
	slices.Sort(list)
	return list
}

// What another node sells, gives back, takes in and grades is so here after a
// look; everything is read again only each hour.
func TestFollows(t *testing.T) {
	t.Parallel()
	s, c, x := setup(t, shelf.Config{})
	step := func(name string, want ...string) {
		t.Helper()
		c.pass(10 * time.Second)
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(name, err)
		}
		if got := free(t, x); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	step("as it was", "4008261122 pairs", "4008261123 plain")
	s.became("4008261122", false, c.now())
	step("sold", "4008261123 plain")
	s.became("4006189688", true, c.now().Add(-time.Minute)) // the clock of its node is slow
	step("given back", "4006189688 plain", "4008261123 plain")
	s.became("4000001188", true, c.now())
	step("taken in", "4000001188 pairs", "4006189688 plain", "4008261123 plain")
	s.mu.Lock()
	s.grades = number.Grades{{Code: "eight", Name: "8", Form: "8"}}
	s.mu.Unlock()
	step("graded anew", "4000001188 eight", "4006189688 eight", "4008261123 plain")
	if s.whole != 1 {
		t.Errorf("everything was read %d times", s.whole)
	}
	s.became("4008261123", false, c.now().Add(-time.Hour)) // came far too late
	step("too late", "4000001188 eight", "4006189688 eight", "4008261123 plain")
	c.pass(time.Hour)
	step("after an hour", "4000001188 eight", "4006189688 eight")
	if s.whole != 2 || x.Len() != 4 {
		t.Errorf("everything was read %d times, %d numbers", s.whole, x.Len())
	}
}

// While very much changes everything is read now and then, and nothing is lost.
func TestVeryMuchChanges(t *testing.T) {
	t.Parallel()
	s, c, x := setup(t, shelf.Config{})
	s.many = true
	s.became("4008261122", false, c.now())
	for _, step := range []struct {
		wait  time.Duration
		many  bool
		free  int
		whole int
	}{{time.Second, true, 2, 1}, {30 * time.Second, true, 1, 2}, {10 * time.Second, true, 1, 2}, {time.Hour / 2, false, 2, 2}} {
		c.pass(step.wait)
		s.mu.Lock()
		s.many = step.many
		s.mu.Unlock()
		if !step.many { // it came when nobody asked for single changes
			s.became("4006189688", true, began.Add(32*time.Second))
		}
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := free(t, x); len(got) != step.free || s.whole != step.whole {
			t.Errorf("%+v: %v, read whole %d times", step, got, s.whole)
		}
	}
}

// Carriers come from the operator's segments as they are now.
func TestSegmentsFollow(t *testing.T) {
	t.Parallel()
	s, _, x := setup(t, shelf.Config{})
	q := number.Query{Carrier: number.Unicom}
	if found, err := x.Search(q); err != nil || found.Total != 0 || x.Issuer("4008261122") != number.Telecom {
		t.Errorf("%+v, %v", found, err)
	}
	s.mu.Lock()
	s.segments = s.segments.With(number.Segments{"4008": number.Unicom})
	s.mu.Unlock()
	if err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := x.Search(q); err != nil || found.Total != 2 || x.Issuer("4008261122") != number.Unicom {
		t.Errorf("%+v, %v", found, err)
	}
}

// A store that is away leaves the shelf as it was; back again, it is followed.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	s, _, x := setup(t, shelf.Config{})
	s.mu.Lock()
	s.fails = errors.New("away")
	s.mu.Unlock()
	s.became("4008261122", false, began)
	if err := x.Refresh(t.Context()); err == nil || len(free(t, x)) != 2 {
		t.Errorf("%v, %v", err, free(t, x))
	}
	s.mu.Lock()
	s.fails = nil
	s.mu.Unlock()
	if err := x.Refresh(t.Context()); err != nil || len(free(t, x)) != 1 {
		t.Errorf("%v, %v", err, free(t, x))
	}
}

// It follows by itself until it is stopped, while it is searched.
func TestFollowsByItself(t *testing.T) {
	t.Parallel()
	s := seeded()
	x := shelf.New(s, s, shelf.Config{}, nil, slog.New(slog.DiscardHandler))
	if err := x.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.became("4008261122", false, time.Now())
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for len(free(t, x)) != 1 {
		select {
		case <-deadline:
			t.Fatal("a sold number is for sale still")
		case <-tick.C:
		}
	}
	x.Stop()
	x.Stop()
}

// What is sold: plans of the settings in their order; those without a tariff in
// force, and the carrier's own prices, never.
func TestPlans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  shelf.Config
		want []string
	}{
		{shelf.Config{}, []string{"annual", "buyout", "flat", "our-cost"}},
		{shelf.Config{Cost: "carrier"}, []string{"annual", "buyout", "flat"}},
		{shelf.Config{Plans: []string{"flat", "annual", "future", "nothing"}}, []string{"flat", "annual"}},
	} {
		_, _, x := setup(t, c.cfg)
		var got []string
		for _, p := range x.Plans() {
			got = append(got, p.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.cfg, got, c.want)
		}
	}
}

// A price is the quote's: fee of plan and grade, and the higher minimum.
func TestPriceOf(t *testing.T) {
	t.Parallel()
	_, _, x := setup(t, shelf.Config{})
	p := x.PriceOf(x.Plans()[0], "4008261122", x.Grades()[0])
	// Once 1,400; a year's term 600; a minimum of 100 for the 11 whole months.
	if p.First.Total() != 3100*money.Yuan || p.Quote.TopUp != 800*money.Yuan || p.Quote.Today() != 2800*money.Yuan || p.Quote.Minimum != 100*money.Yuan {
		t.Errorf("%+v", p)
	}
	// Three terms and 35 months.
	if p.Three.Total() != (1400+1800+3500)*money.Yuan {
		t.Errorf("%+v", p.Three)
	}
}

// A discount lowers the grade's fee where it is for the plan and the grade, and
// for as long as it runs; the advisor counts the same.
func TestDiscounts(t *testing.T) {
	t.Parallel()
	_, c, x := setup(t, shelf.Config{})
	pairs := x.Grades()[0]
	look := func() (once, advised map[string]money.Amount, codes string) {
		once, advised = map[string]money.Amount{}, map[string]money.Amount{}
		for _, p := range x.Plans() {
			once[p.Code] = x.PriceOf(p, "4008261122", pairs).Quote.Once
		}
		a, err := x.Advise(shelf.Ask{Mean: time.Minute, Years: 1, Grade: pairs})
		if err != nil {
			t.Fatal(err)
		}
		for _, curve := range a.Curves {
			advised[curve.Plan.Code] = curve.Plan.NumberFee
		}
		running, coming := x.Promotions()
		for _, d := range append(running, coming...) {
			codes += d.Code + " "
		}
		return once, advised, codes + strconv.Itoa(len(running))
	}
	for _, want := range []struct {
		days           int
		buyout, annual money.Amount
		codes          string
	}{
		{0, (900 + 1260) * money.Yuan, 1400 * money.Yuan, "now next 1"},
		{7, (900 + 1300) * money.Yuan, 1300 * money.Yuan, "next 1"},
		{7, (900 + 1400) * money.Yuan, 1400 * money.Yuan, "0"},
	} {
		c.pass(time.Duration(want.days) * 24 * time.Hour)
		once, advised, codes := look()
		if once["buyout"] != want.buyout || once["annual"] != want.annual || codes != want.codes {
			t.Errorf("%v, %q; want %+v", once, codes, want)
		}
		if advised["buyout"] != want.buyout || advised["annual"] != want.annual {
			t.Errorf("the advisor counts %v", advised)
		}
	}
}

// Calls of one minute cost ¥0.12 and, with the calls' spread of lengths, more;
// the flat plan is refused where the carrier takes more than its fee.
func TestAdvise(t *testing.T) {
	t.Parallel()
	_, _, x := setup(t, shelf.Config{Cost: "carrier"})
	ask := shelf.Ask{Mean: 2 * time.Minute, Years: 1, Grade: number.Plain}
	var ends int64
	for _, c := range []struct {
		calls   int64
		best    string
		refused bool
	}{{10, "annual", false}, {800, "flat", false}, {20_000, "annual", true}} {
		ask.Calls = c.calls
		a, err := x.Advise(ask)
		if err != nil || a.Advice.Cheapest != c.best || (len(a.Refused) > 0) != c.refused {
			t.Fatalf("%d calls: cheapest %s, refused %+v, %v", c.calls, a.Advice.Cheapest, a.Refused, err)
		}
		if c.refused {
			ends = a.Refused[0].From
		}
		here := a.Here()
		if here < 0 || a.Steps[here].Plan != c.best {
			t.Errorf("%d calls are in step %d of %+v, want %s", c.calls, here, a.Steps, c.best)
		}
		for i, s := range a.Steps {
			if i > 0 && s.From != a.Steps[i-1].To+1 || s.From > s.To {
				t.Errorf("steps have holes: %+v", a.Steps)
			}
		}
		for _, curve := range a.Curves {
			first, last := curve.Points[0], curve.Points[len(curve.Points)-1]
			if first.Calls != 0 || last.Calls != a.Most || curve.At(a.Most) != last.Total || curve.At(0) != first.Total {
				t.Errorf("the curve of %s is not from 0 to %d", curve.Plan.Code, a.Most)
			}
		}
	}
	// One call below, the plan is offered, and it is the whole difference.
	for calls, refused := range map[int64]bool{ends - 1: false, ends: true} {
		ask.Calls = calls
		a, err := x.Advise(ask)
		if err != nil || (len(a.Refused) > 0) != refused {
			t.Errorf("%d calls: refused %+v, %v", calls, a.Refused, err)
		}
	}
	ask.Calls = -1
	if _, err := x.Advise(ask); fault.KindOf(err) != fault.KindInvalid {
		t.Errorf("calls below zero: %v", err)
	}
}

// A grade's fee and minimum are in the advice for its numbers.
func TestAdviseForGrade(t *testing.T) {
	t.Parallel()
	_, _, x := setup(t, shelf.Config{Plans: []string{"annual"}})
	ask := shelf.Ask{Calls: 0, Mean: time.Minute, Years: 1, Grade: number.Plain}
	plain, err := x.Advise(ask)
	if err != nil {
		t.Fatal(err)
	}
	ask.Grade = x.Grades()[0]
	pairs, err := x.Advise(ask)
	if err != nil {
		t.Fatal(err)
	}
	if got := pairs.Advice.Plans[0].Total - plain.Advice.Plans[0].Total; got != (1400+12*100)*money.Yuan {
		t.Errorf("the grade makes %s", got)
	}
}

// What is no search, and a number that there is not, are said.
func TestRefused(t *testing.T) {
	t.Parallel()
	_, _, x := setup(t, shelf.Config{})
	if _, err := x.Search(number.Query{Mask: "x"}); !errors.Is(err, number.ErrQuery) {
		t.Errorf("%v", err)
	}
	if _, err := x.Standing(t.Context(), "4001234567"); fault.KindOf(err) != fault.KindNotFound {
		t.Error(err)
	}
}

// A number that gets a grade of its own is shown with it, and with the table's again
// when the word is taken back.
func TestGradeByWord(t *testing.T) {
	t.Parallel()
	s, c, x := setup(t, shelf.Config{})
	pairs := x.Grades()[0]
	look := func(want number.Rule) {
		t.Helper()
		c.pass(time.Second)
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := x.Search(number.Query{Mask: "4008261122"})
		if err != nil || len(found.Entries) != 1 || found.Entries[0].Grade != want || x.GradeOf("4008261122") != want {
			t.Errorf("%+v, %v; want %s", found, err, want.Code)
		}
		for _, p := range x.Plans() {
			if price := x.PriceOf(p, "4008261122", want); want.Fixed && (price.Off != 0 || price.Quote.Once != x.PriceOf(p, "4008261122", number.Plain).Quote.Once+want.Fee) {
				t.Errorf("%s with a price by hand: %+v", p.Code, price)
			}
		}
	}
	look(pairs)
	for _, own := range []number.Own{{"4008261122": {Grade: number.Plain.Code}}, {"4008261122": {Grade: "gone"}}, {}, {"4008261122": {Grade: pairs.Code}}, {"4008261122": {Priced: true, Fee: 7_77 * money.Fen, Minimum: money.Yuan}}, {"4008261122": {Priced: true, Fee: 7_78 * money.Fen}}} {
		s.mu.Lock()
		s.own = own
		s.mu.Unlock()
		want := pairs
		if word := own["4008261122"]; word.Grade == number.Plain.Code {
			want = number.Plain
		} else if word.Priced {
			want.Fee, want.Minimum, want.Fixed = word.Fee, word.Minimum, true
		}
		look(want)
	}
}
