package wechat

import (
	"context"
	"errors"
	"net/http"

	"sibai/internal/payment"
)

// refunds is the address of refunds.
const refunds = "/v3/refund/domestic/refunds"

// given is what WeChat Pay says of a refund.
type given struct {
	ID     string `json:"refund_id"`
	Status string `json:"status"`
}

// Refund implements payment.Provider. It looks first whether WeChat Pay knows
// the refund, so that a refusal of the second request never hides that the
// first one was carried out though its answer was lost.
func (p *Provider) Refund(ctx context.Context, paid payment.Payment, r payment.Refund) (payment.RefundAnswer, error) {
	var g given
	var no *refusal
	err := p.call(ctx, http.MethodGet, refunds+"/"+r.ID.String(), nil, &g)
	if errors.As(err, &no) && no.status == http.StatusNotFound && no.Code == "RESOURCE_NOT_EXISTS" {
		g, err = p.giveBack(ctx, paid, r)
		if errors.As(err, &no) && no.final() {
			return payment.RefundAnswer{State: payment.Failed, Why: no.Error()}, nil
		}
	}
	if err != nil {
		return payment.RefundAnswer{}, err // also a refusal to tell: it says nothing of the refund
	}
	return g.answer(), nil
}

// giveBack asks for a refund.
func (p *Provider) giveBack(ctx context.Context, paid payment.Payment, r payment.Refund) (g given, err error) {
	var order struct {
		Order  string `json:"out_trade_no"`
		Refund string `json:"out_refund_no"`
		Amount struct {
			Refund   int64  `json:"refund"`
			Total    int64  `json:"total"`
			Currency string `json:"currency"`
		} `json:"amount"`
	}
	order.Order, order.Refund, order.Amount.Currency = paid.ID.String(), r.ID.String(), payment.Currency
	if order.Amount.Refund, err = fen(r.Amount); err != nil {
		return g, err
	}
	if order.Amount.Total, err = fen(paid.Received); err != nil {
		return g, err
	}
	err = p.call(ctx, http.MethodPost, refunds, order, &g)
	return g, err
}

// answer says what a status means. ABNORMAL is a bank that does not take the
// money: it waits at WeChat Pay until staff sends it elsewhere on the merchant
// platform, and is not the account's again.
func (g given) answer() payment.RefundAnswer {
	switch g.Status {
	case "SUCCESS":
		return payment.RefundAnswer{State: payment.Done, Reference: g.ID}
	case "CLOSED":
		return payment.RefundAnswer{State: payment.Failed, Why: "CLOSED"}
	}
	return payment.RefundAnswer{State: payment.Taken, Reference: g.ID}
}
