package portable

import (
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/money"
)

type termRow struct {
	bun.BaseModel `bun:"table:term"`
	Shard         int    `bun:"shard,pk"`
	Subscription  int64  `bun:"subscription,pk"`
	Seq           int    `bun:"seq,pk"`
	Customer      int64  `bun:"customer"`
	Account       int64  `bun:"account"`
	Number        string `bun:"number"`
	Plan          string `bun:"plan"`
	Fee           int64  `bun:"fee_micro"`
	Credit        int64  `bun:"credit_micro"`
	CreditBucket  int64  `bun:"credit_bucket"`
	Seconds       int64  `bun:"seconds"`
	SecondsBucket int64  `bun:"seconds_bucket"`
	DueAt         int64  `bun:"due_at"`
	PaidAt        int64  `bun:"paid_at"`
	StartsAt      int64  `bun:"starts_at"`
	EndsAt        int64  `bun:"ends_at"`
	EarnedUntil   int64  `bun:"earned_until"`
	ToldAt        int64  `bun:"told_at"`
}

func termToRow(t *billing.Term) termRow {
	return termRow{
		Shard: t.Shard, Subscription: int64(t.Subscription), Seq: t.Seq, Customer: int64(t.Customer), Account: int64(t.Account),
		Number: t.Number, Plan: t.Plan, Fee: int64(t.Fee), Credit: int64(t.Credit), CreditBucket: t.CreditBucket,
		Seconds: t.Seconds, SecondsBucket: t.SecondsBucket, DueAt: micros(t.DueAt), PaidAt: micros(t.PaidAt),
		StartsAt: micros(t.Start), EndsAt: micros(t.End), EarnedUntil: micros(t.EarnedUntil), ToldAt: micros(t.ToldAt),
	}
}

func (r termRow) term() *billing.Term {
	return &billing.Term{
		Shard: r.Shard, Subscription: charging.SubscriptionID(r.Subscription), Seq: r.Seq,
		Customer: catalog.CustomerID(r.Customer), Account: charging.AccountID(r.Account), Number: r.Number, Plan: r.Plan,
		Fee: money.Amount(r.Fee), Credit: money.Amount(r.Credit), CreditBucket: r.CreditBucket,
		Seconds: r.Seconds, SecondsBucket: r.SecondsBucket, DueAt: instant(r.DueAt), PaidAt: instant(r.PaidAt),
		Start: instant(r.StartsAt), End: instant(r.EndsAt), EarnedUntil: instant(r.EarnedUntil), ToldAt: instant(r.ToldAt),
	}
}

type trueUpRow struct {
	bun.BaseModel `bun:"table:true_up"`
	Shard         int    `bun:"shard,pk"`
	Subscription  int64  `bun:"subscription,pk"`
	StartsAt      int64  `bun:"starts_at,pk"`
	EndsAt        int64  `bun:"ends_at"`
	Customer      int64  `bun:"customer"`
	Account       int64  `bun:"account"`
	Number        string `bun:"number"`
	Minimum       int64  `bun:"minimum_micro"`
	Consumption   int64  `bun:"consumption_micro"`
	Amount        int64  `bun:"amount_micro"`
	DueAt         int64  `bun:"due_at"`
	PaidAt        int64  `bun:"paid_at"`
}

func trueUpToRow(t *billing.TrueUp) trueUpRow {
	return trueUpRow{
		Shard: t.Shard, Subscription: int64(t.Subscription), StartsAt: micros(t.Start), EndsAt: micros(t.End),
		Customer: int64(t.Customer), Account: int64(t.Account), Number: t.Number, Minimum: int64(t.Minimum),
		Consumption: int64(t.Consumption), Amount: int64(t.Amount), DueAt: micros(t.DueAt), PaidAt: micros(t.PaidAt),
	}
}

func (r trueUpRow) trueUp() *billing.TrueUp {
	return &billing.TrueUp{
		Shard: r.Shard, Subscription: charging.SubscriptionID(r.Subscription), Start: instant(r.StartsAt), End: instant(r.EndsAt),
		Customer: catalog.CustomerID(r.Customer), Account: charging.AccountID(r.Account), Number: r.Number,
		Minimum: money.Amount(r.Minimum), Consumption: money.Amount(r.Consumption), Amount: money.Amount(r.Amount),
		DueAt: instant(r.DueAt), PaidAt: instant(r.PaidAt),
	}
}

type arrearsRow struct {
	bun.BaseModel `bun:"table:arrears"`
	Shard         int    `bun:"shard,pk"`
	Customer      int64  `bun:"customer,pk"`
	Stage         string `bun:"stage"`
	Since         int64  `bun:"since"`
	Low           int    `bun:"low"`
}

func arrearsToRow(c *billing.Customer) arrearsRow {
	r := arrearsRow{Shard: c.Shard, Customer: int64(c.ID), Stage: string(c.Arrears.Stage), Since: micros(c.Arrears.Since)}
	if c.Arrears.Low {
		r.Low = 1
	}
	return r
}

type arrearsRulesRow struct {
	bun.BaseModel `bun:"table:arrears_rules"`
	ID            int64 `bun:"id,pk"`
	AtMost        int64 `bun:"at_most_micro"`
	Grace         int64 `bun:"grace"`
	Suspended     int64 `bun:"suspended"`
	Frozen        int64 `bun:"frozen"`
	Closing       int64 `bun:"closing"`
	Quarantine    int64 `bun:"quarantine"`
}

func arrearsRulesToRow(a catalog.Arrears) arrearsRulesRow {
	return arrearsRulesRow{
		ID: 1, AtMost: int64(a.AtMost), Grace: a.Grace.Microseconds(), Suspended: a.Suspended.Microseconds(),
		Frozen: a.Frozen.Microseconds(), Closing: a.Closing.Microseconds(), Quarantine: a.Quarantine.Microseconds(),
	}
}

func (r arrearsRulesRow) rules() *catalog.Arrears {
	return &catalog.Arrears{
		AtMost: money.Amount(r.AtMost), Grace: length(r.Grace), Suspended: length(r.Suspended),
		Frozen: length(r.Frozen), Closing: length(r.Closing), Quarantine: length(r.Quarantine),
	}
}

type noticeRow struct {
	bun.BaseModel `bun:"table:notice"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	At            int64  `bun:"at"`
	Kind          string `bun:"kind"`
	Body          string `bun:"body"`
}

func noticeToRow(n billing.Notice) (noticeRow, error) {
	body, err := json.Marshal(n.Item)
	if err != nil {
		return noticeRow{}, fmt.Errorf("notice: %w", err)
	}
	return noticeRow{Shard: n.Shard, ID: n.ID, Customer: int64(n.Customer), At: micros(n.At), Kind: string(n.Item.Kind), Body: string(body)}, nil
}

func (r noticeRow) notice() (billing.Notice, error) {
	n := billing.Notice{Shard: r.Shard, ID: r.ID, Customer: catalog.CustomerID(r.Customer), At: instant(r.At)}
	if err := json.Unmarshal([]byte(r.Body), &n.Item); err != nil {
		return n, fmt.Errorf("notice %d: %w", r.ID, err)
	}
	return n, nil
}

type restRow struct {
	bun.BaseModel `bun:"table:rest"`
	Number        int64 `bun:"number,pk"`
	Until         int64 `bun:"until"`
}

type jobRow struct {
	bun.BaseModel `bun:"table:job"`
	Name          string `bun:"name,pk"`
	Node          int    `bun:"node"`
	ClaimedUntil  int64  `bun:"claimed_until"`
	StartedAt     int64  `bun:"started_at"`
	FinishedAt    int64  `bun:"finished_at"`
	Items         int    `bun:"items"`
	Failed        int    `bun:"failed"`
	Error         string `bun:"error"`
}

func (r jobRow) job() billing.JobRun {
	return billing.JobRun{
		Name: r.Name, Node: r.Node, StartedAt: instant(r.StartedAt), FinishedAt: instant(r.FinishedAt),
		Items: r.Items, Failed: r.Failed, Error: r.Error,
	}
}

// accountsRow joins an account with one of its buckets.
type accountsRow struct {
	Account   int64  `bun:"account"`
	State     string `bun:"state"`
	OpenedAt  int64  `bun:"opened_at"`
	ID        int64  `bun:"id"`
	Kind      string `bun:"kind"`
	Unit      string `bun:"unit"`
	Balance   int64  `bun:"balance"`
	Held      int64  `bun:"held"`
	ExpiresAt int64  `bun:"expires_at"`
	CreatedAt int64  `bun:"created_at"`
	Extension int64  `bun:"extension"`
	Overdraft int64  `bun:"overdraft"`
}
