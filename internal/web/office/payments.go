package office

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/web/account"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
)

// Payments is what staff see of one payment and do with it; payment.Service
// implements it.
type Payments interface {
	Read(ctx context.Context, id payment.ID) (payment.Payment, error)
	Events(ctx context.Context, id payment.ID) ([]payment.Event, error)
	Refund(ctx context.Context, id payment.ID, amount money.Amount, key, why string) (payment.Refund, error)
	Take(ctx context.Context, id payment.ID, why string) (payment.Payment, error)
}

// receipt is a payment on its page.
type receipt struct {
	frame
	payment payment.Payment
	events  []payment.Event
	at      time.Time
	amount  string // to go back, as it was typed
	why     string
	token   string // of the form: the refund that it makes is made once
	problem *forms.Problem
}

func (h handlers) payment(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.receipt(w, r, a, http.StatusOK, receipt{})
}

func (h handlers) receipt(w http.ResponseWriter, r *http.Request, a identity.Actor, status int, p receipt) error {
	id, err := payment.ParseID(chi.URLParam(r, "payment"))
	if err != nil {
		return err
	}
	p.frame, p.at = frame{a, "payments"}, time.Now()
	if p.payment, err = h.Receipts.Read(r.Context(), id); err != nil {
		return err
	}
	if p.events, err = h.Receipts.Events(r.Context(), id); err != nil {
		return err
	}
	p.token = rand.Text()
	return page.Render(w, r, status, paymentPage(p))
}

// refund gives a part of a payment back, or all. What the form was sent with twice is
// given back once. Once it has begun it is on its way, whatever the provider answered:
// the page says so, and only what never began or has failed for good is refused beside
// what was typed, under a new token.
func (h handlers) refund(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	id, err := payment.ParseID(chi.URLParam(r, "payment"))
	if err != nil {
		return err
	}
	p := receipt{amount: r.PostForm.Get("amount"), why: r.PostForm.Get("why")}
	back, err := h.giveBack(r, a, id, p, r.PostForm.Get("token"))
	if back.ID != 0 { // it has begun, whatever became of it
		detail := back.ID.String() + " " + back.Amount.Format() + " " + p.why
		if err := h.People.Note(r.Context(), a, "payment_refunded", id.String(), account.Address(r), detail); err != nil {
			return err
		}
	}
	if err != nil {
		return h.refused(w, r, a, p, err)
	}
	return h.receiptOf(w, r, id)
}

func (h handlers) giveBack(r *http.Request, a identity.Actor, id payment.ID, p receipt, token string) (payment.Refund, error) {
	if p.why == "" {
		return payment.Refund{}, fault.New(fault.ReasonMissing)
	}
	amount, err := money.Parse(p.amount)
	if err != nil {
		return payment.Refund{}, fault.Wrap(err, fault.MoneyInvalid, "value", p.amount)
	}
	return h.Receipts.Refund(r.Context(), id, amount, token, a.Person.Name+": "+p.why)
}

// take books what came for a payment that asked for another sum.
func (h handlers) take(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	id, err := payment.ParseID(chi.URLParam(r, "payment"))
	if err != nil {
		return err
	}
	p, err := h.Receipts.Take(r.Context(), id, a.Person.Name)
	if err != nil {
		return h.refused(w, r, a, receipt{}, err)
	}
	if err := h.People.Note(r.Context(), a, "payment_taken", id.String(), account.Address(r), p.Received.Format()); err != nil {
		return err
	}
	return h.receiptOf(w, r, id)
}

// refused says on the page of a payment why nothing was done.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, a identity.Actor, p receipt, err error) error {
	bad, ok := forms.Said(r.Context(), err)
	if !ok {
		return err
	}
	p.problem = bad
	return h.receipt(w, r, a, http.StatusUnprocessableEntity, p)
}

func (handlers) receiptOf(w http.ResponseWriter, r *http.Request, id payment.ID) error {
	http.Redirect(w, r, "/office/payments/"+id.String(), http.StatusSeeOther)
	return nil
}
