package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// envelope is a notification, with what it tells sealed in it.
type envelope struct {
	Event    string `json:"event_type"`
	Resource struct {
		Algorithm  string `json:"algorithm"`
		Ciphertext string `json:"ciphertext"`
		Associated string `json:"associated_data"`
		Nonce      string `json:"nonce"`
	} `json:"resource"`
}

// paid is the state of a transaction whose money came.
const paid = "SUCCESS"

// transaction is what WeChat Pay tells of a payment.
type transaction struct {
	App      string    `json:"appid"`
	Merchant string    `json:"mchid"`
	Order    string    `json:"out_trade_no"`
	ID       string    `json:"transaction_id"`
	State    string    `json:"trade_state"`
	At       time.Time `json:"success_time"`
	Amount   amount    `json:"amount"`
}

// Read implements payment.Provider.
func (p *Provider) Read(header http.Header, body []byte) (payment.Notice, error) {
	if err := p.genuine(header, body); err != nil {
		return payment.Notice{}, err
	}
	bad := func(reason string) (payment.Notice, error) {
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", reason)
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationInvalid, "reason", err.Error())
	}
	switch {
	case e.Event != "TRANSACTION.SUCCESS":
		return bad("it tells of " + cut(e.Event) + ", not of a payment")
	case e.Resource.Algorithm != "AEAD_AES_256_GCM":
		return bad("it is sealed by " + cut(e.Resource.Algorithm))
	}
	plain, err := open(p.set.APIKey, e.Resource.Nonce, e.Resource.Associated, e.Resource.Ciphertext)
	if err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationInvalid, "reason", "it was not sealed with the key in wechat.api_key_file")
	}
	var t transaction
	if err := json.Unmarshal(plain, &t); err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationInvalid, "reason", err.Error())
	}
	return p.notice(t)
}

// notice is what a transaction tells, if it is one of ours that was paid.
func (p *Provider) notice(t transaction) (payment.Notice, error) {
	bad := func(reason string) (payment.Notice, error) {
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", reason)
	}
	id, err := payment.ParseID(t.Order)
	switch {
	case t.Merchant != p.set.Merchant || t.App != p.set.App:
		return bad("it is for another merchant or app")
	case err != nil:
		return payment.Notice{}, err
	case t.State != paid:
		return bad("the payment is " + cut(t.State))
	case t.ID == "" || t.Amount.Currency == "" || t.At.IsZero():
		return bad("a field is missing")
	case t.Amount.Total <= 0 || t.Amount.Total > most:
		return bad("the amount is out of range")
	}
	return payment.Notice{
		Payment: id, Reference: t.ID, Amount: money.Amount(t.Amount.Total) * money.Fen, Currency: t.Amount.Currency,
		PaidAt: t.At.UTC().Truncate(time.Microsecond),
	}, nil
}

// Close implements payment.Closer by the order's own number. An order that WeChat
// Pay does not know is one whose page nobody opened, and nobody has a code of it;
// one that was given back on the merchant platform (REFUND) has no money left to
// book. An order of which a payment failed (PAYERROR) can be paid again.
func (p *Provider) Close(ctx context.Context, due payment.Payment) (payment.Notice, bool, error) {
	var t transaction
	order := "/v3/pay/transactions/out-trade-no/" + due.ID.String()
	err := p.call(ctx, http.MethodGet, order+"?mchid="+p.set.Merchant, nil, &t)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.status == http.StatusNotFound && (no.Code == "ORDER_NOT_EXIST" || no.Code == "ORDERNOTEXIST"):
		return payment.Notice{}, false, nil
	case err != nil:
		return payment.Notice{}, false, err
	case t.State == "":
		return payment.Notice{}, false, unreachable(errors.New("its answer has no state"))
	case t.State == paid:
		n, err := p.notice(t)
		return n, err == nil, err
	case t.State == "CLOSED" || t.State == "REVOKED" || t.State == "REFUND":
		return payment.Notice{}, false, nil
	}
	// What is paid between the question and this is refused, and found by the next try.
	return payment.Notice{}, false, p.call(ctx, http.MethodPost, order+"/close", map[string]string{"mchid": p.set.Merchant}, nil)
}

// cut bounds what is repeated of a sender's words.
func cut(s string) string { return s[:min(len(s), 40)] }

// Answer implements payment.Provider: nothing to say is well; else WeChat Pay
// tells it again, some fifteen times in a day.
func (p *Provider) Answer(err error) payment.Answer {
	a := payment.Answer{Status: http.StatusServiceUnavailable, ContentType: "application/json", Body: `{"code":"FAIL","message":"失败"}`}
	switch fault.KindOf(err) {
	case "":
		return payment.Answer{Status: http.StatusOK, ContentType: "application/json"}
	case fault.KindUnauthenticated:
		a.Status = http.StatusUnauthorized
	case fault.KindInvalid:
		a.Status = http.StatusBadRequest
	case fault.KindNotFound:
		a.Status = http.StatusNotFound
	}
	return a
}
