package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
)

// Name is the sandbox's, and the channel of what it books.
const Name = "sandbox"

// Header carries the signature of a notification, in hexadecimal.
const Header = "Sibai-Sandbox-Signature"

// Provider is the sandbox. It implements payment.Provider.
type Provider struct{ key [32]byte }

// New makes a sandbox with a key of its own.
func New() (*Provider, error) {
	p := &Provider{}
	if _, err := rand.Read(p.key[:]); err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	return p, nil
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// message is the body of a notification.
type message struct {
	Payment   string       `json:"payment"`
	Reference string       `json:"reference"`
	Amount    money.Amount `json:"amount_micro"`
	Currency  string       `json:"currency"`
	PaidAt    time.Time    `json:"paid_at"`
}

// Pay makes the notification of a payment that was made.
func (p *Provider) Pay(n payment.Notice) (http.Header, []byte, error) {
	body, err := json.Marshal(message{n.Payment.String(), n.Reference, n.Amount, n.Currency, n.PaidAt})
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal)
	}
	header := http.Header{}
	header.Set(Header, hex.EncodeToString(p.sign(body)))
	return header, body, nil
}

func (p *Provider) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write(body)
	return mac.Sum(nil)
}

// Read implements payment.Provider.
func (p *Provider) Read(header http.Header, body []byte) (payment.Notice, error) {
	signature, err := hex.DecodeString(header.Get(Header))
	if err != nil || !hmac.Equal(signature, p.sign(body)) {
		return payment.Notice{}, fault.New(fault.NotificationForged)
	}
	var m message
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return payment.Notice{}, fault.Wrap(err, fault.NotificationInvalid, "reason", err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", "more than one JSON object")
	}
	id, err := payment.ParseID(m.Payment)
	switch {
	case err != nil:
		return payment.Notice{}, err
	case m.Reference == "" || m.Amount <= 0 || m.Currency == "" || m.PaidAt.IsZero():
		return payment.Notice{}, fault.New(fault.NotificationInvalid, "reason", "a field is missing")
	}
	return payment.Notice{Payment: id, Reference: m.Reference, Amount: m.Amount, Currency: m.Currency, PaidAt: m.PaidAt.UTC().Truncate(time.Microsecond)}, nil
}

// Answer implements payment.Provider.
func (p *Provider) Answer(err error) payment.Answer {
	a := payment.Answer{Status: http.StatusOK, ContentType: "application/json", Body: `{"code":"SUCCESS"}`}
	switch fault.KindOf(err) {
	case "":
		return a
	case fault.KindUnauthenticated:
		a.Status = http.StatusUnauthorized
	case fault.KindInvalid:
		a.Status = http.StatusBadRequest
	case fault.KindNotFound:
		a.Status = http.StatusNotFound
	default:
		a.Status = http.StatusServiceUnavailable
	}
	a.Body = `{"code":"FAIL"}`
	return a
}

// Refund implements payment.Provider: no money came, so none has to go.
func (p *Provider) Refund(_ context.Context, _ payment.Payment, r payment.Refund) (payment.RefundAnswer, error) {
	return payment.RefundAnswer{State: payment.Done, Reference: "sandbox-" + r.ID.String()}, nil
}
