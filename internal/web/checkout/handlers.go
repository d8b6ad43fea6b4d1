package checkout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/web/forms"
	"sibai/internal/web/page"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// Payments is what the pages need; payment.Service implements it.
type Payments interface {
	Open(ctx context.Context, id, key string) (p payment.Payment, customer string, err error)
	Code(ctx context.Context, p payment.Payment) (string, error)
	Page(p payment.Payment, back string) (string, error)
	Notify(ctx context.Context, provider string, header http.Header, body []byte) (payment.Answer, error)
}

// Sandbox plays who pays; sandbox.Provider implements it.
type Sandbox interface {
	Name() string
	Pay(n payment.Notice) (http.Header, []byte, error)
}

// Path is the address of a payment's page, with the key of its link.
func Path(id payment.ID, key string) string {
	return "/pay/" + id.String() + "?" + url.Values{"k": {key}}.Encode()
}

// NotifyPath is the address at which a provider tells of payments.
func NotifyPath(provider string) string { return "/pay/notify/" + provider }

type handlers struct {
	payments Payments
	sandbox  Sandbox // nil when it is off
	base     string  // what addresses of these pages begin with, for who comes back from another site
	log      *slog.Logger
	quiet    *atomic.Int64 // until then no refused notification is logged, in Unix seconds
}

// Routes adds the pages to r. sandbox is nil when it is off; base is what the
// addresses of these pages begin with.
func Routes(r chi.Router, pages page.Pages, payments Payments, sandbox Sandbox, base string) {
	h := handlers{payments, sandbox, base, pages.Log, &atomic.Int64{}}
	r.Get("/pay/{id}", pages.Handle(h.show))
	r.Post(NotifyPath("{provider}"), h.notify)
	if sandbox != nil {
		r.Post("/pay/{id}/sandbox", pages.Handle(h.play))
	}
}

// sheet is what the page shows.
type sheet struct {
	payment  payment.Payment
	state    payment.State
	customer string
	key      string
	sandbox  bool           // the payer can be played
	code     string         // what the payer scans, as the address of an image
	silent   bool           // the provider gave no code just now
	leave    string         // address of the page at the provider
	gaveUp   bool           // the payer just did
	amount   string         // as typed
	problem  *forms.Problem // with what was typed
}

func (h handlers) open(r *http.Request) (sheet, error) {
	key := r.URL.Query().Get("k")
	p, customer, err := h.payments.Open(r.Context(), chi.URLParam(r, "id"), key)
	if err != nil {
		return sheet{}, err
	}
	amount := p.Amount.String()
	return sheet{
		payment: p, state: p.StateAt(time.Now()), customer: customer, key: key, amount: amount,
		sandbox: h.sandbox != nil && p.Provider == h.sandbox.Name(),
	}, nil
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	s.gaveUp = r.URL.Query().Get("said") == "failed"
	if s.state == payment.Created && !s.sandbox {
		h.scan(r, &s)
	}
	return page.Render(w, r, http.StatusOK, checkout(s))
}

// scan gets the code for the payer, and the page at the provider. That there is none
// is said on the page, in words for the customer; why is for the log.
func (h handlers) scan(r *http.Request, s *sheet) {
	ctx := r.Context()
	code, err := h.payments.Code(ctx, s.payment)
	if err == nil && code != "" {
		s.code, err = ui.QR(code)
	}
	if err == nil {
		s.leave, err = h.payments.Page(s.payment, h.base+Path(s.payment.ID, s.key))
	}
	if err != nil {
		s.silent = true
		h.log.ErrorContext(ctx, "a payment provider gave no code to scan", "provider", s.payment.Provider, "payment", s.payment.ID.String(), "error", err)
	}
}

// maxNotice bounds a notification, in bytes.
const maxNotice = 64 << 10

// play is the sandbox's payer: who pays a sum, or gives up.
func (h handlers) play(w http.ResponseWriter, r *http.Request) error {
	s, err := h.open(r)
	if err != nil {
		return err
	}
	if err := forms.Read(w, r); err != nil {
		return err
	}
	back := Path(s.payment.ID, s.key)
	if r.PostForm.Get("do") == "fail" {
		http.Redirect(w, r, back+"&said=failed", http.StatusSeeOther)
		return nil
	}
	if !s.sandbox || s.state != payment.Created {
		http.Redirect(w, r, back, http.StatusSeeOther) // the page says what it is instead
		return nil
	}
	s.amount = r.PostForm.Get("amount")
	sum, bad := typed(r.Context(), s.amount)
	if bad != nil {
		s.problem = bad
		return page.Render(w, r, http.StatusUnprocessableEntity, checkout(s))
	}
	header, body, err := h.sandbox.Pay(payment.Notice{
		// One payer pays a payment once: pressing the button twice says the same.
		Payment: s.payment.ID, Reference: "sandbox-" + s.payment.ID.String(), Amount: sum, Currency: payment.Currency, PaidAt: time.Now(),
	})
	if err != nil {
		return err
	}
	if _, err := h.payments.Notify(r.Context(), h.sandbox.Name(), header, body); err != nil {
		return fmt.Errorf("the sandbox's notification: %w", err)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// typed reads the sum that the sandbox's payer pays: any that a provider could
// take, whatever was asked for.
func typed(ctx context.Context, amount string) (money.Amount, *forms.Problem) {
	sum, err := money.Parse(amount)
	switch {
	case err != nil:
		return 0, &forms.Problem{What: text.T(ctx, "checkout.noamount", "Amount", strconv.Quote(amount)), Remedy: text.T(ctx, "checkout.amounthint")}
	case sum < money.Fen || sum > maxPlayed:
		return 0, forms.Say(ctx, fault.New(fault.MoneyRange, "value", sum, "min", money.Fen, "max", maxPlayed))
	case sum%money.Fen != 0:
		return 0, forms.Say(ctx, fault.New(fault.MoneyNotFen, "value", sum))
	}
	return sum, nil
}

// maxPlayed is the most that the sandbox's payer pays at once.
const maxPlayed = 1_000_000 * money.Yuan

// notify takes what a provider tells, and answers as it wants.
func (h handlers) notify(w http.ResponseWriter, r *http.Request) {
	provider := chi.URLParam(r, "provider")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
		}
		return // else the sender went away
	}
	answer, err := h.payments.Notify(r.Context(), provider, r.Header, body)
	if err != nil {
		h.refused(r.Context(), provider, err)
	}
	if answer.Status == 0 {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", answer.ContentType)
	w.WriteHeader(answer.Status)
	_, _ = io.WriteString(w, answer.Body) // the sender went away: it tells again
}

// refused logs a notification that was not acted on. Anybody can send some, so
// those that are somebody else's fault have one line a second at most.
func (h handlers) refused(ctx context.Context, provider string, err error) {
	if fault.KindOf(err) == fault.KindInternal || fault.KindOf(err) == fault.KindUnavailable {
		h.log.ErrorContext(ctx, "a payment notification could not be dealt with; the provider tells it again", "provider", provider, "error", err)
		return
	}
	now, until := time.Now().Unix(), h.quiet.Load()
	if now > until && h.quiet.CompareAndSwap(until, now) {
		h.log.WarnContext(ctx, "a payment notification was refused", "provider", provider, "error", err)
	}
}
