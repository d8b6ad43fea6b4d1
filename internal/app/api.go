package app

import (
	"context"
	"fmt"

	"sibai/internal/api"
	"sibai/internal/apikey"
	"sibai/internal/remote"
)

// serveAPI serves the API where the settings say so.
func (n *Node) serveAPI(ctx context.Context) (err error) {
	if n.cfg.API.Listen == "" {
		return nil
	}
	n.keys = apikey.NewRing(n.store.Catalog, n.dir.Revision, n.log)
	if err := n.keys.Start(ctx); err != nil {
		return fmt.Errorf("read the API keys: %w", err)
	}
	calls := remote.New(remote.Config{
		Charger: n.charging, Lines: n.dir, Ended: n.bookedLater, LongestStep: n.cfg.Charging.LongestStep,
	})
	n.apiAddr, err = n.serve("api.listen", n.cfg.API.Listen, api.Handler(api.Deps{
		Calls: calls, Keys: n.keys, Lines: n.dir, Accounts: n.charging, Log: n.log,
	}))
	return err
}

// APIAddr is where the node serves the API; empty when it does not.
func (n *Node) APIAddr() string { return n.apiAddr }
