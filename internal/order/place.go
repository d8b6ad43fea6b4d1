package order

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/phone"
)

// Wish is what somebody wants to order.
type Wish struct {
	// Customer is the code of an enterprise that is a customer already; else a new
	// one is made with the name Company.
	Customer string
	Company  string
	Handler  Handler
	Items    []WishItem
}

// WishItem is one number of a Wish.
type WishItem struct {
	Number  string // as people write it
	Plan    string // its code
	Targets []string
	// Features are codes of what is sold with it.
	Features []string
}

// Placed is a new order and the key of its link, which is kept nowhere.
type Placed struct {
	Order Order
	Key   string
}

// Problem is a field of a form that is to be mended.
type Problem struct {
	Field string // company, name, phone, email, items, items[0].plan, …
	Fault *fault.Error
}

func problem(field string, code fault.Code, pairs ...any) Problem {
	f := fault.New(code, pairs...)
	f.Where = field
	return Problem{field, f}
}

// Problems are all that is wrong with a Wish.
type Problems []Problem

func (p Problems) Error() string {
	list := make([]string, len(p))
	for i, x := range p {
		list[i] = x.Fault.Error()
	}
	return strings.Join(list, "; ")
}

// Unwrap makes the fault of the first one the fault of all.
func (p Problems) Unwrap() []error {
	list := make([]error, len(p))
	for i, x := range p {
		list[i] = x.Fault
	}
	return list
}

const (
	maxName    = 200
	maxTargets = 20 // 目的码, the usual free allowance
)

// Place locks the numbers and keeps the order. The error is Problems when the
// wish is wrong; the faults number_taken, which names those that somebody else
// was quicker with, customer_not_found and orders_waiting.
func (s *Service) Place(ctx context.Context, w Wish) (Placed, error) {
	var problems Problems
	report := func(field string, code fault.Code, pairs ...any) {
		problems = append(problems, problem(field, code, pairs...))
	}
	w.check(report, s.terms.MaxItems)
	digits := make([]string, 0, len(w.Items))
	for i := range w.Items {
		if d, err := number.Parse(w.Items[i].Number); err != nil {
			report(field(i, "number"), fault.NumberInvalid, "value", w.Items[i].Number)
		} else if slices.Contains(digits, d) {
			report(field(i, "number"), fault.NumberTwice, "number", number.Format(d, ""))
		} else {
			digits = append(digits, d)
		}
	}
	if len(problems) > 0 {
		return Placed{}, problems
	}
	customer, fresh, err := s.customer(ctx, w)
	if err != nil {
		return Placed{}, err
	}
	at := s.clock()
	if waiting, err := s.Store.Waiting(ctx, customer, w.Handler.Phone, at); err != nil {
		return Placed{}, err
	} else if waiting >= s.terms.MaxLocks {
		return Placed{}, fault.New(fault.OrdersWaiting, "waiting", waiting, "max", s.terms.MaxLocks)
	}
	wares, err := s.Store.Wares(ctx, digits)
	if err != nil {
		return Placed{}, err
	}
	o := Order{
		ID: ID(s.NewID()), Shard: customer.Shard, Customer: customer.ID, Code: customer.Code, Account: customer.Account,
		Company: customer.Name, Handler: w.Handler, CreatedAt: at, LockedUntil: at.Add(s.terms.Lock), DueAt: at.Add(s.terms.Lock),
	}
	o.DueAt = s.lockReminder(&o)
	for i, item := range w.Items {
		checkFeatures(func(code fault.Code, pairs ...any) { report(field(i, "features"), code, pairs...) }, wares.Features, item.Features, at)
	}
	var taken []string
	for i, item := range w.Items {
		stock, ok := wares.Numbers[digits[i]]
		switch {
		case !ok:
			report(field(i, "number"), fault.NumberNotStocked, "number", number.Format(digits[i], ""))
			continue
		case stock.State != number.Available:
			taken = append(taken, digits[i])
			continue
		}
		sold, err := s.item(o, item, digits[i], stock.ID, wares)
		if err != nil {
			report(field(i, "plan"), fault.CodeOf(err), "plan", item.Plan)
			continue
		}
		o.Items = append(o.Items, sold)
	}
	switch {
	case len(problems) > 0:
		return Placed{}, problems
	case len(taken) > 0:
		return Placed{}, numbersTaken(taken)
	}
	// Who has the key of its link acts for the enterprise as far as the order goes.
	key := rand.Text()
	o.Link = sha256.Sum256([]byte(key))
	writes, err := s.write(o, WasPlaced, ByCustomer, "")
	if err != nil {
		return Placed{}, err
	}
	if taken, err = s.Store.Place(ctx, writes.Order, *writes.Event, fresh); err != nil {
		return Placed{}, err
	}
	if len(taken) > 0 {
		return Placed{}, numbersTaken(taken)
	}
	return Placed{writes.Order, key}, nil
}

// ByCustomer and ByJob say who did what no member of staff did.
const (
	ByCustomer = "customer"
	ByJob      = "job"
)

func numbersTaken(digits []string) error {
	shown := make([]string, len(digits))
	for i, d := range digits {
		shown[i] = number.Format(d, "")
	}
	return fault.New(fault.NumberTaken, "numbers", strings.Join(shown, ", "))
}

func field(i int, name string) string {
	return "items[" + strconv.Itoa(i) + "]." + name
}

// check reports what is wrong with a wish by itself, and brings its texts into
// their form.
func (w *Wish) check(report catalog.Report, most int) {
	w.Company, w.Handler.Name = strings.TrimSpace(w.Company), strings.TrimSpace(w.Handler.Name)
	w.Handler.Email = strings.TrimSpace(w.Handler.Email)
	if w.Customer == "" {
		checkName(report, "company", w.Company)
	}
	checkName(report, "name", w.Handler.Name)
	if n, _ := phone.ParseTarget(w.Handler.Phone); n.Class == phone.Mobile {
		w.Handler.Phone = n.Digits
	} else {
		report("phone", fault.MobileInvalid, "phone", w.Handler.Phone)
	}
	if w.Handler.Email != "" {
		if a, err := mail.ParseAddress(w.Handler.Email); err != nil || a.Address != w.Handler.Email || len(a.Address) > maxName {
			report("email", fault.EmailInvalid, "email", w.Handler.Email)
		}
	}
	if w.Handler.Lang != "en" {
		w.Handler.Lang = "zh"
	}
	if len(w.Items) == 0 || len(w.Items) > most {
		report("items", fault.ValueRange, "value", len(w.Items), "min", 1, "max", most)
	}
	w.checkTargets(report)
}

func (w *Wish) checkTargets(report catalog.Report) {
	for i := range w.Items {
		item := &w.Items[i]
		if len(item.Targets) > maxTargets {
			report(field(i, "targets"), fault.ValueRange, "value", len(item.Targets), "min", 0, "max", maxTargets)
		}
		for j, text := range item.Targets {
			t, refusal := phone.ParseTarget(strings.TrimSpace(text))
			if refusal != "" {
				report(field(i, "targets"), fault.Code(refusal), "phone", text)
				continue
			}
			item.Targets[j] = t.Digits
		}
	}
}

func checkName(report catalog.Report, field, name string) {
	switch {
	case name == "":
		report(field, fault.ValueEmpty, "example", "a name")
	case utf8.RuneCountInString(name) > maxName/2 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }):
		report(field, fault.ValueTooLong, "limit", maxName/2)
	}
}

// customer is who orders; fresh is set when it is new.
func (s *Service) customer(ctx context.Context, w Wish) (c catalog.Customer, fresh *catalog.Customer, err error) {
	if w.Customer == "" {
		id := s.NewID()
		c = catalog.NewCustomer(catalog.CustomerID(id), charging.ShardOf(id), s.NewID(), w.Company)
		return c, &c, nil
	}
	c, ok, err := s.Store.Find(ctx, w.Customer)
	if err == nil && !ok {
		err = fault.New(fault.CustomerNotFound, "customer", w.Customer)
	}
	if err != nil {
		return c, nil, err
	}
	return c, nil, nil
}

// item is a number as it is sold now. Faults: plan_unknown, plan_not_sold.
func (s *Service) item(o Order, wish WishItem, digits string, id number.ID, wares Wares) (Item, error) {
	i := slices.IndexFunc(wares.Plans, func(p catalog.Plan) bool { return p.Code == wish.Plan })
	if i < 0 {
		return Item{}, fault.New(fault.PlanUnknown, "plan", wish.Plan)
	}
	plan := wares.Plans[i].At(o.CreatedAt)
	if from, ok := wares.Priced[plan.Tariff]; !ok || from.After(o.CreatedAt) {
		return Item{}, fault.New(fault.PlanNotSold, "plan", wish.Plan)
	}
	grade := wares.Grades.OfOwn(digits, wares.Own)
	features := wares.Features.Sold(wish.Features, plan.Code, o.CreatedAt)
	discounts := wares.Discounts
	if grade.Fixed {
		discounts = nil
	}
	sale := discounts.SaleOf(plan.Code, grade.Code, grade.Fee, grade.Minimum, o.CreatedAt).With(features)
	sale.Order, sale.At = int64(o.ID), o.CreatedAt
	quote := catalog.QuoteOf(plan, sale, wares.Floors.Of(digits))
	sale.Once, sale.Term = quote.Once, quote.Term
	return Item{Number: id, Digits: digits, Plan: plan, Sale: sale, GradeName: grade.Name, Quote: quote, Features: features, Targets: wish.Targets}, nil
}

// Span says over how many years from a day an item is paid, for people.
func (i *Item) Span(years int, o *Order) catalog.Span {
	return i.Quote.Over(years, calendar.Midnight(o.CreatedAt))
}

// Offer is a number with what it costs under each plan that is sold now.
type Offer struct {
	Digits string
	State  number.State
	Grade  number.Rule
	Items  []Item // one a plan, the cheapest first year first
}

// Menu is what can be ordered.
type Menu struct {
	Offers   []Offer
	Features catalog.Features // that can be chosen now
	// Wrong says why the features that were chosen cannot be sold together; what
	// the offers cost is without them then. Its field is features.
	Wrong Problems
}

// Offers says what numbers cost with features, by their codes, for who wants to order
// them. The fault number_not_stocked names one that is not in the inventory.
func (s *Service) Offers(ctx context.Context, digits, features []string) (Menu, error) {
	wares, err := s.Store.Wares(ctx, digits)
	if err != nil {
		return Menu{}, err
	}
	o := Order{CreatedAt: s.clock()}
	menu := Menu{Offers: make([]Offer, 0, len(digits)), Features: wares.Features.At(o.CreatedAt)}
	checkFeatures(func(code fault.Code, pairs ...any) {
		menu.Wrong = append(menu.Wrong, problem("features", code, pairs...))
	}, wares.Features, features, o.CreatedAt)
	if len(menu.Wrong) > 0 {
		features = nil
	}
	for _, d := range digits {
		stock, ok := wares.Numbers[d]
		if !ok {
			return Menu{}, fault.New(fault.NumberNotStocked, "number", number.Format(d, ""))
		}
		offer := Offer{Digits: d, State: stock.State, Grade: wares.Grades.OfOwn(d, wares.Own)}
		for _, p := range wares.Plans {
			if item, err := s.item(o, WishItem{Plan: p.Code, Features: features}, d, stock.ID, wares); err == nil {
				offer.Items = append(offer.Items, item)
			}
		}
		slices.SortStableFunc(offer.Items, func(a, b Item) int { return cmp.Compare(a.Span(1, &o).Total(), b.Span(1, &o).Total()) })
		menu.Offers = append(menu.Offers, offer)
	}
	return menu, nil
}

// checkFeatures reports why features cannot be sold together, by their names.
func checkFeatures(report func(code fault.Code, pairs ...any), features catalog.Features, codes []string, at time.Time) {
	name := func(code string) string {
		if f, ok := features.Find(code); ok {
			return f.Name + " / " + f.English // whoever reads it
		}
		return code
	}
	for _, c := range features.Check(codes, at) {
		switch {
		case c.Unknown:
			report(fault.FeatureUnknown, "feature", c.Feature)
		case c.Repeated:
			report(fault.FeatureTwice, "feature", name(c.Feature))
		case c.Needs:
			report(fault.FeatureNeeds, "feature", name(c.Feature), "other", name(c.Other))
		default:
			report(fault.FeatureExcludes, "feature", name(c.Feature), "other", name(c.Other))
		}
	}
}
