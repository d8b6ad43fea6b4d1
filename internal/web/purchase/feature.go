package purchase

import (
	"context"
	"slices"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/web/text"
)

func featureName(ctx context.Context, f catalog.Feature) string {
	if text.From(ctx) != "zh" {
		return f.English
	}
	return f.Name
}

// featurePrice says what a feature costs with the plan that is chosen.
func (f form) featurePrice(ctx context.Context, x catalog.Feature) string {
	p, _ := x.PriceUnder(f.plan, time.Now())
	return priceOf(ctx, catalog.SoldFeature{Once: p.Once, Year: p.Year, Included: slices.Contains(x.Included, f.plan)})
}

func priceOf(ctx context.Context, f catalog.SoldFeature) string {
	var parts []string
	if f.Once > 0 {
		parts = append(parts, text.T(ctx, "purchase.priceonce", "Amount", f.Once.Format()))
	}
	if f.Year > 0 {
		parts = append(parts, text.T(ctx, "purchase.priceyear", "Amount", f.Year.Format()))
	}
	switch {
	case f.Included:
		return text.T(ctx, "purchase.included")
	case len(parts) == 0:
		return text.T(ctx, "purchase.nocharge")
	}
	return strings.Join(parts, " + ")
}

// featureWhy says what a feature does, when the meter starts with it, and what it
// goes with.
func (f form) featureWhy(ctx context.Context, x catalog.Feature) string {
	about := x.About
	if text.From(ctx) != "zh" {
		about = x.AboutEnglish
	}
	var parts []string
	if about != "" {
		parts = append(parts, about)
	}
	if x.Answers {
		parts = append(parts, text.T(ctx, "purchase.platform"))
	}
	if len(x.Needs) > 0 {
		parts = append(parts, text.T(ctx, "purchase.needs", "Names", f.featureNames(ctx, x.Needs)))
	}
	var not []string
	for _, other := range f.features {
		if slices.Contains(x.Excludes, other.Code) || slices.Contains(other.Excludes, x.Code) {
			not = append(not, other.Code)
		}
	}
	if len(not) > 0 {
		parts = append(parts, text.T(ctx, "purchase.excludes", "Names", f.featureNames(ctx, not)))
	}
	return strings.Join(parts, " ")
}

func (f form) featureNames(ctx context.Context, codes []string) string {
	var names []string
	for _, code := range codes {
		name := code
		if x, ok := f.features.Find(code); ok {
			name = featureName(ctx, x)
		}
		names = append(names, name)
	}
	return strings.Join(names, text.T(ctx, "purchase.and"))
}

// soldFeatures names the features of an order with what they cost.
func soldFeatures(ctx context.Context, list []catalog.SoldFeature) string {
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = featureName(ctx, catalog.Feature{Name: f.Name, English: f.English}) + " (" + priceOf(ctx, f) + ")"
	}
	return strings.Join(parts, text.T(ctx, "purchase.and"))
}

// meter says when the meter of a number with these features starts.
func meter(ctx context.Context, list []catalog.SoldFeature) string {
	if slices.ContainsFunc(list, func(f catalog.SoldFeature) bool { return f.Answers }) {
		return text.T(ctx, "purchase.meterplatform")
	}
	return text.T(ctx, "purchase.meterphone")
}
