package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"sibai/internal/api"
	"sibai/internal/api/charge"
	"sibai/internal/api/customer"
	"sibai/internal/api/operator"
	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/inventory"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/remote"
	"sibai/internal/site"
	"sibai/internal/web/account"
	"sibai/internal/web/checkout"
	"sibai/internal/web/purchase"
)

// readKeys begins to follow the API keys where something takes them.
func (n *Node) readKeys(ctx context.Context) error {
	if n.cfg.API.Listen == "" && n.cfg.Public.Listen == "" {
		return nil
	}
	n.keys = apikey.NewRing(n.store.Catalog, n.dir.Revision, n.log)
	if err := n.keys.Start(ctx); err != nil {
		return fmt.Errorf("read the API keys: %w", err)
	}
	return nil
}

// apiParts are what each document of the API works with.
func (n *Node) apiParts() rest.Parts {
	return rest.Parts{Keys: n.keys, Answers: n.answers, Log: n.log}
}

// serveAPI serves the documents of the operator's keys where the settings say so.
func (n *Node) serveAPI() (err error) {
	if n.cfg.API.Listen == "" {
		return nil
	}
	calls := remote.New(remote.Config{
		Charger: n.charging, Lines: n.dir, Ended: n.bookedLater, LongestStep: n.cfg.Charging.LongestStep,
	})
	office := operator.Deps{Book: operatorBook{&backOffice{standing{n}}}, Orders: n.orders, Stock: inventory.New(n.store.Catalog, n.ids.Next, nil), People: n.people, Names: n.names, Chats: n.chat, Transfers: n.claims, Receipts: n.payments, Catalogue: n.store.Catalog, Prices: site.NewPrices(n.store.Catalog, nil)}
	n.apiAddr, err = n.serve("api.listen", n.cfg.API.Listen, api.Inside(charge.Deps{Calls: calls, Lines: n.dir, Accounts: n.charging}, office, n.apiParts()))
	return err
}

// APIAddr is where the node serves the API; empty when it does not.
func (n *Node) APIAddr() string { return n.apiAddr }

// withAPI serves the customers' document beside the pages for customers.
// Links begin with base.
func (n *Node) withAPI(pages http.Handler, base string) http.Handler {
	face := customer.New(customer.Deps{
		Book: customerBook{&standing{n}}, Shelf: n.shop().Shelf, Orders: n.orders, Targets: n.targets(), Payments: n.payments,
		Journal: n.store.Catalog, Hooks: n.hooks, People: n.people, Names: declared{n.names, n}, Transfers: transfers{n.claims, n}, Payable: n.cfg.Pay.Payable,
		Links: customer.Links{
			Order:   func(id order.ID, key string) string { return base + purchase.Path(id, key) },
			Payment: func(id payment.ID, key string) string { return base + checkout.Path(id, key) },
			Welcome: func(key string) string { return base + account.WelcomePath(false, key) },
		},
	}, n.apiParts())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, api.Customers) {
			face.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// declared begins applications where there may be no key to seal them with yet. It
// implements customer.Names.
type declared struct {
	*realname.Service
	n *Node
}

func (d declared) Begin(ctx context.Context, customer, digits, who string) (realname.Application, error) {
	if err := firstKey(d.n.cfg); err != nil {
		return realname.Application{}, err
	}
	return d.Service.Begin(ctx, customer, digits, who)
}

// customerBook reads what the customers' document shows. It implements
// customer.Book.
type customerBook struct{ *standing }

func (b customerBook) Find(ctx context.Context, code string) (catalog.Customer, bool, error) {
	return b.n.store.Catalog.Find(ctx, code)
}

func (b customerBook) Standing(ctx context.Context, c catalog.Customer) (*billing.Customer, error) {
	return b.customer(ctx, c)
}

func (b customerBook) Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error) {
	return b.n.store.Catalog.Payments(ctx, f)
}

func (b customerBook) Notices(ctx context.Context, f billing.NoticeFilter) ([]billing.Notice, error) {
	return b.n.store.Catalog.Notices(ctx, f)
}

func (b customerBook) Call(ctx context.Context, id cdr.ID) (cdr.Record, bool, error) {
	return b.n.store.Money.CDR(ctx, id)
}

func (b customerBook) Calls(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error) {
	return b.n.store.Money.CDRs(ctx, f)
}

// operatorBook reads what the operator's document shows. It implements
// operator.Book.
type operatorBook struct{ *backOffice }

func (b operatorBook) Payment(ctx context.Context, id payment.ID) (payment.Payment, bool, error) {
	return b.n.store.Catalog.Payment(ctx, id)
}

// purgeAnswers removes answers to requests of other programs whose time is over.
func (n *Node) purgeAnswers(ctx context.Context) {
	if err := n.answers.Purge(ctx); err != nil && ctx.Err() == nil {
		n.log.Warn("old answers to requests of other programs stay for another night", "error", err)
	}
}
