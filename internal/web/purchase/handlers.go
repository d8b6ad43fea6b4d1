package purchase

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/payment"
	"sibai/internal/web/account"
	"sibai/internal/web/checkout"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
	"sibai/internal/web/transfer"
)

// Orders is what the pages need; order.Service implements it.
type Orders interface {
	Offers(ctx context.Context, digits, features []string) (order.Menu, error)
	Place(ctx context.Context, w order.Wish) (order.Placed, error)
	Open(ctx context.Context, id, key string) (order.Order, error)
	Read(ctx context.Context, id order.ID) (order.Order, error)
	Contract(ctx context.Context, o order.Order) (order.Document, error)
	SignedContract(ctx context.Context, o order.Order) (order.Document, error)
	SendCode(ctx context.Context, id order.ID) (order.Order, error)
	Sign(ctx context.Context, id order.ID, in order.Signing) (order.Order, error)
	AskPayment(ctx context.Context, id order.ID, provider string) (*payment.Asked, order.Order, error)
	Settle(ctx context.Context, id order.ID) (order.Order, error)
	SetTargets(ctx context.Context, id order.ID, who string, targets []string) (order.Order, error)
	Cancel(ctx context.Context, id order.ID, who, why string) (order.Order, error)
	Verify(ctx context.Context, pdf []byte) (order.Order, bool, error)
	Events(ctx context.Context, id order.ID) ([]order.Event, error)
	Terms() order.Terms
	Cart(ctx context.Context, key string) ([]string, error)
	Gather(ctx context.Context, key, typed string) error
	PutBack(ctx context.Context, key string, digits ...string) error
}

// Path is the address of an order's page, with the key of its link.
func Path(id order.ID, key string) string {
	return "/order/" + id.String() + "?" + url.Values{"k": {key}}.Encode()
}

// FormPath is the address of the form that orders a number.
func FormPath(digits string) string { return "/order/new?" + url.Values{"number": {digits}}.Encode() }

// People makes the first member of a customer; identity.Service implements it.
type People interface {
	Found(ctx context.Context, c catalog.Customer, name, login, address string) (in identity.Invited, ok bool, err error)
}

// Members knows which member of a customer a request is from; account.Gate
// implements it. Faults: signed_out.
type Members interface {
	Actor(r *http.Request) (identity.Actor, error)
	// Secure reports whether cookies go over HTTPS only.
	Secure() bool
}

type handlers struct {
	orders  Orders
	people  People
	members Members
	names   Names
	ways    Ways
}

// Names leads to the pages of real-name verification.
type Names interface {
	// HandIn is the address of the page where the documents for a number of an order are
	// handed in, with a new key. Faults: order_state when the order is not paid, or is
	// over; realname_state when the number's documents are decided.
	HandIn(ctx context.Context, o order.Order, digits string) (string, error)
}

// Ways are how customers can pay.
type Ways struct {
	Providers []string // by their names
	Bank      bool     // by a transfer
}

// Routes adds the pages to r, inside of which the sessions of members are in use.
func Routes(r chi.Router, pages page.Pages, orders Orders, people People, members Members, names Names, ways Ways) {
	h := handlers{orders, people, members, names, ways}
	r.Post("/order/{id}/account", pages.Handle(h.account))
	r.Get(CartPath, pages.Handle(h.cart))
	r.Post(CartPath+"/add", pages.Handle(h.gather))
	r.Post(CartPath+"/remove", pages.Handle(h.putBack))
	r.Get("/order/new", pages.Handle(h.form))
	r.Post("/order/new", pages.Handle(h.place))
	r.Get("/order/{id}", pages.Handle(h.show))
	r.Get("/order/{id}/contract.pdf", pages.Handle(h.contract))
	r.Post("/order/{id}/code", pages.Handle(h.code))
	r.Post("/order/{id}/sign", pages.Handle(h.sign))
	r.Post("/order/{id}/pay", pages.Handle(h.pay))
	r.Post("/order/{id}/documents", pages.Handle(h.documents))
	r.Post("/order/{id}/targets", pages.Handle(h.targets))
	r.Post("/order/{id}/cancel", pages.Handle(h.cancel))
	r.Get("/contract", pages.Handle(h.verify))
	r.Post("/contract", pages.Handle(h.verify))
}

// maxContract bounds a contract that is checked, in bytes.
const maxContract = 2 << 20

// form is what the page for ordering shows: the offers, and what was typed.
type form struct {
	offers   []order.Offer
	features catalog.Features // that can be chosen
	chosen   []string         // codes of features, the same for all numbers
	plan     string           // chosen, the same for all numbers
	typed    url.Values
	problems map[string]forms.Problem // by field
	buyer    catalog.Customer         // who orders as a member; else the zero one
	taken    *forms.Problem           // the whole order was refused
}

// numbers reads the numbers of an address: ?number=…, given once or again.
func (h handlers) numbers(r *http.Request) (form, error) {
	var digits []string
	for _, n := range r.URL.Query()["number"] {
		d, err := number.Parse(n)
		if err != nil {
			return form{}, fault.Wrap(err, fault.NumberInvalid, "value", n)
		}
		digits = append(digits, d)
	}
	if len(digits) == 0 || len(digits) > h.orders.Terms().MaxItems {
		return form{}, fault.New(fault.ValueRange, "value", len(digits), "min", 1, "max", h.orders.Terms().MaxItems)
	}
	f := form{typed: url.Values{}, plan: r.URL.Query().Get("plan"), chosen: r.URL.Query()["feature"], problems: map[string]forms.Problem{}}
	if r.PostForm != nil {
		f.chosen = r.PostForm["feature"]
	}
	menu, err := h.orders.Offers(r.Context(), digits, f.chosen)
	if err != nil {
		return f, err
	}
	f.offers, f.features = menu.Offers, menu.Features
	for _, p := range menu.Wrong[:min(1, len(menu.Wrong))] {
		f.problems["features"] = *forms.Say(r.Context(), p.Fault)
	}
	if f.plan == "" && len(f.offers[0].Items) > 0 {
		f.plan = f.offers[0].Items[0].Plan.Code
	}
	return f, nil
}

// buyer is the customer for whom a member orders; the zero one for who is no
// member. Faults: not_allowed for members who may not order.
func (h handlers) buyer(r *http.Request) (catalog.Customer, error) {
	a, err := h.members.Actor(r)
	if code := fault.CodeOf(err); code == fault.SignedOut || code == fault.SecondNeeded {
		return catalog.Customer{}, nil
	}
	if err == nil {
		err = a.Allow(identity.PlaceOrders)
	}
	return a.Customer, err
}

func (h handlers) form(w http.ResponseWriter, r *http.Request) error {
	f, err := h.numbers(r)
	if err != nil {
		return err
	}
	if f.buyer, err = h.buyer(r); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, orderForm(f))
}

func (h handlers) place(w http.ResponseWriter, r *http.Request) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	f, err := h.numbers(r)
	if err != nil {
		return err
	}
	if f.buyer, err = h.buyer(r); err != nil {
		return err
	}
	f.typed = r.PostForm
	f.plan = r.PostForm.Get("plan")
	if r.PostForm.Has("count") { // what it costs with other features
		status := http.StatusOK
		if len(f.problems) > 0 {
			status = http.StatusUnprocessableEntity
		}
		return page.Render(w, r, status, orderForm(f))
	}
	wish := order.Wish{
		Customer: f.buyer.Code, // empty for a new one
		Company:  r.PostForm.Get("company"),
		Handler:  order.Handler{Name: r.PostForm.Get("name"), Phone: r.PostForm.Get("phone"), Email: r.PostForm.Get("email"), Lang: string(text.From(r.Context()))},
	}
	for _, offer := range f.offers {
		wish.Items = append(wish.Items, order.WishItem{Number: offer.Digits, Plan: f.plan, Targets: phones(r.PostForm.Get("targets")), Features: f.chosen})
	}
	placed, err := h.orders.Place(r.Context(), wish)
	if err != nil {
		return h.refused(w, r, f, err)
	}
	h.ordered(r, placed.Order)
	http.Redirect(w, r, Path(placed.Order.ID, placed.Key), http.StatusSeeOther)
	return nil
}

// refused shows the form again with what was typed, and what is to be mended.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, f form, err error) error {
	var wrong order.Problems
	var one *fault.Error
	switch {
	case errors.As(err, &wrong):
		for _, p := range wrong {
			field := p.Field
			if i := strings.IndexByte(field, '.'); i >= 0 {
				field = field[i+1:]
			}
			if _, there := f.problems[field]; !there {
				f.problems[field] = *forms.Say(r.Context(), p.Fault)
			}
		}
	case errors.As(err, &one) && (one.Kind == fault.KindConflict || one.Kind == fault.KindExhausted):
		f.taken = forms.Say(r.Context(), one)
		if now, err := h.numbers(r); err == nil {
			f.offers = now.offers // somebody may have been quicker since the form began
		}
	default:
		return err
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, orderForm(f))
}

// phones reads phones that are written one after the other.
func phones(typed string) (list []string) {
	return strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",，;；、\n\r\t", r) })
}

// sheet is what an order's page shows.
type sheet struct {
	order     order.Order
	state     order.State
	key       string
	events    []order.Event
	hash      string // of the contract that is shown, hexadecimal
	terms     order.Terms
	problems  map[string]forms.Problem // by form
	typed     url.Values
	providers []string // that it can be paid over
	// transfers is whether it can be paid by bank.
	transfers bool
}

func (s sheet) path(do string) string {
	return "/order/" + s.order.ID.String() + "/" + do + "?" + url.Values{"k": {s.key}}.Encode()
}

func (h handlers) open(r *http.Request) (sheet, error) {
	key := r.URL.Query().Get("k")
	o, err := h.find(r, chi.URLParam(r, "id"), key)
	return sheet{transfers: h.ways.Bank, providers: h.ways.Providers, order: o, key: key, terms: h.orders.Terms(), problems: map[string]forms.Problem{}, typed: url.Values{}}, err
}

// transferPath is where a bank transfer for the order is claimed: by its link, or in the
// console by a member.
func (s sheet) transferPath() string {
	if s.key == "" {
		return transfer.ConsolePath
	}
	return transfer.OrderPath(s.order.ID, s.key)
}

// find is the order for who has its link, or, without a key, for a member of its
// customer who may place orders.
func (h handlers) find(r *http.Request, text, key string) (order.Order, error) {
	if key != "" {
		return h.orders.Open(r.Context(), text, key)
	}
	id, err := order.ParseID(text)
	if err != nil {
		return order.Order{}, err
	}
	none := fault.New(fault.OrderNotFound, "order", text)
	a, err := h.members.Actor(r)
	switch code := fault.CodeOf(err); {
	case code == fault.SignedOut || code == fault.SecondNeeded || code == fault.SecondMissing:
		return order.Order{}, none
	case err != nil:
		return order.Order{}, err
	case a.Allow(identity.PlaceOrders) != nil:
		return order.Order{}, none
	}
	o, err := h.orders.Read(r.Context(), id)
	if err == nil && o.Customer != a.Customer.ID {
		return order.Order{}, none
	}
	return o, err
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, s)
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, s sheet) error {
	s.state = s.order.StateAt(time.Now())
	if s.state == order.Locked {
		d, err := h.orders.Contract(r.Context(), s.order)
		if err != nil {
			return err
		}
		s.hash = hex.EncodeToString(d.Hash[:])
	}
	var err error
	if s.events, err = h.orders.Events(r.Context(), s.order.ID); err != nil {
		return err
	}
	return page.Render(w, r, status, orderPage(s))
}

// do runs one act of an order's page, and goes on to where act says, or back to
// the page; a fault of what was typed is shown on the
// page, at the form it is of.
func (h handlers) do(w http.ResponseWriter, r *http.Request, form string, act func(s *sheet) (to string, err error)) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	to, err := act(&s)
	if err == nil {
		if to == "" {
			to = Path(s.order.ID, s.key) + "#" + form
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	problem, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	s.problems[form], s.typed = *problem, r.PostForm
	if s.order, err = h.find(r, s.order.ID.String(), s.key); err != nil {
		return err
	}
	return h.render(w, r, http.StatusUnprocessableEntity, s)
}

func (h handlers) code(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "sign", func(s *sheet) (string, error) {
		_, err := h.orders.SendCode(r.Context(), s.order.ID)
		return "", err
	})
}

func (h handlers) sign(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "sign", func(s *sheet) (string, error) {
		address, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			address = r.RemoteAddr
		}
		_, err = h.orders.Sign(r.Context(), s.order.ID, order.Signing{
			Name: r.PostForm.Get("name"), Code: r.PostForm.Get("code"), Document: r.PostForm.Get("document"), Address: address,
		})
		return "", err
	})
}

func (h handlers) pay(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "pay", func(s *sheet) (string, error) {
		asked, _, err := h.orders.AskPayment(r.Context(), s.order.ID, r.PostForm.Get("provider"))
		if err != nil || asked == nil {
			return "", err
		}
		return checkout.Path(asked.Payment.ID, asked.Key), nil
	})
}

// documents leads who has the order's link to where the documents of a number are
// handed in.
func (h handlers) documents(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "documents", func(s *sheet) (string, error) {
		digits := r.PostForm.Get("number")
		if !slices.ContainsFunc(s.order.Items, func(i order.Item) bool { return i.Digits == digits }) {
			return "", fault.New(fault.NumberNotRented, "number", digits)
		}
		return h.names.HandIn(r.Context(), s.order, digits)
	})
}

func (h handlers) targets(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "targets", func(s *sheet) (string, error) {
		_, err := h.orders.SetTargets(r.Context(), s.order.ID, order.ByCustomer, phones(r.PostForm.Get("targets")))
		return "", err
	})
}

// account makes the handler the first member of the enterprise, its owner, once
// the contract was signed, with the sign-in name that had the code: who has the order's
// link acts for it as far as that. When there are members, they sign in.
func (h handlers) account(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "account", func(s *sheet) (string, error) {
		o := s.order
		if o.Signature.At.IsZero() {
			// Nobody proved yet that the phone or the address is theirs: who signs in with
			// it might be somebody else's choice.
			return "", fault.New(fault.OrderState, "order", o.ID, "state", o.StateAt(time.Now()))
		}
		in, ok, err := h.people.Found(r.Context(), catalog.Customer{ID: o.Customer, Shard: o.Shard, Code: o.Code}, o.Handler.Name, o.Signature.Proven, account.Address(r))
		if err != nil {
			return "", err
		}
		if !ok || in.Key == "" {
			return "/signin", nil
		}
		return account.WelcomePath(false, in.Key), nil
	})
}

func (h handlers) cancel(w http.ResponseWriter, r *http.Request) error {
	return h.do(w, r, "cancel", func(s *sheet) (string, error) {
		_, err := h.orders.Cancel(r.Context(), s.order.ID, order.ByCustomer, "")
		return "", err
	})
}

func (h handlers) contract(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	get := h.orders.Contract
	if !s.order.Signature.At.IsZero() {
		get = h.orders.SignedContract
	}
	d, err := get(r.Context(), s.order)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/pdf")
	header.Set("Content-Disposition", `inline; filename="`+s.order.ID.String()+`.pdf"`)
	header.Set("Content-Length", strconv.Itoa(len(d.PDF)))
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(d.PDF) // the reader went away: nothing to mend
	return nil
}

// proof is what the page for checking a contract says.
type proof struct {
	asked, known bool
	order        order.Order
	problem      *forms.Problem
}

func (h handlers) verify(w http.ResponseWriter, r *http.Request) error {
	var p proof
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxContract+forms.Max)
		file, _, err := r.FormFile("contract")
		if err != nil {
			p.problem = &forms.Problem{What: text.T(r.Context(), "purchase.nofile"), Remedy: text.T(r.Context(), "purchase.nofilewhy")}
			return page.Render(w, r, http.StatusUnprocessableEntity, verifyPage(p))
		}
		defer file.Close()
		pdf, err := io.ReadAll(file)
		if err != nil {
			return fault.Wrap(err, fault.InputInvalid)
		}
		p.asked = true
		if p.order, p.known, err = h.orders.Verify(r.Context(), pdf); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, verifyPage(p))
}
