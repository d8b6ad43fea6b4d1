package portable

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/internal/payment"
)

type orderRow struct {
	bun.BaseModel `bun:"table:number_order"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Code          string `bun:"code"`
	Account       int64  `bun:"account"`
	Company       string `bun:"company"`
	Handler       string `bun:"handler"`
	Phone         string `bun:"phone"`
	Link          string `bun:"link"`
	State         string `bun:"state"`
	Items         string `bun:"items"`
	CreatedAt     int64  `bun:"created_at"`
	LockedUntil   int64  `bun:"locked_until"`
	DocumentsBy   int64  `bun:"documents_by"`
	DueAt         int64  `bun:"due_at"`
	OneTime       string `bun:"one_time"`
	Signature     string `bun:"signature"`
	Payment       int64  `bun:"payment"`
	Txn           int64  `bun:"txn"`
	Returned      int    `bun:"returned"`
	OpenedAt      int64  `bun:"opened_at"`
	Events        int    `bun:"events"`
	RemindedAt    int64  `bun:"reminded_at"`
}

func orderToRow(o order.Order) (orderRow, error) {
	r := orderRow{
		Shard: o.Shard, ID: int64(o.ID), Customer: int64(o.Customer), Code: o.Code, Account: o.Account, Company: o.Company, Phone: o.Handler.Phone,
		Link: hex.EncodeToString(o.Link[:]), State: string(o.State), CreatedAt: micros(o.CreatedAt), LockedUntil: micros(o.LockedUntil),
		DocumentsBy: micros(o.DocumentsBy), DueAt: micros(o.DueAt), Payment: int64(o.Payment), Txn: int64(o.Txn),
		Returned: flag(o.Returned), OpenedAt: micros(o.OpenedAt), Events: o.Events, RemindedAt: micros(o.RemindedAt),
	}
	for _, part := range []struct {
		into *string
		from any
	}{{&r.Handler, o.Handler}, {&r.Items, o.Items}, {&r.OneTime, o.OneTime}, {&r.Signature, o.Signature}} {
		text, err := json.Marshal(part.from)
		if err != nil {
			return r, fmt.Errorf("%s: %w", o.ID, err)
		}
		*part.into = string(text)
	}
	return r, nil
}

func (r orderRow) order() (order.Order, error) {
	o := order.Order{
		ID: order.ID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Code: r.Code, Account: r.Account, Company: r.Company,
		State: order.State(r.State), CreatedAt: instant(r.CreatedAt), LockedUntil: instant(r.LockedUntil), DocumentsBy: instant(r.DocumentsBy),
		DueAt: instant(r.DueAt), Payment: payment.ID(r.Payment), Txn: ledger.ID(r.Txn), Returned: r.Returned != 0,
		OpenedAt: instant(r.OpenedAt), Events: r.Events, RemindedAt: instant(r.RemindedAt),
	}
	for _, part := range []struct {
		from string
		into any
	}{{r.Handler, &o.Handler}, {r.Items, &o.Items}, {r.OneTime, &o.OneTime}, {r.Signature, &o.Signature}} {
		if err := json.Unmarshal([]byte(part.from), part.into); err != nil {
			return o, fmt.Errorf("%s: %w", o.ID, err)
		}
	}
	if n, err := hex.Decode(o.Link[:], []byte(r.Link)); err != nil || n != len(o.Link) {
		return o, fmt.Errorf("%s: the hash of its link cannot be read", o.ID)
	}
	return o, nil
}

type orderEventRow struct {
	bun.BaseModel `bun:"table:number_order_event"`
	Shard         int    `bun:"shard,pk"`
	Order         int64  `bun:"order_id,pk"`
	Seq           int    `bun:"seq,pk"`
	At            int64  `bun:"at"`
	Kind          string `bun:"kind"`
	State         string `bun:"state"`
	Who           string `bun:"who"`
	Why           string `bun:"why"`
}

func orderEventToRow(e order.Event) orderEventRow {
	return orderEventRow{
		Shard: e.Shard, Order: int64(e.Order), Seq: e.Seq, At: micros(e.At), Kind: string(e.Kind), State: string(e.State), Who: e.Who, Why: e.Why,
	}
}

func (r orderEventRow) event() order.Event {
	return order.Event{
		Shard: r.Shard, Order: order.ID(r.Order), Seq: r.Seq, At: instant(r.At), Kind: order.Kind(r.Kind), State: order.State(r.State), Who: r.Who, Why: r.Why,
	}
}

type contractRow struct {
	bun.BaseModel `bun:"table:contract"`
	Shard         int    `bun:"shard,pk"`
	Order         int64  `bun:"order_id,pk"`
	Signed        int    `bun:"signed,pk"`
	Hash          string `bun:"hash"`
	PDF           string `bun:"pdf"`
}

type floorRow struct {
	bun.BaseModel `bun:"table:floor"`
	Prefix        string `bun:"prefix,pk"`
	Amount        int64  `bun:"amount_micro"`
	Minimums      int    `bun:"minimums"`
}

func floorToRow(f catalog.Floor) floorRow {
	return floorRow{Prefix: f.Prefix, Amount: int64(f.Amount), Minimums: f.Minimums}
}

func (r floorRow) floor() catalog.Floor {
	return catalog.Floor{Prefix: r.Prefix, Amount: money.Amount(r.Amount), Minimums: r.Minimums}
}
