package purchase

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/phone"
	"sibai/internal/web/text"
	"sibai/internal/web/ui"
)

// option is a plan with what all numbers of the form cost under it.
type option struct {
	plan               catalog.Plan
	fees, topUp, today money.Amount
	year, three        money.Amount
	minimum            money.Amount // a month
}

// options are the plans that every number of the form can have.
func (f form) options() (list []option) {
	if len(f.offers) == 0 {
		return nil
	}
	for _, first := range f.offers[0].Items {
		o, all := option{plan: first.Plan}, true
		for _, offer := range f.offers {
			found := false
			for i := range offer.Items {
				item := &offer.Items[i]
				if item.Plan.Code != first.Plan.Code {
					continue
				}
				found = true
				at := &order.Order{CreatedAt: time.Now()}
				o.fees += item.Quote.Fees()
				o.topUp += item.Quote.TopUp
				o.today += item.Quote.Today()
				o.year += item.Span(1, at).Total()
				o.three += item.Span(3, at).Total()
				o.minimum += item.Quote.Minimum
			}
			all = all && found
		}
		if all {
			list = append(list, o)
		}
	}
	return list
}

func (f form) numbers() []string {
	list := make([]string, len(f.offers))
	for i, o := range f.offers {
		list[i] = o.Digits
	}
	return list
}

// look is how much attention a state asks for.
func look(s order.State) ui.Look {
	switch s {
	case order.Open:
		return ui.Well
	case order.Locked, order.Signed, order.Paid:
		return ui.Check
	}
	return ui.Plain
}

// step is one step of the way, and whether it is done.
type step struct {
	name string
	done bool
	now  bool
}

// steps are the same on every page of an order.
func steps(ctx context.Context, s order.State) []step {
	at := map[order.State]int{order.Locked: 1, order.Signed: 2, order.Paying: 2, order.Paid: 3, order.Reviewing: 4, order.Vetted: 4, order.Open: 6}
	names := []string{"choose", "sign", "pay", "documents", "review", "open"}
	list := make([]step, len(names))
	reached, known := at[s]
	for i, n := range names {
		list[i] = step{text.T(ctx, "purchase.step."+n), known && i < reached, known && i == reached}
	}
	return list
}

// lost reports whether the order came to nothing.
func lost(s order.State) bool { return s.Over() && s != order.Open }

func masked(to string) string { return phone.MaskContact(to) }

func gradeName(ctx context.Context, r number.Rule) string {
	if text.From(ctx) != "zh" && r.English != "" {
		return r.English
	}
	return r.Name
}

// left is how long it is until an instant, as js/countdown.js says it: what the
// page begins with, so that nothing on it moves when the script runs.
func left(at time.Time) string {
	d := time.Until(at)
	if d < 0 {
		return ""
	}
	days := ""
	if n := int(d / (24 * time.Hour)); n > 0 {
		days = strconv.Itoa(n) + " × 24:00 + "
	}
	return fmt.Sprintf("%s%02d:%02d:%02d", days, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60)
}
