package portable

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
)

type discountRow struct {
	bun.BaseModel `bun:"table:discount"`
	Code          string `bun:"code,pk"`
	Name          string `bun:"name"`
	English       string `bun:"english"`
	FromAt        int64  `bun:"from_at"`
	UntilAt       int64  `bun:"until_at"`
	Plans         string `bun:"plans"`
	Grades        string `bun:"grades"`
	Percent       int    `bun:"percent"`
	Amount        int64  `bun:"amount_micro"`
}

func applyDiscounts(ctx context.Context, s session, list catalog.Discounts) error {
	out := make([]discountRow, len(list))
	for i, d := range list {
		plans, err := json.Marshal(d.Plans)
		if err != nil {
			return fault.Wrap(err, fault.Internal)
		}
		grades, err := json.Marshal(d.Grades)
		if err != nil {
			return fault.Wrap(err, fault.Internal)
		}
		out[i] = discountRow{
			Code: d.Code, Name: d.Name, English: d.English, FromAt: micros(d.From), UntilAt: micros(d.Until),
			Plans: string(plans), Grades: string(grades), Percent: d.Percent, Amount: int64(d.Amount),
		}
	}
	return insert(ctx, s, out, "code")
}

func readDiscounts(ctx context.Context, s session) (list catalog.Discounts, err error) {
	var found []discountRow
	if err := s.NewSelect().Model(&found).Conn(s.tx).Order("code").Scan(ctx); err != nil {
		return nil, failed(err, "read the discounts")
	}
	for _, r := range found {
		d := catalog.Discount{
			Code: r.Code, Name: r.Name, English: r.English, From: instant(r.FromAt), Until: instant(r.UntilAt),
			Percent: r.Percent, Amount: money.Amount(r.Amount),
		}
		if err := json.Unmarshal([]byte(r.Plans), &d.Plans); err != nil {
			return nil, failed(fmt.Errorf("%s: plans: %w", r.Code, err), "read the discounts")
		}
		if err := json.Unmarshal([]byte(r.Grades), &d.Grades); err != nil {
			return nil, failed(fmt.Errorf("%s: grades: %w", r.Code, err), "read the discounts")
		}
		list = append(list, d)
	}
	return list, nil
}

// Discounts are the operator's, by code. It implements shelf.Catalogue.
func (s *Store) Discounts(ctx context.Context) (list catalog.Discounts, err error) {
	err = s.reading(ctx, func(in session) error {
		list, err = readDiscounts(ctx, in)
		return err
	})
	return list, err
}
