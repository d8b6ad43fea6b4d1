package portable

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/fault"
)

type featureRow struct {
	bun.BaseModel `bun:"table:feature"`
	Code          string `bun:"code,pk"`
	Name          string `bun:"name"`
	English       string `bun:"english"`
	About         string `bun:"about"`
	AboutEnglish  string `bun:"about_english"`
	Answers       int    `bun:"answers"`
	Terms         string `bun:"terms"`
}

// featureTerms is what of a feature is kept as JSON.
type featureTerms struct {
	Needs, Excludes, Included []string
	Prices                    []catalog.FeaturePrice
}

func applyFeatures(ctx context.Context, s session, list catalog.Features) error {
	out := make([]featureRow, len(list))
	for i, f := range list {
		terms, err := json.Marshal(featureTerms{f.Needs, f.Excludes, f.Included, f.Prices})
		if err != nil {
			return fault.Wrap(err, fault.Internal)
		}
		out[i] = featureRow{
			Code: f.Code, Name: f.Name, English: f.English, About: f.About, AboutEnglish: f.AboutEnglish, Answers: flag(f.Answers), Terms: string(terms),
		}
	}
	return insert(ctx, s, out, "code")
}

func readFeatures(ctx context.Context, s session) (list catalog.Features, err error) {
	var found []featureRow
	if err := s.NewSelect().Model(&found).Conn(s.tx).Order("code").Scan(ctx); err != nil {
		return nil, failed(err, "read the features")
	}
	for _, r := range found {
		var t featureTerms
		if err := json.Unmarshal([]byte(r.Terms), &t); err != nil {
			return nil, failed(fmt.Errorf("%s: %w", r.Code, err), "read the features")
		}
		list = append(list, catalog.Feature{
			Code: r.Code, Name: r.Name, English: r.English, About: r.About, AboutEnglish: r.AboutEnglish, Answers: r.Answers != 0,
			Needs: t.Needs, Excludes: t.Excludes, Included: t.Included, Prices: t.Prices,
		})
	}
	return list, nil
}
