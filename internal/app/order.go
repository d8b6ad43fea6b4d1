package app

import (
	"context"
	"log/slog"
	"os"

	"sibai/internal/billing"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/contract"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/web/purchase"
)

const (
	maxItems = 20 // numbers of an order
	maxWaits = 5  // orders of a customer that wait for money at once
)

// orders makes the order service.
func orders(cfg config.Config, store *Store, bank *charging.Service, bills *billing.Service, payments *payment.Service, sender order.Sender, ids *id.Generator, log *slog.Logger) (*order.Service, error) {
	fee, err := cfg.Order.Lapse()
	if err != nil {
		return nil, err
	}
	terms := order.Terms{
		Lock: cfg.Order.Lock, Documents: cfg.Order.Documents, LapseFee: fee, Trunk: cfg.Order.Trunk,
		MaxItems: maxItems, MaxLocks: maxWaits, ShowCodes: cfg.Order.ShowCodes,
	}
	text := ""
	if cfg.Order.Contract != "" {
		own, err := os.ReadFile(cfg.Order.Contract)
		if err != nil {
			return nil, fault.Wrap(err, fault.FileUnreadable, "file", cfg.Order.Contract)
		}
		text = string(own)
	}
	printer, err := contract.New(text, terms)
	if err != nil {
		return nil, err
	}
	service := order.New(order.Parts{Store: store.Catalog, Bank: bank, Biller: bills, Payments: payments, Printer: printer, Sender: sender, NewID: ids.Next, Log: log}, terms)
	payments.OnBooked(func(ctx context.Context, p payment.Payment) {
		if err := service.SettleFor(ctx, p.Code); err != nil {
			log.Warn("an order that was paid is left to the job", "customer", p.Code, "error", err)
		}
	})
	return service, nil
}

// turnOrders does what is due of orders, on this node or another one that shares
// the store.
func (n *Node) turnOrders(ctx context.Context) {
	done, err := n.orders.Turn(ctx, n.store.Catalog, n.cfg.Node)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.log.Error("orders that are due could not all be dealt with; they are tried again", "done", done, "error", err)
	case done > 0:
		n.log.Info("orders that were due", "done", done)
	}
}

// order does the orders at the terminal that are about orders of numbers.
func (d desk) order(ctx context.Context, o Order) (out Outcome, err error) {
	var now order.Order
	switch o.Do {
	case DoPlace:
		base, err := d.links()
		if err != nil {
			return out, err
		}
		placed, err := d.orders.Place(ctx, *o.Wish)
		if err != nil {
			return out, err
		}
		now, out.Link = placed.Order, base+purchase.Path(placed.Order.ID, placed.Key)
	case DoTargets:
		now, err = d.orders.SetTargets(ctx, o.Sale, o.Who, o.Targets)
	case DoHandIn:
		now, err = d.orders.HandIn(ctx, o.Sale, o.Who)
	case DoVet:
		now, err = d.orders.Vet(ctx, o.Sale, o.Who)
	case DoAgain:
		now, err = d.orders.AskAgain(ctx, o.Sale, o.Who, o.Why)
	case DoRefuse:
		now, err = d.orders.Refuse(ctx, o.Sale, o.Who, o.Why)
	case DoCancel:
		now, err = d.orders.Cancel(ctx, o.Sale, o.Who, o.Why)
	case DoOpen:
		now, err = d.orders.OpenNumbers(ctx, o.Sale, o.Who)
	}
	out.Sale = &now
	return out, err
}

// Orders lists orders, the newest first, also while nodes serve the store.
func Orders(ctx context.Context, cfg config.Config, f order.Filter) (list []order.Order, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Orders(ctx, f)
		return err
	})
	return list, err
}

// OrderHistory reads an order and what became of it, the oldest first.
func OrderHistory(ctx context.Context, cfg config.Config, id order.ID) (o order.Order, events []order.Event, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		var ok bool
		if o, ok, err = s.Catalog.Order(ctx, id); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.OrderNotFound, "order", id)
		}
		events, err = s.Catalog.OrderEvents(ctx, id)
		return err
	})
	return o, events, err
}

// ContractPDF reads the contract of an order, as it was signed. The fault
// contract_unsigned says that it was not.
func ContractPDF(ctx context.Context, cfg config.Config, id order.ID) (pdf []byte, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		o, ok, err := s.Catalog.Order(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.OrderNotFound, "order", id)
		}
		d, ok, err := s.Catalog.Contract(ctx, o, true)
		if err == nil && !ok {
			err = fault.New(fault.ContractUnsigned, "order", id)
		}
		pdf = d.PDF
		return err
	})
	return pdf, err
}
