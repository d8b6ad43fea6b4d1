package app

import (
	"context"
	"time"

	"sibai/internal/fault"
	"sibai/internal/order"
	"sibai/internal/realname"
	"sibai/internal/web/verify"
)

// handIns leads from an order to where its documents are handed in. It implements
// purchase.Names.
type handIns struct{ n *Node }

// HandIn begins the application of a number that has none, and makes a key for its
// page: that of before opens nothing any more.
func (h handIns) HandIn(ctx context.Context, o order.Order, digits string) (string, error) {
	switch state := o.StateAt(time.Now()); state {
	case order.Paid, order.Reviewing, order.Vetted:
	default:
		return "", fault.New(fault.OrderState, "order", o.ID, "state", state)
	}
	list, err := h.n.store.Catalog.RealNames(ctx, realname.Filter{Customer: o.Code, Number: digits})
	if err != nil {
		return "", err
	}
	var a realname.Application
	for _, had := range list {
		if had.State.Open() {
			a = had
		}
	}
	if a.ID == 0 {
		if err := firstKey(h.n.cfg); err != nil {
			return "", err
		}
		if a, err = h.n.names.Begin(ctx, o.Code, digits, realname.ByLink); err != nil {
			return "", err
		}
		// What the order says already is not typed again.
		form := realname.Form{Enterprise: realname.Enterprise{Name: o.Company, Industry: realname.General}}
		for _, i := range o.Items {
			if i.Digits != digits {
				continue
			}
			for _, phone := range i.Targets {
				form.Targets = append(form.Targets, realname.Target{Phone: phone})
			}
		}
		if a, err = h.n.names.Fill(ctx, a.ID, form, realname.ByLink); err != nil {
			return "", err
		}
	}
	a, key, err := h.n.names.Link(ctx, a.ID, realname.ByLink)
	return verify.Path(a.ID, key), err
}
