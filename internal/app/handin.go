package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/order"
	"sibai/internal/realname"
	"sibai/internal/web/verify"
)

// handIns leads from an order to where its documents are handed in. It implements
// purchase.Names.
type handIns struct{ n *Node }

// HandIn begins the application of a number that has none, and makes a key for its
// page: that of before opens nothing any more.
func (h handIns) HandIn(ctx context.Context, o order.Order, digits string) (string, error) {
	switch state := o.StateAt(time.Now()); state {
	case order.Paid, order.Reviewing, order.Vetted:
	default:
		return "", fault.New(fault.OrderState, "order", o.ID, "state", state)
	}
	var targets []string
	for _, i := range o.Items {
		if i.Digits == digits {
			targets = i.Targets
		}
	}
	return h.link(ctx, o.Code, o.Company, digits, targets)
}

// link makes a key for the page of a number's documents.
func (h handIns) link(ctx context.Context, code, company, digits string, targets []string) (string, error) {
	list, err := h.n.store.Catalog.RealNames(ctx, realname.Filter{Customer: code, Number: digits})
	if err != nil {
		return "", err
	}
	var a realname.Application
	for _, had := range list {
		if had.State.Open() {
			a = had
		}
	}
	if a.ID == 0 {
		if err := firstKey(h.n.cfg); err != nil {
			return "", err
		}
		if a, err = h.n.names.Begin(ctx, code, digits, realname.ByLink); err != nil {
			return "", err
		}
		// What is known already is not typed again.
		form := realname.Form{Enterprise: realname.Enterprise{Name: company, Industry: realname.General}}
		for _, phone := range targets {
			form.Targets = append(form.Targets, realname.Target{Phone: phone})
		}
		if a, err = h.n.names.Fill(ctx, a.ID, form, realname.ByLink); err != nil {
			return "", err
		}
	}
	a, key, err := h.n.names.Link(ctx, a.ID, realname.ByLink)
	return verify.Path(a.ID, key), err
}

// papers are the documents of customers on their pages. It implements
// console.Documents.
type papers struct{ n *Node }

// Applications lists a customer's, the newest first.
func (p papers) Applications(ctx context.Context, c catalog.Customer) ([]realname.Application, error) {
	list, err := p.n.store.Catalog.RealNames(ctx, realname.Filter{Customer: c.Code})
	slices.SortFunc(list, func(a, b realname.Application) int { return cmp.Compare(b.ID, a.ID) })
	return list, err
}

// HandIn leads to the documents of a number that the customer rents.
func (p papers) HandIn(ctx context.Context, c catalog.Customer, digits string) (string, error) {
	var phones []string
	if line, ok := p.n.dir.Line(digits); ok {
		phones = phonesOf(line)
	}
	to, err := handIns(p).link(ctx, c.Code, c.Name, digits, phones)
	if fault.CodeOf(err) == fault.RealnameNotOwner {
		err = fault.New(fault.NumberNotRented, "number", digits) // it may be somebody else's
	}
	return to, err
}
