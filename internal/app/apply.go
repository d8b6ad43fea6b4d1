package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/site"
)

// Apply makes an installation as a site file says, or with dryRun only says
// what that would change. A node that serves the data directory does it
// itself, so that calls never wait for another process; otherwise the data
// directory is opened here.
func Apply(ctx context.Context, cfg config.Config, file string, text []byte, dryRun bool, log *slog.Logger) ([]site.Change, error) {
	if _, err := site.Parse(file, text); err != nil {
		return nil, err // before anything is opened or made
	}
	if changes, served, err := applyByNode(ctx, cfg, file, text, dryRun); served {
		return changes, err
	}
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	open := OpenStore
	if dryRun {
		missing, err := nothingStored(ctx, cfg)
		if err != nil {
			return nil, err
		}
		if missing {
			// Compare with an empty installation without making one.
			empty, err := os.MkdirTemp("", "sibai-empty-*")
			if err != nil {
				return nil, fmt.Errorf("make a temporary data directory: %w", err)
			}
			defer os.RemoveAll(empty)
			cfg.Data, cfg.Store.URL = empty, ""
		} else {
			open = ReadStore // nothing is written, no schema brought up to date
		}
	}
	store, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if !dryRun {
		marked, err := markIDs(cfg.Data, ids, log)
		if err != nil {
			return nil, errors.Join(err, store.Close())
		}
		defer marked.close()
	}
	bank := charging.New(store.Money, charging.Config{Node: cfg.Node}, ids, log)
	bank.Start()
	changes, err := applySite(ctx, cfg, store, bank, ids, file, text, dryRun)
	bank.Stop()
	return changes, errors.Join(err, store.Close())
}

func applySite(ctx context.Context, cfg config.Config, store *Store, bank *charging.Service, ids *id.Generator, file string, text []byte, dryRun bool) ([]site.Change, error) {
	s, err := site.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if err := notThisNode(cfg, s.Trunks); err != nil {
		return nil, err
	}
	applier := site.New(store.Catalog, bank, ids.Next, time.Now)
	if dryRun {
		return applier.Plan(ctx, s)
	}
	return applier.Apply(ctx, s)
}

// nothingStored says whether there is no installation yet.
func nothingStored(ctx context.Context, cfg config.Config) (bool, error) {
	if cfg.Store.URL == "" {
		_, err := os.Stat(cfg.Database())
		return errors.Is(err, fs.ErrNotExist), nil
	}
	s, err := ReadStore(ctx, cfg)
	if fault.CodeOf(err) == fault.StoreMissing {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, s.Close()
}

// notThisNode refuses trunks that send calls to where this node listens.
func notThisNode(cfg config.Config, trunks []catalog.Trunk) error {
	for _, listen := range cfg.SIP.Listen {
		network, text, _ := strings.Cut(listen, ":")
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			continue // serve says what is wrong with it
		}
		for _, t := range trunks {
			to := t.Outbound
			if string(to.Transport) == network && to.Address.Port() == at.Port() && sameHost(to.Address.Addr(), at.Addr(), cfg.SIP.Advertise) {
				return fault.New(fault.OutboundIsSelf, "trunk", t.Code, "value", to.Address)
			}
		}
	}
	return nil
}

// sameHost reports whether an address is the one that is listened at; one that
// stands for all of the machine's is each of them.
func sameHost(to, listen netip.Addr, advertised string) bool {
	if to == listen.Unmap() || to.String() == advertised {
		return true
	}
	if !listen.IsUnspecified() {
		return false
	}
	if to.IsLoopback() {
		return true // all of 127.0.0.0/8 is this machine
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return false // they are not known
	}
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr() == to {
			return true
		}
	}
	return false
}
