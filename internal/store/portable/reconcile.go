package portable

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
)

type reconciliationRow struct {
	bun.BaseModel `bun:"table:reconciliation"`
	Provider      string `bun:"provider,pk"`
	Day           string `bun:"day,pk"`
	At            int64  `bun:"at"`
	Lines         int    `bun:"lines"`
	Same          int    `bun:"same"`
	Theirs        int64  `bun:"theirs_micro"`
	Ours          int64  `bun:"ours_micro"`
}

type differenceRow struct {
	bun.BaseModel `bun:"table:reconciliation_difference"`
	Provider      string `bun:"provider,pk"`
	Day           string `bun:"day,pk"`
	Seq           int    `bun:"seq,pk"`
	Kind          string `bun:"kind"`
	Number        string `bun:"number"`
	Back          string `bun:"back"`
	Customer      string `bun:"customer"`
	Theirs        int64  `bun:"theirs_micro"`
	Ours          int64  `bun:"ours_micro"`
	Reference     string `bun:"reference"`
	SettledAt     int64  `bun:"settled_at"`
	SettledBy     string `bun:"settled_by"`
	Why           string `bun:"why"`
}

func resultToRows(r reconcile.Result) (reconciliationRow, []differenceRow) {
	list := make([]differenceRow, len(r.Differences))
	for i, d := range r.Differences {
		list[i] = differenceRow{
			Provider: r.Provider, Day: r.Day, Seq: d.Seq, Kind: string(d.Kind), Number: d.Number, Back: d.Back, Customer: d.Customer, Theirs: int64(d.Theirs),
			Ours: int64(d.Ours), Reference: d.Reference, SettledAt: micros(d.SettledAt), SettledBy: d.SettledBy, Why: d.Why,
		}
	}
	return reconciliationRow{
		Provider: r.Provider, Day: r.Day, At: micros(r.At), Lines: r.Lines, Same: r.Same, Theirs: int64(r.Theirs), Ours: int64(r.Ours),
	}, list
}

func (r reconciliationRow) result(list []differenceRow) reconcile.Result {
	out := reconcile.Result{
		Provider: r.Provider, Day: r.Day, At: instant(r.At), Lines: r.Lines, Same: r.Same, Theirs: money.Amount(r.Theirs), Ours: money.Amount(r.Ours),
	}
	for _, d := range list {
		if d.Provider == r.Provider && d.Day == r.Day {
			out.Differences = append(out.Differences, reconcile.Difference{
				Seq: d.Seq, Kind: reconcile.Kind(d.Kind), Number: d.Number, Back: d.Back, Customer: d.Customer, Theirs: money.Amount(d.Theirs), Ours: money.Amount(d.Ours),
				Reference: d.Reference, SettledAt: instant(d.SettledAt), SettledBy: d.SettledBy, Why: d.Why,
			})
		}
	}
	slices.SortFunc(out.Differences, func(a, b reconcile.Difference) int { return a.Seq - b.Seq })
	return out
}

// OwnPayments reads payments and refunds of a provider. It implements reconcile.Store.
func (s *Store) OwnPayments(ctx context.Context, provider string, from, until time.Time, payments []payment.ID, refunds []payment.RefundID) (own reconcile.Own, err error) {
	err = s.reading(ctx, func(in session) error {
		own = reconcile.Own{}
		known := map[int64]bool{}
		take := func(list []paymentRow) error {
			for _, r := range list {
				if known[r.ID] || r.Provider != provider {
					continue
				}
				known[r.ID] = true
				p, err := r.payment()
				if err != nil {
					return failed(err, "read a payment")
				}
				own.Payments = append(own.Payments, p)
			}
			return nil
		}
		day, err := all[paymentRow](ctx, in, "provider = ? AND paid_at >= ? AND paid_at < ?", provider, micros(from), micros(until))
		if err == nil {
			err = take(day)
		}
		if err != nil {
			return err
		}
		named, err := among[paymentRow](ctx, in, "id", numbers(payments))
		if err == nil {
			err = take(named)
		}
		if err != nil {
			return err
		}
		back, err := all[paymentRefundRow](ctx, in, "created_at >= ? AND created_at < ?", micros(from), micros(until))
		if err != nil {
			return err
		}
		more, err := among[paymentRefundRow](ctx, in, "id", numbers(refunds))
		if err != nil {
			return err
		}
		back = append(back, more...)
		var of []int64
		for _, r := range back {
			of = append(of, r.Payment)
		}
		owners, err := among[paymentRow](ctx, in, "id", of)
		if err != nil {
			return err
		}
		mine := map[int64]bool{}
		for _, r := range owners {
			mine[r.ID] = r.Provider == provider
		}
		had := map[int64]bool{}
		for _, r := range back {
			if mine[r.Payment] && !had[r.ID] {
				had[r.ID] = true
				own.Refunds = append(own.Refunds, r.refund())
			}
		}
		return take(owners)
	})
	return own, err
}

func numbers[T ~int64](ids []T) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// ChangeResult changes the result of a day. It implements reconcile.Store.
func (s *Store) ChangeResult(ctx context.Context, provider, day string, f func(*reconcile.Result) (*reconcile.Result, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		former, ok, err := readResult(ctx, in, provider, day)
		if err != nil {
			return err
		}
		given := &former
		if !ok {
			given = nil
		}
		next, err := f(given)
		if err != nil || next == nil {
			return err
		}
		row, list := resultToRows(*next)
		if err := insert(ctx, in, []reconciliationRow{row}, "provider, day"); err != nil {
			return err
		}
		if _, err := in.NewDelete().Model((*differenceRow)(nil)).Conn(in.tx).Where("provider = ? AND day = ?", provider, day).Exec(ctx); err != nil {
			return failed(err, "replace the differences of a day")
		}
		if err := insert(ctx, in, list, ""); err != nil {
			return err
		}
		n := next.Notice()
		if n == nil {
			return nil
		}
		if known, err := all[noticeRow](ctx, in, "shard = ? AND id = ?", n.Shard, n.ID); err != nil || len(known) > 0 {
			return err
		}
		return note(ctx, in, []billing.Notice{*n})
	})
}

func readResult(ctx context.Context, in session, provider, day string) (r reconcile.Result, ok bool, err error) {
	found, err := all[reconciliationRow](ctx, in, "provider = ? AND day = ?", provider, day)
	if err != nil || len(found) == 0 {
		return r, false, err
	}
	list, err := all[differenceRow](ctx, in, "provider = ? AND day = ?", provider, day)
	return found[0].result(list), true, err
}

// Result reads the result of a day. It implements reconcile.Store.
func (s *Store) Result(ctx context.Context, provider, day string) (r reconcile.Result, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		r, ok, err = readResult(ctx, in, provider, day)
		return err
	})
	return r, ok, err
}

// Results lists results, the newest day first. It implements reconcile.Store.
func (s *Store) Results(ctx context.Context, limit int) (list []reconcile.Result, err error) {
	err = s.reading(ctx, func(in session) error {
		var found []reconciliationRow
		if err := in.NewSelect().Model(&found).Conn(in.tx).OrderExpr("day DESC, provider").Limit(int64(limit)).Scan(ctx); err != nil {
			return failed(err, "list what bills were compared")
		}
		list = nil
		if len(found) == 0 {
			return nil
		}
		differ, err := all[differenceRow](ctx, in, "day >= ?", found[len(found)-1].Day)
		if err != nil {
			return err
		}
		for _, r := range found {
			list = append(list, r.result(differ))
		}
		return nil
	})
	return list, err
}
