package portable

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/site"
)

// Update reads, decides and writes in one transaction of the writer. It
// implements site.Store.
func (s *Store) Update(ctx context.Context, names site.Names, decide func(site.State) (site.Writes, error)) error {
	if s.write == nil {
		return fault.New(fault.StoreFailed, "what", "it was opened for reading only")
	}
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		in := s.in(tx)
		state, err := readState(ctx, in, names)
		if err != nil {
			return err
		}
		writes, err := decide(state)
		if err != nil || writes.Empty() {
			return err
		}
		if err := apply(ctx, in, writes); err != nil {
			return err
		}
		return bump(ctx, in)
	})
}

// bump tells every node that something changed.
func bump(ctx context.Context, s session) error {
	if _, err := s.NewUpdate().Model((*revisionRow)(nil)).Conn(s.tx).Set("value = value + 1").Where("id = 1").Exec(ctx); err != nil {
		return failed(err, "bump the revision")
	}
	return nil
}

func apply(ctx context.Context, s session, w site.Writes) error {
	if w.Operator != nil {
		if err := insert(ctx, s, []operatorRow{{ID: 1, Name: *w.Operator}}, "id"); err != nil {
			return err
		}
	}
	var segments []segmentRow
	for prefix, carrier := range w.Segments {
		segments = append(segments, segmentRow{Prefix: prefix, Carrier: string(carrier)})
	}
	slices.SortFunc(segments, func(a, b segmentRow) int { return strings.Compare(a.Prefix, b.Prefix) })
	trunks := make([]trunkRow, len(w.Trunks))
	for i, t := range w.Trunks {
		var err error
		if trunks[i], err = trunkToRow(t); err != nil {
			return err
		}
	}
	tariffs := make([]tariffRow, len(w.Tariffs))
	for i, v := range w.Tariffs {
		var err error
		if tariffs[i], err = tariffToRow(v); err != nil {
			return err
		}
	}
	for _, write := range []func() error{
		func() error { return insert(ctx, s, segments, "prefix") },
		func() error { return insert(ctx, s, rows(w.Floors, floorToRow), "prefix") },
		func() error { return applyDiscounts(ctx, s, w.Discounts) },
		func() error { return applyFeatures(ctx, s, w.Features) },
		func() error { return insert(ctx, s, trunks, "id") },
		func() error { return insert(ctx, s, tariffs, "") },
		func() error { return insert(ctx, s, rows(w.Plans, planToRow), "id") },
		func() error { return applyArrears(ctx, s, w) },
		func() error { return applyCustomers(ctx, s, w) },
		func() error { return insert(ctx, s, rows(w.Targets, targetToRow), "shard, id") },
		func() error { return applyRentals(ctx, s, w) },
		func() error { return applyProfiles(ctx, s, w) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func rows[T, R any](list []T, row func(T) R) []R {
	out := make([]R, len(list))
	for i, v := range list {
		out[i] = row(v)
	}
	return out
}

// applyCustomers writes customers with their codes and accounts. An account
// that is open keeps everything but its state; one in arrears stays so while
// the operator says active.
func applyCustomers(ctx context.Context, s session, w site.Writes) error {
	var codes []customerCodeRow
	var accounts []accountRow
	for _, c := range w.Customers {
		codes = append(codes, customerCodeRow{Code: c.Code, Shard: c.Shard, Customer: int64(c.ID)})
		accounts = append(accounts, accountRow{Shard: c.Shard, ID: c.Account, State: string(c.State), OpenedAt: micros(w.At)})
	}
	// In the order that charging locks them in: neither waits for the other in
	// a circle.
	slices.SortFunc(accounts, func(a, b accountRow) int { return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.ID, b.ID)) })
	if err := insert(ctx, s, codes, "code"); err != nil {
		return err
	}
	if err := insert(ctx, s, rows(w.Customers, customerToRow), "shard, id"); err != nil {
		return err
	}
	for len(accounts) > 0 {
		part := accounts[:min(batch, len(accounts))]
		accounts = accounts[len(part):]
		_, err := s.NewInsert().Model(&part).Conn(s.tx).On("CONFLICT (shard, id) DO UPDATE").
			Set("state = CASE WHEN ?TableAlias.state = ? AND EXCLUDED.state = ? THEN ?TableAlias.state ELSE EXCLUDED.state END",
				string(charging.AccountArrears), string(charging.AccountActive)).Exec(ctx)
		if err != nil {
			return failed(err, "open accounts")
		}
	}
	return nil
}

func applyRentals(ctx context.Context, s session, w site.Writes) error {
	if err := applyEvents(ctx, s, w); err != nil {
		return err
	}
	if err := insert(ctx, s, rows(w.Rentals, numberToRow), "id"); err != nil {
		return err
	}
	return insert(ctx, s, rows(w.Rentals, func(r site.Rental) subscriptionRow {
		return subscriptionToRow(r.Subscription, r.Profile.Version)
	}), "shard, id")
}

func applyProfiles(ctx context.Context, s session, w site.Writes) error {
	list := make([]profileRow, len(w.Profiles))
	for i, p := range w.Profiles {
		body, err := json.Marshal(p.Profile)
		if err != nil {
			return fmt.Errorf("profile of %s: %w", p.Number, err)
		}
		list[i] = profileRow{
			Shard: p.Shard, Number: int64(p.Number), Version: p.Version, Customer: int64(p.Customer),
			Body: string(body), PublishedAt: micros(w.At),
		}
	}
	if err := insert(ctx, s, list, ""); err != nil {
		return err
	}
	for _, p := range list {
		_, err := s.NewUpdate().Model((*subscriptionRow)(nil)).Conn(s.tx).
			Set("profile = ?", p.Version).Where("shard = ? AND number = ?", p.Shard, p.Number).Exec(ctx)
		if err != nil {
			return failed(err, "publish a profile")
		}
	}
	return nil
}
