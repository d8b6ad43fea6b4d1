package app

import (
	"context"
	"errors"
	"log/slog"

	"sibai/internal/config"
	"sibai/internal/pay/sandbox"
	"sibai/internal/reconcile"
)

// reconciliation makes the service that compares the bills of the providers that are
// on.
func reconciliation(cfg config.Config, store *Store, log *slog.Logger) (*reconcile.Service, error) {
	var sources []reconcile.Source
	if cfg.WeChat.Merchant != "" {
		over, err := weChat(cfg)
		if err != nil {
			return nil, err
		}
		sources = append(sources, over)
	}
	if cfg.Alipay.App != "" {
		over, err := aliPay(cfg)
		if err != nil {
			return nil, err
		}
		sources = append(sources, over)
	}
	if cfg.Pay.Sandbox {
		over, err := sandbox.New()
		if err != nil {
			return nil, err
		}
		sources = append(sources, over)
	}
	return reconcile.New(store.Catalog, sources, nil, log), nil
}

// turnBills gets and compares the bills of the last days that were not.
func (n *Node) turnBills(ctx context.Context) {
	done, err := n.bills.Turn(ctx, n.store.Catalog, n.cfg.Node)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.log.Warn("bills of payment providers could not all be compared; they are tried again in half an hour", "done", done, "error", err)
	case done > 0:
		n.log.Info("bills of payment providers were compared", "days", done)
	}
}

// CompareBill compares a bill that somebody hands in at the terminal. A node that serves
// an embedded store has it for itself: its page takes the bill then.
func CompareBill(ctx context.Context, cfg config.Config, provider, day string, bill []byte, log *slog.Logger) (r reconcile.Result, err error) {
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return r, err
	}
	service, err := reconciliation(cfg, store, log)
	if err == nil {
		r, err = service.Compare(ctx, provider, day, bill)
	}
	return r, errors.Join(err, store.Close())
}
