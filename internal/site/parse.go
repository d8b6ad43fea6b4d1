package site

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/tariff"
)

// Parse reads a site file. file is its name in messages. The error is a
// *fault.Invalid with every problem, in order of lines.
func Parse(file string, source []byte) (*Site, error) {
	report := &fault.Invalid{Source: file}
	if root := load(source, report); root != nil {
		d := &decoder{report: report}
		b := &builder{decoder: d, site: &Site{file: file}}
		v := d.decode(root, siteShape, "", siteShape.names(), 0)
		if v.set && !d.ended {
			b.build(v)
		}
		if len(report.Problems) == 0 {
			return b.site, nil
		}
	}
	slices.SortStableFunc(report.Problems, func(a, b fault.Problem) int { return cmp.Compare(a.Line, b.Line) })
	return nil, report
}

// builder makes a Site of decoded values and checks what a single value
// cannot tell: references, repetitions, and the rules of the catalog.
type builder struct {
	*decoder
	site *Site

	trunks   map[string]trunkEntry
	tariffs  map[string]*value
	plans    map[string]*value
	segments number.Segments
}

type trunkEntry struct {
	at       *value
	outbound bool
}

// validated returns a Report that hangs a catalog problem on the field's
// line, unless the field has one already.
func (b *builder) validated(v *value) catalog.Report {
	return func(name string, code fault.Code, pairs ...any) {
		f := v.get(name)
		if f.bad {
			return
		}
		b.problem(f, code, pairs...)
		v.fields[name] = f // so that the next problem of the field is known as such
	}
}

// stands notes where an entity stands, for conflicts that only the store shows.
func (b *builder) stands(key string, v *value) {
	if b.site.places == nil {
		b.site.places = map[string]place{}
	}
	b.site.places[key] = place{v.path, v.line}
}

// once reports a value that stands in seen already, else notes it there.
func (b *builder) once(seen map[string]*value, v *value) {
	if !v.set {
		return
	}
	if first := seen[v.text]; first != nil {
		b.problem(v, fault.ValueRepeated, "value", shown(v.text), "line", first.line)
		return
	}
	seen[v.text] = v
}

func (b *builder) build(v *value) {
	b.trunks = map[string]trunkEntry{}
	b.tariffs, b.plans = map[string]*value{}, map[string]*value{}
	v.get("$schema")
	b.site.Operator = v.get("operator").get("name").text
	b.buildArrears(v.get("arrears"))
	b.buildSegments(v.get("segments"))
	b.buildFloors(v.get("floors"))
	b.buildTrunks(v.get("trunks"))
	b.buildTariffs(v.get("tariffs"))
	b.buildPlans(v.get("plans"))
	b.buildFeatures(v.get("features"))
	b.buildDiscounts(v.get("discounts"))
	b.buildCustomers(v.get("customers"))
}

func (b *builder) buildArrears(v *value) {
	if !v.set {
		return
	}
	a := catalog.DefaultArrears()
	a.AtMost = v.get("at_most").amount
	for name, stage := range map[string]*time.Duration{
		"grace_days": &a.Grace, "suspended_days": &a.Suspended, "frozen_days": &a.Frozen,
		"closing_days": &a.Closing, "quarantine_days": &a.Quarantine,
	} {
		if days := v.get(name); days.set {
			*stage = time.Duration(days.n) * 24 * time.Hour
		}
	}
	b.site.Arrears = &a
}

func (b *builder) buildSegments(v *value) {
	b.site.Segments = number.Segments{}
	seen := map[string]*value{}
	for _, item := range v.list {
		prefix, carrier := item.get("prefix"), item.get("carrier")
		b.once(seen, prefix)
		if prefix.set && carrier.set {
			b.site.Segments[prefix.text] = number.Carrier(carrier.text)
		}
	}
	b.segments = number.DefaultSegments().With(b.site.Segments)
}

func (b *builder) buildFloors(v *value) {
	seen := map[string]*value{}
	for _, item := range v.list {
		prefix := item.get("prefix")
		b.once(seen, prefix)
		if prefix.set {
			b.site.Floors = append(b.site.Floors, catalog.Floor{Prefix: prefix.text, Amount: item.get("amount").amount, Minimums: item.get("minimums").n})
		}
	}
}

func (b *builder) buildDiscounts(v *value) {
	seen := map[string]*value{}
	for _, item := range v.list {
		from, until, percent, amount := item.get("from"), item.get("until"), item.get("percent"), item.get("amount")
		b.once(seen, item.get("code"))
		d := catalog.Discount{
			Code: item.get("code").text, Name: item.get("name").text, English: item.get("english").text,
			From: from.at, Until: until.at.AddDate(0, 0, 1), // a Shanghai day: no clock is set there
			Plans: b.codes(item.get("plans")), Grades: b.codes(item.get("grades")), Percent: percent.n, Amount: amount.amount,
		}
		for _, plan := range item.get("plans").list {
			b.refer(plan, "plan", b.plans)
		}
		if from.set && until.set && until.at.Before(from.at) {
			b.problem(until, fault.DiscountPeriod, "from", calendar.Day(from.at), "until", calendar.Day(until.at))
		}
		if item.set && !percent.bad && !amount.bad && (percent.set == amount.set || d.Amount%money.Fen != 0) {
			b.problem(item, fault.DiscountKind)
		}
		b.site.Discounts = append(b.site.Discounts, d)
	}
}

// codes reads a list of codes, each of which stands there once.
func (b *builder) codes(v *value) (out []string) {
	once := map[string]*value{}
	for _, item := range v.list {
		b.once(once, item)
		out = append(out, item.text)
	}
	return out
}

func (b *builder) buildFeatures(v *value) {
	seen := map[string]*value{}
	for _, item := range v.list {
		b.once(seen, item.get("code"))
	}
	for _, item := range v.list {
		f := catalog.Feature{
			Code: item.get("code").text, Name: item.get("name").text, English: item.get("english").text,
			About: item.get("about").text, AboutEnglish: item.get("about_english").text, Answers: item.get("meter").text == "platform",
			Needs: b.codes(item.get("needs")), Excludes: b.codes(item.get("excludes")), Included: b.codes(item.get("included")),
		}
		for _, plan := range item.get("included").list {
			b.refer(plan, "plan", b.plans)
		}
		for _, name := range []string{"needs", "excludes"} {
			for _, other := range item.get(name).list {
				b.refer(other, "feature", seen)
				if other.set && other.text == f.Code || name == "excludes" && slices.Contains(f.Needs, other.text) {
					b.problem(other, fault.FeatureItself, "feature", f.Code, "other", other.text)
				}
			}
		}
		days := map[string]*value{}
		prices := item.get("prices")
		for _, p := range prices.list {
			effective, month, year := p.get("effective"), p.get("month"), p.get("year")
			b.once(days, effective)
			b.stands(featureKey(f.Code, effective.at), p)
			price := catalog.FeaturePrice{From: effective.at, Once: p.get("once").amount, Year: year.amount}
			if month.set {
				price.Year = 12 * month.amount
			}
			if month.set && year.set || price.Once%money.Fen != 0 || month.amount%money.Fen != 0 || year.amount%money.Fen != 0 {
				b.problem(p, fault.FeaturePriceKind)
			}
			f.Prices = append(f.Prices, price)
		}
		if prices.set && len(prices.list) == 0 {
			b.problem(prices, fault.ValueEmpty, "example", "a price: - {effective: 2026-01-01, year: 120}")
		}
		slices.SortFunc(f.Prices, func(x, y catalog.FeaturePrice) int { return x.From.Compare(y.From) })
		b.site.Features = append(b.site.Features, f)
	}
}

func (b *builder) buildTrunks(v *value) {
	codes := map[string]*value{}
	sources := map[catalog.Source]string{}
	for _, item := range v.list {
		code, inbound, outbound := item.get("code"), item.get("inbound"), item.get("outbound")
		b.once(codes, code)
		t := catalog.Trunk{Code: code.text}
		b.stands(trunkKey(code.text), item)
		for _, s := range inbound.list {
			if !s.set {
				continue
			}
			if of, taken := sources[s.source]; taken {
				b.problem(s, fault.AddressTaken, "value", s.source, "trunk", of)
				continue
			}
			sources[s.source] = code.text
			t.Inbound = append(t.Inbound, s.source)
		}
		if address := outbound.get("address"); address.set {
			t.Outbound = catalog.Endpoint{Address: address.endpoint.Address, Transport: catalog.UDP}
		}
		if transport := outbound.get("transport"); transport.set && !t.Outbound.IsZero() {
			t.Outbound.Transport = catalog.Transport(transport.text)
		}
		if item.set && !outbound.set && !outbound.bad && !inbound.bad && len(inbound.list) == 0 {
			t.Validate(b.validated(item))
		}
		if code.text != "" {
			// A trunk with a mistake in outbound has one all the same.
			b.trunks[code.text] = trunkEntry{code, outbound.set || outbound.bad}
		}
		b.site.Trunks = append(b.site.Trunks, t)
	}
}

func (b *builder) buildTariffs(v *value) {
	for _, item := range v.list {
		code, versions := item.get("code"), item.get("versions")
		b.once(b.tariffs, code)
		if versions.set && len(versions.list) == 0 {
			b.problem(versions, fault.ValueEmpty, "example", "a version: - {effective: 2026-01-01, first: {seconds: 60, price: 0.10}}")
		}
		t := Tariff{Code: code.text}
		days := map[string]*value{}
		for _, version := range versions.list {
			b.once(days, version.get("effective"))
			b.stands(tariffKey(code.text, version.get("effective").at), version)
			t.Versions = append(t.Versions, b.version(code.text, version))
		}
		slices.SortFunc(t.Versions, func(x, y tariff.Version) int { return x.Effective.Compare(y.Effective) })
		b.site.Tariffs = append(b.site.Tariffs, t)
	}
}

func (b *builder) version(code string, v *value) tariff.Version {
	rate := rateOf(v)
	out := tariff.Version{
		Code:       code,
		Effective:  v.get("effective").at,
		Connection: rate.Connection,
		First:      rate.First,
		Next:       rate.Next,
		Bands:      b.bands(v.get("bands")),
	}
	days := map[string]*value{}
	for _, item := range v.get("holidays").list {
		b.once(days, item)
		if item.set {
			out.Holidays = append(out.Holidays, tariff.DateOf(item.at))
		}
	}
	slices.Sort(out.Holidays)
	classes := map[string]*value{}
	for _, item := range v.get("classes").list {
		b.once(classes, item.get("name"))
		out.Classes = append(out.Classes, tariff.Class{Name: item.get("name").text, Rate: rateOf(item), Bands: b.bands(item.get("bands"))})
	}
	b.atMost(v.get("classes"), tariff.MaxClasses)
	return out
}

// bandDays are the days of bands as they are written.
var bandDays = map[string]tariff.Days{
	"sun": tariff.Sunday, "mon": tariff.Monday, "tue": tariff.Tuesday, "wed": tariff.Wednesday,
	"thu": tariff.Thursday, "fri": tariff.Friday, "sat": tariff.Saturday, "holiday": tariff.Holiday,
}

func (b *builder) bands(v *value) []tariff.Band {
	var out []tariff.Band
	names := map[string]*value{}
	for _, item := range v.list {
		b.once(names, item.get("name"))
		from, to := item.get("from"), item.get("to")
		band := tariff.Band{Name: item.get("name").text, From: from.length, To: to.length, Rate: rateOf(item)}
		switch {
		case from.set && from.length >= 24*time.Hour:
			b.problem(from, fault.ValueNotAllowed, "value", shown(from.text), "allowed", "00:00 to 23:59")
		case from.set && to.set && to.length == 0:
			band.To = 24 * time.Hour // midnight ends the day
		}
		if from.set && to.set && band.From == band.To {
			b.problem(to, fault.ValueNotAllowed, "value", shown(to.text), "allowed", "another time than from")
		}
		for _, day := range item.get("days").list {
			band.Days |= bandDays[day.text]
		}
		out = append(out, band)
	}
	b.atMost(v, tariff.MaxBands)
	return out
}

// atMost reports a list that is too long.
func (b *builder) atMost(v *value, most int) {
	if len(v.list) > most {
		b.problem(v, fault.ValueRange, "value", len(v.list), "min", 0, "max", most)
	}
}

func rateOf(v *value) tariff.Rate {
	read := func(v *value) tariff.Increment {
		return tariff.Increment{Length: time.Duration(v.get("seconds").n) * time.Second, Price: v.get("price").amount}
	}
	r := tariff.Rate{Connection: v.get("connection").amount, First: read(v.get("first"))}
	next := v.get("next")
	if r.Next = read(next); !next.set {
		r.Next = r.First
	}
	return r
}

func (b *builder) buildPlans(v *value) {
	for _, item := range v.list {
		b.once(b.plans, item.get("code"))
		p := catalog.Plan{
			Code:          item.get("code").text,
			Name:          item.get("name").text,
			Kind:          catalog.PlanKind(item.get("kind").text),
			Tariff:        item.get("tariff").text,
			Fee:           item.get("fee").amount,
			TermMonths:    item.get("term_months").n,
			Package:       item.get("package_amount").amount,
			Seconds:       int64(item.get("package_seconds").n),
			RollOver:      item.get("leftover").text == "rolls_over",
			Overdraft:     item.get("overdraft").amount,
			Collection:    catalog.Collection(or(item.get("collection"), string(catalog.Manual))),
			NumberFee:     item.get("number_fee").amount,
			Minimum:       item.get("minimum").amount,
			MinimumPeriod: catalog.Period(item.get("minimum_period").text),
			MaxConcurrent: catalog.DefaultMaxConcurrent,
			MinGrant:      catalog.DefaultMinGrant,
		}
		if p.Minimum != 0 && p.MinimumPeriod == "" {
			p.MinimumPeriod = catalog.Monthly
		}
		if most := item.get("max_concurrent"); most.set {
			p.MaxConcurrent = most.n
		}
		if grant := item.get("min_grant"); grant.set {
			p.MinGrant = grant.length
		}
		if item.set {
			b.refer(item.get("tariff"), "tariff", b.tariffs)
			p.Validate(b.validated(item))
		}
		p.Versions = b.planVersions(p, item.get("versions"))
		b.site.Plans = append(b.site.Plans, p)
	}
}

// planVersions reads what a plan costs from days on; what a version leaves out is
// as it was before it.
func (b *builder) planVersions(p catalog.Plan, v *value) (list []catalog.PlanVersion) {
	days := map[string]*value{}
	items := slices.Clone(v.list)
	slices.SortStableFunc(items, func(x, y *value) int { return x.get("effective").at.Compare(y.get("effective").at) })
	for _, item := range items {
		effective := item.get("effective")
		b.once(days, effective)
		b.stands(planKey(p.Code, effective.at), item)
		for name, into := range map[string]*money.Amount{"fee": &p.Fee, "number_fee": &p.NumberFee, "package_amount": &p.Package, "minimum": &p.Minimum} {
			if f := item.get(name); f.set {
				*into = f.amount
			}
		}
		if seconds := item.get("package_seconds"); seconds.set {
			p.Seconds = int64(seconds.n)
		}
		if item.set && p.Kind != "" {
			p.At(effective.at).Validate(b.validated(item))
		}
		list = append(list, catalog.PlanVersion{
			From: effective.at, Fee: p.Fee, NumberFee: p.NumberFee, Package: p.Package, Seconds: p.Seconds, Minimum: p.Minimum,
		})
	}
	return list
}

// refer reports a code that is not among the known ones.
func (b *builder) refer(v *value, what string, known map[string]*value) {
	if v.set && known[v.text] == nil {
		b.problem(v, fault.ReferenceMissing, "what", what, "value", shown(v.text), "known", listed(known))
	}
}

// buildTopUp reads one payment; seen holds channel and reference of all.
func (b *builder) buildTopUp(v *value, seen map[[2]string]*value) TopUp {
	channel, ref := v.get("channel"), v.get("reference")
	t := TopUp{
		Channel: channel.text, Reference: ref.text, Amount: v.get("amount").amount,
		Seconds: int64(v.get("seconds").n), Extension: int64(v.get("extension").n), Bucket: charging.Cash,
	}
	b.topUpBucket(v, &t)
	if expires := v.get("expires_on"); expires.set {
		t.ExpiresAt = expires.at.AddDate(0, 0, 1) // usable to the end of that day
		if t.Bucket != charging.Package && !v.get("bucket").bad {
			b.problem(expires, fault.ExpiryNotAllowed, "bucket", string(t.Bucket))
		}
	}
	if channel.set && ref.set {
		key := [2]string{channel.text, ref.text}
		if first := seen[key]; first != nil {
			b.problem(ref, fault.ValueRepeated, "value", shown(channel.text+" "+ref.text), "line", first.line)
		}
		seen[key] = ref
	}
	return t
}

// maxExtension is the largest number of an extension that has a sub-wallet.
const maxExtension = 999_999_999

// topUpBucket finds where a payment goes, and checks that what it has fits.
func (b *builder) topUpBucket(v *value, t *TopUp) {
	amount, seconds, bucket, extension := v.get("amount"), v.get("seconds"), v.get("bucket"), v.get("extension")
	switch {
	case bucket.set:
		t.Bucket = charging.BucketKind(bucket.text)
	case extension.set:
		t.Bucket = charging.Extension
	case seconds.set:
		t.Bucket = charging.Package
	}
	switch {
	case amount.bad || seconds.bad:
	case !amount.set && !seconds.set:
		b.problem(v, fault.FieldMissing, "field", "amount", "example", "600")
	case amount.set && seconds.set:
		b.problem(seconds, fault.ValueNotAllowed, "value", "seconds beside amount", "allowed", "one of the two; give the other a top-up of its own")
	}
	switch {
	case bucket.bad || extension.bad:
	case t.Bucket == charging.Extension && !extension.set:
		b.problem(v, fault.FieldMissing, "field", "extension", "example", "8001")
	case t.Bucket != charging.Extension && extension.set:
		b.problem(extension, fault.ValueNotAllowed, "value", "extension with bucket "+string(t.Bucket), "allowed", "bucket: extension")
	case seconds.set && t.Bucket != charging.Package && t.Bucket != charging.Extension:
		b.problem(seconds, fault.ValueNotAllowed, "value", "seconds with bucket "+string(t.Bucket), "allowed", "bucket: package, bucket: extension")
	}
}

// listed writes the known codes for a message.
func listed(known map[string]*value) string {
	if len(known) == 0 {
		return "(none is described)"
	}
	codes := make([]string, 0, len(known))
	for c := range known {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	const most = 12
	if len(codes) > most {
		codes = append(codes[:most], "…")
	}
	return strings.Join(codes, ", ")
}
