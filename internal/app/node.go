package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/chat"
	"sibai/internal/claim"
	"sibai/internal/config"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/idempotency"
	"sibai/internal/identity"
	"sibai/internal/limit"
	"sibai/internal/notify"
	"sibai/internal/order"
	"sibai/internal/passkey"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/reconcile"
	"sibai/internal/shelf"
	"sibai/internal/sip"
	"sibai/internal/store/spool"
	"sibai/internal/web"
	"sibai/internal/web/account"
	"sibai/internal/webhook"
)

// settleBound is how long a stop waits for CDRs to become durable after every
// call was ended.
const settleBound = 10 * time.Second

// lastMessages is how long a stop waits for answers to its last SIP messages.
const lastMessages = 2 * time.Second

// Node is one running Sibai.
type Node struct {
	cfg      config.Config
	log      *slog.Logger
	store    *Store
	spool    *spool.Spool
	ids      *id.Generator
	idsMark  *mark
	charging *charging.Service
	billing  *billing.Service
	payments *payment.Service
	sandbox  *sandbox.Provider // nil when it is off
	orders   *order.Service
	people   *identity.Service
	dir      *directory.Directory
	shelf    *shelf.Shelf // nil without pages for customers
	calls    *call.Service
	sip      *sip.Server
	keys     *apikey.Ring // nil without the API
	metrics  *metrics
	ticker   *ticker
	watchers []call.Observer

	jobs     sync.WaitGroup
	stopJobs func() // nil while none run

	nights      sync.WaitGroup
	stopNightly func() // nil while nothing is done at night

	paying       sync.WaitGroup
	stopPayments func() // nil before they are looked after

	names      *realname.Service
	naming     sync.WaitGroup
	stopNaming func() // nil before applications are looked after

	chat *chat.Service

	notify                      *notify.Service
	claims                      *claim.Service
	hooks                       *webhook.Service
	answers                     *idempotency.Service
	bills                       *reconcile.Service
	unlockConsole, unlockOffice *passkey.Service // nil where browsers keep no passkeys for the address
	sso                         *account.SSO     // nil: staff sign in by password alone
	limits                      *limit.Service
	hooking                     sync.WaitGroup
	stopHooks                   func()
	mailing                     sync.WaitGroup
	stopMailing                 func() // nil while no mail server is set

	servers  []*http.Server
	serving  sync.WaitGroup
	ready    atomic.Bool
	stopOnce sync.Once
	stopErr  error

	httpAddr, adminAddr, apiAddr, publicAddr string
}

// Option changes how a node is made.
type Option func(*Node)

// WithObserver lets o see the calls too.
func WithObserver(o call.Observer) Option {
	return func(n *Node) { n.watchers = append(n.watchers, o) }
}

// Start makes and starts a node. On an error nothing is left running.
func Start(ctx context.Context, cfg config.Config, log *slog.Logger, options ...Option) (*Node, error) {
	n := &Node{cfg: cfg, log: log}
	for _, o := range options {
		o(n)
	}
	if err := n.start(ctx); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleBound)
		defer cancel()
		return nil, errors.Join(err, n.Stop(stopCtx))
	}
	return n, nil
}

func (n *Node) start(ctx context.Context) (err error) {
	if err := n.addressesFree(); err != nil {
		return err // before a data directory is made
	}
	if n.store, err = OpenStore(ctx, n.cfg); err != nil {
		return err
	}
	if err := n.openSpool(); err != nil {
		return err
	}
	if n.ids, err = id.NewGenerator(n.cfg.Node, nil); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if n.idsMark, err = markIDs(n.cfg.Data, n.ids, n.log); err != nil {
		return err
	}
	n.ticker = newTicker()
	c := n.cfg.Charging
	risk, err := c.Risk()
	if err != nil {
		return fmt.Errorf("charging.exposure: %w", err)
	}
	n.charging = charging.New(n.store.Money, charging.Config{
		Node: n.cfg.Node, Lease: c.Lease, RenewEvery: c.Renew,
		Rules:  charging.Rules{CashBeforeBonus: !c.BonusFirst, MaxStep: c.LongestStep},
		Proofs: func(now time.Time) []charging.Proof { return n.calls.Proofs(now) },
		Reaped: n.bookedLater, Late: n.bookedLater, Patience: c.Patience, Spool: n.spool, Exposure: risk,
	}, n.ids, n.log)
	n.billing = billing.New(n.store.Catalog, n.charging, n.ids.Next, nil, n.log)
	n.chat = chat.New(n.store.Catalog, n.ids.Next, nil)
	if n.notify, err = messages(n.cfg, n.store, n.ids, n.log); err != nil {
		return err
	}
	if n.payments, n.sandbox, err = payments(n.cfg, n.store, n.billing, n.ids, n.log); err != nil {
		return err
	}
	n.people = identity.New(n.store.Catalog, courier{n.notify, n.cfg}, n.ids.Next, nil, n.log)
	if n.cfg.Identity.StaffTOTP {
		n.people.RequireSecond()
	}
	if n.orders, err = orders(n.cfg, n.store, n.charging, n.billing, n.payments, signing{n.notify}, n.ids, n.log); err != nil {
		return err
	}
	if n.claims, err = claims(n.cfg, n.store, n.billing, n.ids, n.log, func(ctx context.Context, c claim.Claim) {
		if err := n.orders.SettleFor(ctx, c.Code); err != nil {
			n.log.Warn("an order that was paid by bank is left to the job", "customer", c.Code, "error", err)
		}
	}); err != nil {
		return err
	}
	n.hooks = webhook.New(n.store.Catalog, facts{n.store}, n.cfg.Webhook.Private, n.ids.Next, nil, n.log)
	n.answers = idempotency.New(n.store.Catalog, nil)
	n.limits = limit.New(n.store.Catalog, nil)
	if err := n.makePasskeys(); err != nil {
		return err
	}
	if n.sso, err = signOn(n.cfg); err != nil {
		return err
	}
	if n.bills, err = reconciliation(n.cfg, n.store, n.log); err != nil {
		return err
	}
	n.names = realNames(n.cfg, n.store, n.ids, n.log)
	n.dir = directory.New(n.store.Catalog, 0, n.log)
	n.metrics = newMetrics(func() int { return len(n.calls.Running()) })
	watch := append(observers{callLog{n.log}, n.metrics, n.ticker}, n.watchers...)
	n.calls = call.NewService(call.Config{
		Node: n.cfg.Node, Lines: n.dir, Charger: n.charging, Observer: watch, NewID: n.ids.Next,
	})
	n.metrics.watchCharging(n.charging)
	// The calls that are settled now are told of by their customers' names.
	if err := n.dir.Start(ctx); err != nil {
		return fmt.Errorf("read the numbers and trunks: %w", err)
	}
	n.charging.Start()
	if late, err := n.charging.Replay(ctx); err != nil {
		return fmt.Errorf("book the calls that wait in the spool: %w", err)
	} else if late > 0 {
		n.log.Warn("calls that a former process kept in the spool were booked", "calls", late)
	}
	if lost, err := n.charging.ReapNode(ctx, n.cfg.Node); err != nil {
		return fmt.Errorf("settle the calls that a former process left: %w", err)
	} else if lost > 0 {
		n.log.Warn("calls of a former process of this node were settled", "calls", lost)
	}
	addresses, err := listens(n.cfg.SIP)
	if err != nil {
		return err
	}
	if n.sip, err = sip.New(sip.Config{
		Listen: addresses, Trunks: trunks{n.dir}, Accepter: n.calls, T1: n.cfg.SIP.T1, SessionExpires: n.cfg.SIP.Expires, Log: n.log,
	}); err != nil {
		return bindFault(err, "sip.listen", strings.Join(n.cfg.SIP.Listen, ", "))
	}
	n.metrics.watchSIP(n.sip)
	if err := n.serveHTTP(); err != nil {
		return err
	}
	if err := n.readKeys(ctx); err != nil {
		return err
	}
	if err := n.serveAPI(); err != nil {
		return err
	}
	if err := n.startShop(ctx); err != nil {
		return err
	}
	if err := n.servePublic(); err != nil {
		return err
	}
	if err := n.control(); err != nil {
		return err
	}
	if err := n.sip.Start(ctx); err != nil {
		return err
	}
	n.startJobs()
	n.startPayments()
	n.startRealNames()
	n.startMailing()
	n.startHooks()
	n.startNightly()
	n.ready.Store(true)
	n.log.Info("the node takes calls", "sip", n.SIPAddr().String(), "http", n.httpAddr, "admin", n.adminAddr, "api", n.apiAddr, "public", n.publicAddr,
		"data", n.cfg.Data, "store", n.cfg.Store.Shown(), "numbers", len(n.dir.Lines()))
	return nil
}

// bookedLater tells those who watch of a call that was settled after its end:
// by the reaper, or from the spool.
func (n *Node) bookedLater(rec cdr.Record) {
	line, _ := n.dir.Line(rec.Number)
	callLog{n.log}.Ended(rec, line.CustomerName)
	n.metrics.Ended(rec, line.CustomerName)
	n.ticker.Ended(rec, line.CustomerName)
}

func (n *Node) serveHTTP() error {
	pages := http.NewServeMux()
	n.health(pages)
	pages.Handle("/", web.Handler(web.Deps{Live: n.live(), Office: n.office(), Chat: n.chat, Log: n.log}))
	var err error
	if n.httpAddr, err = n.serve("http.listen", n.cfg.HTTP.Listen, pages); err != nil {
		return err
	}
	if n.cfg.Admin.Listen != "" {
		n.adminAddr, err = n.serve("admin.listen", n.cfg.Admin.Listen, n.adminMux())
	}
	return err
}

func (n *Node) serve(setting, address string, handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", bindFault(err, setting, address)
	}
	n.run(listener, handler)
	return listener.Addr().String(), nil
}

// addressesFree tries every address and leaves it again.
func (n *Node) addressesFree() error {
	try := func(setting, network, address string) error {
		var open interface{ Close() error }
		var err error
		if network == "udp" {
			open, err = net.ListenPacket(network, address)
		} else {
			open, err = net.Listen(network, address)
		}
		if err != nil {
			return bindFault(err, setting, address)
		}
		return open.Close()
	}
	if err := try("http.listen", "tcp", n.cfg.HTTP.Listen); err != nil {
		return err
	}
	if n.cfg.Admin.Listen != "" {
		if err := try("admin.listen", "tcp", n.cfg.Admin.Listen); err != nil {
			return err
		}
	}
	if n.cfg.API.Listen != "" {
		if err := try("api.listen", "tcp", n.cfg.API.Listen); err != nil {
			return err
		}
	}
	if n.cfg.Public.Listen != "" {
		if err := try("public.listen", "tcp", n.cfg.Public.Listen); err != nil {
			return err
		}
	}
	for i, text := range n.cfg.SIP.Listen {
		network, address, _ := strings.Cut(text, ":")
		if err := try(fmt.Sprintf("sip.listen[%d]", i), network, address); err != nil {
			return err
		}
	}
	return nil
}

// bindFault says why an address cannot be listened on, and the remedy.
func bindFault(err error, setting, address string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.Wrap(err, fault.AddressInUse, "address", address, "setting", setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EACCES):
		return fault.Wrap(err, fault.AddressUnavailable, "address", address, "setting", setting)
	}
	return fmt.Errorf("listen on %s (%s): %w", address, setting, err)
}

func (n *Node) notReady() string {
	if !n.ready.Load() {
		return "the node is starting or stopping"
	}
	if err := n.dir.Health(); err != nil {
		return "the directory cannot be read: " + err.Error()
	}
	return ""
}

// SIPAddr is where the node takes calls (its first SIP address).
func (n *Node) SIPAddr() netip.AddrPort { return n.sip.Addr(0) }

// HTTPAddr is where the node serves pages.
func (n *Node) HTTPAddr() string { return n.httpAddr }

// Directory is what the node knows of numbers and trunks.
func (n *Node) Directory() *directory.Directory { return n.dir }

// Charging is the node's charging service.
func (n *Node) Charging() *charging.Service { return n.charging }

// Store is the node's store.
func (n *Node) Store() *Store { return n.store }

// Stop ends the node: no new calls from now on; running ones end by
// themselves until ctx ends, and are then ended and settled. Stopping twice is
// safe.
func (n *Node) Stop(ctx context.Context) error {
	n.stopOnce.Do(func() { n.stopErr = n.stop(ctx) })
	return n.stopErr
}

func (n *Node) stop(ctx context.Context) error {
	n.ready.Store(false)
	var errs []error
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleBound)
	defer cancel()
	if n.sip != nil {
		n.sip.Refuse()
		if n.calls.Wait(ctx) != nil {
			bound, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleBound)
			defer cancel()
			n.log.Warn("calls that still run are ended and settled", "calls", len(n.calls.Running()))
			n.calls.EndAll(cdr.NodeStopped)
			if err := n.calls.Wait(bound); err != nil {
				errs = append(errs, fmt.Errorf("%d calls could not be settled; they are at the next start: %w", len(n.calls.Running()), err))
			}
		}
		// Every call is over by now; only the last BYEs may still be on the way.
		last, done := context.WithTimeout(bound, lastMessages)
		defer done()
		if err := n.sip.Stop(last); err != nil {
			errs = append(errs, err)
		}
	}
	if n.ticker != nil {
		n.ticker.close() // ends the pages' streams, which the shutdown waits for
	}
	if n.chat != nil {
		n.chat.Stop() // likewise
	}
	for _, server := range n.servers {
		if err := server.Shutdown(bound); err != nil {
			errs = append(errs, fmt.Errorf("stop HTTP: %w", err))
		}
	}
	n.serving.Wait()
	if n.stopJobs != nil {
		n.stopJobs()
	}
	if n.stopPayments != nil {
		n.stopPayments()
	}
	if n.stopHooks != nil {
		n.stopHooks()
	}
	if n.stopMailing != nil {
		n.stopMailing()
	}
	if n.stopNaming != nil {
		n.stopNaming()
	}
	if n.stopNightly != nil {
		n.stopNightly()
	}
	if n.shelf != nil {
		n.shelf.Stop()
	}
	if n.keys != nil {
		n.keys.Stop(bound)
	}
	if n.dir != nil {
		n.dir.Stop()
	}
	if n.charging != nil {
		n.charging.Stop()
	}
	if n.idsMark != nil {
		n.idsMark.close()
	}
	if n.spool != nil {
		if err := n.closeSpool(); err != nil {
			errs = append(errs, err)
		}
	}
	if n.store != nil {
		if err := n.store.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close the store: %w", err))
		}
	}
	return errors.Join(errs...)
}
