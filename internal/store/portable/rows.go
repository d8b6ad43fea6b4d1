package portable

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/uptrace/bun"

	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/routing"
	"sibai/internal/site"
	"sibai/internal/tariff"
)

// The rows as they are stored, and their ways to and from the domain.

type revisionRow struct {
	bun.BaseModel `bun:"table:revision"`
	ID            int64 `bun:"id,pk"`
	Value         int64 `bun:"value"`
}

type operatorRow struct {
	bun.BaseModel `bun:"table:operator"`
	ID            int64  `bun:"id,pk"`
	Name          string `bun:"name"`
}

type segmentRow struct {
	bun.BaseModel `bun:"table:segment"`
	Prefix        string `bun:"prefix,pk"`
	Carrier       string `bun:"carrier"`
}

type trunkRow struct {
	bun.BaseModel `bun:"table:trunk"`
	ID            int64  `bun:"id,pk"`
	Code          string `bun:"code"`
	Inbound       string `bun:"inbound"`
	Outbound      string `bun:"outbound"`
	Transport     string `bun:"transport"`
}

func trunkToRow(t catalog.Trunk) (trunkRow, error) {
	list := make([]string, len(t.Inbound))
	for i, s := range t.Inbound {
		list[i] = s.String()
	}
	inbound, err := json.Marshal(list)
	if err != nil {
		return trunkRow{}, fmt.Errorf("trunk %s: %w", t.Code, err)
	}
	row := trunkRow{ID: int64(t.ID), Code: t.Code, Inbound: string(inbound)}
	if !t.Outbound.IsZero() {
		row.Outbound, row.Transport = t.Outbound.Address.String(), string(t.Outbound.Transport)
	}
	return row, nil
}

func (r trunkRow) trunk() (catalog.Trunk, error) {
	t := catalog.Trunk{ID: catalog.TrunkID(r.ID), Code: r.Code}
	var list []string
	if err := json.Unmarshal([]byte(r.Inbound), &list); err != nil {
		return t, fmt.Errorf("trunk %s: inbound: %w", r.Code, err)
	}
	for _, text := range list {
		s, err := catalog.ParseSource(text)
		if err != nil {
			return t, fmt.Errorf("trunk %s: %w", r.Code, err)
		}
		t.Inbound = append(t.Inbound, s)
	}
	if r.Outbound != "" {
		address, err := netip.ParseAddrPort(r.Outbound)
		if err != nil {
			return t, fmt.Errorf("trunk %s: outbound: %w", r.Code, err)
		}
		t.Outbound = catalog.Endpoint{Address: address, Transport: catalog.Transport(r.Transport)}
	}
	return t, nil
}

type tariffRow struct {
	bun.BaseModel `bun:"table:tariff"`
	ID            int64  `bun:"id,pk"`
	Code          string `bun:"code"`
	Version       int    `bun:"version"`
	EffectiveAt   int64  `bun:"effective_at"`
	Connection    int64  `bun:"connection_micro"`
	FirstLength   int64  `bun:"first_length"`
	First         int64  `bun:"first_micro"`
	NextLength    int64  `bun:"next_length"`
	Next          int64  `bun:"next_micro"`
	Rates         string `bun:"rates"`
}

// rates is what a version says besides its plain prices.
type rates struct {
	Bands    []tariff.Band  `json:",omitempty"`
	Classes  []tariff.Class `json:",omitempty"`
	Holidays []tariff.Date  `json:",omitempty"`
}

func tariffToRow(v tariff.Version) (tariffRow, error) {
	more := ""
	if len(v.Bands)+len(v.Classes)+len(v.Holidays) > 0 {
		b, err := json.Marshal(rates{v.Bands, v.Classes, v.Holidays})
		if err != nil {
			return tariffRow{}, fmt.Errorf("tariff %s: %w", v.Code, err)
		}
		more = string(b)
	}
	return tariffRow{
		ID: int64(v.ID), Code: v.Code, Version: v.Version, EffectiveAt: micros(v.Effective), Connection: int64(v.Connection),
		FirstLength: v.First.Length.Microseconds(), First: int64(v.First.Price),
		NextLength: v.Next.Length.Microseconds(), Next: int64(v.Next.Price),
		Rates: more,
	}, nil
}

func (r tariffRow) version() (tariff.Version, error) {
	var more rates
	if r.Rates != "" {
		if err := json.Unmarshal([]byte(r.Rates), &more); err != nil {
			return tariff.Version{}, fmt.Errorf("tariff %s version %d: %w", r.Code, r.Version, err)
		}
	}
	return tariff.Version{
		ID: tariff.ID(r.ID), Code: r.Code, Version: r.Version, Effective: instant(r.EffectiveAt), Connection: money.Amount(r.Connection),
		First: tariff.Increment{Length: length(r.FirstLength), Price: money.Amount(r.First)},
		Next:  tariff.Increment{Length: length(r.NextLength), Price: money.Amount(r.Next)},
		Bands: more.Bands, Classes: more.Classes, Holidays: more.Holidays,
	}, nil
}

type planRow struct {
	bun.BaseModel `bun:"table:plan"`
	ID            int64  `bun:"id,pk"`
	Code          string `bun:"code"`
	Name          string `bun:"name"`
	Kind          string `bun:"kind"`
	Tariff        string `bun:"tariff"`
	Fee           int64  `bun:"fee_micro"`
	TermMonths    int    `bun:"term_months"`
	Package       int64  `bun:"package_micro"`
	NumberFee     int64  `bun:"number_fee_micro"`
	Minimum       int64  `bun:"minimum_micro"`
	MinimumPeriod string `bun:"minimum_period"`
	MaxConcurrent int    `bun:"max_concurrent"`
	MinGrant      int64  `bun:"min_grant"`
	Seconds       int64  `bun:"package_seconds"`
	RollOver      int    `bun:"roll_over"`
	Overdraft     int64  `bun:"overdraft_micro"`
	Collection    string `bun:"collection"`
	// Versions is JSON.
	Versions []catalog.PlanVersion `bun:"versions"`
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func planToRow(p catalog.Plan) planRow {
	return planRow{
		ID: int64(p.ID), Code: p.Code, Name: p.Name, Kind: string(p.Kind), Tariff: p.Tariff, Fee: int64(p.Fee),
		TermMonths: p.TermMonths, Package: int64(p.Package), NumberFee: int64(p.NumberFee), Minimum: int64(p.Minimum),
		MinimumPeriod: string(p.MinimumPeriod), MaxConcurrent: p.MaxConcurrent, MinGrant: p.MinGrant.Microseconds(),
		Seconds: p.Seconds, RollOver: flag(p.RollOver), Overdraft: int64(p.Overdraft), Collection: string(p.Collection), Versions: append([]catalog.PlanVersion{}, p.Versions...),
	}
}

func (r planRow) plan() catalog.Plan {
	return catalog.Plan{
		ID: catalog.PlanID(r.ID), Code: r.Code, Name: r.Name, Kind: catalog.PlanKind(r.Kind), Tariff: r.Tariff,
		Fee: money.Amount(r.Fee), TermMonths: r.TermMonths, Package: money.Amount(r.Package),
		NumberFee: money.Amount(r.NumberFee), Minimum: money.Amount(r.Minimum), MinimumPeriod: catalog.Period(r.MinimumPeriod),
		MaxConcurrent: r.MaxConcurrent, MinGrant: length(r.MinGrant),
		Seconds: r.Seconds, RollOver: r.RollOver != 0, Overdraft: money.Amount(r.Overdraft), Collection: catalog.Collection(r.Collection), Versions: r.Versions,
	}
}

type customerCodeRow struct {
	bun.BaseModel `bun:"table:customer_code"`
	Code          string `bun:"code,pk"`
	Shard         int    `bun:"shard"`
	Customer      int64  `bun:"customer"`
}

type customerRow struct {
	bun.BaseModel `bun:"table:customer"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Code          string `bun:"code"`
	Name          string `bun:"name"`
	State         string `bun:"state"`
	Account       int64  `bun:"account"`
	Low           int64  `bun:"low"`
}

func customerToRow(c catalog.Customer) customerRow {
	return customerRow{
		Shard: c.Shard, ID: int64(c.ID), Code: c.Code, Name: c.Name, State: string(c.State), Account: c.Account,
		Low: int64(c.LowBalance),
	}
}

func (r customerRow) customer() catalog.Customer {
	return catalog.Customer{
		ID: catalog.CustomerID(r.ID), Shard: r.Shard, Code: r.Code, Name: r.Name,
		State: catalog.CustomerState(r.State), Account: r.Account, LowBalance: money.Amount(r.Low),
	}
}

// accountRow is charging's; its money is never touched here.
type accountRow struct {
	bun.BaseModel `bun:"table:account"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	State         string `bun:"state"`
	OpenedAt      int64  `bun:"opened_at"`
}

// receiptRow is charging's; it is only read.
type receiptRow struct {
	bun.BaseModel `bun:"table:receipt"`
	Channel       string `bun:"channel,pk"`
	Reference     string `bun:"reference,pk"`
	Account       int64  `bun:"account"`
	Bucket        string `bun:"bucket"`
	Unit          string `bun:"unit"`
	Amount        int64  `bun:"amount"`
	Extension     int64  `bun:"extension"`
}

type targetRow struct {
	bun.BaseModel `bun:"table:target"`
	Shard         int    `bun:"shard,pk"`
	ID            int64  `bun:"id,pk"`
	Customer      int64  `bun:"customer"`
	Phone         string `bun:"phone"`
	Trunk         string `bun:"trunk"`
	Capacity      int    `bun:"capacity"`
	Review        string `bun:"review"`
	RingTimeout   int64  `bun:"ring_timeout"`
}

func targetToRow(t catalog.Target) targetRow {
	return targetRow{
		Shard: t.Shard, ID: int64(t.ID), Customer: int64(t.Customer), Phone: t.Phone, Trunk: t.Trunk,
		Capacity: t.Capacity, Review: string(t.Review), RingTimeout: t.RingTimeout.Microseconds(),
	}
}

func (r targetRow) target() catalog.Target {
	return catalog.Target{
		ID: catalog.TargetID(r.ID), Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Phone: r.Phone, Trunk: r.Trunk,
		Capacity: r.Capacity, Review: catalog.Review(r.Review), RingTimeout: length(r.RingTimeout),
	}
}

type numberRow struct {
	bun.BaseModel `bun:"table:number"`
	ID            int64  `bun:"id,pk"`
	Digits        string `bun:"digits"`
	State         string `bun:"state"`
	Display       string `bun:"display"`
	Issuing       string `bun:"issuing"`
	Serving       string `bun:"serving"`
	Shard         int    `bun:"shard"`
	Customer      int64  `bun:"customer"`
}

func numberToRow(r site.Rental) numberRow {
	return numberRow{
		ID: int64(r.ID), Digits: r.Digits, State: string(r.State), Display: string(r.Grouping),
		Issuing: string(r.Issuing), Serving: string(r.Serving), Shard: r.Subscription.Shard, Customer: int64(r.Owner),
	}
}

func (r numberRow) rental() site.Rental {
	return site.Rental{
		ID: number.ID(r.ID), Digits: r.Digits, State: number.State(r.State), Grouping: number.Grouping(r.Display),
		Issuing: number.Carrier(r.Issuing), Serving: number.Carrier(r.Serving), Owner: catalog.CustomerID(r.Customer),
	}
}

type subscriptionRow struct {
	bun.BaseModel `bun:"table:subscription"`
	Shard         int   `bun:"shard,pk"`
	ID            int64 `bun:"id,pk"`
	Customer      int64 `bun:"customer"`
	Number        int64 `bun:"number"`
	Plan          int64 `bun:"plan"`
	MaxConcurrent *int  `bun:"max_concurrent"`
	StartedAt     int64 `bun:"started_at"`
	Profile       int   `bun:"profile"`
	CapAmount     int64 `bun:"cap_micro"`
	CapCalls      int   `bun:"cap_calls"`
	saleRow
}

// saleRow is how an order sold a number.
type saleRow struct {
	Order     int64  `bun:"order_id"`
	Grade     string `bun:"grade"`
	NumberFee int64  `bun:"grade_fee_micro"`
	Minimum   int64  `bun:"grade_minimum_micro"`
	Once      int64  `bun:"once_micro"`
	Term      int64  `bun:"term_micro"`
	FeatOnce  int64  `bun:"features_once_micro"`
	FeatYear  int64  `bun:"features_year_micro"`
	PricedAt  int64  `bun:"priced_at"`
}

func subscriptionToRow(s catalog.Subscription, profile int) subscriptionRow {
	return subscriptionRow{
		Shard: s.Shard, ID: s.ID, Customer: int64(s.Customer), Number: int64(s.Number), Plan: int64(s.Plan),
		MaxConcurrent: s.MaxConcurrent, StartedAt: micros(s.StartedAt), Profile: profile,
		CapAmount: int64(s.CapAmount), CapCalls: s.CapCalls,
		saleRow: saleRow{s.Sale.Order, s.Sale.Grade, int64(s.Sale.NumberFee), int64(s.Sale.Minimum), int64(s.Sale.Once), int64(s.Sale.Term), int64(s.Sale.FeaturesOnce), int64(s.Sale.FeaturesYear), micros(s.Sale.At)},
	}
}

func (r subscriptionRow) subscription() catalog.Subscription {
	return catalog.Subscription{
		ID: r.ID, Shard: r.Shard, Customer: catalog.CustomerID(r.Customer), Number: number.ID(r.Number),
		Plan: catalog.PlanID(r.Plan), MaxConcurrent: r.MaxConcurrent, StartedAt: instant(r.StartedAt),
		CapAmount: money.Amount(r.CapAmount), CapCalls: r.CapCalls,
		Sale: catalog.Sale{
			Order: r.Order, Grade: r.Grade, NumberFee: money.Amount(r.NumberFee), Minimum: money.Amount(r.Minimum),
			Once: money.Amount(r.Once), Term: money.Amount(r.Term), FeaturesOnce: money.Amount(r.FeatOnce), FeaturesYear: money.Amount(r.FeatYear), At: instant(r.PricedAt),
		},
	}
}

type profileRow struct {
	bun.BaseModel `bun:"table:profile"`
	Shard         int    `bun:"shard,pk"`
	Number        int64  `bun:"number,pk"`
	Version       int    `bun:"version,pk"`
	Customer      int64  `bun:"customer"`
	Body          string `bun:"body"`
	PublishedAt   int64  `bun:"published_at"`
	Who           string `bun:"who"` // a member; empty: the operator, or an order
}

func readProfile(body string) (routing.Profile, error) {
	var p routing.Profile
	if body == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return p, fmt.Errorf("a published profile cannot be read: %w", err)
	}
	return p, nil
}
