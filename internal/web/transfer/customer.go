// Package transfer is the pages for what customers transfer by bank: where to
// transfer to, the claim with its slip, and the desk of staff who find it on the
// statement. It refuses to know what a claim brings about: package claim does.
package transfer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/calendar"
	"sibai/internal/claim"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/order"
	"sibai/internal/vault"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Claims is what the pages of customers need; claim.Service implements it.
type Claims interface {
	File(ctx context.Context, in claim.Statement) (claim.Claim, error)
	List(ctx context.Context, f claim.Filter) ([]claim.Claim, error)
}

// Orders opens orders for who has their links; order.Service implements it.
type Orders interface {
	Open(ctx context.Context, id, key string) (order.Order, error)
}

// Bank is the operator's account, as customers transfer to it.
type Bank struct{ Holder, Bank, Number string }

// On reports whether customers can transfer at all.
func (b Bank) On() bool { return b.Number != "" }

// Deps is what the pages of customers need.
type Deps struct {
	Claims Claims
	Orders Orders
	Bank   Bank
}

// ConsolePath is where members file a claim.
const ConsolePath = "/console/transfer"

// OrderPath is where who has the link of an order files a claim for it.
func OrderPath(id order.ID, key string) string {
	return "/order/" + id.String() + "/transfer?" + url.Values{"k": {key}}.Encode()
}

type handlers struct{ Deps }

// Routes adds the pages of customers to r, inside of which gate.Sessions must be
// in use; none without an account of the operator.
func Routes(r chi.Router, pages page.Pages, gate *account.Gate, d Deps) {
	if !d.Bank.On() {
		return
	}
	h := handlers{d}
	r.Get("/order/{id}/transfer", pages.Handle(h.order))
	r.Post("/order/{id}/transfer", pages.Handle(h.order))
	r.Get(ConsolePath, gate.Need(pages, identity.PayIn, h.member))
	r.Post(ConsolePath, gate.Need(pages, identity.PayIn, h.member))
}

// sheet is what the page of a customer shows.
type sheet struct {
	bank     Bank
	member   bool // in the console
	back     string
	remark   string // what is to stand on the transfer
	due      string // the sum, as shown; empty: any
	typed    claim.Statement
	problems map[string]forms.Problem // by field; "" is of the whole
	list     []claim.Claim
}

func (h handlers) order(w http.ResponseWriter, r *http.Request) error {
	key := r.URL.Query().Get("k")
	o, err := h.Orders.Open(r.Context(), chi.URLParam(r, "id"), key)
	if err != nil {
		return err
	}
	s := sheet{
		back: "/order/" + o.ID.String() + "?" + url.Values{"k": {key}}.Encode(), remark: o.ID.String(), due: o.Sum().Format(),
		typed: claim.Statement{Customer: o.Code, Order: o.ID.String(), Payer: o.Company, Amount: o.Sum().String()},
	}
	return h.page(w, r, s, OrderPath(o.ID, key))
}

func (h handlers) member(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	s := sheet{member: true, back: "/console/money", remark: a.Customer.Code, typed: claim.Statement{Customer: a.Customer.Code, Payer: a.Customer.Name}}
	return h.page(w, r, s, ConsolePath)
}

// page shows the form, or files what was typed.
func (h handlers) page(w http.ResponseWriter, r *http.Request, s sheet, own string) error {
	s.bank, s.typed.Day, s.problems = h.Bank, calendar.Day(time.Now()), map[string]forms.Problem{}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		err := read(w, r, &s.typed)
		if err == nil {
			_, err = h.Claims.File(r.Context(), s.typed)
		}
		if err == nil {
			http.Redirect(w, r, own, http.StatusSeeOther)
			return nil
		}
		if status = http.StatusUnprocessableEntity; !s.wrong(r, err) {
			return err
		}
	}
	list, err := h.Claims.List(r.Context(), claim.Filter{Customer: s.typed.Customer})
	if err != nil {
		return err
	}
	for _, c := range list {
		if s.typed.Order == "" || c.Order == s.typed.Order {
			s.list = append(s.list, c)
		}
	}
	return page.Render(w, r, status, customerPage(s))
}

// wrong puts what is to be mended beside the fields; false for other errors.
func (s *sheet) wrong(r *http.Request, err error) bool {
	var many *fault.Invalid
	if errors.As(err, &many) {
		for _, p := range many.Problems {
			if _, there := s.problems[p.Path]; !there {
				s.problems[p.Path] = *forms.Say(r.Context(), &fault.Error{Code: p.Code, Kind: p.Code.Kind(), Params: p.Params})
			}
		}
		return true
	}
	p, ok := forms.Said(r.Context(), err)
	if ok {
		s.problems[""] = *p
	}
	return ok
}

// read reads a claim with its slip. Faults: input_invalid, file_size.
func read(w http.ResponseWriter, r *http.Request, into *claim.Statement) error {
	r.Body = http.MaxBytesReader(w, r.Body, vault.MaxFile+forms.Max)
	form, err := r.MultipartReader()
	if err != nil {
		return fault.Wrap(err, fault.InputInvalid)
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return tooLarge(err, into.SlipName)
		}
		limit := int64(forms.Max)
		if part.FormName() == "slip" {
			into.SlipName, limit = part.FileName(), vault.MaxFile+1
		}
		data, err := io.ReadAll(io.LimitReader(part, limit))
		if err != nil {
			return tooLarge(err, into.SlipName)
		}
		switch part.FormName() {
		case "payer":
			into.Payer = string(data)
		case "amount":
			into.Amount = string(data)
		case "day":
			into.Day = string(data)
		case "slip":
			into.Slip = data
		}
	}
}

func tooLarge(err error, name string) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.Wrap(err, fault.FileSize, "name", name, "size", large.Limit, "limit", vault.MaxFile)
	}
	return fault.Wrap(err, fault.InputInvalid)
}
