package checkout

import (
	"context"

	"sibai/internal/payment"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// look is how much attention a state asks for.
func look(s sheet) ui.Look {
	switch s.state {
	case payment.Paid:
		if s.payment.Booked() {
			return ui.Well
		}
		return ui.Check
	case payment.Differs:
		return ui.Check
	}
	return ui.Plain
}

// state is the word for where a payment is.
func state(ctx context.Context, s sheet) string {
	if s.state == payment.Paid && !s.payment.Booked() {
		return text.T(ctx, "checkout.booking")
	}
	return text.T(ctx, "checkout.state."+string(s.state))
}

// came is what came, which may be in another currency.
func came(p payment.Payment) string {
	if p.Currency != payment.Currency {
		return p.Received.String() + " " + p.Currency
	}
	return p.Received.Format()
}
