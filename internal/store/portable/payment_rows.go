package portable

import (
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/payment"
)

type paymentRow struct {
	bun.BaseModel `bun:"table:payment"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	Purpose       string `bun:"purpose"`
	Provider      string `bun:"provider"`
	Amount        int64  `bun:"amount_micro"`
	Link          string `bun:"link"`
	State         string `bun:"state"`
	CreatedAt     int64  `bun:"created_at"`
	ExpiresAt     int64  `bun:"expires_at"`
	PaidAt        int64  `bun:"paid_at"`
	DueAt         int64  `bun:"due_at"`
	Received      int64  `bun:"received_micro"`
	Currency      string `bun:"currency"`
	Reference     string `bun:"reference"`
	Txn           int64  `bun:"txn"`
	Refunding     int64  `bun:"refunding_micro"`
	Refunded      int64  `bun:"refunded_micro"`
	Events        int    `bun:"events"`
}

func paymentToRow(p payment.Payment) paymentRow {
	return paymentRow{
		Shard: p.Shard, ID: int64(p.ID), Customer: int64(p.Customer), Code: p.Code, Purpose: string(p.Purpose), Provider: p.Provider,
		Amount: int64(p.Amount), Link: hex.EncodeToString(p.Link[:]), State: string(p.State),
		CreatedAt: micros(p.CreatedAt), ExpiresAt: micros(p.ExpiresAt), PaidAt: micros(p.PaidAt), DueAt: micros(p.DueAt),
		Received: int64(p.Received), Currency: p.Currency, Reference: p.Reference, Txn: int64(p.Txn),
		Refunding: int64(p.Refunding), Refunded: int64(p.Refunded), Events: p.Events,
	}
}

func (r paymentRow) payment() (payment.Payment, error) {
	p := payment.Payment{
		ID: payment.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Purpose: payment.Purpose(r.Purpose), Provider: r.Provider,
		Amount: money.Amount(r.Amount), State: payment.State(r.State),
		CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt), PaidAt: instant(r.PaidAt), DueAt: instant(r.DueAt),
		Received: money.Amount(r.Received), Currency: r.Currency, Reference: r.Reference, Txn: ledger.ID(r.Txn),
		Refunding: money.Amount(r.Refunding), Refunded: money.Amount(r.Refunded), Events: r.Events,
	}
	if n, err := hex.Decode(p.Link[:], []byte(r.Link)); err != nil || n != len(p.Link) {
		return p, fmt.Errorf("%s: the hash of its link cannot be read", p.ID)
	}
	return p, nil
}

type paymentEventRow struct {
	bun.BaseModel `bun:"table:payment_event"`
	Shard         int    `bun:"shard,pk"`
	Payment       int64  `bun:"payment,pk"`
	Seq           int    `bun:"seq,pk"`
	At            int64  `bun:"at"`
	Kind          string `bun:"kind"`
	State         string `bun:"state"`
	Amount        int64  `bun:"amount_micro"`
	Currency      string `bun:"currency"`
	Reference     string `bun:"reference"`
	Why           string `bun:"why"`
}

func paymentEventToRow(e payment.Event) paymentEventRow {
	return paymentEventRow{
		Shard: e.Shard, Payment: int64(e.Payment), Seq: e.Seq, At: micros(e.At), Kind: string(e.Kind), State: string(e.State),
		Amount: int64(e.Amount), Currency: e.Currency, Reference: e.Reference, Why: e.Why,
	}
}

func (r paymentEventRow) event() payment.Event {
	return payment.Event{
		Shard: r.Shard, Payment: payment.ID(r.Payment), Seq: r.Seq, At: instant(r.At), Kind: payment.Kind(r.Kind), State: payment.State(r.State),
		Amount: money.Amount(r.Amount), Currency: r.Currency, Reference: r.Reference, Why: r.Why,
	}
}

type paymentRefundRow struct {
	bun.BaseModel `bun:"table:payment_refund"`
	Shard         int    `bun:"shard,pk"`
	Payment       int64  `bun:"payment,pk"`
	ID            int64  `bun:"id,pk"`
	Name          string `bun:"name"`
	Amount        int64  `bun:"amount_micro"`
	State         string `bun:"state"`
	CreatedAt     int64  `bun:"created_at"`
	DueAt         int64  `bun:"due_at"`
	Txn           int64  `bun:"txn"`
	Reference     string `bun:"reference"`
	Why           string `bun:"why"`
}

func paymentRefundToRow(r payment.Refund) paymentRefundRow {
	return paymentRefundRow{
		Shard: r.Shard, Payment: int64(r.Payment), ID: int64(r.ID), Name: r.Key, Amount: int64(r.Amount), State: string(r.State),
		CreatedAt: micros(r.CreatedAt), DueAt: micros(r.DueAt), Txn: int64(r.Txn), Reference: r.Reference, Why: r.Why,
	}
}

func (r paymentRefundRow) refund() payment.Refund {
	return payment.Refund{
		Shard: r.Shard, Payment: payment.ID(r.Payment), ID: payment.RefundID(r.ID), Key: r.Name, Amount: money.Amount(r.Amount), State: payment.RefundState(r.State),
		CreatedAt: instant(r.CreatedAt), DueAt: instant(r.DueAt), Txn: ledger.ID(r.Txn), Reference: r.Reference, Why: r.Why,
	}
}
