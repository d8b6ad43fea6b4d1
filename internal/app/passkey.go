package app

import "sibai/internal/passkey"

// brand is what browsers say that a passkey is for.
const brand = "四百 Sibai"

// makePasskeys makes the passkeys of both sides, where browsers keep some for their
// addresses.
func (n *Node) makePasskeys() (err error) {
	if n.unlockOffice, err = passkey.New(passkey.Office, n.cfg.HTTP.Link(n.cfg.HTTP.Listen), brand, n.store.Catalog, n.people, nil); err != nil {
		return err
	}
	n.unlockConsole, err = passkey.New(passkey.Console, n.cfg.Public.Link(n.cfg.Public.Listen), brand, n.store.Catalog, n.people, nil)
	return err
}
