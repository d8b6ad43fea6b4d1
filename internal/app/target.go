package app

import (
	"context"

	"sibai/internal/catalog"
	"sibai/internal/notify"
	"sibai/internal/realname"
	"sibai/internal/target"
)

// targets makes the service that changes the phones of numbers.
func (n *Node) targets() *target.Service {
	return target.New(target.Parts{
		Store: n.store.Catalog, Sender: phoneCodes{n.notify}, Documents: approvedPhones{n}, NewID: n.ids.Next,
		Trunk: n.cfg.Order.Trunk, ShowCodes: n.cfg.Order.ShowCodes,
		Changed: func(ctx context.Context) {
			if err := n.dir.Refresh(ctx); err != nil {
				n.log.Warn("phones of a number were changed; this node learns of it with its next poll", "error", err)
			}
		},
	})
}

// phoneCodes brings one-time codes to mobiles that are to ring.
type phoneCodes struct{ *notify.Service }

// Reaches implements target.Sender.
func (c phoneCodes) Reaches(mobile string) bool {
	_, ok := c.Reach(mobile, "")
	return ok
}

// SendCode implements target.Sender.
func (c phoneCodes) SendCode(ctx context.Context, in target.Code) error {
	return c.Service.SendCode(ctx, notify.Code{
		Kind: notify.ToRing, To: in.Mobile, Lang: in.Lang, Code: in.Code, Valid: in.Valid, About: notify.Numbers([]string{in.Number}),
		Shard: in.Customer.Shard, Customer: in.Customer.ID,
	})
}

// approvedPhones knows the phones that were approved with documents.
type approvedPhones struct{ n *Node }

// Approved implements target.Documents.
func (a approvedPhones) Approved(ctx context.Context, c catalog.Customer) (phones []string, err error) {
	list, err := a.n.store.Catalog.RealNames(ctx, realname.Filter{Customer: c.Code, State: realname.Approved})
	if err != nil {
		return nil, err
	}
	for _, application := range list {
		shown, err := a.n.names.Show(ctx, application.ID, false, "")
		if err != nil {
			return nil, err
		}
		for _, t := range shown.Form.Targets {
			phones = append(phones, t.Phone)
		}
	}
	return phones, nil
}
