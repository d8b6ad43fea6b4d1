package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"sibai/internal/app"
	"sibai/internal/billing"
	"sibai/internal/blob"
	"sibai/internal/charging"
	"sibai/internal/chat"
	"sibai/internal/config"
	"sibai/internal/contract"
	"sibai/internal/id"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/notify"
	"sibai/internal/order"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/site"
	"sibai/internal/vault"
)

// Cast is who and what the pages of the demo show.
type Cast struct {
	Password string   // of everybody
	Office   []Player // one of each role
	Console  []Player
	Customer string // code of the one with calls, which all of Console act for
	Orders   []Prop // by the state that each is in
	Pages    []Prop // that are reached by links of their own
}

// Player is somebody who signs in.
type Player struct {
	Role  identity.Role
	Login string
}

// Prop is an order, or what else has a page, with the path of that.
type Prop struct{ State, Path string }

// story is the demo's past: the services that users use, by a clock that goes from
// a hundred days ago to now.
type story struct {
	cfg   config.Config
	store *app.Store
	ids   *id.Generator
	log   *slog.Logger
	end   time.Time // now

	mu   sync.Mutex // guards time
	time time.Time

	bank    *charging.Service
	bills   *billing.Service
	till    *payment.Service
	sandbox *sandbox.Provider
	orders  *order.Service
	names   *realname.Service
	vault   *vault.Vault
	people  *identity.Service
	chats   *chat.Service
	told    *notify.Service

	paper []byte                 // a picture that stands for every document
	by    map[string]order.Order // the customers' orders, by what each shows
	cast  Cast
}

// Furnish describes the demo's installation to an empty store and, with past, lets
// its past happen: customers in every state of the way to a number and after it, staff,
// members, documents, payments, calls and conversations. All of it goes through the
// services that users use. text is the site file.
func Furnish(ctx context.Context, cfg config.Config, text string, past bool, log *slog.Logger) (_ Cast, err error) {
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return Cast{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	now := time.Now()
	s := &story{by: map[string]order.Order{}, cfg: cfg, store: store, log: log, end: now, time: now}
	if past {
		s.time = now.AddDate(0, 0, -100)
	}
	if err := s.open(); err != nil {
		return Cast{}, err
	}
	s.bank.Start()
	defer s.bank.Stop()
	parsed, err := site.Parse("demo/site.yaml", []byte(text))
	if err != nil {
		return Cast{}, err
	}
	if _, err := site.New(store.Catalog, s.bank, s.ids.Next, s.now).Apply(ctx, parsed); err != nil {
		return Cast{}, fmt.Errorf("describe the demo's installation: %w", err)
	}
	if err := stockUp(ctx, inventory.New(store.Catalog, s.ids.Next, s.now)); err != nil {
		return Cast{}, fmt.Errorf("take in the demo's numbers: %w", err)
	}
	if !past {
		return Cast{}, nil
	}
	s.cast.Password = strings.ToLower(rand.Text()[:12])
	for _, chapter := range []func(context.Context) error{s.hire, s.play, s.books, s.chat} {
		if err := chapter(ctx); err != nil {
			return Cast{}, fmt.Errorf("play the demo's past, %s: %w", s.now().Format(time.DateTime), err)
		}
	}
	return s.cast, nil
}

// open makes the services, as a node does but by the story's clock.
func (s *story) open() (err error) {
	if s.ids, err = id.NewGenerator(s.cfg.Node, s.now); err != nil {
		return err
	}
	catalog := s.store.Catalog
	s.bank = charging.New(s.store.Money, charging.Config{Node: s.cfg.Node, Now: s.now}, s.ids, s.log)
	s.bills = billing.New(catalog, s.bank, s.ids.Next, s.now, s.log)
	if s.sandbox, err = sandbox.New(); err != nil {
		return err
	}
	s.till = payment.New(catalog, s.bills, []payment.Provider{s.sandbox}, s.ids.Next, s.now, s.log)
	terms := order.Terms{Lock: s.cfg.Order.Lock, Documents: s.cfg.Order.Documents, Trunk: s.cfg.Order.Trunk, MaxItems: 20, MaxLocks: 5, ShowCodes: true}
	printer, err := contract.New("", terms)
	if err != nil {
		return err
	}
	s.told = notify.New(notify.Parts{Store: catalog, Contact: s.cfg.Shop.Contact, NewID: s.ids.Next, Now: s.now, Log: s.log})
	s.orders = order.New(order.Parts{
		Store: catalog, Bank: s.bank, Biller: s.bills, Payments: s.till, Printer: printer, NewID: s.ids.Next, Now: s.now, Log: s.log,
	}, terms)
	keys := vault.KeyFile(s.cfg.DocumentKeys())
	if !keys.Exists() {
		if _, err := keys.Add(); err != nil {
			return err
		}
	}
	rules := realname.Rules{Answer: s.cfg.RealName.Answer, Vendor: s.cfg.RealName.VendorReview, Carrier: s.cfg.RealName.CarrierReview}
	s.vault = vault.New(blob.Folder(s.cfg.DocumentFolder()), keys, nil)
	s.names = realname.New(catalog, s.vault, rules, s.ids.Next, s.now, s.log)
	s.people = identity.New(catalog, nil, s.ids.Next, s.now, s.log)
	s.chats = chat.New(catalog, s.ids.Next, s.now)
	s.paper, err = samplePaper()
	return err
}

// now is the story's time.
func (s *story) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time
}

// ago moves the story on to an instant that lies so far back. It never goes back.
func (s *story) ago(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.end.Add(-d); at.After(s.time) {
		s.time = at
	}
}

// pass lets a little time go by.
func (s *story) pass(d time.Duration) { s.ago(s.end.Sub(s.now().Add(d))) }

const day = 24 * time.Hour
