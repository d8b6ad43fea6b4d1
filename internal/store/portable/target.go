package portable

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/target"
)

type targetProofRow struct {
	bun.BaseModel `bun:"table:target_proof"`
	Shard         int    `bun:"shard,pk"`
	Target        int64  `bun:"target,pk"`
	Customer      int64  `bun:"customer"`
	Owner         string `bun:"owner"`
	AddedAt       int64  `bun:"added_at"`
	ProvenAt      int64  `bun:"proven_at"`
	Hash          string `bun:"hash"`
	Until         int64  `bun:"until_at"`
	Shown         string `bun:"shown"`
	Tries         int    `bun:"tries"`
	Sent          int    `bun:"sent"`
	SentAt        int64  `bun:"sent_at"`
}

func targetProofToRow(p target.Phone) targetProofRow {
	return targetProofRow{
		Shard: p.Shard, Target: int64(p.ID), Customer: int64(p.Customer), Owner: string(p.Proof.Owner), AddedAt: micros(p.Proof.AddedAt),
		ProvenAt: micros(p.Proof.ProvenAt), Hash: hex.EncodeToString(p.Proof.Hash[:]), Until: micros(p.Proof.Until), Shown: p.Proof.Shown,
		Tries: p.Proof.Tries, Sent: p.Proof.Sent, SentAt: micros(p.Proof.SentAt),
	}
}

func (r targetProofRow) proof() (target.Proof, error) {
	p := target.Proof{
		Owner: target.Owner(r.Owner), AddedAt: instant(r.AddedAt), ProvenAt: instant(r.ProvenAt), Until: instant(r.Until), Shown: r.Shown,
		Tries: r.Tries, Sent: r.Sent, SentAt: instant(r.SentAt),
	}
	hash, err := hex.DecodeString(r.Hash)
	copy(p.Hash[:], hash)
	return p, err
}

// Targets reads a number of a customer with its phones. It implements target.Store.
func (s *Store) Targets(ctx context.Context, c catalog.Customer, digits string) (sheet target.Sheet, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		sheet, ok, err = targets(ctx, in, c, digits)
		return err
	})
	return sheet, ok, err
}

func targets(ctx context.Context, s session, c catalog.Customer, digits string) (sheet target.Sheet, ok bool, err error) {
	numbers, err := all[numberRow](ctx, s, "digits = ? AND shard = ? AND customer = ?", digits, c.Shard, int64(c.ID))
	if err != nil || len(numbers) == 0 {
		return sheet, false, err
	}
	n := numbers[0]
	sheet = target.Sheet{Number: number.ID(n.ID), Digits: n.Digits, State: number.State(n.State), Shard: n.Shard, Customer: c.ID}
	rented, err := all[subscriptionRow](ctx, s, "shard = ? AND number = ? AND customer = ?", n.Shard, n.ID, n.Customer)
	if err != nil || len(rented) == 0 {
		return sheet, false, err
	}
	var published []profileRow
	err = s.NewSelect().Model(&published).Conn(s.tx).Where("shard = ? AND number = ? AND customer = ?", n.Shard, n.ID, n.Customer).
		Order("version DESC").Limit(target.VersionsShown).Scan(ctx)
	if err != nil {
		return sheet, false, failed(err, "read the profiles of a number")
	}
	for _, r := range published {
		p, err := readProfile(r.Body)
		if err != nil {
			return sheet, false, failed(err, "read the profile of "+digits)
		}
		p.Version = r.Version
		sheet.Versions = append(sheet.Versions, target.Version{Profile: p, At: instant(r.PublishedAt), Who: r.Who})
		if r.Version == rented[0].Profile {
			sheet.Profile = p
		}
	}
	if sheet.Latest, err = latestProfile(ctx, s, n.Shard, n.ID); err != nil {
		return sheet, false, err
	}
	sheet.Phones, err = phonesOf(ctx, s, c)
	return sheet, err == nil, err
}

// latestProfile is the highest version of a number's profile, of former customers
// too, whose rows stay.
func latestProfile(ctx context.Context, s session, shard int, number int64) (version int, err error) {
	err = s.NewSelect().Model((*profileRow)(nil)).Conn(s.tx).ColumnExpr("COALESCE(MAX(version), 0)").
		Where("shard = ? AND number = ?", shard, number).Scan(ctx, &version)
	if err != nil {
		return 0, failed(err, "read the version of a profile")
	}
	return version, nil
}

func phonesOf(ctx context.Context, s session, c catalog.Customer) ([]target.Phone, error) {
	found, err := all[targetRow](ctx, s, "shard = ? AND customer = ?", c.Shard, int64(c.ID))
	if err != nil {
		return nil, err
	}
	proofs, err := all[targetProofRow](ctx, s, "shard = ? AND customer = ?", c.Shard, int64(c.ID))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b targetRow) int { return cmp.Compare(a.ID, b.ID) })
	list := make([]target.Phone, len(found))
	for i, r := range found {
		list[i].Target = r.target()
		if at := slices.IndexFunc(proofs, func(p targetProofRow) bool { return p.Target == r.ID }); at >= 0 {
			if list[i].Proof, err = proofs[at].proof(); err != nil {
				return nil, failed(err, "read the proof of a target")
			}
		}
	}
	return list, nil
}

// ChangeTargets lets f decide on the phones of a number; business writes are done
// one at a time, so nobody changes them meanwhile. It implements target.Store.
func (s *Store) ChangeTargets(ctx context.Context, c catalog.Customer, digits string, f func(target.Sheet) (target.Writes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		sheet, ok, err := targets(ctx, in, c, digits)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NumberNotRented, "number", number.Format(digits, ""))
		}
		w, err := f(sheet)
		if err != nil || w.Profile == nil && len(w.Phones)+len(w.Traces) == 0 {
			return err
		}
		if err := insert(ctx, in, rows(w.Phones, func(p target.Phone) targetRow { return targetToRow(p.Target) }), "shard, id"); err != nil {
			return err
		}
		if err := insert(ctx, in, rows(w.Phones, targetProofToRow), "shard, target"); err != nil {
			return err
		}
		if w.Profile != nil {
			if err := publish(ctx, in, sheet, w); err != nil {
				return err
			}
		}
		if err := insert(ctx, in, rows(w.Traces, traceToRow), ""); err != nil {
			return err
		}
		return bump(ctx, in)
	})
}

func publish(ctx context.Context, s session, sheet target.Sheet, w target.Writes) error {
	p := *w.Profile
	version := p.Version
	if p.Distribution == "" {
		p.Distribution = routing.Sequential
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("profile of %s: %w", sheet.Digits, err)
	}
	row := profileRow{
		Shard: sheet.Shard, Number: int64(sheet.Number), Version: version, Customer: int64(sheet.Customer),
		Body: string(body), PublishedAt: micros(w.At), Who: w.Who,
	}
	if err := insert(ctx, s, []profileRow{row}, ""); err != nil {
		return err
	}
	_, err = s.NewUpdate().Model((*subscriptionRow)(nil)).Conn(s.tx).Set("profile = ?", version).
		Where("shard = ? AND number = ?", row.Shard, row.Number).Exec(ctx)
	if err != nil {
		return failed(err, "publish a profile")
	}
	return nil
}
