package shape

import (
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/payment"
)

// Balance is what the customer's account has.
type Balance struct {
	State     string     `json:"state" enum:"active,suspended,frozen" doc:"Whether new calls are charged to it."`
	Available rest.Money `json:"available" doc:"Money that new calls could reserve now."`
	Buckets   []Bucket   `json:"buckets"`
}

// Bucket is one bucket of the account.
type Bucket struct {
	Kind      string      `json:"kind" doc:"cash, bonus, package or extension."`
	Balance   *rest.Money `json:"balance,omitempty" doc:"Money on it, with what calls hold."`
	Held      *rest.Money `json:"held,omitempty" doc:"What running calls hold of it."`
	Seconds   *int64      `json:"seconds,omitempty" doc:"Included call time on it."`
	ExpiresAt time.Time   `json:"expires_at,omitzero"`
}

// BalanceOf says what an account has.
func BalanceOf(v *charging.AccountView) Balance {
	out := Balance{State: string(v.State), Available: rest.MoneyOf(v.Available(time.Now())), Buckets: []Bucket{}}
	for _, b := range v.Buckets {
		to := Bucket{Kind: string(b.Kind), ExpiresAt: b.ExpiresAt.UTC()}
		if b.Unit == ledger.SEC {
			seconds := int64(b.Balance)
			to.Seconds = &seconds
		} else {
			balance, held := rest.MoneyOf(b.Balance), rest.MoneyOf(b.Held)
			to.Balance, to.Held = &balance, &held
		}
		out.Buckets = append(out.Buckets, to)
	}
	return out
}

// Payment is a sum that was asked for.
type Payment struct {
	ID        string     `json:"id" example:"pay_0ARZ3NDEKTSV4"`
	State     string     `json:"state" doc:"created, paid, differs, partly_refunded, refunded, closed, expired."`
	Provider  string     `json:"provider"`
	Amount    rest.Money `json:"amount"`
	Refunded  rest.Money `json:"refunded"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at" doc:"Until then it can be paid."`
	PaidAt    time.Time  `json:"paid_at,omitzero"`
}

// PaymentOf says a payment.
func PaymentOf(p payment.Payment) Payment {
	return Payment{
		ID: p.ID.String(), State: string(p.StateAt(time.Now())), Provider: p.Provider, Amount: rest.MoneyOf(p.Amount), Refunded: rest.MoneyOf(p.Refunded),
		CreatedAt: p.CreatedAt.UTC(), ExpiresAt: p.ExpiresAt.UTC(), PaidAt: p.PaidAt.UTC(),
	}
}
