package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"sibai/internal/app"
	"sibai/internal/explain"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/order"
)

type orderCmd struct {
	Place    orderPlaceCmd    `cmd:"" help:"Order numbers for an enterprise and print the link to sign and pay."`
	List     orderListCmd     `cmd:"" help:"List orders, the newest first."`
	Show     orderShowCmd     `cmd:"" help:"Say what became of an order."`
	Contract orderContractCmd `cmd:"" help:"Write the signed contract of an order as PDF."`
	Targets  orderTargetsCmd  `cmd:"" help:"Set the phones that the numbers of an order are to ring."`
	HandIn   orderHandInCmd   `cmd:"" help:"Say that the documents of an order are there and complete."`
	Vet      orderVetCmd      `cmd:"" help:"Say that your review of an order's documents is passed; the carrier's comes next."`
	AskAgain orderAgainCmd    `cmd:"" help:"Ask the customer to mend the documents of an order."`
	Open     orderOpenCmd     `cmd:"" help:"Open the numbers of an order that passed both reviews."`
	Refuse   orderRefuseCmd   `cmd:"" help:"Refuse the documents of an order for good: the money goes back."`
	Cancel   orderCancelCmd   `cmd:"" help:"Cancel an order that is not paid."`
}

type orderPlaceCmd struct {
	Numbers  []string `arg:"" help:"Numbers for sale, such as 400-826-1122."`
	Plan     string   `required:"" help:"Code of the plan."`
	Customer string   `help:"Code of the customer, when the enterprise is one already."`
	Company  string   `help:"Its name as on the business licence, when it is none yet."`
	Name     string   `required:"" help:"The handler (经办人), who signs."`
	Phone    string   `required:"" help:"The handler's mobile, for the one-time code."`
	Email    string   `help:"The handler's e-mail address."`
	Target   []string `help:"A phone that the numbers are to ring. May be given again."`
	Feature  []string `help:"Code of a feature that is sold with the numbers. May be given again."`
}

func (cmd *orderPlaceCmd) Run(ctx context.Context, c *cli) error {
	zh := c.language() == explain.ZH
	wish := order.Wish{Customer: cmd.Customer, Company: cmd.Company, Handler: order.Handler{Name: cmd.Name, Phone: cmd.Phone, Email: cmd.Email, Lang: string(c.language())}}
	for _, n := range cmd.Numbers {
		wish.Items = append(wish.Items, order.WishItem{Number: n, Plan: cmd.Plan, Targets: cmd.Target, Features: cmd.Feature})
	}
	out, err := c.operate(ctx, app.Order{Do: app.DoPlace, Wish: &wish})
	if err != nil {
		return err
	}
	words := "%s of %s, %s in all, to be signed and paid before %s. Who has this link acts for the enterprise:\n"
	if zh {
		words = "%s（客户 %s），合计 %s，请在 %s 之前签署并付款。拿到链接的人可代表该企业办理：\n"
	}
	fmt.Fprintf(os.Stderr, words, out.Sale.ID, out.Sale.Code, out.Sale.Sum().Format(), shown(out.Sale.LockedUntil))
	fmt.Println(out.Link)
	return nil
}

type orderListCmd struct {
	Customer string      `help:"Only those of this customer."`
	State    order.State `help:"Only those in this state: locked, signed, paying, paid, reviewing, vetted, open, expired, cancelled, lapsed or refused."`
	Limit    int         `default:"100" help:"How many, the newest first; at most 10000."`
	JSON     bool        `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *orderListCmd) Run(ctx context.Context, c *cli) error {
	if err := cmd.State.Check(); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := app.Orders(ctx, cfg, order.Filter{Customer: cmd.Customer, State: cmd.State, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	zh, w := c.language() == explain.ZH, tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	if !cmd.JSON {
		fmt.Fprintln(w, map[bool]string{true: "订单\t客户\t号码\t合计\t状态\t下单\t截止", false: "order\tcustomer\tnumbers\tsum\tstate\tplaced\tuntil"}[zh])
	}
	for i := range list {
		if cmd.JSON {
			err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(orderShown(&list[i])))
			continue
		}
		o := &list[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.Code, numbersShown(o), o.Sum().Format(), o.StateAt(time.Now()).Text(zh), shown(o.CreatedAt), deadline(o))
	}
	return errors.Join(err, w.Flush())
}

func numbersShown(o *order.Order) (text string) {
	for i, item := range o.Items {
		if i > 0 {
			text += " "
		}
		text += number.Format(item.Digits, "")
	}
	return text
}

// deadline is until when an order waits for its customer.
func deadline(o *order.Order) string {
	switch o.State {
	case order.Locked, order.Signed, order.Paying:
		return shown(o.LockedUntil)
	case order.Paid:
		return shown(o.DocumentsBy)
	}
	return "–"
}

type orderArg struct {
	Order string `arg:"" help:"The order, ord_…, as sibai order list shows it."`
}

type orderShowCmd struct {
	orderArg
	JSON bool `help:"Print one JSON object a line, amounts in micro-yuan."`
}

func (cmd *orderShowCmd) Run(ctx context.Context, c *cli) error {
	id, err := order.ParseID(cmd.Order)
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	o, events, err := app.OrderHistory(ctx, cfg, id)
	if err != nil {
		return err
	}
	zh := c.language() == explain.ZH
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(orderShown(&o))
	}
	fmt.Printf("%s  %s  %s  %s  %s\n", o.ID, o.Code, o.Company, o.Sum().Format(), o.StateAt(time.Now()).Text(zh))
	for _, i := range o.Items {
		fmt.Printf("%s  %s  %s  %s\n", number.Format(i.Digits, ""), i.GradeName, i.Plan.Name, i.Quote.Today().Format())
	}
	for _, e := range events {
		fmt.Printf("%s  %s\n", shown(e.At), e.Text(zh))
	}
	return nil
}

// orderShown is an order in JSON.
func orderShown(o *order.Order) any {
	type item struct {
		Number string       `json:"number"`
		Plan   string       `json:"plan"`
		Grade  string       `json:"grade"`
		Fees   money.Amount `json:"fees_micro"`
		TopUp  money.Amount `json:"top_up_micro"`
	}
	items := make([]item, len(o.Items))
	for i, x := range o.Items {
		items[i] = item{x.Digits, x.Plan.Code, x.Sale.Grade, x.Quote.Fees(), x.Quote.TopUp}
	}
	return struct {
		ID          string       `json:"id"`
		Customer    string       `json:"customer"`
		Company     string       `json:"company"`
		State       order.State  `json:"state"`
		Items       []item       `json:"items"`
		Sum         money.Amount `json:"sum_micro"`
		CreatedAt   time.Time    `json:"created_at"`
		LockedUntil time.Time    `json:"locked_until"`
		DocumentsBy time.Time    `json:"documents_by,omitzero"`
		SignedAt    time.Time    `json:"signed_at,omitzero"`
		OpenedAt    time.Time    `json:"opened_at,omitzero"`
		Txn         string       `json:"txn,omitempty"`
	}{o.ID.String(), o.Code, o.Company, o.StateAt(time.Now()), items, o.Sum(), o.CreatedAt, o.LockedUntil, o.DocumentsBy, o.Signature.At, o.OpenedAt, txnShown(o.Txn)}
}
