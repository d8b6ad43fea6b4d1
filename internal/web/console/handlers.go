package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/target"
	"sibai/internal/web/account"
	"sibai/internal/web/checkout"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
)

// Source is what the pages read.
type Source interface {
	// Standing reads what a customer rents and has, and what lies ahead.
	Standing(ctx context.Context, c catalog.Customer) (Standing, error)
	// Calls lists calls of a customer, the latest first.
	Calls(ctx context.Context, f charging.CDRFilter) ([]cdr.Record, error)
	Orders(ctx context.Context, f order.Filter) ([]order.Order, error)
}

// Standing is how a customer stands.
type Standing struct {
	Customer *billing.Customer
	Phones   map[string][]string // by number, those that ring, in their order
	Ahead    []billing.Item      // what will be taken, from now on
}

// People manages members; identity.Service implements it.
type People interface {
	Members(ctx context.Context, by identity.Actor) ([]identity.Membership, error)
	InviteMember(ctx context.Context, by identity.Actor, customer string, in identity.Invitation, address string) (identity.Invited, error)
	Remove(ctx context.Context, by identity.Actor, person identity.ID, address string) error
	Memberships(ctx context.Context, p identity.ID) ([]identity.Membership, error)
	Traces(ctx context.Context, a identity.Actor, f identity.TraceFilter) ([]identity.Trace, error)
	Note(ctx context.Context, a identity.Actor, action, subject, address, detail string) error
}

// Payments asks for top-ups; payment.Service implements it.
type Payments interface {
	Ask(ctx context.Context, customer string, amount money.Amount, provider string, payable time.Duration) (payment.Asked, error)
}

// Deps is what the pages need.
type Deps struct {
	Source    Source
	People    People
	Payments  Payments
	Payable   time.Duration // how long a top-up can be paid
	Providers []string      // of payments, by their names
	Bank      bool          // whether customers can top up by bank transfer
	Targets   Targets
	Documents Documents
}

type handlers struct{ Deps }

// Routes adds the pages to r, inside of which gate.Sessions must be in use. Each
// names who may see it.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, d Deps) {
	h := handlers{d}
	r.Get("/console", gate.Need(pages, identity.SeeConsole, h.overview))
	r.Get("/console/numbers", gate.Need(pages, identity.SeeConsole, h.numbers))
	r.Get("/console/numbers/{number}", gate.Need(pages, identity.SeeConsole, h.number))
	for _, act := range []struct {
		path, of string
		do       func(*http.Request, target.Act, *numberView) error
	}{
		{"targets", "add", h.addPhone}, {"move", "", h.movePhone}, {"remove", "", h.removePhone}, {"ring", "ring", h.setRing},
		{"restore", "versions", h.restore}, {"code", "", h.sendCode}, {"prove", "", h.prove},
	} {
		r.Post("/console/numbers/{number}/"+act.path, gate.Need(pages, identity.ChangeTargets, h.alter(act.of, act.do)))
	}
	r.Get("/console/calls", gate.Need(pages, identity.SeeConsole, h.calls))
	r.Get("/console/orders", gate.Need(pages, identity.SeeConsole, h.orders))
	r.Get("/console/documents", gate.Need(pages, identity.SeeConsole, h.documents))
	r.Post("/console/documents", gate.Need(pages, identity.PlaceOrders, h.handIn))
	r.Get("/console/money", gate.Need(pages, identity.SeeMoney, h.money))
	r.Post("/console/money", gate.Need(pages, identity.PayIn, h.topUp))
	r.Get("/console/members", gate.Need(pages, identity.ManageMembers, h.members))
	r.Post("/console/members", gate.Need(pages, identity.ManageMembers, h.invite))
	r.Post("/console/members/{person}/remove", gate.Need(pages, identity.ManageMembers, h.remove))
}

// frame is what every page of the console shows.
type frame struct {
	actor identity.Actor
	nav   string
	mine  []identity.Membership // where the person is a member
}

func (h handlers) frame(r *http.Request, a identity.Actor, nav string) (frame, error) {
	mine, err := h.People.Memberships(r.Context(), a.Person.ID)
	return frame{a, nav, mine}, err
}

type overview struct {
	frame
	standing Standing
	calls    []cdr.Record
	orders   []order.Order // that wait for the customer
	at       time.Time
	today    tally
	missed   []missedCall // whom to call back
	until    time.Time    // when the balance is used up; zero: not told
	callBack bool         // whether the reader may see callers' numbers whole
}

const recent = 8

func (h handlers) overview(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	f, err := h.frame(r, a, "overview")
	if err != nil {
		return err
	}
	o := overview{frame: f, at: time.Now()}
	if o.standing, err = h.Source.Standing(r.Context(), a.Customer); err != nil {
		return err
	}
	if err := h.lately(r.Context(), &o); err != nil {
		return err
	}
	list, err := h.Source.Orders(r.Context(), order.Filter{Customer: a.Customer.Code})
	if err != nil {
		return err
	}
	for i := range list {
		if s := list[i].StateAt(o.at); !s.Over() {
			o.orders = append(o.orders, list[i])
		}
	}
	return page.Render(w, r, http.StatusOK, overviewPage(o))
}

// lately adds what calls of the last days tell.
func (h handlers) lately(ctx context.Context, o *overview) error {
	list, err := h.Source.Calls(ctx, charging.CDRFilter{Customer: int64(o.actor.Customer.ID), Since: o.at.Add(-lookedBack), Limit: mostCalls})
	if err != nil {
		return err
	}
	o.calls, o.missed, o.callBack = list[:min(len(list), recent)], missed(list, o.at), o.actor.Role.Has(identity.ChangeTargets)
	began := midnight(o.at)
	today := slices.IndexFunc(list, func(r cdr.Record) bool { return r.StartedAt.Before(began) })
	if today < 0 {
		today = len(list)
	}
	o.today = count(list[:today])
	if c := o.standing.Customer; c != nil && c.View != nil {
		o.until, _ = runsOut(list, len(list) == mostCalls, c.View.Available(o.at), o.at)
	}
	return nil
}

type calls struct {
	frame
	list   []cdr.Record
	number string
	caller string
	cause  string
	more   bool
	wrong  bool
}

const callsShown = 100

func (h handlers) calls(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	f, err := h.frame(r, a, "calls")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	c := calls{frame: f, number: q.Get("number"), caller: q.Get("caller"), cause: q.Get("cause")}
	filter := charging.CDRFilter{Customer: int64(a.Customer.ID), Caller: c.caller, Cause: cdr.Cause(c.cause), Limit: callsShown + 1}
	if c.number != "" {
		if filter.Number, err = number.Parse(c.number); err != nil {
			c.wrong = true
			return page.Render(w, r, http.StatusUnprocessableEntity, callsPage(c))
		}
	}
	if c.list, err = h.Source.Calls(r.Context(), filter); err != nil {
		return err
	}
	if c.more = len(c.list) > callsShown; c.more {
		c.list = c.list[:callsShown]
	}
	return page.Render(w, r, http.StatusOK, callsPage(c))
}

type orders struct {
	frame
	list []order.Order
	at   time.Time
}

func (h handlers) orders(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	f, err := h.frame(r, a, "orders")
	if err != nil {
		return err
	}
	o := orders{frame: f, at: time.Now()}
	if o.list, err = h.Source.Orders(r.Context(), order.Filter{Customer: a.Customer.Code}); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, ordersPage(o))
}

type wallet struct {
	frame
	standing  Standing
	amount    string
	problem   *forms.Problem
	bank      bool
	at        time.Time
	providers []string
}

func (h handlers) money(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.wallet(w, r, a, http.StatusOK, "200", nil)
}

func (h handlers) wallet(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, amount string, bad *forms.Problem) error {
	f, err := h.frame(r, a, "money")
	if err != nil {
		return err
	}
	m := wallet{bank: h.Bank, providers: h.Providers, frame: f, amount: amount, problem: bad, at: time.Now()}
	if m.standing, err = h.Source.Standing(r.Context(), a.Customer); err != nil {
		return err
	}
	return page.Render(w, r, status, moneyPage(m))
}

func (h handlers) topUp(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	typed := r.PostForm.Get("amount")
	sum, err := money.Parse(typed)
	if err != nil {
		return h.wallet(w, r, a, http.StatusUnprocessableEntity, typed, &forms.Problem{What: text.T(r.Context(), "checkout.noamount", "Amount", typed), Remedy: text.T(r.Context(), "checkout.amounthint")})
	}
	asked, err := h.Payments.Ask(r.Context(), a.Customer.Code, sum, r.PostForm.Get("provider"), h.Payable)
	if bad, ok := forms.Said(r.Context(), err); ok {
		return h.wallet(w, r, a, http.StatusUnprocessableEntity, typed, bad)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, checkout.Path(asked.Payment.ID, asked.Key), http.StatusSeeOther)
	return nil
}

type team struct {
	frame
	list    []identity.Membership
	traces  []identity.Trace
	typed   identity.Invitation
	problem *forms.Problem
	invited *identity.Invited
	link    string
}

func (h handlers) members(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.team(w, r, a, http.StatusOK, team{typed: identity.Invitation{Role: identity.Viewer}})
}

func (h handlers) team(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, t team) error {
	var err error
	if t.frame, err = h.frame(r, a, "members"); err != nil {
		return err
	}
	if t.list, err = h.People.Members(r.Context(), a); err != nil {
		return err
	}
	if t.traces, err = h.People.Traces(r.Context(), a, identity.TraceFilter{Limit: 20}); err != nil {
		return err
	}
	return page.Render(w, r, status, membersPage(t))
}

func (h handlers) invite(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	t := team{typed: identity.Invitation{Name: r.PostForm.Get("name"), Login: r.PostForm.Get("login"), Role: identity.Role(r.PostForm.Get("role")), Lang: string(text.From(r.Context()))}}
	invited, err := h.People.InviteMember(r.Context(), a, a.Customer.Code, t.typed, account.Address(r))
	status := http.StatusOK
	if err != nil {
		bad, ok := forms.Said(r.Context(), err)
		if !ok {
			return err
		}
		t.problem, status = bad, http.StatusUnprocessableEntity
	} else {
		t.typed, t.invited = identity.Invitation{Role: identity.Viewer}, &invited
		if invited.Key != "" {
			t.link = account.WelcomePath(false, invited.Key)
		}
	}
	return h.team(w, r, a, status, t)
}

func (h handlers) remove(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	person, err := identity.ParseID(chi.URLParam(r, "person"))
	if err == nil {
		err = h.People.Remove(r.Context(), a, person, account.Address(r))
	}
	if bad, ok := forms.Said(r.Context(), err); ok {
		return h.team(w, r, a, http.StatusUnprocessableEntity, team{problem: bad, typed: identity.Invitation{Role: identity.Viewer}})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/console/members", http.StatusSeeOther)
	return nil
}
