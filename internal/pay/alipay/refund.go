package alipay

import (
	"context"
	"errors"

	"sibai/internal/payment"
)

// given is what Alipay says of a refund.
type given struct {
	Trade   string `json:"trade_no"`
	Status  string `json:"refund_status"` // of the question what became of it
	Changed string `json:"fund_change"`   // of the refund: Y when money moved by this request
}

// Refund implements payment.Provider. It looks first whether Alipay has carried the
// refund out, so that a refusal of the second request never hides that the first one
// was, though its answer was lost.
func (p *Provider) Refund(ctx context.Context, paid payment.Payment, r payment.Refund) (payment.RefundAnswer, error) {
	var g given
	var no *refusal
	err := p.call(ctx, "alipay.trade.fastpay.refund.query", map[string]string{"out_trade_no": paid.ID.String(), "out_request_no": r.ID.String()}, &g)
	switch {
	case err == nil && g.Status == "REFUND_SUCCESS":
		return payment.RefundAnswer{State: payment.Done, Reference: g.Trade}, nil
	case errors.As(err, &no) && no.final(): // it knows of none
	case err != nil:
		return payment.RefundAnswer{}, err // it says nothing of the refund
	}
	amount, err := yuan(r.Amount)
	if err != nil {
		return payment.RefundAnswer{}, err
	}
	g = given{}
	err = p.call(ctx, "alipay.trade.refund", map[string]string{
		"out_trade_no": paid.ID.String(), "out_request_no": r.ID.String(), "refund_amount": amount, "refund_reason": "退款",
	}, &g)
	switch {
	case errors.As(err, &no) && no.final():
		return payment.RefundAnswer{State: payment.Failed, Why: no.Error()}, nil
	case err != nil:
		return payment.RefundAnswer{}, err
	case g.Changed == "Y":
		return payment.RefundAnswer{State: payment.Done, Reference: g.Trade}, nil
	}
	return payment.RefundAnswer{State: payment.Taken, Reference: g.Trade}, nil
}
