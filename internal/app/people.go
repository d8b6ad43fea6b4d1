package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/inventory"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/site"
	"sibai/internal/tasks"
	"sibai/internal/web"
	"sibai/internal/web/account"
	"sibai/internal/web/console"
	"sibai/internal/web/office"
	"sibai/internal/web/outbox"
	"sibai/internal/web/page"
)

// console is the pages of customers' members.
func (n *Node) console() web.Console {
	secure := strings.HasPrefix(n.cfg.Public.URL, "https:")
	gate := account.NewGate(page.Pages{Log: n.log, Public: true}, n.people, n.store.Catalog.Sessions(), false, secure)
	if n.unlockConsole != nil {
		gate.Unlock(n.unlockConsole)
	}
	return web.Console{
		Gate: gate,
		Deps: console.Deps{Source: &standing{n}, People: n.people, Payments: n.payments, Payable: n.cfg.Pay.Payable, Providers: n.payments.Providers(), Bank: n.cfg.Bank.Account != "", Targets: n.targets(), Documents: papers{n}},
	}
}

// office is the pages of the operator's staff.
func (n *Node) office() web.Office {
	gate := account.NewGate(page.Pages{Log: n.log}, n.people, n.store.Catalog.Sessions(), true, strings.HasPrefix(n.cfg.HTTP.URL, "https:"))
	gate.By(n.sso)
	gate.Counts(func(ctx context.Context, a identity.Actor) (map[string]int, error) {
		waiting, err := n.store.Catalog.Tasks(ctx, time.Now())
		return tasks.Of(a.Role, waiting), err
	})
	if n.unlockOffice != nil {
		gate.Unlock(n.unlockOffice)
	}
	return web.Office{
		Gate:         gate,
		Deps:         office.Deps{Source: &backOffice{standing{n}}, Orders: n.orders, People: n.people, Receipts: n.payments},
		Applications: reviews{n.names, n},
		Stock:        inventory.New(n.store.Catalog, n.ids.Next, nil),
		Catalogue:    n.store.Catalog,
		Prices:       site.NewPrices(n.store.Catalog, nil),
		Claims:       n.claims,
		Bills:        n.bills,
		Messages:     outbox.Deps{Messages: n.store.Catalog, Sender: n.notify, Contact: n.cfg.Shop.Contact},
		Notices:      n.store.Catalog,
	}
}

// standing reads what the pages behind a sign-in show.
type standing struct{ n *Node }

// Standing implements console.Source.
func (s *standing) Standing(ctx context.Context, c catalog.Customer) (console.Standing, error) {
	out := console.Standing{Phones: map[string][]string{}}
	var err error
	if out.Customer, err = s.customer(ctx, c); err != nil {
		return out, err
	}
	for _, r := range out.Customer.Rentals {
		if line, ok := s.n.dir.Line(r.Digits); ok {
			out.Phones[r.Digits] = phonesOf(line)
		}
	}
	report, err := s.n.billing.PreviewFor(ctx, c.Code, time.Now())
	for _, i := range report.Items {
		switch i.Kind {
		case billing.MinimumAhead, billing.RenewalAhead, billing.ExpiryAhead:
			out.Ahead = append(out.Ahead, i)
		}
	}
	return out, err
}

func phonesOf(line directory.Line) (list []string) {
	for _, t := range line.Profile.Targets {
		list = append(list, t.Phone)
	}
	return list
}

// customer reads a customer with everything that its bills are made of.
func (s *standing) customer(ctx context.Context, c catalog.Customer) (*billing.Customer, error) {
	book, err := s.n.store.Catalog.Book(ctx, c.Shard, time.Now().AddDate(-2, 0, 0))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(book.Customers, func(x *billing.Customer) bool { return x.ID == c.ID })
	if i < 0 {
		return nil, fault.New(fault.CustomerNotFound, "customer", c.Code)
	}
	return book.Customers[i], nil
}

// Calls implements console.Source.
func (s *standing) Calls(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error) {
	return s.n.store.Money.CDRs(ctx, f)
}

// Orders implements console.Source and office.Source.
func (s *standing) Orders(ctx context.Context, f order.Filter) ([]order.Order, error) {
	return s.n.store.Catalog.Orders(ctx, f)
}

// backOffice reads what the pages of staff show.
type backOffice struct{ standing }

// Standing implements office.Source.
func (b *backOffice) Standing(ctx context.Context, code string) (*billing.Customer, error) {
	c, ok, err := b.n.store.Catalog.Find(ctx, code)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.CustomerNotFound, "customer", code)
	}
	return b.customer(ctx, c)
}

// Customers implements office.Source.
func (b *backOffice) Customers(ctx context.Context) ([]catalog.Customer, error) {
	return b.n.store.Catalog.Customers(ctx)
}

// Payments implements office.Source.
func (b *backOffice) Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error) {
	return b.n.store.Catalog.Payments(ctx, f)
}

// Ledger implements office.Source.
func (b *backOffice) Ledger(ctx context.Context) (list []office.Entry, err error) {
	customers, err := b.Customers(ctx)
	if err != nil {
		return nil, err
	}
	for shard := range charging.Shards {
		if !slices.ContainsFunc(customers, func(c catalog.Customer) bool { return c.Shard == shard }) {
			continue
		}
		book, err := b.n.store.Catalog.Book(ctx, shard, time.Now())
		if err != nil {
			return nil, err
		}
		for _, c := range book.Customers {
			for _, r := range c.Rentals {
				e := office.Entry{
					Number: r.Digits, State: string(r.State), Company: c.Name, Code: c.Code, Plan: r.Plan.Name, Since: r.Subscription.StartedAt,
					Issuing: string(r.Issuing), Serving: string(r.Serving),
				}
				if line, ok := b.n.dir.Line(r.Digits); ok {
					e.Phones = phonesOf(line)
				}
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, func(a, b office.Entry) int { return strings.Compare(a.Number, b.Number) })
	return list, nil
}

// invite lets somebody in from the terminal: Invite, into the office or, with
// Customer, into its console.
func (d desk) invite(ctx context.Context, o Order) (out Outcome, err error) {
	people, nobody := d.people, identity.Actor{}
	var invited identity.Invited
	staff := o.Customer == ""
	switch {
	case o.Do == DoDismiss:
		p, err := people.Dismiss(ctx, nobody, o.Invite.Login, atTerminal)
		out.Person = &p
		return out, err
	case o.Do == DoBlock, o.Do == DoLift:
		p, err := people.Block(ctx, nobody, o.Invite.Login, o.Do == DoLift, "", atTerminal)
		p.Password = ""
		out.Person = &p
		return out, err
	case o.Do == DoForget:
		p, err := people.ForgetSecond(ctx, nobody, o.Invite.Login, atTerminal)
		p.Password = ""
		out.Person = &p
		return out, err
	case o.Do == DoLink:
		invited, err = people.NewLink(ctx, nobody, o.Invite.Login, atTerminal)
		staff = invited.Person.Staff != ""
	case staff:
		invited, err = people.InviteStaff(ctx, nobody, *o.Invite, atTerminal)
	default:
		invited, err = people.InviteMember(ctx, nobody, o.Customer, *o.Invite, atTerminal)
	}
	if err != nil {
		return out, err
	}
	out.Person = &invited.Person
	out.Person.Password = ""
	if invited.Key == "" {
		return out, nil // signs in with the password that it has
	}
	base := d.cfg.HTTP.Link(d.cfg.HTTP.Listen)
	if !staff {
		if base, err = d.links(); err != nil {
			return out, err
		}
	}
	out.Link = base + account.WelcomePath(staff, invited.Key)
	return out, nil
}

// atTerminal is the address of what is done there.
const atTerminal = "terminal"

// Staff lists the operator's people, also while nodes serve the store.
func Staff(ctx context.Context, cfg config.Config) (list []identity.Person, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Staff(ctx)
		return err
	})
	return list, err
}

// Members lists who acts for a customer, also while nodes serve the store.
func Members(ctx context.Context, cfg config.Config, customer string) (list []identity.Membership, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		c, ok, err := s.Catalog.Find(ctx, customer)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.CustomerNotFound, "customer", customer)
		}
		list, err = s.Catalog.Members(ctx, c)
		return err
	})
	return list, err
}

// Traces lists what people did, the newest first, also while nodes serve the
// store.
func Traces(ctx context.Context, cfg config.Config, f identity.TraceFilter) (list []identity.Trace, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Traces(ctx, f)
		return err
	})
	return list, err
}
