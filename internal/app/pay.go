package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"time"

	"sibai/internal/billing"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/pay/alipay"
	"sibai/internal/pay/sandbox"
	"sibai/internal/pay/wechat"
	"sibai/internal/payment"
	"sibai/internal/web"
	"sibai/internal/web/checkout"
)

// payEvery is how often it is looked for payments and refunds that are due.
const payEvery = time.Minute

// payments makes the payment service over the providers that the settings
// switch on. played is the sandbox, nil when it is off.
func payments(cfg config.Config, store *Store, bank *billing.Service, ids *id.Generator, log *slog.Logger) (service *payment.Service, played *sandbox.Provider, err error) {
	var providers []payment.Provider
	if cfg.WeChat.Merchant != "" {
		over, err := weChat(cfg)
		if err != nil {
			return nil, nil, err
		}
		providers = append(providers, over)
	}
	if cfg.Alipay.App != "" {
		over, err := aliPay(cfg)
		if err != nil {
			return nil, nil, err
		}
		providers = append(providers, over)
	}
	if cfg.Pay.Sandbox {
		if played, err = sandbox.New(); err != nil {
			return nil, nil, err
		}
		providers = append(providers, played)
	}
	return payment.New(store.Catalog, bank, providers, ids.Next, nil, log), played, nil
}

// weChat is WeChat Pay as the settings say.
func weChat(cfg config.Config) (*wechat.Provider, error) {
	set := wechat.Settings{
		Address: cfg.WeChat.Address, Notify: cfg.Public.Link("") + checkout.NotifyPath(wechat.Name),
		Merchant: cfg.WeChat.Merchant, App: cfg.WeChat.App, Serial: cfg.WeChat.Serial, PublicKeyID: cfg.WeChat.PublicKeyID,
	}
	if err := readKeyFiles([]keyFile{
		{"wechat.key_file", cfg.WeChat.KeyFile, &set.Key},
		{"wechat.api_key_file", cfg.WeChat.APIKeyFile, &set.APIKey},
		{"wechat.public_key_file", cfg.WeChat.PublicKeyFile, &set.PublicKey},
	}); err != nil {
		return nil, err
	}
	return wechat.New(set, nil)
}

// aliPay is Alipay as the settings say.
func aliPay(cfg config.Config) (*alipay.Provider, error) {
	set := alipay.Settings{
		Address: cfg.Alipay.Address, Notify: cfg.Public.Link("") + checkout.NotifyPath(alipay.Name), App: cfg.Alipay.App, Seller: cfg.Alipay.Seller,
	}
	for _, way := range cfg.Alipay.Ways {
		set.Ways = append(set.Ways, alipay.Way(way))
	}
	if err := readKeyFiles([]keyFile{
		{"alipay.key_file", cfg.Alipay.KeyFile, &set.Key},
		{"alipay.public_key_file", cfg.Alipay.PublicKeyFile, &set.PublicKey},
	}); err != nil {
		return nil, err
	}
	return alipay.New(set, nil)
}

// Tried is what a payment provider said of a question about nothing.
type Tried struct {
	Provider string
	Err      error // of the settings, or of the answer; nil when all is well
}

// TryProviders asks each payment provider that the settings switch on to end an order
// that never was, which shows whether it can be reached and knows the merchant's key.
// Nothing is changed.
func TryProviders(ctx context.Context, cfg config.Config) (list []Tried) {
	try := func(name string, over payment.Closer, err error) {
		if err == nil {
			_, _, err = over.Close(ctx, payment.Payment{ID: payment.ID(time.Now().UnixMicro())}) // ids are larger by far
		}
		if errors.Is(err, payment.ErrUnmade) {
			err = nil
		}
		list = append(list, Tried{name, err})
	}
	if cfg.WeChat.Merchant != "" {
		over, err := weChat(cfg)
		try(wechat.Name, over, err)
	}
	if cfg.Alipay.App != "" {
		over, err := aliPay(cfg)
		try(alipay.Name, over, err)
	}
	return list
}

// keyFile is a file with a key that a setting names.
type keyFile struct {
	setting, path string
	to            *[]byte
}

func readKeyFiles(list []keyFile) error {
	for _, f := range list {
		content, err := os.ReadFile(f.path)
		if err != nil {
			return fault.Wrap(err, fault.ProviderSettings, "setting", f.setting, "reason", err.Error())
		}
		*f.to = content
	}
	return nil
}

// servePublic serves the pages for customers where the settings say so.
func (n *Node) servePublic() (err error) {
	if n.cfg.Public.Listen == "" {
		return nil
	}
	deps := web.PublicDeps{
		Base:     n.cfg.Public.Link(n.cfg.Public.Listen),
		Payments: n.payments, Orders: n.orders, Applications: n.names, Names: handIns{n}, Members: n.people, Console: n.console(), Transfers: n.transfers(), Providers: n.payments.Providers(), Hooks: n.hooks, Notices: n.store.Catalog, Keys: customerKeys{n}, Limits: n.limits, Writes: n.people, Shop: n.shop(), Chat: n.chat, Log: n.log,
	}
	if n.sandbox != nil {
		deps.Sandbox = n.sandbox
		n.log.Warn("the payment sandbox is on: who has a payment's link can top up for nothing", "setting", "pay.sandbox")
	}
	listener, err := net.Listen("tcp", n.cfg.Public.Listen)
	if err != nil {
		return bindFault(err, "public.listen", n.cfg.Public.Listen)
	}
	n.publicAddr = listener.Addr().String()
	n.run(listener, n.withAPI(web.PublicHandler(deps), n.cfg.Public.Link(n.publicAddr)))
	return nil
}

// PublicAddr is where the node serves the pages for customers; empty when it
// does not.
func (n *Node) PublicAddr() string { return n.publicAddr }

// startPayments does what is due with payments, on this node or another one
// that shares the store.
func (n *Node) startPayments() {
	ctx, cancel := context.WithCancel(context.Background())
	n.stopPayments = func() {
		cancel()
		n.paying.Wait()
	}
	n.paying.Go(func() {
		tick := time.NewTicker(payEvery)
		defer tick.Stop()
		for {
			done, err := n.payments.Turn(ctx, n.store.Catalog, n.cfg.Node)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				n.log.Error("payments that are due could not all be dealt with; they are tried again", "done", done, "error", err)
			case done > 0:
				n.log.Info("payments that were due", "done", done)
			}
			n.turnBills(ctx)
			n.turnClaims(ctx)
			n.turnOrders(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// pay does the orders that are about payments.
func (d desk) pay(ctx context.Context, o Order) (out Outcome, err error) {
	var p payment.Payment
	switch o.Do {
	case DoAsk:
		base, err := d.links()
		if err != nil {
			return out, err
		}
		asked, err := d.payments.Ask(ctx, o.Customer, o.Amount, o.Channel, d.cfg.Pay.Payable)
		if err != nil {
			return out, err
		}
		p, out.Link = asked.Payment, base+checkout.Path(asked.Payment.ID, asked.Key)
	case DoTake:
		p, err = d.payments.Take(ctx, o.Payment, o.Why)
	case DoClose:
		p, err = d.payments.Close(ctx, o.Payment)
	case DoPayRefund:
		refund, rerr := d.payments.Refund(ctx, o.Payment, o.Amount, o.Reference, o.Why)
		out.Back, err = &refund, rerr
		return out, err
	}
	out.Payment = &p
	return out, err
}

// links is what links to the pages for customers start with.
func (d desk) links() (string, error) {
	if d.public == "" {
		d.public = d.cfg.Public.Listen
	}
	if d.public == "" && d.cfg.Public.URL == "" {
		return "", fault.New(fault.PublicOff)
	}
	return d.cfg.Public.Link(d.public), nil
}

// Payments lists payments, the newest first, also while nodes serve the store.
func Payments(ctx context.Context, cfg config.Config, f payment.Filter) (list []payment.Payment, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Payments(ctx, f)
		return err
	})
	return list, err
}

// PaymentHistory reads a payment and what became of it, the oldest first.
func PaymentHistory(ctx context.Context, cfg config.Config, id payment.ID) (p payment.Payment, events []payment.Event, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		if events, err = s.Catalog.PaymentEvents(ctx, id); err != nil {
			return err
		}
		p, _, err = s.Catalog.Payment(ctx, id)
		return err
	})
	return p, events, err
}
