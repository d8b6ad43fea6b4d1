package payment

import (
	"time"

	"sibai/internal/money"
)

// Notice is what a provider says of a payment that was made, after its
// signature was found right.
type Notice struct {
	Payment   ID
	Reference string // the provider's own number
	Amount    money.Amount
	Currency  string
	PaidAt    time.Time
}

// hear says what a notice tells of a payment; "" when that is known already.
// known are its events. Nothing is changed.
func (p *Payment) hear(n Notice, known []Event) Kind {
	switch {
	case !p.State.came() && n.Amount == p.Amount && n.Currency == Currency:
		return WasPaid
	case !p.State.came():
		return WasOff
	}
	for _, e := range known {
		if e.tells(n) {
			return ""
		}
	}
	return WasExtra
}

// tells reports whether an event came from a notice that said the same.
func (e *Event) tells(n Notice) bool {
	switch e.Kind {
	case WasPaid, WasOff, WasExtra:
		return e.Reference == n.Reference && e.Amount == n.Amount && e.Currency == n.Currency
	}
	return false
}
