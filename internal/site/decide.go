package site

import (
	"errors"
	"slices"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/tariff"
)

// decision is what a site means for what is stored. It is made by a pure
// function, so that a dry run shows what applying does.
type decision struct {
	site    *Site
	state   State
	at      time.Time
	newID   func() int64
	changes []Change
	writes  Writes
	topUps  []charging.TopUp // that are not booked yet
	faults  []error          // conflicts with what is stored

	plans     map[catalog.PlanID]string // codes of stored plans
	planIDs   map[string]catalog.PlanID
	planOf    map[string]catalog.Plan
	tariffs   map[string][]tariff.Version // stored and new
	customers map[string]catalog.Customer
}

// decide compares a site with what is stored. The error joins every conflict;
// then nothing may be written.
func decide(s *Site, state State, at time.Time, newID func() int64) (*decision, error) {
	d := &decision{
		site: s, state: state, at: at, newID: newID, writes: Writes{At: at},
		plans: map[catalog.PlanID]string{}, planIDs: map[string]catalog.PlanID{}, planOf: map[string]catalog.Plan{},
		tariffs: map[string][]tariff.Version{}, customers: map[string]catalog.Customer{},
	}
	d.operator(s)
	d.trunks(s.Trunks)
	for _, t := range s.Tariffs {
		d.tariff(t)
	}
	for _, p := range s.Plans {
		d.plan(p)
	}
	d.discounts(s.Discounts)
	for _, f := range s.Features {
		d.feature(f)
	}
	segments := number.DefaultSegments().With(state.Segments).With(s.Segments)
	for _, c := range s.Customers {
		d.customer(c, segments)
	}
	return d, errors.Join(d.faults...)
}

// conflict notes that an entity contradicts what is stored.
func (d *decision) conflict(key string, code fault.Code, pairs ...any) {
	f := fault.New(code, pairs...)
	f.Where = d.site.where(key)
	f.Kind = fault.KindConflict // with what is stored, whatever it is in a file
	d.faults = append(d.faults, f)
}

// note keeps the change and reports whether it needs a write.
func (d *decision) note(c Change) bool {
	d.changes = append(d.changes, c)
	return c.Action != Unchanged
}

func (d *decision) operator(s *Site) {
	if s.Operator != "" {
		var stored []fact
		if d.state.Operator != "" {
			stored = []fact{{"name", d.state.Operator}}
		}
		if d.note(compare("operator", s.Operator, stored, []fact{{"name", s.Operator}})) {
			d.writes.Operator = &s.Operator
		}
	}
	if s.Arrears != nil {
		var stored []fact
		if d.state.Arrears != nil {
			stored = arrearsFacts(*d.state.Arrears)
		}
		if d.note(compare("arrears", "rules", stored, arrearsFacts(*s.Arrears))) {
			d.writes.Arrears = s.Arrears
		}
	}
	prefixes := make([]string, 0, len(s.Segments))
	for p := range s.Segments {
		prefixes = append(prefixes, p)
	}
	slices.Sort(prefixes)
	for _, p := range prefixes {
		var stored []fact
		if c, ok := d.state.Segments[p]; ok {
			stored = []fact{{"carrier", string(c)}}
		}
		if d.note(compare("segment", p, stored, []fact{{"carrier", string(s.Segments[p])}})) {
			if d.writes.Segments == nil {
				d.writes.Segments = number.Segments{}
			}
			d.writes.Segments[p] = s.Segments[p]
		}
	}
	for _, f := range s.Floors {
		var stored []fact
		if i := slices.IndexFunc(d.state.Floors, func(x catalog.Floor) bool { return x.Prefix == f.Prefix }); i >= 0 {
			stored = floorFacts(d.state.Floors[i])
		}
		if d.note(compare("floor", f.Prefix, stored, floorFacts(f))) {
			d.writes.Floors = append(d.writes.Floors, f)
		}
	}
}

func (d *decision) discounts(list catalog.Discounts) {
	for _, x := range list {
		var stored []fact
		if i := slices.IndexFunc(d.state.Discounts, func(y catalog.Discount) bool { return y.Code == x.Code }); i >= 0 {
			stored = discountFacts(d.state.Discounts[i])
		}
		if d.note(compare("discount", x.Code, stored, discountFacts(x))) {
			d.writes.Discounts = append(d.writes.Discounts, x)
		}
	}
}

// feature keeps the prices that orders may have been placed at: one that is in
// force, or was, never changes, and new ones come after them. Those that are to
// come are the file's.
func (d *decision) feature(f catalog.Feature) {
	stored, ok := d.state.Features.Find(f.Code)
	if !ok {
		d.note(compare("feature", f.Code, nil, featureFacts(f)))
		d.writes.Features = append(d.writes.Features, f)
		return
	}
	var prices []catalog.FeaturePrice
	for _, p := range stored.Prices {
		if !p.From.After(d.at) {
			prices = append(prices, p)
		}
	}
	for _, p := range f.Prices {
		i := slices.IndexFunc(prices, func(x catalog.FeaturePrice) bool { return x.From.Equal(p.From) })
		switch {
		case i >= 0 && (prices[i].Once != p.Once || prices[i].Year != p.Year):
			d.conflict(featureKey(f.Code, p.From), fault.FeaturePublished, "feature", f.Code, "effective", calendar.Day(p.From), "old", featurePrice(prices[i]), "new", featurePrice(p))
		case i >= 0:
		case p.From.After(d.at) || len(prices) == 0 || p.From.After(prices[len(prices)-1].From):
			prices = append(prices, p)
		default:
			d.conflict(featureKey(f.Code, p.From), fault.FeaturePast, "feature", f.Code, "effective", calendar.Day(p.From), "newest", calendar.Day(prices[len(prices)-1].From))
		}
	}
	f.Prices = prices
	if d.note(compare("feature", f.Code, featureFacts(stored), featureFacts(f))) {
		d.writes.Features = append(d.writes.Features, f)
	}
}

func (d *decision) trunks(trunks []catalog.Trunk) {
	described := map[string]bool{}
	taken := map[catalog.Source]string{}
	for _, t := range trunks {
		described[t.Code] = true
	}
	for _, stored := range d.state.Trunks {
		if !described[stored.Code] {
			for _, source := range stored.Inbound {
				taken[source] = stored.Code
			}
		}
	}
	for _, t := range trunks {
		for _, source := range t.Inbound {
			if other := taken[source]; other != "" {
				d.conflict(trunkKey(t.Code), fault.AddressTaken, "value", source, "trunk", other)
			}
		}
		var was []fact
		if stored, ok := d.state.Trunks[t.Code]; ok {
			t.ID, was = stored.ID, trunkFacts(stored)
		} else {
			t.ID = catalog.TrunkID(d.newID())
		}
		if d.note(compare("trunk", t.Code, was, trunkFacts(t))) {
			d.writes.Trunks = append(d.writes.Trunks, t)
		}
	}
}

// tariff adds versions. One that is stored never changes, and a new one comes
// after all that are stored, for calls since then may have been rated.
func (d *decision) tariff(t Tariff) {
	stored := d.state.Tariffs[t.Code]
	all := slices.Clone(stored)
	for _, v := range t.Versions {
		name := t.Code + " from " + calendar.Day(v.Effective)
		i := slices.IndexFunc(stored, func(s tariff.Version) bool { return s.Effective.Equal(v.Effective) })
		if i >= 0 {
			for _, f := range compare("", "", tariffFacts(stored[i]), tariffFacts(v)).Fields {
				d.conflict(tariffKey(t.Code, v.Effective), fault.TariffPublished, "tariff", t.Code, "effective", calendar.Day(v.Effective), "field", f.Field, "old", none(f.From), "new", none(f.To))
			}
			d.note(Change{Action: Unchanged, Entity: "tariff", Name: name})
			continue
		}
		if len(stored) > 0 {
			if newest := stored[len(stored)-1].Effective; v.Effective.Before(newest) {
				d.conflict(tariffKey(t.Code, v.Effective), fault.TariffEffectivePast, "tariff", t.Code, "effective", calendar.Day(v.Effective), "newest", calendar.Day(newest))
				continue
			}
		}
		v.ID, v.Version = tariff.ID(d.newID()), len(all)+1
		all = append(all, v)
		d.note(compare("tariff", name, nil, tariffFacts(v)))
		d.writes.Tariffs = append(d.writes.Tariffs, v)
	}
	d.tariffs[t.Code] = all
}

func (d *decision) plan(p catalog.Plan) {
	var was []fact
	if stored, ok := d.state.Plans[p.Code]; ok {
		p.ID, was = stored.ID, planFacts(stored)
		p.Versions = d.planVersions(p, stored.Versions)
	} else {
		p.ID = catalog.PlanID(d.newID())
	}
	d.planIDs[p.Code], d.planOf[p.Code] = p.ID, p
	d.plans[p.ID] = p.Code
	if d.note(compare("plan", p.Code, was, planFacts(p))) {
		d.writes.Plans = append(d.writes.Plans, p)
	}
}

// planVersions are those that are or were in force, which never change, those that
// were planned by hand, and the file's.
func (d *decision) planVersions(p catalog.Plan, stored []catalog.PlanVersion) (list []catalog.PlanVersion) {
	var byHand []catalog.PlanVersion
	for _, v := range stored {
		switch {
		case !v.From.After(d.at):
			list = append(list, v)
		case v.By != "":
			byHand = append(byHand, v)
		}
	}
	for _, v := range p.Versions {
		key, day := planKey(p.Code, v.From), calendar.Day(v.From)
		same := func(x catalog.PlanVersion) bool { return x.From.Equal(v.From) }
		i, j := slices.IndexFunc(list, same), slices.IndexFunc(byHand, same)
		switch {
		case i >= 0 && versionFact(list[i]) != versionFact(v):
			d.conflict(key, fault.PlanPublished, "plan", p.Code, "effective", day, "old", versionFact(list[i]), "new", versionFact(v))
		case j >= 0 && versionFact(byHand[j]) != versionFact(v):
			d.conflict(key, fault.PlanVersionByHand, "plan", p.Code, "effective", day, "who", byHand[j].By, "old", versionFact(byHand[j]), "new", versionFact(v))
		case i >= 0, j >= 0:
		case v.From.After(d.at) || len(list) == 0 || v.From.After(list[len(list)-1].From):
			list = append(list, v)
		default:
			d.conflict(key, fault.PlanVersionPast, "plan", p.Code, "effective", day, "newest", calendar.Day(list[len(list)-1].From))
		}
	}
	list = append(list, byHand...)
	sortVersions(list)
	return list
}

// planCode names the stored plan of a subscription.
func (d *decision) planCode(id catalog.PlanID) string {
	if c := d.plans[id]; c != "" {
		return c
	}
	for c, p := range d.state.Plans {
		if p.ID == id {
			return c
		}
	}
	return id.String()
}

func stateNames(states []number.State) string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}
