package portable

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"sibai/internal/identity"
	"sibai/internal/passkey"
)

type passkeyRow struct {
	bun.BaseModel `bun:"table:passkey"`
	ID            string `bun:"id,pk"`
	Person        int64  `bun:"person"`
	Side          string `bun:"side"`
	Name          string `bun:"name"`
	Data          string `bun:"data"`
	AddedAt       int64  `bun:"added_at"`
	UsedAt        int64  `bun:"used_at"`
}

func passkeyToRow(k passkey.Key) passkeyRow {
	return passkeyRow{ID: k.ID, Person: int64(k.Person), Side: string(k.Side), Name: k.Name, Data: string(k.Data), AddedAt: micros(k.AddedAt), UsedAt: micros(k.UsedAt)}
}

func (r passkeyRow) key() passkey.Key {
	return passkey.Key{
		ID: r.ID, Person: identity.ID(r.Person), Side: passkey.Side(r.Side), Name: r.Name, Data: []byte(r.Data), AddedAt: instant(r.AddedAt), UsedAt: instant(r.UsedAt),
	}
}

// Passkeys lists passkeys of a person. It implements passkey.Store.
func (s *Store) Passkeys(ctx context.Context, person identity.ID, side passkey.Side) (list []passkey.Key, err error) {
	err = s.reading(ctx, func(in session) error {
		found, err := all[passkeyRow](ctx, in, "person = ? AND side = ?", int64(person), string(side))
		list = rows(found, passkeyRow.key)
		return err
	})
	slices.SortStableFunc(list, func(a, b passkey.Key) int { return a.AddedAt.Compare(b.AddedAt) })
	return list, err
}

// AddPasskey keeps a passkey. It implements passkey.Store.
func (s *Store) AddPasskey(ctx context.Context, k passkey.Key, most int) (added bool, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		had, err := all[passkeyRow](ctx, in, "person = ? AND side = ? OR id = ?", int64(k.Person), string(k.Side), k.ID)
		if err != nil {
			return err
		}
		added = len(had) < most && !slices.ContainsFunc(had, func(r passkeyRow) bool { return r.ID == k.ID })
		if !added {
			return nil
		}
		return insert(ctx, in, []passkeyRow{passkeyToRow(k)}, "")
	})
	return added, err
}

// UsePasskey notes the use of a passkey. It implements passkey.Store.
func (s *Store) UsePasskey(ctx context.Context, k passkey.Key) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		row := passkeyToRow(k)
		_, err := change(ctx, in, in.NewUpdate().Model(&row).Column("data", "used_at").WherePK())
		return err
	})
}

// RemovePasskey removes a passkey. It implements passkey.Store.
func (s *Store) RemovePasskey(ctx context.Context, person identity.ID, side passkey.Side, id string) (ok bool, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		found, err := all[passkeyRow](ctx, in, "id = ? AND person = ? AND side = ?", id, int64(person), string(side))
		if ok = len(found) > 0; err != nil || !ok {
			return err
		}
		if _, err := in.NewDelete().Model(&found[0]).Conn(in.tx).WherePK().Exec(ctx); err != nil {
			return failed(err, "remove a passkey")
		}
		return nil
	})
	return ok, err
}
