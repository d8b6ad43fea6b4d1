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
	Refund(ctx context.Context, id payment.ID, amount money.Amount, key string) (payment.Refund, error)
	Take(ctx context.Context, id payment.ID) (payment.Payment, error)
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
	if p.token == "" {
		p.token = rand.Text()
	}
	return page.Render(w, r, status, paymentPage(p))
}

// refund gives a part of a payment back, or all. What the form was sent with twice is
// given back once.
func (h handlers) refund(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	if err := forms.Read(w, r); err != nil {
		return err
	}
	p := receipt{amount: r.PostForm.Get("amount"), why: r.PostForm.Get("why"), token: r.PostForm.Get("token")}
	return h.pays(w, r, a, p, "payment_refunded", func(id payment.ID) (string, error) {
		if p.why == "" {
			return "", fault.New(fault.ReasonMissing)
		}
		amount, err := money.Parse(p.amount)
		if err != nil {
			return "", fault.Wrap(err, fault.MoneyInvalid, "value", p.amount)
		}
		_, err = h.Receipts.Refund(r.Context(), id, amount, p.token)
		return amount.Format() + " " + p.why, err
	})
}

// take books what came for a payment that asked for another sum.
func (h handlers) take(w http.ResponseWriter, r *http.Request, a identity.Actor) error {
	return h.pays(w, r, a, receipt{}, "payment_taken", func(id payment.ID) (string, error) {
		p, err := h.Receipts.Take(r.Context(), id)
		return p.Received.Format(), err
	})
}

// pays does something to a payment and keeps who did it. What was refused is said
// beside what was typed, under a new token: a refund that failed has failed for good.
func (h handlers) pays(w http.ResponseWriter, r *http.Request, a identity.Actor, p receipt, trace string, do func(payment.ID) (string, error)) error {
	id, err := payment.ParseID(chi.URLParam(r, "payment"))
	if err != nil {
		return err
	}
	detail, err := do(id)
	if bad, ok := forms.Said(r.Context(), err); ok {
		p.problem, p.token = bad, ""
		return h.receipt(w, r, a, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if err := h.People.Note(r.Context(), a, trace, id.String(), account.Address(r), detail); err != nil {
		return err
	}
	http.Redirect(w, r, "/office/payments/"+id.String(), http.StatusSeeOther)
	return nil
}
