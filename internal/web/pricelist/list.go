package pricelist

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/site"
	"sibai/internal/tariff"
	"sibai/internal/web/forms"
	"sibai/internal/web/text"
)

// list is what the page shows.
type list struct {
	actor    identity.Actor
	plans    []entry
	tariffs  []entry
	features []entry
	problem  *forms.Problem // why a version could not be withdrawn
}

// entry is something that is sold, with its prices from days on.
type entry struct {
	code, name string
	about      []string
	heads      []string // keys of the columns
	lines      []line
	planned    bool // new versions of it can be planned
}

// line is the prices from a day on.
type line struct {
	from  time.Time // zero: from the beginning
	when  string    // past, now or coming
	cells []cell
	by    string // who planned it by hand
	at    time.Time
}

// withdrawable reports whether the version can be taken back.
func (l line) withdrawable() bool { return l.by != "" && l.when == "coming" }

// cell is a price; changed says that it was another one before.
type cell struct {
	text    string
	changed bool
}

// entryOf makes an entry of prices in the order of their days.
func entryOf(code, name string, heads []string, from []time.Time, texts [][]string, at time.Time) entry {
	e := entry{code: code, name: name, heads: heads}
	for i := range from {
		l := line{from: from[i], when: "now"}
		switch {
		case from[i].After(at):
			l.when = "coming"
		case i+1 < len(from) && !from[i+1].After(at):
			l.when = "past"
		}
		for j, t := range texts[i] {
			l.cells = append(l.cells, cell{t, i > 0 && texts[i-1][j] != t})
		}
		e.lines = append(e.lines, l)
	}
	return e
}

func (l *list) fill(ctx context.Context, s site.State, at time.Time) {
	for _, p := range s.Plans {
		l.plans = append(l.plans, planEntry(ctx, p, at))
	}
	for code, versions := range s.Tariffs {
		l.tariffs = append(l.tariffs, tariffEntry(ctx, code, versions, at))
	}
	for _, f := range s.Features {
		l.features = append(l.features, featureEntry(ctx, f, s.Features, at))
	}
	byCode := func(x, y entry) int { return strings.Compare(x.code, y.code) }
	slices.SortFunc(l.plans, byCode)
	slices.SortFunc(l.tariffs, byCode)
}

func planEntry(ctx context.Context, p catalog.Plan, at time.Time) entry {
	from := []time.Time{{}}
	for _, v := range p.Versions {
		from = append(from, v.From)
	}
	texts := make([][]string, len(from))
	for i, day := range from {
		v := p.At(day)
		texts[i] = []string{yuan(v.Fee), yuan(v.NumberFee), yuan(v.Package), span(ctx, v.Seconds), yuan(v.Minimum)}
	}
	e := entryOf(p.Code, p.Name, []string{"fee", "numberfee", "package", "seconds", "minimum"}, from, texts, at)
	e.planned = true
	for i, v := range p.Versions {
		e.lines[i+1].by, e.lines[i+1].at = v.By, v.Planned
	}
	e.about = []string{text.T(ctx, "purchase.kind."+string(p.Kind)), text.T(ctx, "pricelist.tariff", "Code", p.Tariff)}
	if p.TermMonths > 0 {
		e.about = append(e.about, text.T(ctx, "pricelist.term", "Months", strconv.Itoa(p.TermMonths)))
	}
	return e
}

func tariffEntry(ctx context.Context, code string, versions []tariff.Version, at time.Time) entry {
	from, texts := make([]time.Time, len(versions)), make([][]string, len(versions))
	increment := func(i tariff.Increment) string {
		return text.T(ctx, "pricelist.increment", "Price", i.Price.Format(), "Seconds", strconv.Itoa(int(i.Length/time.Second)))
	}
	for i, v := range versions {
		var more []string
		for _, b := range v.Bands {
			more = append(more, b.Name)
		}
		for _, c := range v.Classes {
			more = append(more, c.Name)
		}
		from[i], texts[i] = v.Effective, []string{yuan(v.Connection), increment(v.First), increment(v.Next), strings.Join(more, " ")}
	}
	return entryOf(code, code, []string{"connection", "first", "next", "bands"}, from, texts, at)
}

func featureEntry(ctx context.Context, f catalog.Feature, all catalog.Features, at time.Time) entry {
	from, texts := make([]time.Time, len(f.Prices)), make([][]string, len(f.Prices))
	for i, p := range f.Prices {
		from[i], texts[i] = p.From, []string{yuan(p.Once), yuan(p.Year)}
	}
	name := func(f catalog.Feature) string {
		if text.Chinese(ctx) {
			return f.Name
		}
		return f.English
	}
	e := entryOf(f.Code, name(f), []string{"once", "year"}, from, texts, at)
	e.about = append(e.about, text.T(ctx, map[bool]string{true: "purchase.platform", false: "pricelist.phone"}[f.Answers]))
	names := func(codes []string) string {
		var out []string
		for _, code := range codes {
			x, ok := all.Find(code)
			if !ok {
				x = catalog.Feature{Name: code, English: code}
			}
			out = append(out, name(x))
		}
		return strings.Join(out, text.T(ctx, "purchase.and"))
	}
	if len(f.Needs) > 0 {
		e.about = append(e.about, text.T(ctx, "purchase.needs", "Names", names(f.Needs)))
	}
	if len(f.Excludes) > 0 {
		e.about = append(e.about, text.T(ctx, "purchase.excludes", "Names", names(f.Excludes)))
	}
	if len(f.Included) > 0 {
		e.about = append(e.about, text.T(ctx, "pricelist.included", "Plans", strings.Join(f.Included, text.T(ctx, "purchase.and"))))
	}
	return e
}

func yuan(a money.Amount) string {
	if a == 0 {
		return "–"
	}
	return a.Format()
}

func span(ctx context.Context, seconds int64) string {
	if seconds == 0 {
		return "–"
	}
	return text.T(ctx, "pricelist.length", "Seconds", text.Count(int(seconds)))
}
