// Package shape is how things look that several documents of the API show.
package shape

import (
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/fault"
	"sibai/internal/order"
)

// Cost is what a number costs under a plan before any call.
type Cost struct {
	Plan       string     `json:"plan" doc:"Code of the plan; an order takes it."`
	Name       string     `json:"name" doc:"What the plan is called, in Chinese."`
	Once       rest.Money `json:"once" doc:"Once, with the order."`
	Term       rest.Money `json:"term" doc:"For each term."`
	TermMonths int        `json:"term_months" doc:"Length of a term; 0: there is none."`
	TopUp      rest.Money `json:"top_up" doc:"The least that is paid in with the order; it stays the customer's."`
	Minimum    rest.Money `json:"minimum" doc:"Minimum consumption of each period."`
	Period     string     `json:"period,omitempty" doc:"The period of the minimum."`
	Today      rest.Money `json:"today" doc:"What the order asks for."`
}

// CostOf says what an item costs.
func CostOf(i order.Item) Cost {
	q := i.Quote
	return Cost{
		Plan: i.Plan.Code, Name: i.Plan.Name, Once: rest.MoneyOf(q.Once), Term: rest.MoneyOf(q.Term), TermMonths: q.TermMonths,
		TopUp: rest.MoneyOf(q.TopUp), Minimum: rest.MoneyOf(q.Minimum), Period: string(q.Period), Today: rest.MoneyOf(q.Today()),
	}
}

// Order is an order as it stands.
type Order struct {
	ID          string    `json:"id" example:"ord_0ARZ3NDEKTSV4"`
	State       string    `json:"state" doc:"locked, signed, paying, paid, reviewing, vetted, open; expired, cancelled, lapsed, refused."`
	Company     string    `json:"company" doc:"The enterprise that orders."`
	Numbers     []Ordered `json:"numbers" doc:"What is ordered."`
	Fees        Amounts   `json:"fees" doc:"What it costs."`
	CreatedAt   time.Time `json:"created_at"`
	LockedUntil time.Time `json:"locked_until" doc:"Until then it must be paid."`
	DocumentsBy time.Time `json:"documents_by,omitzero" doc:"Until then the documents must be there; missing before it is paid."`
	OpenedAt    time.Time `json:"opened_at,omitzero"`
	Events      []Event   `json:"events,omitempty" doc:"What became of it, the oldest first. Not in lists."`
}

// Ordered is one number of an order.
type Ordered struct {
	Number  string   `json:"number" doc:"Ten digits."`
	Cost    Cost     `json:"cost"`
	Targets []string `json:"targets" doc:"The phones that it shall ring."`
}

// Amounts are what an order costs.
type Amounts struct {
	Fees rest.Money `json:"fees" doc:"What the order takes."`
	Sum  rest.Money `json:"sum" doc:"What is to be paid: the fees and the first top-ups."`
}

// Event is one thing that became of something.
type Event struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	State string    `json:"state" doc:"After it."`
	Text  string    `json:"text" doc:"In the language asked for."`
}

// OrderOf says an order without its events.
func OrderOf(o order.Order) Order {
	out := Order{
		ID: o.ID.String(), State: string(o.StateAt(time.Now())), Company: o.Company, CreatedAt: o.CreatedAt.UTC(), LockedUntil: o.LockedUntil.UTC(),
		DocumentsBy: o.DocumentsBy.UTC(), OpenedAt: o.OpenedAt.UTC(), Fees: Amounts{rest.MoneyOf(o.Fees()), rest.MoneyOf(o.Sum())}, Numbers: []Ordered{},
	}
	for _, i := range o.Items {
		targets := i.Targets
		if targets == nil {
			targets = []string{}
		}
		out.Numbers = append(out.Numbers, Ordered{i.Digits, CostOf(i), targets})
	}
	return out
}

// EventsOf says what became of an order, in a language.
func EventsOf(events []order.Event, lang fault.Lang) []Event {
	out := make([]Event, len(events))
	for i, e := range events {
		out[i] = Event{e.At.UTC(), string(e.Kind), string(e.State), e.Text(lang == fault.Chinese)}
	}
	return out
}
