package app

import (
	"context"
	"fmt"

	"sibai/internal/inventory"
	"sibai/internal/shelf"
	"sibai/internal/web/shop"
)

// startShop reads what the shop shows, where customers have pages.
func (n *Node) startShop(ctx context.Context) error {
	if n.cfg.Public.Listen == "" {
		return nil
	}
	stock := inventory.New(n.store.Catalog, n.ids.Next, nil)
	n.shelf = shelf.New(stock, n.store.Catalog, shelf.Config{Plans: n.cfg.Shop.Plans, Cost: n.cfg.Shop.CostTariff}, nil, n.log)
	if err := n.shelf.Start(ctx); err != nil {
		return fmt.Errorf("read what the shop sells: %w", err)
	}
	return nil
}

// shop is what its pages need.
func (n *Node) shop() shop.Deps {
	return shop.Deps{Shelf: n.shelf, Contact: n.cfg.Shop.Contact, Lock: n.cfg.Order.Lock}
}
