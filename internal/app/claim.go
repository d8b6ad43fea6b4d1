package app

import (
	"context"
	"log/slog"
	"strings"

	"sibai/internal/billing"
	"sibai/internal/blob"
	"sibai/internal/claim"
	"sibai/internal/config"
	"sibai/internal/id"
	"sibai/internal/order"
	"sibai/internal/vault"
	"sibai/internal/web/transfer"
)

// claims makes the service of bank transfers; booked is told of each that is
// booked.
func claims(cfg config.Config, store *Store, bank *billing.Service, ids *id.Generator, log *slog.Logger, booked func(context.Context, claim.Claim)) (*claim.Service, error) {
	twice, err := cfg.Bank.Twice()
	if err != nil {
		return nil, err
	}
	return claim.New(claim.Parts{
		Store: store.Catalog, Bank: bank, Slips: slips{documents(cfg), cfg}, FourEyes: twice, NewID: ids.Next, Log: log, Booked: booked,
	}), nil
}

// documents is the vault over the folder of documents that the settings name.
func documents(cfg config.Config) *vault.Vault {
	var scanner vault.Scanner
	if words := strings.Fields(cfg.Documents.Scan); len(words) > 0 {
		scanner = blob.Command(words)
	}
	return vault.New(blob.Folder(cfg.DocumentFolder()), vault.KeyFile(cfg.DocumentKeys()), scanner)
}

// slips keeps slips in the vault, whose first key is made when there is none.
type slips struct {
	*vault.Vault
	cfg config.Config
}

// Put implements claim.Slips.
func (s slips) Put(ctx context.Context, name string, data []byte) (string, error) {
	if err := firstKey(s.cfg); err != nil {
		return "", err
	}
	return s.Vault.Put(ctx, name, data)
}

// transfers is the claims as the pages for customers file them: the numbers of an
// order stay locked while its transfer is on its way.
type transfers struct {
	*claim.Service
	n *Node
}

// File implements transfer.Claims.
func (t transfers) File(ctx context.Context, in claim.Statement) (claim.Claim, error) {
	c, err := t.Service.File(ctx, in)
	if err != nil || c.Order == "" {
		return c, err
	}
	id, err := order.ParseID(c.Order)
	if err == nil {
		_, err = t.n.orders.Hold(ctx, id, c.ID.String(), t.n.cfg.Bank.Hold)
	}
	if err != nil {
		// The claim stands: the money is the customer's whatever becomes of the order.
		t.n.log.WarnContext(ctx, "the numbers of an order whose transfer is claimed are not kept for longer", "order", c.Order, "claim", c.ID.String(), "error", err)
	}
	return c, nil
}

func (n *Node) transfers() transfer.Deps {
	b := n.cfg.Bank
	return transfer.Deps{Claims: transfers{n.claims, n}, Orders: n.orders, Bank: transfer.Bank{Holder: b.Holder, Bank: b.Bank, Number: b.Account}}
}

// turnClaims books what a process that died left unbooked.
func (n *Node) turnClaims(ctx context.Context) {
	done, err := n.claims.Turn(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.log.Error("bank transfers that are approved could not all be booked; they are tried again", "done", done, "error", err)
	case done > 0:
		n.log.Info("bank transfers that were left unbooked are booked", "done", done)
	}
}
