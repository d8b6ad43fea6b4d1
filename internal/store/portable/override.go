package portable

import (
	"context"

	"github.com/uptrace/bun"

	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
)

type overrideRow struct {
	bun.BaseModel `bun:"table:grade_override"`
	Digits        string `bun:"digits,pk"`
	Seq           int    `bun:"seq,pk"`
	Grade         string `bun:"grade"`
	Why           string `bun:"why"`
	Who           string `bun:"who"`
	At            int64  `bun:"at"`
	Priced        int    `bun:"priced"`
	Fee           int64  `bun:"fee_micro"`
	Minimum       int64  `bun:"minimum_micro"`
}

func (r overrideRow) word() number.Word {
	return number.Word{Grade: r.Grade, Priced: r.Priced != 0, Fee: money.Amount(r.Fee), Minimum: money.Amount(r.Minimum)}
}

// Own are the grades of numbers by an operator's word. It implements
// inventory.Store.
func (s *Store) Own(ctx context.Context) (number.Own, error) {
	var found []overrideRow
	err := s.db.NewSelect().Model(&found).Column("digits", "grade", "priced", "fee_micro", "minimum_micro").
		Where("seq = (SELECT MAX(x.seq) FROM grade_override AS x WHERE x.digits = ?TableAlias.digits)").Where("(grade <> '' OR priced <> 0)").Scan(ctx)
	if err != nil {
		return nil, failed(err, "read the grades of single numbers")
	}
	own := number.Own{}
	for _, r := range found {
		own[r.Digits] = r.word()
	}
	return own, nil
}

// Overrides lists what was said of a number's grade, the oldest first. It
// implements inventory.Store.
func (s *Store) Overrides(ctx context.Context, digits string) ([]inventory.Override, error) {
	var found []overrideRow
	if err := s.db.NewSelect().Model(&found).Where("digits = ?", digits).Order("seq").Scan(ctx); err != nil {
		return nil, failed(err, "read the grades of a number")
	}
	return rows(found, func(r overrideRow) inventory.Override {
		return inventory.Override{Digits: r.Digits, Word: r.word(), Why: r.Why, Who: r.Who, At: instant(r.At)}
	}), nil
}

// Override keeps what is said of a number's grade. It implements inventory.Store.
func (s *Store) Override(ctx context.Context, o inventory.Override) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		var last int
		err := in.NewSelect().Model((*overrideRow)(nil)).Conn(in.tx).ColumnExpr("COALESCE(MAX(seq), 0)").Where("digits = ?", o.Digits).Scan(ctx, &last)
		if err != nil {
			return failed(err, "read the grades of a number")
		}
		return insert(ctx, in, []overrideRow{{Digits: o.Digits, Seq: last + 1, Grade: o.Grade, Why: o.Why, Who: o.Who, At: micros(o.At), Priced: flag(o.Priced), Fee: int64(o.Fee), Minimum: int64(o.Minimum)}}, "")
	})
}
