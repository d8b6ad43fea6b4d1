package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sibai/internal/fault"
	"sibai/internal/order"
	"sibai/internal/realname"
)

// byRealName is who leads an order when its applications do.
const byRealName = order.ByRealName

// mostFollowed is how many orders are looked at at a time.
const mostFollowed = 10_000

// ordersFollow lets orders that wait for documents or reviews follow the
// real-name applications of their numbers: handed in with the last of them, asked
// again with one of them, with the carrier when all are, opened when all are
// approved. An application that is
// rejected leaves its order to staff, for money goes back with it. An order of
// which a number has no application is led by hand. Doing it again changes
// nothing; on several nodes at once one of them does it.
func (n *Node) ordersFollow(ctx context.Context) (done int, err error) {
	var failures []error
	for _, state := range []order.State{order.Paid, order.Reviewing, order.Vetted} {
		list, err := n.store.Catalog.Orders(ctx, order.Filter{State: state, Limit: mostFollowed})
		if err != nil {
			return done, err
		}
		for _, o := range list {
			moved, err := n.orderFollows(ctx, o)
			if err != nil && fault.CodeOf(err) != fault.OrderState {
				failures = append(failures, fmt.Errorf("%s: %w", o.ID, err))
			}
			if moved && err == nil {
				done++
			}
		}
	}
	return done, errors.Join(failures...)
}

// steps is more than the steps that an order can go in one turn.
const steps = 4

func (n *Node) orderFollows(ctx context.Context, o order.Order) (moved bool, err error) {
	list, err := n.applicationsOf(ctx, o)
	if err != nil || len(list) < len(o.Items) {
		return false, err
	}
	for range steps {
		next, err := n.step(ctx, o, list)
		if err != nil || next.State == o.State {
			return moved, err
		}
		o, moved = next, true
	}
	return moved, nil
}

// step takes an order one step further, as far as its applications are; it stays
// as it is when they are no further.
func (n *Node) step(ctx context.Context, o order.Order, list []realname.Application) (order.Order, error) {
	all := func(states ...realname.State) bool {
		return !slices.ContainsFunc(list, func(a realname.Application) bool { return !slices.Contains(states, a.State) })
	}
	asked := slices.IndexFunc(list, func(a realname.Application) bool { return a.State == realname.Asked })
	switch {
	case o.State == order.Paid && all(realname.VendorReview, realname.CarrierReview, realname.Approved):
		return n.orders.HandIn(ctx, o.ID, byRealName)
	case o.State != order.Paid && asked >= 0:
		why, err := n.askedFor(ctx, list[asked].ID)
		if err != nil {
			return o, err
		}
		return n.orders.AskAgain(ctx, o.ID, byRealName, why)
	case o.State == order.Reviewing && all(realname.CarrierReview, realname.Approved):
		if err := n.verifiedTargets(ctx, o, list); err != nil {
			return o, err
		}
		return n.orders.Vet(ctx, o.ID, byRealName)
	case o.State == order.Vetted && all(realname.Approved):
		if err := n.verifiedTargets(ctx, o, list); err != nil {
			return o, err
		}
		return n.orders.OpenNumbers(ctx, o.ID, byRealName)
	}
	return o, nil
}

// applicationsOf finds the newest application of each number of an order that was
// begun for its customer since the order was placed.
func (n *Node) applicationsOf(ctx context.Context, o order.Order) (list []realname.Application, err error) {
	for _, i := range o.Items {
		found, err := n.store.Catalog.RealNames(ctx, realname.Filter{Number: i.Digits})
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(a realname.Application) bool { return a.Customer != o.Customer || int64(a.ID) < int64(o.ID) })
		if len(found) > 0 {
			list = append(list, slices.MaxFunc(found, func(a, b realname.Application) int { return cmp.Compare(a.ID, b.ID) }))
		}
	}
	return list, nil
}

// verifiedTargets lets the numbers of an order ring the phones that were verified
// and no others.
func (n *Node) verifiedTargets(ctx context.Context, o order.Order, list []realname.Application) error {
	for i, a := range list {
		c, err := n.names.Show(ctx, a.ID, false, "")
		if err != nil {
			return err
		}
		var phones []string
		for _, t := range c.Form.Targets {
			phones = append(phones, t.Phone)
		}
		wanted := o.Items[i].Targets
		verified := len(wanted) > 0 && !slices.ContainsFunc(wanted, func(p string) bool { return !slices.Contains(phones, p) })
		switch {
		case verified:
		case len(o.Items) > 1:
			return fmt.Errorf("%s shall ring %s, of which not all were verified: set its targets by hand", o.Items[i].Digits, strings.Join(wanted, ", "))
		default:
			if _, err := n.orders.SetTargets(ctx, o.ID, byRealName, phones); err != nil {
				return err
			}
		}
	}
	return nil
}

// askedFor is what the customer is asked for again.
func (n *Node) askedFor(ctx context.Context, id realname.ID) (string, error) {
	c, err := n.names.Show(ctx, id, false, "")
	if err != nil {
		return "", err
	}
	var words []string
	for _, e := range slices.Backward(c.Events) {
		if e.What != realname.WasAsked {
			continue
		}
		for _, r := range e.Reasons {
			text, remedy := r.Text(true)
			words = append(words, text+"，"+remedy)
		}
		if e.Note != "" {
			words = append(words, e.Note)
		}
		break
	}
	return strings.Join(words, "；"), nil
}
