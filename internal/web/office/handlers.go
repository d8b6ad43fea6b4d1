package office

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/identity"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Source is what the pages read.
type Source interface {
	Orders(ctx context.Context, f order.Filter) ([]order.Order, error)
	Customers(ctx context.Context) ([]catalog.Customer, error)
	// Standing reads what a customer rents and has.
	Standing(ctx context.Context, code string) (*billing.Customer, error)
	Payments(ctx context.Context, f payment.Filter) ([]payment.Payment, error)
	// Ledger lists every number that is or was somebody's (台账).
	Ledger(ctx context.Context) ([]Entry, error)
}

// Entry is a line of the ledger of numbers: who uses it, since when, what for and
// where it rings.
type Entry struct {
	Number  string
	State   string
	Company string
	Code    string
	Plan    string
	Phones  []string
	Since   time.Time
	Issuing string
	Serving string
}

// Orders leads orders; order.Service implements it.
type Orders interface {
	Read(ctx context.Context, id order.ID) (order.Order, error)
	Events(ctx context.Context, id order.ID) ([]order.Event, error)
	Contract(ctx context.Context, o order.Order) (order.Document, error)
	SignedContract(ctx context.Context, o order.Order) (order.Document, error)
	HandIn(ctx context.Context, id order.ID, who string) (order.Order, error)
	Vet(ctx context.Context, id order.ID, who string) (order.Order, error)
	AskAgain(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	OpenNumbers(ctx context.Context, id order.ID, who string) (order.Order, error)
	Refuse(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	Cancel(ctx context.Context, id order.ID, who, why string) (order.Order, error)
}

// People manages staff; identity.Service implements it.
type People interface {
	Staff(ctx context.Context, by identity.Actor) ([]identity.Person, error)
	InviteStaff(ctx context.Context, by identity.Actor, in identity.Invitation, address string) (identity.Invited, error)
	Dismiss(ctx context.Context, by identity.Actor, login, address string) (identity.Person, error)
	Blocked(ctx context.Context, by identity.Actor) ([]identity.Person, error)
	Block(ctx context.Context, by identity.Actor, login string, lift bool, why, address string) (identity.Person, error)
	Traces(ctx context.Context, a identity.Actor, f identity.TraceFilter) ([]identity.Trace, error)
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Deps is what the pages need.
type Deps struct {
	Source Source
	Orders Orders
	People People
	// Receipts leads payments one by one.
	Receipts Payments
}

type handlers struct{ Deps }

// act is what staff may do to an order.
type act struct {
	needs identity.Permission
	from  []order.State
	why   bool // a reason is asked for
}

// acts are what staff may do to orders, in the order of their buttons.
var acts = map[string]act{
	"handin":   {identity.ReviewOrders, []order.State{order.Paid}, false},
	"vet":      {identity.ReviewOrders, []order.State{order.Reviewing}, false},
	"open":     {identity.OpenNumbers, []order.State{order.Vetted}, false},
	"askagain": {identity.ReviewOrders, []order.State{order.Reviewing, order.Vetted}, true},
	"refuse":   {identity.ReviewOrders, []order.State{order.Paid, order.Reviewing, order.Vetted}, true},
	"cancel":   {identity.CancelOrders, []order.State{order.Locked, order.Signed}, true},
}

var actNames = []string{"handin", "vet", "open", "askagain", "refuse", "cancel"}

// Routes adds the pages to r, inside of which gate.Sessions must be in use. Each
// names who may see it.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, d Deps) {
	h := handlers{d}
	r.Get("/office", gate.Need(pages, identity.SeeOffice, h.orders))
	r.Get("/office/orders/{id}", gate.Need(pages, identity.SeeOffice, h.order))
	r.Get("/office/orders/{id}/contract.pdf", gate.Need(pages, identity.SeePersonal, h.contract))
	for _, name := range actNames {
		r.Post("/office/orders/{id}/"+name, gate.Need(pages, acts[name].needs, h.act(name)))
	}
	r.Get("/office/customers", gate.Need(pages, identity.SeeOffice, h.customers))
	r.Get("/office/customers/{code}", gate.Need(pages, identity.SeeOffice, h.customer))
	r.Get("/office/payments", gate.Need(pages, identity.SeeBooks, h.payments))
	r.Get("/office/payments/{payment}", gate.Need(pages, identity.SeeBooks, h.payment))
	r.Post("/office/payments/{payment}/refund", gate.Need(pages, identity.MoveMoney, h.refund))
	r.Post("/office/payments/{payment}/take", gate.Need(pages, identity.MoveMoney, h.take))
	r.Get("/office/ledger", gate.Need(pages, identity.SeeOffice, h.ledger))
	r.Get("/office/ledger.csv", gate.Need(pages, identity.SeePersonal, h.ledgerFile))
	r.Get("/office/ledger.xlsx", gate.Need(pages, identity.SeePersonal, h.ledgerFile))
	r.Get("/office/staff", gate.Need(pages, identity.ManageStaff, h.staff))
	r.Post("/office/staff", gate.Need(pages, identity.ManageStaff, h.invite))
	r.Post("/office/staff/dismiss", gate.Need(pages, identity.ManageStaff, h.dismiss))
	r.Post("/office/staff/block", gate.Need(pages, identity.ManageStaff, h.block))
	r.Post("/office/staff/unblock", gate.Need(pages, identity.ManageStaff, h.unblock))
	r.Get("/office/traces", gate.Need(pages, identity.SeeTraces, h.traces))
}

type frame struct {
	actor identity.Actor
	nav   string
}

type orders struct {
	frame
	list  []order.Order
	state order.State
	at    time.Time
}

func (h handlers) orders(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	o := orders{frame: frame{a, "orders"}, state: order.State(r.URL.Query().Get("state")), at: time.Now()}
	if err := o.state.Check(); err != nil {
		return err
	}
	var err error
	if o.list, err = h.Source.Orders(r.Context(), order.Filter{State: o.state}); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, ordersPage(o))
}

type sheet struct {
	frame
	order   order.Order
	events  []order.Event
	at      time.Time
	problem *forms.Problem
	why     string
}

func (h handlers) order(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.sheet(w, r, a, http.StatusOK, nil, "")
}

func (h handlers) sheet(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, bad *forms.Problem, why string) error {
	id, err := order.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	s := sheet{frame: frame{a, "orders"}, at: time.Now(), problem: bad, why: why}
	if s.order, err = h.Orders.Read(r.Context(), id); err != nil {
		return err
	}
	if s.events, err = h.Orders.Events(r.Context(), id); err != nil {
		return err
	}
	// It names persons: who looked is kept before it is served.
	if err := h.People.Note(r.Context(), a, "order_seen", id.String(), account.Address(r), ""); err != nil {
		return err
	}
	return page.Render(w, r, status, orderPage(s))
}

// act does one act on an order, and keeps who did it.
func (h handlers) act(name string) func(http.ResponseWriter, *http.Request, identity.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
		if err := forms.Read(w, r); err != nil {
			return err
		}
		id, err := order.ParseID(chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		ctx, who, why := r.Context(), a.Person.Name, r.PostForm.Get("why")
		switch name {
		case "handin":
			_, err = h.Orders.HandIn(ctx, id, who)
		case "vet":
			_, err = h.Orders.Vet(ctx, id, who)
		case "open":
			_, err = h.Orders.OpenNumbers(ctx, id, who)
		case "askagain":
			_, err = h.Orders.AskAgain(ctx, id, who, why)
		case "refuse":
			_, err = h.Orders.Refuse(ctx, id, who, why)
		case "cancel":
			_, err = h.Orders.Cancel(ctx, id, who, why)
		}
		if bad, ok := forms.Said(r.Context(), err); ok {
			return h.sheet(w, r, a, http.StatusUnprocessableEntity, bad, why)
		}
		if err != nil {
			return err
		}
		if err := h.People.Note(ctx, a, "order_"+name, id.String(), account.Address(r), why); err != nil {
			return err
		}
		http.Redirect(w, r, "/office/orders/"+id.String(), http.StatusSeeOther)
		return nil
	}
}

func (h handlers) contract(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := order.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	o, err := h.Orders.Read(r.Context(), id)
	if err != nil {
		return err
	}
	get := h.Orders.Contract
	if !o.Signature.At.IsZero() {
		get = h.Orders.SignedContract
	}
	d, err := get(r.Context(), o)
	if err != nil {
		return err
	}
	// It names a person: who looked is kept before it is served.
	if err := h.People.Note(r.Context(), a, "contract_seen", id.String(), account.Address(r), ""); err != nil {
		return err
	}
	return file(w, "application/pdf", id.String()+".pdf", d.PDF)
}

type customers struct {
	frame
	list []catalog.Customer
}

func (h handlers) customers(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	list, err := h.Source.Customers(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, customersPage(customers{frame{a, "customers"}, list}))
}

type customer struct {
	frame
	standing *billing.Customer
	orders   []order.Order
	payments []payment.Payment
	at       time.Time
}

func (h handlers) customer(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	c, code := customer{frame: frame{a, "customers"}, at: time.Now()}, chi.URLParam(r, "code")
	var err error
	if c.standing, err = h.Source.Standing(r.Context(), code); err != nil {
		return err
	}
	if err := h.People.Note(r.Context(), a, "customer_seen", code, account.Address(r), ""); err != nil {
		return err
	}
	if c.orders, err = h.Source.Orders(r.Context(), order.Filter{Customer: code}); err != nil {
		return err
	}
	if a.Role.Has(identity.SeeBooks) {
		if c.payments, err = h.Source.Payments(r.Context(), payment.Filter{Customer: code}); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, customerPage(c))
}

type payments struct {
	frame
	list []payment.Payment
	at   time.Time
}

func (h handlers) payments(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	list, err := h.Source.Payments(r.Context(), payment.Filter{})
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, paymentsPage(payments{frame{a, "payments"}, list, time.Now()}))
}

type team struct {
	frame
	list    []identity.Person
	typed   identity.Invitation
	problem *forms.Problem
	invited *identity.Invited
	link    string
	blocked []identity.Person
	block   blocking
}

// blocking is whose sign-in is to be stopped, as it was typed.
type blocking struct {
	login, why string
	problem    *forms.Problem
}

func (h handlers) staff(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.team(w, r, a, http.StatusOK, team{typed: identity.Invitation{Role: identity.Reviewer}})
}

func (h handlers) team(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, t team) error {
	var err error
	t.frame = frame{a, "staff"}
	if t.list, err = h.People.Staff(r.Context(), a); err != nil {
		return err
	}
	if t.blocked, err = h.People.Blocked(r.Context(), a); err != nil {
		return err
	}
	return page.Render(w, r, status, staffPage(t))
}

func (h handlers) invite(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	t := team{typed: identity.Invitation{Name: r.PostForm.Get("name"), Login: r.PostForm.Get("login"), Role: identity.Role(r.PostForm.Get("role")), Lang: string(text.From(r.Context()))}}
	invited, err := h.People.InviteStaff(r.Context(), a, t.typed, account.Address(r))
	status := http.StatusOK
	if err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		t.problem, status = bad, http.StatusUnprocessableEntity
	} else {
		t.typed, t.invited = identity.Invitation{Role: identity.Reviewer}, &invited
		if invited.Key != "" {
			t.link = account.WelcomePath(true, invited.Key)
		}
	}
	return h.team(w, r, a, status, t)
}

func (h handlers) dismiss(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	_, err := h.People.Dismiss(r.Context(), a, r.PostForm.Get("login"), account.Address(r))
	if bad, ok := forms.Said(r.Context(), err); ok {
		return h.team(w, r, a, http.StatusUnprocessableEntity, team{problem: bad, typed: identity.Invitation{Role: identity.Reviewer}})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/office/staff", http.StatusSeeOther)
	return nil
}

// block keeps somebody of staff or of a customer from signing in.
func (h handlers) block(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	b := blocking{login: r.PostForm.Get("login"), why: r.PostForm.Get("why")}
	_, err := h.People.Block(r.Context(), a, b.login, false, b.why, account.Address(r))
	return h.blockDone(w, r, a, b, err)
}

// unblock lets somebody sign in again.
func (h handlers) unblock(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	_, err := h.People.Block(r.Context(), a, r.PostForm.Get("login"), true, "", account.Address(r))
	return h.blockDone(w, r, a, blocking{}, err)
}

func (h handlers) blockDone(w http.ResponseWriter, r *http.Request, a identity.Actor, b blocking, err error) error {
	if bad, ok := forms.Said(r.Context(), err); ok {
		b.problem = bad
		return h.team(w, r, a, http.StatusUnprocessableEntity, team{block: b, typed: identity.Invitation{Role: identity.Reviewer}})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/office/staff", http.StatusSeeOther)
	return nil
}

type traces struct {
	frame
	list []identity.Trace
}

func (h handlers) traces(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	list, err := h.People.Traces(r.Context(), a, identity.TraceFilter{Limit: 200})
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, tracesPage(traces{frame{a, "traces"}, list}))
}
