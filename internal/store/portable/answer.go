package portable

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/idempotency"
)

type answerRow struct {
	bun.BaseModel `bun:"table:api_answer"`
	Owner         string `bun:"owner,pk"`
	Key           string `bun:"key,pk"`
	Request       string `bun:"request"`
	Sealed        string `bun:"sealed"`
	Until         int64  `bun:"until_at"`
}

func answerToRow(a idempotency.Answer) answerRow {
	return answerRow{
		Owner: a.Owner, Key: hex.EncodeToString(a.Key[:]), Request: hex.EncodeToString(a.Request[:]),
		Sealed: base64.StdEncoding.EncodeToString(a.Sealed), Until: micros(a.Until),
	}
}

func (r answerRow) answer() (a idempotency.Answer, err error) {
	a = idempotency.Answer{Owner: r.Owner, Until: instant(r.Until)}
	if _, err = hex.Decode(a.Key[:], []byte(r.Key)); err == nil {
		_, err = hex.Decode(a.Request[:], []byte(r.Request))
	}
	if err == nil {
		a.Sealed, err = base64.StdEncoding.DecodeString(r.Sealed)
	}
	if err != nil {
		return a, failed(err, "read an answer that was kept")
	}
	return a, nil
}

// ClaimAnswer keeps the place of an answer. It implements idempotency.Store.
func (s *Store) ClaimAnswer(ctx context.Context, a idempotency.Answer, at time.Time) (former *idempotency.Answer, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		former = nil // also when the transaction is tried again
		row := answerToRow(a)
		found, err := all[answerRow](ctx, in, "owner = ? AND key = ?", row.Owner, row.Key)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Until <= micros(at) {
			return insert(ctx, in, []answerRow{row}, "owner, key")
		}
		had, err := found[0].answer()
		former = &had
		return err
	})
	return former, err
}

// KeepAnswer writes an answer, or gives its place up. It implements
// idempotency.Store.
func (s *Store) KeepAnswer(ctx context.Context, a idempotency.Answer, claimed time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		row := answerToRow(a)
		const mine = "sealed = '' AND until_at = ?"
		if len(a.Sealed) > 0 {
			_, err := change(ctx, in, in.NewUpdate().Model(&row).Set("sealed = ?, until_at = ?", row.Sealed, row.Until).WherePK().Where(mine, micros(claimed)))
			return err
		}
		if _, err := in.NewDelete().Model(&row).Conn(in.tx).WherePK().Where(mine, micros(claimed)).Exec(ctx); err != nil {
			return failed(err, "give up the place of an answer")
		}
		return nil
	})
}

// PurgeAnswers removes answers whose time is over. It implements idempotency.Store.
func (s *Store) PurgeAnswers(ctx context.Context, at time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if _, err := in.NewDelete().Model((*answerRow)(nil)).Conn(in.tx).Where("until_at <= ?", micros(at)).Exec(ctx); err != nil {
			return failed(err, "remove old answers")
		}
		return nil
	})
}
