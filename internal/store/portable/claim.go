package portable

import (
	"context"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/vault"
)

type claimRow struct {
	bun.BaseModel `bun:"table:claim"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	Order         string `bun:"order_id"`
	At            int64  `bun:"at"`
	Payer         string `bun:"payer"`
	Amount        int64  `bun:"amount_micro"`
	Day           string `bun:"day"`
	SlipType      string `bun:"slip_type"`
	SlipHeader    string `bun:"slip_header"`
	SlipSize      int    `bun:"slip_size"`
	State         string `bun:"state"`
	Received      int64  `bun:"received_micro"`
	Reference     string `bun:"reference"`
	ProposedBy    string `bun:"proposed_by"`
	DecidedBy     string `bun:"decided_by"`
	DecidedAt     int64  `bun:"decided_at"`
	Reason        string `bun:"reason"`
	Note          string `bun:"note"`
	Txn           int64  `bun:"txn"`
}

func claimToRow(c claim.Claim) claimRow {
	return claimRow{
		Shard: c.Shard, ID: int64(c.ID), Customer: int64(c.Customer), Code: c.Code, Order: c.Order, At: micros(c.At), Payer: c.Payer, Amount: int64(c.Amount),
		Day: c.Day, SlipType: string(c.SlipType), SlipHeader: c.SlipHeader, SlipSize: c.SlipSize, State: string(c.State), Received: int64(c.Received),
		Reference: c.Reference, ProposedBy: c.ProposedBy, DecidedBy: c.DecidedBy, DecidedAt: micros(c.DecidedAt), Reason: string(c.Reason), Note: c.Note,
		Txn: int64(c.Txn),
	}
}

func (r claimRow) claim() claim.Claim {
	return claim.Claim{
		ID: claim.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Order: r.Order, At: instant(r.At), Payer: r.Payer,
		Amount: money.Amount(r.Amount), Day: r.Day, SlipType: vault.Type(r.SlipType), SlipHeader: r.SlipHeader, SlipSize: r.SlipSize, State: claim.State(r.State),
		Received: money.Amount(r.Received), Reference: r.Reference, ProposedBy: r.ProposedBy, DecidedBy: r.DecidedBy, DecidedAt: instant(r.DecidedAt),
		Reason: claim.Reason(r.Reason), Note: r.Note, Txn: ledger.ID(r.Txn),
	}
}

// AddBankClaim keeps a new claim. It implements claim.Store.
func (s *Store) AddBankClaim(ctx context.Context, c claim.Claim, most int) (added bool, err error) {
	err = s.writing(ctx, func(ctx context.Context, in session) error {
		waiting, err := in.NewSelect().Model((*claimRow)(nil)).Conn(in.tx).
			Where("shard = ? AND customer = ? AND state = ?", c.Shard, int64(c.Customer), string(claim.Filed)).Count(ctx)
		if err != nil {
			return failed(err, "count claims")
		}
		if added = waiting < int64(most); !added {
			return nil
		}
		return insert(ctx, in, []claimRow{claimToRow(c)}, "")
	})
	return added, err
}

// BankClaim reads a claim. It implements claim.Store.
func (s *Store) BankClaim(ctx context.Context, id claim.ID) (c claim.Claim, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		c, ok, err = oneClaim(ctx, in, id)
		return err
	})
	return c, ok, err
}

func oneClaim(ctx context.Context, s session, id claim.ID) (c claim.Claim, ok bool, err error) {
	found, err := all[claimRow](ctx, s, "id = ?", int64(id))
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	return found[0].claim(), true, nil
}

// BankClaims lists claims. It implements claim.Store.
func (s *Store) BankClaims(ctx context.Context, f claim.Filter) ([]claim.Claim, error) {
	var found []claimRow
	q := s.db.NewSelect().Model(&found).OrderExpr("id DESC").Limit(int64(f.Page()))
	if f.Customer != "" {
		c, ok, err := s.Find(ctx, f.Customer)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New(fault.CustomerNotFound, "customer", f.Customer)
		}
		q = q.Where("shard = ? AND customer = ?", c.Shard, int64(c.ID))
	}
	if f.State != "" {
		q = q.Where("state = ?", string(f.State))
	}
	if f.Before != 0 {
		q = q.Where("id < ?", int64(f.Before))
	}
	if f.Unbooked {
		q = q.Where("txn = 0")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed(err, "list claims")
	}
	return rows(found, claimRow.claim), nil
}

// ChangeBankClaim lets f change a claim; business writes are done one at a time. It
// implements claim.Store.
func (s *Store) ChangeBankClaim(ctx context.Context, id claim.ID, f func(*claim.Claim, func(string) (claim.ID, error)) error) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		c, ok, err := oneClaim(ctx, in, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.ClaimNotFound, "claim", id)
		}
		err = f(&c, func(reference string) (claim.ID, error) {
			found, err := all[claimRow](ctx, in, "reference = ? AND id <> ?", reference, int64(id))
			if err != nil || len(found) == 0 {
				return 0, err
			}
			return claim.ID(found[0].ID), nil
		})
		if err != nil {
			return err
		}
		return insert(ctx, in, []claimRow{claimToRow(c)}, "shard, id")
	})
}
