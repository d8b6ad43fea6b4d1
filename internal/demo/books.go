package demo

import (
	"context"
	"fmt"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/calendar"
	"sibai/internal/claim"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
)

// books leaves something for the cashier: a bank transfer that is to be found on the
// statement, and a day on which a bill has a line that nobody knows; and a customer
// whose programs have keys.
func (s *story) books(ctx context.Context) error {
	s.ago(26 * time.Hour)
	claims := claim.New(claim.Parts{Store: s.store.Catalog, Bank: s.bills, Slips: s.vault, NewID: s.ids.Next, Now: s.now, Log: s.log})
	for _, c := range []claim.Statement{
		{Customer: s.cast.Customer, Payer: "杭州示例茶业有限公司", Amount: "5,000.00", Slip: s.paper, SlipName: "slip.png"},
		{Customer: s.cast.Customer, Payer: "王小明", Amount: "800.00"},
	} {
		c.Day = calendar.Day(s.now())
		filed, err := claims.File(ctx, c)
		if err != nil {
			return err
		}
		if s.pass(time.Hour); filed.SlipSize == 0 {
			if _, err := claims.Reject(ctx, filed.ID, claim.NotFound, "请上传回单", "钱出纳 cashier@demo.example"); err != nil {
				return err
			}
		}
	}
	if err := s.compare(ctx); err != nil {
		return err
	}
	for _, w := range []apikey.Wish{
		{Customer: s.cast.Customer, Name: "CRM", Scopes: apikey.Customer.Scopes()},
		{Customer: s.cast.Customer, Name: "报表", Scopes: []apikey.Scope{apikey.CallsRead, apikey.MoneyRead}},
	} {
		key, _, err := apikey.Make(apikey.ID(s.ids.Next()), w, s.now())
		if err != nil {
			return err
		}
		if err := s.store.Catalog.AddAPIKey(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// sandboxBill is the bill of the built-in provider for a day: its payments.
type sandboxBill struct {
	name  string
	lines []reconcile.Line
}

func (b sandboxBill) Name() string                              { return b.name }
func (b sandboxBill) ReadBill([]byte) ([]reconcile.Line, error) { return b.lines, nil }

// compare compares the newest day with payments that is over, with a bill that also has
// a line of another system.
func (s *story) compare(ctx context.Context) error {
	list, err := s.store.Catalog.Payments(ctx, payment.Filter{Limit: 1000})
	if err != nil {
		return err
	}
	bill, day := sandboxBill{name: s.sandbox.Name()}, ""
	for _, p := range list { // the newest first
		switch on := calendar.Day(p.PaidAt); {
		case p.PaidAt.IsZero() || !p.Booked() || on == calendar.Day(s.now()), day != "" && on != day:
			continue
		case day == "":
			day = on
			bill.lines = append(bill.lines, reconcile.Line{Number: "SHOP-20931", Reference: "sandbox-SHOP-20931", Amount: 88 * money.Yuan, At: p.PaidAt})
		}
		bill.lines = append(bill.lines, reconcile.Line{Payment: p.ID, Number: p.ID.String(), Reference: p.Reference, Amount: p.Received, At: p.PaidAt})
	}
	if day == "" {
		return fmt.Errorf("no payment came on a day that is over")
	}
	_, err = reconcile.New(s.store.Catalog, []reconcile.Source{bill}, s.now, s.log).Compare(ctx, bill.name, day, nil)
	return err
}
