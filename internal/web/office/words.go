package office

import (
	"slices"
	"strings"
	"time"

	"sibai/internal/identity"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/phone"
	"sibai/internal/web/ui"
)

func masked(digits string) string { return phone.Mask(digits) }

// reasons are the usual ones for asking again or refusing; keys of the texts.
var reasons = []string{"unclear", "name", "expired", "seal", "phone", "industry"}

func numbersOf(o order.Order) string {
	list := make([]string, len(o.Items))
	for i, item := range o.Items {
		list[i] = number.Format(item.Digits, "")
	}
	return strings.Join(list, " ")
}

func look(s order.State) ui.Look {
	switch s {
	case order.Open:
		return ui.Well
	case order.Reviewing, order.Vetted, order.Paid:
		return ui.Check
	}
	return ui.Plain
}

// deadline is until when an order waits for its customer; zero when it does not.
func deadline(o order.Order) time.Time {
	switch o.State {
	case order.Locked, order.Signed:
		return o.LockedUntil
	case order.Paid:
		return o.DocumentsBy
	}
	return time.Time{}
}

// possible are the acts that an order can meet now and its reader may do.
func possible(s sheet) (list []string) {
	for _, name := range actNames {
		if a := acts[name]; slices.Contains(a.from, s.order.StateAt(s.at)) && s.actor.Role.Has(a.needs) {
			list = append(list, name)
		}
	}
	return list
}

// rings are the phones of a number, whole for those who may see personal data.
func rings(a identity.Actor, e Entry) string {
	list := slices.Clone(e.Phones)
	if !a.Role.Has(identity.SeePersonal) {
		for i := range list {
			list[i] = phone.Mask(list[i])
		}
	}
	return strings.Join(list, "，")
}
