package portable

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/uptrace/bun"
)

type webSessionRow struct {
	bun.BaseModel `bun:"table:web_session"`
	Token         string `bun:"token,pk"`
	Data          string `bun:"data"`
	Until         int64  `bun:"until_at"`
}

// Sessions keeps the sessions of the pages, under the SHA-256 of their tokens:
// who reads the store has nobody's session. It implements scs.CtxStore.
type Sessions struct{ s *Store }

// Sessions are the sessions of this store.
func (s *Store) Sessions() Sessions { return Sessions{s} }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx reads a session; ok is false when there is none or it is over.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, ok bool, err error) {
	var found []webSessionRow
	if err := x.s.db.NewSelect().Model(&found).Where("token = ? AND until_at > ?", tokenHash(token), time.Now().UnixMicro()).Scan(ctx); err != nil {
		return nil, false, failed(err, "read a session")
	}
	if len(found) == 0 {
		return nil, false, nil
	}
	if data, err = base64.StdEncoding.DecodeString(found[0].Data); err != nil {
		return nil, false, failed(err, "read a session")
	}
	return data, true, nil
}

// CommitCtx keeps a session until an instant. What is over goes with it.
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, until time.Time) error {
	return x.s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*webSessionRow)(nil)).Conn(in.tx).Where("until_at <= ?", time.Now().UnixMicro()).Exec(ctx); err != nil {
			return failed(err, "forget old sessions")
		}
		return insert(ctx, in, []webSessionRow{{Token: tokenHash(token), Data: base64.StdEncoding.EncodeToString(data), Until: until.UnixMicro()}}, "token")
	})
}

// DeleteCtx ends a session.
func (x Sessions) DeleteCtx(ctx context.Context, token string) error {
	return x.s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*webSessionRow)(nil)).Conn(in.tx).Where("token = ?", tokenHash(token)).Exec(ctx); err != nil {
			return failed(err, "end a session")
		}
		return nil
	})
}

// Find, Commit and Delete are for callers without a context.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}

// Commit is CommitCtx.
func (x Sessions) Commit(token string, data []byte, until time.Time) error {
	return x.CommitCtx(context.Background(), token, data, until)
}

// Delete is DeleteCtx.
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }
