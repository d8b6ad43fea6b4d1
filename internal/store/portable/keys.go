package portable

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/apikey"
	"sibai/internal/fault"
)

type apiKeyRow struct {
	bun.BaseModel `bun:"table:api_key"`
	ID            int64  `bun:"id,pk"`
	Client        string `bun:"client"`
	Customer      string `bun:"customer"`
	Name          string `bun:"name"`
	Hash          string `bun:"hash"`
	Scopes        string `bun:"scopes"`
	CreatedAt     int64  `bun:"created_at"`
	LastUsedAt    int64  `bun:"last_used_at"`
	RevokedAt     int64  `bun:"revoked_at"`
}

func (r apiKeyRow) key() (apikey.Key, error) {
	k := apikey.Key{
		ID: apikey.ID(r.ID), Client: r.Client, Customer: r.Customer, Name: r.Name,
		CreatedAt: instant(r.CreatedAt), LastUsedAt: instant(r.LastUsedAt), RevokedAt: instant(r.RevokedAt),
	}
	if n, err := hex.Decode(k.Hash[:], []byte(r.Hash)); err != nil || n != len(k.Hash) {
		return k, fmt.Errorf("%s: its hash cannot be read", k.ID)
	}
	if err := json.Unmarshal([]byte(r.Scopes), &k.Scopes); err != nil {
		return k, fmt.Errorf("%s: scopes: %w", k.ID, err)
	}
	return k, nil
}

// APIKeys lists all keys, the oldest first. It implements apikey.Store.
func (s *Store) APIKeys(ctx context.Context) ([]apikey.Key, error) {
	var found []apiKeyRow
	if err := s.db.NewSelect().Model(&found).Order("id").Scan(ctx); err != nil {
		return nil, failed(err, "read the API keys")
	}
	out := make([]apikey.Key, len(found))
	for i, r := range found {
		var err error
		if out[i], err = r.key(); err != nil {
			return nil, failed(err, "read the API keys")
		}
	}
	return out, nil
}

// AddAPIKey keeps a new key. It implements apikey.Store.
func (s *Store) AddAPIKey(ctx context.Context, k apikey.Key) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	return s.change(ctx, func(ctx context.Context, in session) error {
		return insert(ctx, in, []apiKeyRow{{
			ID: int64(k.ID), Client: k.Client, Customer: k.Customer, Name: k.Name, Hash: hex.EncodeToString(k.Hash[:]), Scopes: string(scopes),
			CreatedAt: micros(k.CreatedAt), LastUsedAt: micros(k.LastUsedAt), RevokedAt: micros(k.RevokedAt),
		}}, "")
	})
}

// RevokeAPIKey ends a key. It implements apikey.Store.
func (s *Store) RevokeAPIKey(ctx context.Context, key apikey.ID, at time.Time) (k apikey.Key, err error) {
	err = s.change(ctx, func(ctx context.Context, in session) error {
		found, err := all[apiKeyRow](ctx, in, "id = ?", int64(key))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.KeyNotFound, "key", key)
		}
		if found[0].RevokedAt == 0 {
			found[0].RevokedAt = micros(at)
			if _, err := in.NewUpdate().Model(&found[0]).Conn(in.tx).Column("revoked_at").WherePK().Exec(ctx); err != nil {
				return failed(err, "revoke an API key")
			}
		}
		k, err = found[0].key()
		return err
	})
	return k, err
}

// UsedAPIKeys notes when keys were last used: nobody need read anything anew
// because of it. It implements apikey.Store.
func (s *Store) UsedAPIKeys(ctx context.Context, used map[apikey.ID]time.Time) error {
	if s.write == nil {
		return fault.New(fault.StoreFailed, "what", "it was opened for reading only")
	}
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for key, at := range used {
			_, err := s.db.NewUpdate().Model((*apiKeyRow)(nil)).Conn(tx).Set("last_used_at = ?", micros(at)).
				Where("id = ? AND last_used_at < ?", int64(key), micros(at)).Exec(ctx)
			if err != nil {
				return failed(err, "note the use of an API key")
			}
		}
		return nil
	})
}

// change writes in one transaction and tells every node.
func (s *Store) change(ctx context.Context, f func(context.Context, session) error) error {
	if s.write == nil {
		return fault.New(fault.StoreFailed, "what", "it was opened for reading only")
	}
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		in := s.in(tx)
		if err := f(ctx, in); err != nil {
			return err
		}
		return bump(ctx, in)
	})
}
