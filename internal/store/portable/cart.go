package portable

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

type cartRow struct {
	bun.BaseModel `bun:"table:cart"`
	Name          string `bun:"name,pk"`
	Numbers       string `bun:"numbers"` // ten digits each, with blanks between
	Until         int64  `bun:"until_at"`
}

// Cart lists the numbers of a cart. It implements order.Store.
func (s *Store) Cart(ctx context.Context, name string, at time.Time) (list []string, err error) {
	err = s.reading(ctx, func(in session) error {
		list, err = readCart(ctx, in, name, at)
		return err
	})
	return list, err
}

func readCart(ctx context.Context, s session, name string, at time.Time) ([]string, error) {
	found, err := all[cartRow](ctx, s, "name = ? AND until_at > ?", name, micros(at))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return strings.Fields(found[0].Numbers), nil
}

// ChangeCart changes a cart. It implements order.Store. Two who begin one cart at
// once write one row; the later one wins.
func (s *Store) ChangeCart(ctx context.Context, name string, at, until time.Time, f func([]string) ([]string, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*cartRow)(nil)).Conn(in.tx).Where("until_at <= ?", micros(at)).Exec(ctx); err != nil {
			return failed(err, "forget old carts")
		}
		// Locks the row where the database has locks of rows.
		if _, err := in.NewUpdate().Model((*cartRow)(nil)).Conn(in.tx).Set("until_at = ?", micros(until)).Where("name = ?", name).Exec(ctx); err != nil {
			return failed(err, "keep a cart")
		}
		list, err := readCart(ctx, in, name, at)
		if err != nil {
			return err
		}
		if list, err = f(list); err != nil {
			return err
		}
		if len(list) == 0 {
			if _, err := in.NewDelete().Model((*cartRow)(nil)).Conn(in.tx).Where("name = ?", name).Exec(ctx); err != nil {
				return failed(err, "forget a cart")
			}
			return nil
		}
		return insert(ctx, in, []cartRow{{Name: name, Numbers: strings.Join(list, " "), Until: micros(until)}}, "name")
	})
}
