package customer

import (
	"context"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/api/shape"
	"sibai/internal/apikey"
	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/statement"
)

// Payments asks for money; payment.Service implements it.
type Payments interface {
	Ask(ctx context.Context, customer string, amount money.Amount, provider string, payable time.Duration) (payment.Asked, error)
	Read(ctx context.Context, id payment.ID) (payment.Payment, error)
}

// Asked is a new payment with its link.
type Asked struct {
	Payment shape.Payment `json:"payment"`
	Link    string        `json:"link" doc:"Its page, where it is paid. Shown this once."`
}

// Statement is the movements of a period.
type Statement struct {
	From      string     `json:"from" doc:"First day."`
	To        string     `json:"to" doc:"Last day."`
	Opening   rest.Money `json:"opening" doc:"Money before the period."`
	Closing   rest.Money `json:"closing" doc:"Money after it: opening and all movements."`
	Movements []Movement `json:"movements"`
}

// Movement is an entry on a bucket.
type Movement struct {
	At      time.Time   `json:"at"`
	ID      string      `json:"transaction" example:"txn_0ARZ3NDEKTSV4"`
	Kind    string      `json:"kind"`
	Bucket  string      `json:"bucket"`
	Amount  *rest.Money `json:"amount,omitempty"`
	Seconds *int64      `json:"seconds,omitempty" doc:"Of included call time, in place of the amount."`
	Number  string      `json:"number,omitempty"`
	Text    string      `json:"text" doc:"What it was for, in the language asked for."`
}

// Notice is something that the customer should know.
type Notice struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Number string    `json:"number,omitempty"`
	Text   string    `json:"text" doc:"In the language asked for."`
}

func (o *operations) moneyOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		scope := apikey.MoneyWrite
		if method == get {
			scope = apikey.MoneyRead
		}
		return rest.Op{Method: method, Path: path, ID: id, Tag: "money", Scope: scope, Summary: summary, About: about}
	}
	rest.Add(f, op(get, "/balance", "getBalance", "What the account has", ""), o.balance)
	rest.Add(f, op(get, "/statement", "getStatement", "What moved on the account", "At most 92 days. It ties out: opening and all movements are closing, to the micro-yuan."), o.statement)
	rest.Add(f, op(get, "/notices", "listNotices", "What the customer was told, the newest first", "The last hundred."), o.notices)
	asking := op(post, "/payments", "askPayment", "Ask for a top-up", "It is paid on the page of its link.")
	asking.Status = 201
	rest.Add(f, asking, o.ask)
	rest.Add(f, op(get, "/payments", "listPayments", "Payments, the newest first", ""), o.listPayments)
	rest.Add(f, op(get, "/payments/{payment}", "getPayment", "A payment", ""), func(ctx context.Context, in *struct {
		ID string `path:"payment" maxLength:"40" doc:"The payment's id."`
	}) (*struct{ Body shape.Payment }, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		id, err := payment.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		p, err := o.Payments.Read(ctx, id)
		if err == nil && p.Customer != a.customer.ID {
			err = fault.New(fault.PaymentNotFound, "payment", id)
		}
		if err != nil {
			return nil, err
		}
		return &struct{ Body shape.Payment }{shape.PaymentOf(p)}, nil
	})
}

func (o *operations) balance(ctx context.Context, _ *struct{}) (*struct{ Body shape.Balance }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	c, err := o.Book.Standing(ctx, a.customer)
	if err != nil {
		return nil, err
	}
	return &struct{ Body shape.Balance }{shape.BalanceOf(c.View)}, nil
}

// maxDays is how long a statement may be.
const maxDays = 92

func (o *operations) statement(ctx context.Context, in *struct {
	From string `query:"from" required:"true" doc:"First day, such as 2026-11-01." example:"2026-11-01"`
	To   string `query:"to" required:"true" doc:"Last day." example:"2026-11-30"`
}) (*struct{ Body Statement }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	from, err := calendar.ParseDay(in.From)
	if err != nil {
		return nil, fault.Wrap(err, fault.DateInvalid, "value", in.From)
	}
	to, err := calendar.ParseDay(in.To)
	if err != nil {
		return nil, fault.Wrap(err, fault.DateInvalid, "value", in.To)
	}
	to = to.AddDate(0, 0, 1)
	if days := int(to.Sub(from) / (24 * time.Hour)); days < 1 || days > maxDays {
		return nil, fault.New(fault.ValueRange, "value", days, "min", 1, "max", maxDays)
	}
	s, err := statement.Of(ctx, o.Journal, a.customer.Code, from, to, explain.Lang(a.Lang))
	if err != nil {
		return nil, err
	}
	out := Statement{From: s.From, To: s.To, Opening: rest.MoneyOf(0), Closing: rest.MoneyOf(0), Movements: []Movement{}}
	for _, b := range s.Balances {
		if b.Unit == ledger.CNY {
			out.Opening, out.Closing = rest.MoneyOf(b.Opening), rest.MoneyOf(b.Closing)
		}
	}
	for _, m := range s.Movements {
		to := Movement{At: m.At.UTC(), ID: m.Name, Kind: string(m.Kind), Bucket: m.Paid, Number: m.Number, Text: m.Text}
		if m.Unit == ledger.SEC {
			seconds := int64(m.Amount)
			to.Seconds = &seconds
		} else {
			amount := rest.MoneyOf(m.Amount)
			to.Amount = &amount
		}
		out.Movements = append(out.Movements, to)
	}
	return &struct{ Body Statement }{out}, nil
}

func (o *operations) notices(ctx context.Context, _ *struct{}) (*struct {
	Body struct {
		Items []Notice `json:"items"`
	}
}, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	list, err := o.Book.Notices(ctx, billing.NoticeFilter{Customer: a.customer.Code})
	if err != nil {
		return nil, err
	}
	out := &struct {
		Body struct {
			Items []Notice `json:"items"`
		}
	}{}
	out.Body.Items = []Notice{}
	for _, n := range list {
		n.Item.Customer = ""
		out.Body.Items = append(out.Body.Items, Notice{n.At.UTC(), string(n.Item.Kind), n.Item.Number, n.Item.Text(a.Lang == fault.Chinese)})
	}
	return out, nil
}

func (o *operations) ask(ctx context.Context, in *struct {
	Body struct {
		Amount   string `json:"amount" doc:"In yuan, to the fen." example:"500.00"`
		Provider string `json:"provider,omitempty" doc:"Which payment provider; default: the first one."`
	}
}) (*struct{ Body Asked }, error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	amount, err := money.Parse(in.Body.Amount)
	if err != nil {
		return nil, fault.Wrap(err, fault.MoneyInvalid, "value", in.Body.Amount)
	}
	asked, err := o.Payments.Ask(ctx, a.customer.Code, amount, in.Body.Provider, o.Payable)
	if err != nil {
		return nil, err
	}
	if err := o.note(ctx, a, "payment_asked", asked.Payment.ID.String(), asked.Payment.Provider); err != nil {
		return nil, err
	}
	return &struct{ Body Asked }{Asked{shape.PaymentOf(asked.Payment), o.Links.Payment(asked.Payment.ID, asked.Key)}}, nil
}

func (o *operations) listPayments(ctx context.Context, in *struct {
	rest.Paging
	State string `query:"state" maxLength:"20" doc:"Only those in a state."`
}) (*rest.Paged[shape.Payment], error) {
	a, err := o.who(ctx)
	if err != nil {
		return nil, err
	}
	f := payment.Filter{Customer: a.customer.Code, State: payment.State(in.State), Limit: in.Limit + 1}
	if err := f.State.Check(); err != nil {
		return nil, err
	}
	if err := in.From(&f.Before); err != nil {
		return nil, err
	}
	list, err := o.Book.Payments(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.PageOf(in.Paging, list, shape.PaymentOf, func(last payment.Payment) any { return last.ID }), nil
}
