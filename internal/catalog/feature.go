package catalog

import (
	"slices"
	"time"

	"sibai/internal/money"
)

// Feature is a function of a number that is sold with it (功能).
type Feature struct {
	Code    string
	Name    string // in Chinese
	English string
	// About and AboutEnglish say to customers what it does; empty: nothing is said.
	About, AboutEnglish string
	// Answers: the platform must answer the call for it, so the meter starts there
	// (平台接听起计费) and not when the called phone answers.
	Answers bool
	// Needs are features that it does not work without, Excludes those that it
	// does not work beside, whichever of the two says so. Codes.
	Needs, Excludes []string
	Included        []string // codes of plans that it costs nothing under
	// Prices are in order of From. Before the first one nobody can choose it.
	Prices []FeaturePrice
}

// FeaturePrice is what a feature costs when it is ordered from an instant on. What
// was ordered keeps the price that it was ordered at.
type FeaturePrice struct {
	From time.Time
	Once money.Amount
	Year money.Amount // for twelve months; 0: only once
}

// PriceAt is the price that is in force; ok is false before the first one.
func (f Feature) PriceAt(at time.Time) (p FeaturePrice, ok bool) {
	for _, x := range f.Prices {
		if x.From.After(at) {
			break
		}
		p, ok = x, true
	}
	return p, ok
}

// PriceUnder is the price that is in force with a plan: nothing when the plan
// includes it.
func (f Feature) PriceUnder(plan string, at time.Time) (p FeaturePrice, ok bool) {
	p, ok = f.PriceAt(at)
	if slices.Contains(f.Included, plan) {
		p.Once, p.Year = 0, 0
	}
	return p, ok
}

// SoldFeature is a feature as an order sold it. It never changes.
type SoldFeature struct {
	Code, Name, English string
	Answers             bool
	Included            bool // in the plan
	Once, Year          money.Amount
}

// Features are the operator's, by code.
type Features []Feature

// Find is the feature with a code.
func (l Features) Find(code string) (Feature, bool) {
	i := slices.IndexFunc(l, func(f Feature) bool { return f.Code == code })
	if i < 0 {
		return Feature{}, false
	}
	return l[i], true
}

// At are the features that can be chosen at an instant.
func (l Features) At(at time.Time) (list Features) {
	for _, f := range l {
		if _, ok := f.PriceAt(at); ok {
			list = append(list, f)
		}
	}
	return list
}

// Choice is why features cannot be chosen together.
type Choice struct {
	Feature string // code
	// Unknown: it is not sold. Else it needs Other, or it excludes Other, and
	// Repeated says that it was chosen twice.
	Unknown, Repeated, Needs bool
	Other                    string
}

// Check reports every reason why the codes cannot be sold together at an instant.
func (l Features) Check(codes []string, at time.Time) (wrong []Choice) {
	for i, code := range codes {
		f, ok := l.Find(code)
		if _, sold := f.PriceAt(at); !ok || !sold {
			wrong = append(wrong, Choice{Feature: code, Unknown: true})
			continue
		}
		if slices.Contains(codes[:i], code) {
			wrong = append(wrong, Choice{Feature: code, Repeated: true})
			continue
		}
		for _, need := range f.Needs {
			if !slices.Contains(codes, need) {
				wrong = append(wrong, Choice{Feature: code, Needs: true, Other: need})
			}
		}
		for _, other := range codes[:i] {
			if o, _ := l.Find(other); slices.Contains(f.Excludes, other) || slices.Contains(o.Excludes, code) {
				wrong = append(wrong, Choice{Feature: code, Other: other})
			}
		}
	}
	return wrong
}

// Sold are the features with these codes, which Check found nothing wrong with, as
// they are sold with a plan at an instant.
func (l Features) Sold(codes []string, plan string, at time.Time) (list []SoldFeature) {
	for _, code := range codes {
		f, ok := l.Find(code)
		if !ok {
			continue
		}
		p, _ := f.PriceUnder(plan, at)
		list = append(list, SoldFeature{
			Code: f.Code, Name: f.Name, English: f.English, Answers: f.Answers, Included: slices.Contains(f.Included, plan), Once: p.Once, Year: p.Year,
		})
	}
	return list
}

// With is the sale with features besides.
func (s Sale) With(features []SoldFeature) Sale {
	for _, f := range features {
		s.FeaturesOnce += f.Once
		s.FeaturesYear += f.Year
	}
	return s
}

// featureTerm is how many months features are paid for at once where the plan
// itself has no term.
const featureTerm = 12

// TermUnder is the length in months of the terms of a number under a plan, and what
// each costs: the plan's fee and that of the features, whole fen, rounded up. A
// buyout has terms for the sake of its features only.
func (s Sale) TermUnder(p Plan) (months int, fee money.Amount) {
	months = p.TermMonths
	if months > 0 {
		fee = p.Fee
	} else if s.FeaturesYear > 0 {
		months = featureTerm
	}
	features := s.FeaturesYear / 12 * money.Amount(months)
	features += (s.FeaturesYear%12*money.Amount(months) + 11) / 12
	if part := features % money.Fen; part > 0 {
		features += money.Fen - part
	}
	return months, fee + features
}
