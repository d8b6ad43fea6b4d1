package alipay

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// The states of a trade whose money came. A finished one can be given back no more.
const (
	succeeded = "TRADE_SUCCESS"
	finished  = "TRADE_FINISHED"
	closed    = "TRADE_CLOSED" // and this is one whose money did not come, or went back
)

// trade is what Alipay says of a trade.
type trade struct {
	Order  string `json:"out_trade_no"`
	ID     string `json:"trade_no"`
	State  string `json:"trade_status"`
	Amount string `json:"total_amount"`
	At     string `json:"send_pay_date"`
}

// Read implements payment.Provider. What Alipay tells of a trade that is not paid, or
// closed, is nothing to act on: payment.ErrNothing.
func (p *Provider) Read(_ http.Header, body []byte) (payment.Notice, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationForged)
	}
	for _, values := range form {
		if len(values) != 1 {
			return payment.Notice{}, fault.Wrap(errors.New("a field is there twice"), fault.NotificationForged)
		}
	}
	if kind := form.Get("sign_type"); kind != "RSA2" {
		return payment.Notice{}, fault.Wrap(errors.New("signed by "+cut(kind)+", not RSA2"), fault.NotificationForged)
	}
	if err := p.genuine(signed(form, "sign", "sign_type"), form.Get("sign")); err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationForged)
	}
	bad := func(reason string) (payment.Notice, error) {
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", reason)
	}
	switch {
	case form.Get("app_id") != p.set.App || form.Get("seller_id") != p.set.Seller:
		return bad("it is for another application or seller")
	case form.Get("notify_type") != "trade_status_sync":
		return bad("it tells of " + cut(form.Get("notify_type")) + ", not of a trade")
	}
	state := form.Get("trade_status")
	if state == "WAIT_BUYER_PAY" || state == closed {
		return payment.Notice{}, payment.ErrNothing
	}
	return p.notice(trade{form.Get("out_trade_no"), form.Get("trade_no"), state, form.Get("total_amount"), form.Get("gmt_payment")})
}

// notice is what a trade tells, if it was paid. Alipay's trades in China are in yuan.
func (p *Provider) notice(t trade) (payment.Notice, error) {
	bad := func(reason string) (payment.Notice, error) {
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", reason)
	}
	if t.State != succeeded && t.State != finished {
		return bad("the trade is " + cut(t.State))
	}
	id, err := payment.ParseID(t.Order)
	if err != nil {
		return payment.Notice{}, err
	}
	amount, err := money.Parse(t.Amount)
	if err != nil || amount <= 0 || amount%money.Fen != 0 {
		return bad("the amount " + cut(t.Amount) + " is none")
	}
	at, err := time.ParseInLocation(stamp, t.At, china)
	if err != nil || t.ID == "" {
		return bad("a field is missing")
	}
	return payment.Notice{Payment: id, Reference: t.ID, Amount: amount, Currency: payment.Currency, PaidAt: at.UTC()}, nil
}

// Close implements payment.Closer by the trade's own number. A trade that Alipay does
// not know is one that nobody scanned or opened: it is made by that, and cannot be
// closed before. One that was given back whole, or ended without being paid, is closed.
func (p *Provider) Close(ctx context.Context, due payment.Payment) (payment.Notice, bool, error) {
	var t trade
	order := map[string]string{"out_trade_no": due.ID.String()}
	switch err := p.call(ctx, "alipay.trade.query", order, &t); {
	case unknown(err):
		return payment.Notice{}, false, payment.ErrUnmade
	case err != nil:
		return payment.Notice{}, false, err
	case t.Order != due.ID.String() || t.State == "":
		return payment.Notice{}, false, unreachable(errors.New("its answer is about something else"))
	case t.State == succeeded || t.State == finished:
		n, err := p.notice(t)
		return n, err == nil, err
	case t.State == closed:
		return payment.Notice{}, false, nil
	}
	// What is paid between the question and this is refused, and found by the next try.
	var ended struct{}
	return payment.Notice{}, false, p.call(ctx, "alipay.trade.close", order, &ended)
}

// unknown reports whether Alipay says that it does not know a trade.
func unknown(err error) bool {
	var no *refusal
	return errors.As(err, &no) && no.Sub == notThere
}

// notThere is what Alipay says of a trade that it does not know.
const notThere = "ACQ.TRADE_NOT_EXIST"

// cut bounds what is repeated of a sender's words.
func cut(s string) string { return s[:min(len(s), 40)] }

// Answer implements payment.Provider: anything but success, and Alipay tells it
// again, some eight times in a day.
func (p *Provider) Answer(err error) payment.Answer {
	a := payment.Answer{Status: http.StatusServiceUnavailable, ContentType: "text/plain; charset=utf-8", Body: "failure"}
	switch fault.KindOf(err) {
	case "":
		a.Status, a.Body = http.StatusOK, "success"
	case fault.KindUnauthenticated:
		a.Status = http.StatusUnauthorized
	case fault.KindInvalid:
		a.Status = http.StatusBadRequest
	case fault.KindNotFound:
		a.Status = http.StatusNotFound
	}
	return a
}
